package daemon

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"sluice/filter/journal"
	"sluice/policy"
	"sluice/policy/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// running is a daemon on a configuration of its own.
type running struct {
	*testing.T
	*Daemon
	dir  string
	path string
	log  *logBuffer
	stop func()
}

// logBuffer is a log that can be read while it is written.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// inTest is the configuration of a daemon under test, before what the test adds.
func inTest(dir string) string {
	return "[listen]\nmilter = [\"unix:" + filepath.Join(dir, "milter.sock") + "\"]\nmetrics = \"127.0.0.1:0\"\n" +
		"[state]\ndirectory = \"" + filepath.Join(dir, "state") + "\"\n"
}

func start(t *testing.T, toml string) *running {
	t.Helper()
	r := &running{T: t, dir: t.TempDir(), log: new(logBuffer)}
	r.path = filepath.Join(r.dir, "sluice.toml")
	r.write("sluice.toml", inTest(r.dir)+toml)
	r.start()
	return r
}

func (r *running) start() {
	r.Helper()
	r.startWith(Options{Path: r.path, Version: "v1.2.3", Log: slog.New(slog.NewTextHandler(r.log, nil)), Now: time.Now})
	r.until("it runs", func() bool { return strings.Contains(r.log.String(), "msg=ready") })
}

func (r *running) startWith(o Options) {
	r.Helper()
	d, err := New(o)
	if err != nil {
		r.Fatalf("%v\n%s", err, r.log)
	}
	r.Daemon = d
	d.rewatch = 50 * time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			r.Error(err)
		}
	})
	r.Cleanup(r.stop)
}

func (r *running) write(name, text string) {
	r.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o644); err != nil {
		r.Fatal(err)
	}
}

// until waits for something that another goroutine brings about.
func (r *running) until(what string, done func() bool) {
	r.Helper()
	for range 6000 {
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	r.Fatalf("waited in vain until %s\n%s", what, r.log)
}

// group is the group of an address under the rules in force.
func (r *running) group(addr string) string {
	return r.server.Rules().Policy.Match(policy.Client{Addr: netip.MustParseAddr(addr)}).Group
}

func (r *running) scrape() string {
	r.Helper()
	resp, err := http.Get("http://" + r.MetricsAddr().String() + "/metrics")
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		r.Fatal(err)
	}
	return string(text)
}

const homeGroup = "[group.home]\nclients = [\"203.0.113.0/24\"]\npolicy = \"relayed\"\n"

func TestFileChangesReload(t *testing.T) {
	r := start(t, homeGroup)
	if got := r.group("198.51.100.1"); got != "others" {
		t.Fatalf("group %q", got)
	}
	r.write("sluice.toml", inTest(r.dir)+homeGroup+"[group.infected]\nclients = [\"file:infected.txt\"]\npolicy = \"blocked\"\n")
	r.until("the missing list is complained of", func() bool { return strings.Contains(r.log.String(), "infected.txt: there is no such file") })
	r.write("infected.txt", "198.51.100.1/40\n")
	r.until("its mistake is complained of", func() bool { return strings.Contains(r.log.String(), "infected.txt:1: ") })
	r.write("infected.txt", "198.51.100.1\n")
	r.until("the mended list is in force", func() bool { return r.group("198.51.100.1") == "infected" })
}

func TestListChangesReload(t *testing.T) {
	r := &running{T: t, dir: t.TempDir(), log: new(logBuffer)}
	r.path = filepath.Join(r.dir, "sluice.toml")
	r.write("infected.txt", "# nobody\n")
	r.write("sluice.toml", inTest(r.dir)+"[group.infected]\nclients = [\"file:infected.txt\"]\npolicy = \"blocked\"\n")
	r.start()
	r.write("infected.new", "198.51.100.1\n")
	if err := os.Rename(filepath.Join(r.dir, "infected.new"), filepath.Join(r.dir, "infected.txt")); err != nil {
		t.Fatal(err)
	}
	r.until("the replaced list is in force", func() bool { return r.group("198.51.100.1") == "infected" })
}

