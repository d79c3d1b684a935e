package endtoend

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/cmd/sluice/internal/mta"
)

// server is the mail server under which sluice runs.
type server interface {
	Name() string
	Port() uint16
	Busy() (bool, error)
	Held() ([]string, error)
	Clear() error
	Log() string
	Stop() error
}

// kind is a mail server that can be had, or the reason why not.
type kind struct {
	missing string
	start   func(dir string, s mta.Setup) (server, error)
}

func kinds() map[string]kind {
	return map[string]kind{
		"postfix":  {mta.PostfixMissing(), func(dir string, s mta.Setup) (server, error) { return mta.StartPostfix(dir, s) }},
		"sendmail": {mta.SendmailMissing(), func(dir string, s mta.Setup) (server, error) { return mta.StartSendmail(dir, s) }},
	}
}

// lab is a mail server with everything around it. It serves many cases, each
// with a sluice of its own.
type lab struct {
	t      *testing.T
	binary string
	dir    string // of the case: configuration, state, records
	setup  mta.Setup
	server server
	sink   *mta.Sink
	dns    *mta.DNS // what sluice asks
	names  *mta.DNS // what the server asks for the names of clients
	sluice *process
	log    *watched

	snapshot fs.FileInfo       // of the counters, when sluice was started
	words    *strings.Replacer // what words of a configuration stand for
}

func TestEndToEnd(t *testing.T) {
	examples := loadExamples(t)
	eachServer(t, nil, func(t *testing.T, l *lab) {
		for _, e := range examples {
			if e.isFor(l.server.Name()) {
				t.Run(e.name, func(t *testing.T) { l.run(t, &e) })
			}
		}
	})
}

// eachServer builds sluice with the flags given, starts every kind of server,
// and runs a test with each, both at a time.
func eachServer(t *testing.T, flags []string, test func(*testing.T, *lab)) {
	if testing.Short() {
		t.Skip("real mail servers are not for -short")
	}
	available := kinds()
	binary := ""
	for _, name := range servers {
		k := available[name]
		if k.missing == "" && binary == "" {
			binary = buildSluice(t, flags...)
		}
		t.Run(name, func(t *testing.T) {
			skipIfMissing(t, k.missing)
			t.Parallel()
			test(t, newLab(t, binary, k))
		})
	}
}

// newLab starts a server, with a sink and a name server; they stop with the test.
func newLab(t *testing.T, binary string, k kind) *lab {
	t.Helper()
	l := &lab{t: t, binary: binary, words: strings.NewReplacer()}
	dir, err := mta.NewDir()
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	l.sink, err = mta.StartSink()
	must(t, err)
	t.Cleanup(l.sink.Stop)
	l.dns, err = mta.StartDNS()
	must(t, err)
	t.Cleanup(l.dns.Stop)
	l.names, err = mta.StartResolver()
	must(t, err)
	t.Cleanup(l.names.Stop)
	port, err := mta.FreePort()
	must(t, err)
	socketDir, err := mta.NewDir()
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(socketDir) })
	l.setup = mta.Setup{
		Socket:     filepath.Join(socketDir, "milter.sock"),
		MilterPort: port,
		SinkPort:   l.sink.Port(),
		Resolver:   l.names.Addr().Addr(),
	}
	l.server, err = k.start(dir, l.setup)
	must(t, err)
	t.Cleanup(func() { must(t, l.server.Stop()) })
	return l
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// run runs one case: dialogue, then everything that it must have led to.
func (l *lab) run(t *testing.T, e *example) {
	t.Log(e.shows)
	for section, server := range map[string]*mta.DNS{"dns": l.dns, "names": l.names} {
		zone, err := parseDNS(e.sections[section])
		must(t, err)
		server.Answer(zone)
	}
	l.startScanners(t, e)
	l.begin(t, e.configs[0])
	k := newTalk(l, e)
	err := k.run()
	if err == nil {
		err = l.settle()
	}
	if stopErr := l.sluice.stop(); err == nil {
		err = stopErr
	}
	if err == nil {
		err = l.check(e)
	}
	if err != nil {
		t.Errorf("%v\n\n-- dialogue --\n%s\n-- sluice --\n%s\n-- %s --\n%s", err,
			k.transcript.String(), tail(l.log.String()), l.server.Name(), tail(l.server.Log()))
	}
}

// begin starts sluice with a configuration and an empty state, before an empty
// server. What a case before left on its way, when it failed, gets there first.
func (l *lab) begin(t *testing.T, config string) {
	t.Helper()
	l.dir = t.TempDir()
	l.log = newWatched()
	if err := l.settle(); err != nil {
		t.Logf("before the case: %v", err)
	}
	must(t, l.server.Clear())
	l.sink.Clear()
	must(t, replaceFile(l.configPath(), l.config(config)))
	if err := l.start(); err != nil {
		t.Fatalf("%v\n%s", err, l.log)
	}
	t.Cleanup(func() { l.sluice.kill() }) // if the test has not come to its end
}

