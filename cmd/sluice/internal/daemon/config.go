package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"

	"sluice/cmd/sluice/internal/notify"
	"sluice/filter"
	"sluice/filter/journal"
	"sluice/policy"
	"sluice/policy/breaker"
	"sluice/policy/config"
	"sluice/scoring"
)

// Policy and Scoring are embedded in Config under their own names: their keys
// stand at the top level of the file.
type (
	Policy  = policy.Config
	Scoring = scoring.Config
)

// Config is the whole configuration file. Each part belongs to the package
// that acts on it.
type Config struct {
	Policy
	Listen  ListenConfig   `toml:"listen" doc:"Where Sluice listens. A change of it needs a restart."`
	State   StateConfig    `toml:"state" doc:"What survives a restart. A change of it needs a restart."`
	Milter  filter.Config  `toml:"milter" doc:"The connections of the MTAs. A change of it needs a restart."`
	Breaker breaker.Config `toml:"breaker" doc:"The circuit breaker: a rule, a list, a limit or a policy that suddenly refuses far more senders of a group than before falls back to observe in that group, and Sluice says so."`
	Notify  notify.Config  `toml:"notify" doc:"Who is told when the standing of a sender changes, and how."`
	Journal journal.Config `toml:"journal" doc:"Decision records on disk. A change of it needs a restart."`
	Scoring
}

// ListenConfig says where Sluice listens.
type ListenConfig struct {
	Milter       []string `toml:"milter" doc:"Sockets for MTAs: \"unix:/run/sluice/milter.sock\" or \"inet:127.0.0.1:8891\" (\"inet6:[::1]:8891\"); any number. Sendmail is several times faster with a unix socket."`
	SocketMode   string   `toml:"socket_mode" doc:"Permissions of the unix sockets, octal. The MTA must be able to write to them."`
	SocketGroup  string   `toml:"socket_group" doc:"Group that owns the unix sockets: \"postfix\"; empty for Sluice's own. Unless it is root, the user that Sluice runs as must be in that group."`
	Control      string   `toml:"control" doc:"Unix socket of the control API, which commands such as sluice sender use: \"unix:/run/sluice/control.sock\"; empty for control.sock in state.directory, \"off\" for none. Whoever can write to it can release and except senders."`
	ControlGroup string   `toml:"control_group" doc:"Group whose members may use the control API beside root and the user that Sluice runs as; empty for nobody."`
	Release      string   `toml:"release" doc:"Address and port of the page behind the release links in notices, path /release: \"127.0.0.1:8893\", for a web server with TLS to pass on; empty for none."`
	Metrics      string   `toml:"metrics" doc:"Address and port for Prometheus, path /metrics: \"127.0.0.1:8892\"; empty for none."`
}

// StateConfig says what survives a restart, and where.
type StateConfig struct {
	Backend   string          `toml:"backend" doc:"Where counters live: \"embedded\" keeps them in memory, with a snapshot in the directory."`
	Directory string          `toml:"directory" doc:"Directory of the snapshot and of the journal, for one running Sluice alone; empty to keep nothing."`
	Snapshot  config.Duration `toml:"snapshot" doc:"How often counters are written down: a kill -9 or a crash loses at most what was counted since."`
	Keys      int             `toml:"keys" doc:"Senders that one window of a limit remembers; the longest idle is forgotten first."`
}

// DefaultDirectory is where state is kept unless the configuration says
// otherwise.
const DefaultDirectory = "/var/lib/sluice"

// Default returns the configuration without a file: it listens on loopback and
// lets the built-in groups and policies act.
func Default() Config {
	return Config{
		Policy:  policy.Default(),
		Listen:  ListenConfig{Milter: []string{"inet:127.0.0.1:8891"}, SocketMode: "0660"},
		State:   StateConfig{Backend: "embedded", Directory: DefaultDirectory, Snapshot: 10e9, Keys: 1_000_000},
		Milter:  filter.Default(),
		Breaker: breaker.Default(),
		Journal: journal.Default(),
		Notify:  notify.Default(),
		Scoring: scoring.Default(),
	}
}