func TestTargetOfALinkChangesReload(t *testing.T) {
	r := &running{T: t, dir: t.TempDir(), log: new(logBuffer)}
	elsewhere := filepath.Join(t.TempDir(), "bots")
	r.path = filepath.Join(r.dir, "sluice.toml")
	if err := os.WriteFile(elsewhere, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, filepath.Join(r.dir, "infected.txt")); err != nil {
		t.Fatal(err)
	}
	r.write("sluice.toml", inTest(r.dir)+"[group.infected]\nclients = [\"file:infected.txt\"]\npolicy = \"blocked\"\n")
	r.start()
	if err := os.WriteFile(elsewhere, []byte("198.51.100.1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.until("the changed list is in force", func() bool { return r.group("198.51.100.1") == "infected" })
}

// A folder that is made after it was named, or made anew, is watched then.
func TestFolderThatComesLaterIsWatched(t *testing.T) {
	r := start(t, homeGroup)
	r.write("sluice.toml", inTest(r.dir)+homeGroup+"[group.infected]\nclients = [\"file:lists/infected.txt\"]\npolicy = \"blocked\"\n")
	complaint := "changes of files are not seen: their folder cannot be watched yet"
	r.until("the missing folder is complained of", func() bool { return strings.Contains(r.log.String(), complaint) })
	lists := filepath.Join(r.dir, "lists")
	for i, addr := range []string{"198.51.100.1", "198.51.100.2"} {
		if err := os.Mkdir(lists, 0o755); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Duration(i) * r.rewatch) // the second time, the file comes after the folder
		r.write("lists/infected.txt", addr+"\n")
		r.until("the list is in force", func() bool { return r.group(addr) == "infected" })
		if err := os.RemoveAll(lists); err != nil {
			t.Fatal(err)
		}
		r.until("the lost folder is complained of", func() bool { return strings.Count(r.log.String(), complaint) == i+2 })
	}
}

func TestHangupReloads(t *testing.T) {
	r := start(t, homeGroup)
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	r.until("it has reloaded", func() bool { return strings.Contains(r.log.String(), "msg=reloaded") })
}

func TestHangupBeforeItRunsIsNotTheEnd(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "sluice.toml")
	if err := os.WriteFile(path, []byte(inTest(dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	log := new(logBuffer)
	d, err := New(Options{Path: path, Log: slog.New(slog.NewTextHandler(log, nil)), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	(&running{T: t, log: log}).until("it has reloaded", func() bool { return strings.Contains(log.String(), "msg=reloaded") })
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestBadReloadKeepsTheOldOneAndSaysSo(t *testing.T) {
	r := start(t, homeGroup)
	if !strings.Contains(r.scrape(), "sluice_config_last_reload_successful 1") {
		t.Error("the metric is not 1 at the start")
	}
	r.write("sluice.toml", inTest(r.dir)+"[group.home]\nclients = [\"203.0.113.0/24\"]\npolicy = \"relaid\"\n")
	if err := r.Reload(); !errors.As(err, new(Failed)) {
		t.Errorf("got %v", err)
	}
	if got := r.group("203.0.113.1"); got != "home" {
		t.Errorf("group %q", got)
	}
	for _, want := range []string{"sluice.toml:8: group.home.policy: ", "the old configuration stays in force"} {
		if !strings.Contains(r.log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, r.log)
		}
	}
	metrics := r.scrape()
	for _, want := range []string{"sluice_config_last_reload_successful 0", `sluice_config_reloads_total{result="failure"} `} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %q", want)
		}
	}
}

func TestReloadSaysWhatNeedsARestart(t *testing.T) {
	r := start(t, homeGroup)
	if !strings.Contains(r.scrape(), "sluice_config_restart_needed 0") {
		t.Error("the metric is not 0 at the start")
	}
	r.write("sluice.toml", inTest(r.dir)+"keys = 5\n[journal]\nenabled = false\n[campaign]\nprints = 7\ncopies = 8\n"+homeGroup)
	if err := r.Reload(); err != nil {
		t.Fatal(err)
	}
	want := `level=WARN msg="some changes wait for a restart; until then the old values stay in force" ` +
		`keys="[state.keys journal.enabled campaign.prints]" in_force="[state.keys = 1000000 journal.enabled = true campaign.prints = 200000]"`
	if !strings.Contains(r.log.String(), want) {
		t.Errorf("the log lacks %s:\n%s", want, r.log)
	}
	if !strings.Contains(r.scrape(), "sluice_config_restart_needed 1") {
		t.Error("the metric is not 1")
	}
	r.write("sluice.toml", inTest(r.dir)+homeGroup)
	if err := r.Reload(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(r.scrape(), "sluice_config_restart_needed 0") {
		t.Error("the metric is not 0 once the change is taken back")
	}
}

func TestRecordReachesJournalMetricsAndLog(t *testing.T) {
	r := start(t, homeGroup)
	r.Record(&journal.Record{
		Time: time.Now(), Ref: "7F3K9QX2", Policy: "relayed", Stage: "end", Set: "relayed", Score: 6,
		RcptsTotal: 2, RcptsRefused: 1, Verdict: journal.Verdict{Action: "tag", Reason: "score"}, Applied: "tag",
		Limits:  []journal.Limit{{Name: "recipients-1h", Over: true}},
		Skipped: []journal.Skip{{Check: "reputation", Why: "policy"}, {Check: "relay", Why: "received header 1 is missing, there are 0"}}, Failure: "limits: down",
	})
	metrics := r.scrape()
	for _, want := range []string{
		`sluice_messages_total{action="tag",applied="tag",policy="relayed",reason="score"} 1`,
		`sluice_recipients_total{outcome="accepted",policy="relayed"} 2`,
		`sluice_recipients_total{outcome="refused",policy="relayed"} 1`,
		`sluice_limit_over_total{limit="recipients-1h"} 1`,
		`sluice_checks_skipped_total{check="reputation",why="policy"} 1`,
		`sluice_checks_skipped_total{check="relay",why="other"} 1`,
		"sluice_failures_total 1",
		`sluice_score_count{set="relayed"} 1`,
		"sluice_message_seconds_count 1",
		"sluice_mta_connections 0",
		`sluice_blocklist_lookups_total{outcome="clear"} 0`,
		"sluice_blocklist_cached_total 0",
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %q", want)
		}
	}
	if !strings.Contains(r.log.String(), "ref=7F3K9QX2") {
		t.Errorf("the log lacks the message: %s", r.log)
	}
	if err := r.journal.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	reader, err := journal.OpenReader(filepath.Join(r.dir, "state", journal.File))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if found, err := reader.Find(context.Background(), "7f3k9qx2"); err != nil || len(found) != 1 {
		t.Errorf("%d records, %v", len(found), err)
	}
}

// What an alert looks at must be there before it happens.
func TestSeriesOfClosedLabelsBeginAtZero(t *testing.T) {
	r := start(t, homeGroup)
	metrics := r.scrape()
	for _, want := range []string{
		`sluice_build_info{goversion="` + runtime.Version() + `",version="v1.2.3"} 1`,
		`sluice_config_reloads_total{result="failure"} 0`,
		`sluice_config_reloads_total{result="success"} 1`,
		`sluice_recipients_total{outcome="accepted",policy="relayed"} 0`,
		`sluice_recipients_total{outcome="refused",policy="blocked"} 0`,
		`sluice_score_count{set="authenticated"} 0`,
		`sluice_blocklist_lookups_total{outcome="refused"} 0`,
		`sluice_urllist_lookups_total{outcome="listed"} 0`,
	} {
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("the metrics lack %q", want)
		}
	}
}

// A sum over the outcomes is the number of look-ups, and none of them goes back.
func TestBlocklistOutcomesAreDisjoint(t *testing.T) {
	var c lookupCollector
	for _, step := range []struct{ looked, special, want uint64 }{{0, 0, 0}, {10, 4, 6}, {10, 5, 6}, {11, 5, 6}, {12, 5, 7}, {5, 6, 7}} {
		if got := c.clearOf(step.looked, step.special); got != step.want {
			t.Errorf("%d looked, %d special: clear %d, want %d", step.looked, step.special, got, step.want)
		}
	}
}

func TestMetricNamesFollowPrometheus(t *testing.T) {
	r := start(t, homeGroup)
	counters := regexp.MustCompile(`(?m)^# TYPE (sluice_\S+) counter$`)
	for _, m := range counters.FindAllStringSubmatch(r.scrape(), -1) {
		if !strings.HasSuffix(m[1], "_total") {
			t.Errorf("counter %s does not end in _total", m[1])
		}
	}
}

func TestSocketModeAndGroup(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	group, err := user.LookupGroupId(me.Gid)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "s")
	ln, err := ListenConfig{SocketMode: "0620", SocketGroup: group.Name}.listen("unix:" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o620 {
		t.Errorf("mode %o", got)
	}
	if _, err := (ListenConfig{SocketMode: "0620", SocketGroup: "no-such-group"}).listen("unix:" + path + "2"); err == nil {
		t.Error("a group that does not exist was taken")
	}
}

// The unit has no group of its own: what the user lacks must be said.
func TestSocketGroupThatTheUserIsNotIn(t *testing.T) {
	err := groupError("postfix", &os.PathError{Op: "chown", Path: "/run/s", Err: syscall.EPERM})
	if !strings.Contains(err.Error(), "is not in the group postfix (adduser sluice postfix") || !errors.Is(err, syscall.EPERM) {
		t.Errorf("got %v", err)
	}
	unit, err := os.ReadFile("../../../../packaging/systemd/sluice.service")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(unit, []byte("\nSupplementaryGroups=")) {
		t.Error("the unit names a group that a machine may lack")
	}
}

func TestSocketOfADeadProcessIsReplacedAndALivingOneIsNot(t *testing.T) {
	c := ListenConfig{SocketMode: "0600"}
	path := filepath.Join(t.TempDir(), "s")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	dead.Close()
	living, err := c.listen("unix:" + path)
	if err != nil {
		t.Fatalf("the dead one: %v", err)
	}
	defer living.Close()
	if _, err := c.listen("unix:" + path); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("the living one: %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.listen("unix:" + file); err == nil {
		t.Error("a file was replaced")
	}
}

func TestSocketSpecs(t *testing.T) {
	for spec, want := range map[string]socket{
		"unix:/run/s":         {"unix", "/run/s"},
		"local:/run/s":        {"unix", "/run/s"},
		"inet:127.0.0.1:8891": {"tcp", "127.0.0.1:8891"},
		"inet:8891@127.0.0.1": {"tcp", "127.0.0.1:8891"},
		"inet6:[::1]:8891":    {"tcp6", "[::1]:8891"},
		"unix:relative":       {},
		"tcp:25":              {},
		"inet:127.0.0.1":      {},
		"inet:127.0.0.1:":     {},
		"inet:[::1]:65536":    {},
		"inet:[::1]:milter":   {},
		"unix:/run//s":        {"unix", "/run/s"},
		"":                    {},
		"unix:":               {},
	} {
		got, err := parseSocket(spec)
		if got != want || (err == nil) == (want == socket{}) {
			t.Errorf("%q: %v, %v", spec, got, err)
		}
	}
}

func TestStateDirectoryThatCannotBeUsed(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "sluice.toml")
	toml := "[listen]\nmilter = [\"inet:127.0.0.1:0\"]\n[state]\ndirectory = \"" + filepath.Join(file, "below") + "\"\n"
	if err := os.WriteFile(path, []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := New(Options{Path: path, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err == nil || !strings.Contains(err.Error(), "state.directory") {
		t.Errorf("got %v", err)
	}
}

func TestStateDirectoryBelongsToOneDaemon(t *testing.T) {
	dir := t.TempDir()
	first, second := new(Daemon), new(Daemon)
	if err := first.claim(dir); err != nil {
		t.Fatal(err)
	}
	if err := second.claim(dir); err == nil || !strings.Contains(err.Error(), dir+" is in use: another sluice serve holds ") {
		t.Errorf("beside another: %v", err)
	}
	if err := first.undo(); err != nil {
		t.Error(err)
	}
	if err := second.claim(dir); err != nil {
		t.Errorf("after the other: %v", err)
	}
	if err := second.undo(); err != nil {
		t.Error(err)
	}
}

func TestSystemdIsTold(t *testing.T) {
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "notify")})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	t.Setenv("NOTIFY_SOCKET", socket.LocalAddr().String())
	t.Setenv("WATCHDOG_USEC", "60000")
	hear := func(want string) {
		t.Helper()
		socket.SetReadDeadline(time.Now().Add(time.Minute))
		buf := make([]byte, 1024)
		for {
			n, err := socket.Read(buf)
			if err != nil {
				t.Fatalf("waiting for %s: %v", want, err)
			}
			if strings.HasPrefix(string(buf[:n]), want) {
				return
			}
		}
	}
	r := start(t, homeGroup)
	hear("READY=1")
	hear("WATCHDOG=1")
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	hear("RELOADING=1\nMONOTONIC_USEC=")
	hear("READY=1")
	go r.stop()
	hear("STOPPING=1")
	r.stop()
}

func TestEveryListIsWatched(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "sluice.toml")
	toml := "[group.a]\nclients = [\"file:1\", \"192.0.2.1\"]\nhelo = [\"file:2\"]\nlisteners = [\"file:3\"]\nlogins = [\"file:/4\"]\npolicy = \"direct\"\n" +
		"[relay.b]\nclients = [\"file: 5\"]\nhop = 1\n[reputation.c]\nclients = [\"file:6\"]\npoints = 1.0\n" +
		"[urllist.d]\nzone = \"d.test\"\npoints = 1.0\nskip = [\"file:7\"]\n" +
		"[owner.e]\ndomains = [\"file:8\"]\nlogins = [\"file:9\"]\n"
	if err := os.WriteFile(path, []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, _ := Load(path, slog.New(slog.DiscardHandler)) // none of the files is there
	want := []string{filepath.Join(dir, "1"), filepath.Join(dir, "2"), filepath.Join(dir, "3"), "/4", filepath.Join(dir, "8"), filepath.Join(dir, "9"), filepath.Join(dir, "5"), filepath.Join(dir, "6"), filepath.Join(dir, "7"), DefaultDirectory + "/learned"}
	if diff := cmp.Diff(want, loaded.Files()); diff != "" {
		t.Error(diff)
	}
}

func TestSocketsThatClash(t *testing.T) {
	for _, c := range []struct {
		listen string
		want   string // "" if it can be used
	}{
		{`milter = ["inet:127.0.0.1:8891"]`, ""},
		{`milter = ["inet:127.0.0.1:0", "inet:127.0.0.1:0"]`, ""},
		{`milter = ["inet6:[::]:8891", "inet:127.0.0.1:8891"]`, ""},
		{`milter = ["inet:127.0.0.1:8891", "inet:8891@127.0.0.1"]`, `milter: "inet:8891@127.0.0.1" cannot be listened at beside "inet:127.0.0.1:8891" (keep one of them)`},
		{`milter = ["inet:127.0.0.1:8891", "inet:0.0.0.0:8891"]`, `milter: "inet:0.0.0.0:8891" cannot be listened at beside "inet:127.0.0.1:8891" (keep one of them)`},
		{`milter = ["unix:/s", "local:/./s"]`, `milter: "local:/./s" cannot be listened at beside "unix:/s" (keep one of them)`},
		{`metrics = "127.0.0.1:8892"`, ""},
		{`metrics = "inet:127.0.0.1:8892"`, ""},
		{`metrics = "localhost"`, `metrics: "localhost": missing port in address (HOST:PORT, such as "127.0.0.1:8892")`},
		{`metrics = "8892"`, `metrics: "8892": missing port in address (HOST:PORT, such as "127.0.0.1:8892")`},
		{`metrics = "unix:/run/metrics"`, `metrics: "unix:/run/metrics": "/run/metrics" is no port (HOST:PORT, such as "127.0.0.1:8892")`},
		{`metrics = "inet:127.0.0.1:8891"`, `metrics: "inet:127.0.0.1:8891" cannot be listened at beside "inet:127.0.0.1:8891" (give it a port of its own)`},
		{`metrics = ":8891"`, `metrics: ":8891" cannot be listened at beside "inet:127.0.0.1:8891" (give it a port of its own)`},
	} {
		cfg, ps := Default(), new(config.Problems)
		file := config.Read("f", []byte("[listen]\n"+c.listen+"\n"), &cfg, ps)
		cfg.check(ps)
		file.Locate(ps)
		var got []string
		for _, p := range ps.All() {
			if !p.Warning {
				got = append(got, strings.TrimPrefix(p.String(), "f:2: listen."))
			}
		}
		if strings.Join(got, "\n") != c.want {
			t.Errorf("%s: %q, want %q", c.listen, got, c.want)
		}
	}
}

func TestMetricsTakeTheFormOfMilterSockets(t *testing.T) {
	r := &running{T: t, dir: t.TempDir(), log: new(logBuffer)}
	r.path = filepath.Join(r.dir, "sluice.toml")
	r.write("sluice.toml", strings.Replace(inTest(r.dir), `metrics = "`, `metrics = "inet:`, 1))
	r.start()
	if !strings.Contains(r.scrape(), "sluice_mta_connections 0") {
		t.Error("the metrics are not served")
	}
}
