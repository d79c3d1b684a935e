package filter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sluice/filter/journal"
	"sluice/filter/wire"
	"sluice/policy"
	"sluice/policy/config"
	"sluice/policy/store"
	"sluice/scoring"
)

// fixture is a server on a configuration, with a scorer that says what the
// test wants and a clock that stands still.
type fixture struct {
	*testing.T
	server  *Server
	store   *brittleStore
	scorer  *fakeScorer
	records []*journal.Record

	recorderPanics bool

	now time.Time
}

// corporate, home and the rest, as small as can be.
const someGroups = `
[group.infected]
clients = ["203.0.113.66"]
policy  = "blocked"

[group.home]
clients = ["203.0.113.0/24"]
policy  = "home"

[policy.home]
inherits   = "relayed"
recipients = "100/1h"
thresholds = { tag = 4.0, quarantine = 8.0, reject = 12.0 }
`

func newFixture(t *testing.T, toml string) *fixture {
	t.Helper()
	memory, err := store.OpenMemory(store.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{
		T:      t,
		store:  &brittleStore{Store: memory},
		scorer: new(fakeScorer),
		now:    time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC),
	}
	t.Cleanup(func() { memory.Close() })
	f.server = New(Options{
		Rules:          f.compile(toml),
		Store:          f.store,
		Recorder:       f,
		Log:            slog.New(slog.DiscardHandler),
		Now:            func() time.Time { return f.now },
		Budget:         time.Second,
		MaxConnections: 10,
		Wire:           wire.Options{Log: slog.New(slog.DiscardHandler)},
	})
	return f
}

// compile turns a configuration into rules that use the fixture's scorer.
func (f *fixture) compile(toml string) *Rules {
	f.Helper()
	var ps config.Problems
	c := policy.Default()
	config.Read("test.toml", []byte(toml), &c, &ps).Locate(&ps)
	rules := policy.Compile(c, f.TempDir(), &ps)
	if ps.Failed() {
		f.Fatal(ps.All())
	}
	return &Rules{Policy: rules, Scorer: f.scorer, MaxView: 1 << 20}
}

func (f *fixture) Record(r *journal.Record) {
	f.records = append(f.records, r)
	if f.recorderPanics {
		panic("the recorder broke")
	}
}

// last is the newest record, and there must be one.
func (f *fixture) last() *journal.Record {
	f.Helper()
	if len(f.records) == 0 {
		f.Fatal("there is no record")
	}
	return f.records[len(f.records)-1]
}

// peer is one SMTP client as the session sees it.
type peer struct {
	*fixture
	wire.Handler
	macros macros
	edits  edits
}

type macros map[string]string

func (m macros) Get(name string) string { return m[name] }

// connect begins a session of a client, and expects to be let in.
func (f *fixture) connect(addr string) *peer {
	f.Helper()
	p := f.open()
	if reply := p.Connect(wire.Peer{Name: "unknown", Family: "tcp4", Addr: netip.MustParseAddr(addr), Port: 4711}, p.macros); reply.Action != wire.Continue {
		f.Fatalf("connect of %s: %v", addr, reply)
	}
	p.Helo("PC", p.macros)
	return p
}

func (f *fixture) open() *peer {
	return &peer{fixture: f, Handler: f.server.Session(context.Background()), macros: macros{"v": "Postfix 3.7", "daemon_name": "smtp"}}
}

func (p *peer) mail(from string, args ...string) wire.Reply {
	return p.Mail(wire.Address{Path: from, Args: args}, p.macros)
}

func (p *peer) rcpt(to string) wire.Reply { return p.Rcpt(wire.Address{Path: to}, p.macros) }

// send takes one message through to the end, whatever the answers are.
func (p *peer) send(from string, rcpts ...string) wire.Reply {
	p.Helper()
	if reply := p.mail(from); reply.Action != wire.Continue {
		return reply
	}
	for _, to := range rcpts {
		p.rcpt(to)
	}
	return p.finish()
}

// finish sends headers and body and ends the message.
func (p *peer) finish(headers ...string) wire.Reply {
	p.macros["i"] = "4Xk1"
	for _, h := range append([]string{"Subject: Hello", "Message-ID: <m1@example.net>"}, headers...) {
		name, value, _ := strings.Cut(h, ": ")
		p.Header(name, value)
	}
	p.EndOfHeaders(p.macros)
	p.Body([]byte("Hello.\r\n"))
	p.edits = nil
	return p.End(&p.edits, p.macros)
}

// expect holds an answer against the beginning of its text, or "" for Continue
// and Accept.
func (f *fixture) expect(what string, got wire.Reply, want string) {
	f.Helper()
	if want == "" && (got.Action == wire.Continue || got.Action == wire.Accept) {
		return
	}
	if want == "" || !strings.HasPrefix(got.Text, want) {
		f.Errorf("%s: got %v %q, want %q", what, got.Action, got.Text, want)
	}
}

// edits notes what is done to a message, one line each.
type edits []string

func (e *edits) note(format string, args ...any) error {
	*e = append(*e, fmt.Sprintf(format, args...))
	return nil
}

func (e *edits) InsertHeader(name, value string) error { return e.note("insert %s: %s", name, value) }
func (e *edits) ChangeHeader(i int, name, value string) error {
	return e.note("change %s[%d]: %s", name, i, value)
}
func (e *edits) DeleteHeader(i int, name string) error { return e.note("delete %s[%d]", name, i) }
func (e *edits) Quarantine(reason string) error        { return e.note("quarantine %s", reason) }
func (e *edits) Progress() error                       { return nil }

// fakeScorer gives every message the same score.
type fakeScorer struct {
	score  float64
	more   float64 // of another rule
	err    error
	panics bool
	inputs []scoring.Input
}

func (s *fakeScorer) Score(_ context.Context, _ *scoring.Message, in scoring.Input) (scoring.Report, error) {
	s.inputs = append(s.inputs, in)
	if s.panics {
		panic("the scorer broke")
	}
	r := scoring.Report{Set: in.Set, Score: s.score, Hits: []scoring.Hit{{Rule: "TEST", Points: s.score}}, Print: "3f9a0c12be77"}
	if s.more != 0 {
		r.Add(scoring.Hit{Rule: "MORE", Points: s.more})
	}
	return r, s.err
}

// brittleStore is a store that can be down.
type brittleStore struct {
	store.Store
	down   bool
	panics bool
}

func (s *brittleStore) Take(ctx context.Context, now time.Time, charges []store.Charge) ([]store.Level, error) {
	if s.panics {
		panic("the store broke")
	}
	if s.down {
		return nil, errors.New("the store is down")
	}
	return s.Store.Take(ctx, now, charges)
}