// check reports what is wrong with the parts that the daemon acts on itself.
func (c *Config) check(ps *config.Problems) {
	c.Listen.checkSockets(ps)
	if _, err := parseMode(c.Listen.SocketMode); err != nil {
		ps.Errorf("listen.socket_mode", `three or four octal digits, such as "0660"`, "%q is no file mode", c.Listen.SocketMode)
	}
	c.checkMachine(ps)
	if c.State.Backend != "embedded" {
		ps.Errorf("state.backend", `the one there is: "embedded"`, "%q is not known", c.State.Backend)
	}
	if c.State.Snapshot <= 0 {
		ps.Errorf("state.snapshot", "for example 10s", "the time must be longer than nothing")
	}
	if c.State.Keys < 1 {
		ps.Errorf("state.keys", "for example 1000000", "%d leaves no room for a sender", c.State.Keys)
	}
	c.Milter.Check(ps)
	if c.Notify.ReleaseURL != "" && c.Listen.Release == "" {
		ps.Warnf("notify.release_url", `write release = "127.0.0.1:8893" in [listen]`, "nothing answers the links: listen.release is empty")
	}
	c.Breaker.Check(ps)
	if timeout, budget := c.Scoring.Scoring.Timeout, c.Milter.Budget; timeout > budget && budget > 0 {
		ps.Warnf("scoring.timeout", "raise milter.budget, or lower this", "%s is longer than milter.budget, which ends all checks after %s", timeout, budget)
	}
}

// checkSockets reports what is no socket, and sockets of which only one can be
// listened at.
func (c ListenConfig) checkSockets(ps *config.Problems) {
	if len(c.Milter) == 0 {
		ps.Errorf("listen.milter", `for example "inet:127.0.0.1:8891"`, "no socket for the MTA")
	}
	var sockets []socket
	for i, spec := range c.Milter {
		key := fmt.Sprintf("listen.milter[%d]", i)
		s, err := parseSocket(spec)
		if err != nil {
			ps.Errorf(key, `"unix:/PATH", "inet:HOST:PORT" or "inet6:[HOST]:PORT"`, "%v", err)
			continue
		}
		if at := slices.IndexFunc(sockets, s.clashes); at >= 0 {
			ps.Errorf(key, "keep one of them", "%q cannot be listened at beside %q", spec, sockets[at])
		}
		sockets = append(sockets, s)
	}
	if control := c.Control; control != "" && control != controlOff {
		s, err := parseSocket(control)
		switch {
		case err != nil || s.network != "unix":
			ps.Errorf("listen.control", `"unix:/PATH", or "off"`, "%q is no unix socket", control)
		case slices.ContainsFunc(sockets, s.clashes):
			ps.Errorf("listen.control", "give it a path of its own", "%q is the socket of the MTA", control)
		}
	}
	for _, page := range []struct{ key, value string }{{"listen.metrics", c.Metrics}, {"listen.release", c.Release}} {
		if page.value == "" {
			continue
		}
		s, err := parseMetrics(page.value)
		if err != nil {
			ps.Errorf(page.key, `HOST:PORT, such as "127.0.0.1:8892"`, "%v", err)
			continue
		}
		if at := slices.IndexFunc(sockets, s.clashes); at >= 0 {
			ps.Errorf(page.key, "give it a port of its own", "%q cannot be listened at beside %q", page.value, sockets[at])
		}
		sockets = append(sockets, s)
	}
}

// checkMachine reports what the configuration names and this machine lacks: as
// warnings, because the configuration may be for another one.
func (c *Config) checkMachine(ps *config.Problems) {
	for key, name := range map[string]string{"socket_group": c.Listen.SocketGroup, "control_group": c.Listen.ControlGroup} {
		if name == "" {
			continue
		}
		if _, err := user.LookupGroup(name); err != nil {
			ps.Warnf("listen."+key, "serve will not start here", "there is no group %q on this machine", name)
		}
	}
	for _, spec := range c.Listen.Milter {
		s, err := parseSocket(spec)
		if err != nil || s.network != "unix" {
			continue
		}
		if _, err := os.Stat(filepath.Dir(s.address)); err != nil {
			ps.Warnf("listen.milter", "make it before serve starts, or let systemd do so", "there is no folder %s on this machine", filepath.Dir(s.address))
		}
	}
	if lines := c.Journal.Lines; lines != "" && lines != "-" {
		if _, err := os.Stat(filepath.Dir(lines)); errors.Is(err, fs.ErrNotExist) {
			ps.Warnf("journal.lines", "make it, or no line will be written", "there is no folder %s on this machine", filepath.Dir(lines))
		}
	}
}

func parseMode(s string) (fs.FileMode, error) {
	n, err := strconv.ParseUint(s, 8, 9)
	return fs.FileMode(n), err
}
