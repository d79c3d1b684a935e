package endtoend

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	sockets  int               // that sluice had open when it was started
	release  string            // where sluice answers release links; empty for nowhere
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
