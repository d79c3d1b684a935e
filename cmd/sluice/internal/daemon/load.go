package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sluice/filter"
	"sluice/policy"
	"sluice/policy/config"
	"sluice/policy/exception"
	"sluice/policy/netlist"
	"sluice/scoring"
)

// Loaded is a configuration that has been read and compiled.
type Loaded struct {
	Path   string // empty for the built-in defaults
	Config Config
	File   *config.File
	Rules  *filter.Rules // nil if the configuration cannot be used
	At     time.Time     // when it was read

	Scorer *scoring.Scorer // the one of Rules
	dir    string          // to which paths of lists are relative
}

// Load reads and compiles the configuration in path; without a path it
// compiles the defaults. Everything that is wrong is in the problems, each with
// its place; when one of them is an error the result has no Rules, but what
// could be read is there.
func Load(path string, log *slog.Logger) (*Loaded, *config.Problems) {
	return load(path, log, new(scoring.Scorer))
}

// load is Load with a scorer that the new one may take over from.
func load(path string, log *slog.Logger, before *scoring.Scorer) (*Loaded, *config.Problems) {
	ps := new(config.Problems)
	l := &Loaded{Path: path, Config: Default(), At: time.Now()}
	l.dir = "."
	var data []byte
	if path != "" {
		var err error
		if data, err = os.ReadFile(path); err != nil {
			ps.Errorf("", "", "%v", err)
			return l, ps
		}
		l.dir = filepath.Dir(path)
	}
	l.File = config.Read(path, data, &l.Config, ps)
	l.Config.check(ps)
	l.Config.Notify.Check(ps, l.dir)
	rules := policy.Compile(l.Config.Policy, l.dir, ps)
	scorer := before.Renew(l.Config.Scoring, l.dir, log, ps)
	l.lint(ps)
	l.File.Locate(ps)
	ps.Sort()
	if ps.Failed() || rules == nil || scorer == nil {
		return l, ps
	}
	l.Scorer = scorer
	if err := l.useLearned(); err != nil {
		ps.Warnf("state.directory", "sluice goes on without it; nothing in it is lost", "%v", err)
	}
	l.Rules = &filter.Rules{Policy: rules, Scorer: scorer, MaxView: int64(l.Config.Scoring.Scoring.MaxView), Keep: scorer.Keep()}
	return l, ps
}

// ReadConfig reads a configuration without compiling it: enough to find a running
// Sluice, and quick.
func ReadConfig(path string) (Config, error) {
	c := Default()
	if path == "" {
		return c, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return c, err
	}
	ps := new(config.Problems)
	config.Read(path, data, &c, ps)
	if ps.Failed() {
		return c, Failed{ps.All()}
	}
	return c, nil
}

// Summary is what a configuration that can be used amounts to: "mode observe,
// groups submission, home, others".
func (l *Loaded) Summary() string {
	return fmt.Sprintf("mode %s, groups %s", l.Config.Mode, strings.Join(l.Rules.Policy.Groups(), ", "))
}

// lint warns of what fits each part alone but not together: a blocklist that
// lists dynamic address space by policy, where clients that the operator knows
// by their networks are measured by it.
func (l *Loaded) lint(ps *config.Problems) {
	for name, list := range l.Config.Blocklists.All() {
		if !list.Policy || list.Observe {
			continue
		}
		for group, g := range l.Config.Groups.All() {
			flow, known := l.Config.Policies.Get(g.Policy)
			if known && flow.Reputation && flow.Set == policy.Direct && len(g.Clients) > 0 {
				ps.Warnf("group."+group+".policy", `a policy that inherits "relayed" does not ask it`,
					"blocklist %s lists dynamic addresses by policy, and counts against the clients of this group", name)
			}
		}
	}
}

// LintExceptions warns of exceptions in the state directory that do nothing.
func (l *Loaded) LintExceptions(now time.Time, ps *config.Problems) {
	if l.Rules == nil {
		return
	}
	all, err := l.Exceptions()
	if err != nil {
		ps.Warnf("state.directory", "", "%v", err)
		return
	}
	exception.Lint(all, l.Rules.Policy.Groups(), l.Rules.Policy.LimitNames(), now, ps)
}

// Exceptions are those in the state directory.
func (l *Loaded) Exceptions() ([]exception.Exception, error) {
	path := inDir(l.Config.State.Directory, exception.File)
	if path == "" {
		return nil, nil
	}
	return exception.Read(path)
}

// Files are the lists that the configuration names, the model and what was
// learned, whether they could be read or not.
func (l *Loaded) Files() []string {
	var lists [][]string
	for _, g := range l.Config.Groups.All() {
		lists = append(lists, g.Clients, g.Helo, g.Listeners, g.Logins)
	}
	for _, o := range l.Config.Owners.All() {
		lists = append(lists, o.Domains, o.Logins)
	}
	for _, r := range l.Config.Relays.All() {
		lists = append(lists, r.Clients)
	}
	for _, r := range l.Config.Lists.All() {
		lists = append(lists, r.Clients)
	}
	for _, r := range l.Config.URLLists.All() {
		lists = append(lists, r.Skip)
	}
	var files []string
	for _, entry := range slices.Concat(lists...) {
		if path, isFile := netlist.CutFile(entry); isFile {
			files = append(files, resolve(l.dir, path))
		}
	}
	if path, isFile := netlist.CutFile(l.Config.Notify.Customers); isFile {
		files = append(files, resolve(l.dir, path))
	}
	if l.Config.Scoring.Model.File != "" {
		files = append(files, resolve(l.dir, l.Config.Scoring.Model.File))
	}
	if path := l.LearnedPath(); path != "" {
		files = append(files, path)
	}
	return files
}

// LearnedPath is the file of what sluice learn has taught; empty if no state is
// kept.
func (l *Loaded) LearnedPath() string { return inDir(l.Config.State.Directory, "learned") }

// useLearned gives the scorer what was learned, if anything was.
func (l *Loaded) useLearned() error {
	path := l.LearnedPath()
	if path == "" {
		return nil
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read what was learned: %w", err)
	}
	if err := l.Scorer.UseLearned(data); err != nil {
		return fmt.Errorf("read what was learned, %s: %w", path, err)
	}
	return nil
}

func resolve(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// Failed is the error of a configuration that cannot be used.
type Failed struct{ Problems []config.Problem }

func (f Failed) Error() string {
	n := 0
	for _, p := range f.Problems {
		if !p.Warning {
			n++
		}
	}
	if n == 1 {
		return "the configuration has an error"
	}
	return fmt.Sprintf("the configuration has %d errors", n)
}