// start starts sluice on the state that there is.
func (l *lab) start() (err error) {
	l.sluice, err = startProcess(l.binary, l.configPath(), l.log)
	if err == nil {
		l.snapshot, err = os.Stat(l.snapshotPath())
	}
	return err
}

// stopListening tells sluice to stop, and returns when it takes no connections
// any more.
func (l *lab) stopListening() error {
	if err := l.sluice.beginStop(); err != nil {
		return err
	}
	return await("the end of the milter socket", func() bool { return !exists(l.setup.Socket) })
}

// awaitSnapshot returns when the counters have been written down since the start.
func (l *lab) awaitSnapshot() error {
	return await("a snapshot of the counters", func() bool {
		now, err := os.Stat(l.snapshotPath())
		return err == nil && !(os.SameFile(now, l.snapshot) && now.ModTime().Equal(l.snapshot.ModTime()))
	})
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// await returns when something has come true.
func await(what string, is func() bool) error {
	for end := time.Now().Add(processTime); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			return fmt.Errorf("after %s still waiting for %s", processTime, what)
		}
	}
	return nil
}

// The words of a configuration that stand for sockets.
const (
	wordClamd = "$CLAMD" // a clamd that works
	wordMute  = "$MUTE"  // a socket that accepts connections and says nothing
)

// startScanners starts what the case's configuration has words for.
func (l *lab) startScanners(t *testing.T, e *example) {
	t.Helper()
	var words []string
	if e.mentions(wordClamd) {
		skipIfMissing(t, mta.ClamdMissing())
		c, err := mta.StartClamd()
		must(t, err)
		t.Cleanup(func() { must(t, c.Stop()) })
		words = append(words, wordClamd, "unix:"+c.Socket())
	}
	if e.mentions(wordMute) {
		silent, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		t.Cleanup(func() { silent.Close() })
		words = append(words, wordMute, "inet:"+silent.Addr().String())
	}
	l.words = strings.NewReplacer(words...)
}

// skipIfMissing skips a test for want of something, which continuous
// integration does not accept.
func skipIfMissing(t *testing.T, missing string) {
	t.Helper()
	if missing != "" && os.Getenv("CI") != "" {
		t.Fatal(missing)
	}
	if missing != "" {
		t.Skip(missing)
	}
}

func (l *lab) configPath() string { return filepath.Join(l.dir, "sluice.toml") }

// config adds what a case cannot know to its configuration. It comes last: the
// case may begin with keys that are in no table.
func (l *lab) config(text string) string {
	return fmt.Sprintf(`%s
[listen]
milter = ["unix:%s", "inet:127.0.0.1:%d"]
socket_mode = "0666"

[state]
directory = %q
snapshot = "1s"

[journal]
lines = %q

[resolver]
servers = [%q]
`, l.words.Replace(text), l.setup.Socket, l.setup.MilterPort, l.stateDir(), l.recordsPath(), l.dns.Addr())
}

func (l *lab) stateDir() string { return filepath.Join(l.dir, "state") }

func (l *lab) snapshotPath() string { return filepath.Join(l.stateDir(), "counters") }

func (l *lab) recordsPath() string { return filepath.Join(l.dir, "records.jsonl") }

// settle waits until the server has nothing left to do.
func (l *lab) settle() error { return mta.Settle(l.t.Context(), l.server) }

// records are the lines that sluice has written, complete when it has ended.
func (l *lab) records() (string, error) {
	text, err := os.ReadFile(l.recordsPath())
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(text), err
}

// check holds the outcome against the sections of the case.
func (l *lab) check(e *example) error {
	var errs []error
	if section, ok := e.sections["sink"]; ok {
		errs = append(errs, checkSink(section, l.sink.Messages()))
	}
	held, err := l.server.Held()
	errs = append(errs, err, checkHeld(e.sections["held"], held))
	if section, ok := e.sections["queries"]; ok {
		errs = append(errs, checkQueries(section, l.dns.Queries()))
	}
	if section, ok := e.sections["record"]; ok {
		records, err := l.records()
		errs = append(errs, err, checkRecords(section, records))
	}
	return errors.Join(errs...)
}

// tailSize is how much of a log is shown with a failure.
const tailSize = 6000

func tail(log string) string {
	if len(log) > tailSize {
		return "..." + log[len(log)-tailSize:]
	}
	return log
}
