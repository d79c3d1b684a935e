package reputation

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/maypok86/otter/v2"
	"github.com/miekg/dns"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is longer than any question on loopback takes.
const patience = 30 * time.Second

var (
	client   = netip.MustParseAddr("203.0.113.7")
	clientBL = "7.113.0.203.bl.test."
	sameAddr = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
)

// oneZone asks bl.test with points for one answer and for all others.
var oneZone = []Zone{{
	Name: "bl", Domain: "bl.test", Points: 1,
	Answers: map[netip.Addr]float64{netip.MustParseAddr("127.0.0.3"): 3},
}}

// setup is what a test wants of blocklists and their resolver.
type setup struct {
	Zones   []Zone
	Servers []string
	Timeout time.Duration
	Cache   int
	Clock   otter.Clock
	Log     *slog.Logger
}

func newBlocklists(t *testing.T, c setup) *Blocklists {
	t.Helper()
	if c.Zones == nil {
		c.Zones = oneZone
	}
	if c.Timeout == 0 {
		c.Timeout = patience
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Cache == 0 {
		c.Cache = 100
	}
	r, err := NewResolver(ResolverConfig{Servers: c.Servers, Cache: c.Cache, Clock: c.Clock, Log: c.Log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return New(r, Config{Kind: "blocklist", Zones: c.Zones, Timeout: c.Timeout, Log: c.Log})
}

func TestWhatAnswersAreWorth(t *testing.T) {
	listing := func(points float64, answer string) []Listing {
		return []Listing{{Zone: "bl", Subject: client.String(), Points: points, Answer: netip.MustParseAddr(answer)}}
	}
	failure := []Failure{{Zone: "bl", Why: WhyError}}
	answersOnly := []Zone{{Name: "bl", Domain: "bl.test", Answers: oneZone[0].Answers}}
	goodName := []Zone{{Name: "bl", Domain: "bl.test", Points: -2}}
	for name, tt := range map[string]struct {
		zones    []Zone
		answers  []string
		listings []Listing
		failures []Failure
	}{
		"not listed":                       {oneZone, nil, nil, nil},
		"an answer with points of its own": {oneZone, []string{"127.0.0.3"}, listing(3, "127.0.0.3"), nil},
		"any other answer":                 {oneZone, []string{"127.0.0.9"}, listing(1, "127.0.0.9"), nil},
		"other answers without points":     {answersOnly, []string{"127.0.0.9"}, nil, nil},
		"the strongest of several":         {oneZone, []string{"127.0.0.9", "127.0.0.3", "127.0.0.2"}, listing(3, "127.0.0.3"), nil},
		"a list of good names":             {goodName, []string{"127.0.0.2"}, listing(-2, "127.0.0.2"), nil},
		"last address that is no refusal":  {oneZone, []string{"127.255.254.255"}, listing(1, "127.255.254.255"), nil},
		"refusal":                          {oneZone, []string{"127.255.255.254"}, nil, failure},
		"refusal, first address":           {oneZone, []string{"127.255.255.0"}, nil, failure},
		"refusal beside a listing":         {oneZone, []string{"127.255.255.252", "127.0.0.3"}, listing(3, "127.0.0.3"), nil},
		"outside 127.0.0.0/8":              {oneZone, []string{"192.0.2.1"}, nil, failure},
		"just outside":                     {oneZone, []string{"128.0.0.2"}, nil, failure},
		"outside beside a listing":         {oneZone, []string{"192.0.2.1", "127.0.0.3"}, listing(3, "127.0.0.3"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			records := map[string][]string{}
			for _, a := range tt.answers {
				records[clientBL] = append(records[clientBL], "300 IN A "+a)
			}
			s := newServer(t, zone(t, records))
			b := newBlocklists(t, setup{Zones: tt.zones, Servers: []string{s.addr}})
			listings, failures := b.Look(t.Context(), client)
			if diff := cmp.Diff(tt.listings, listings, sameAddr); diff != "" {
				t.Errorf("listings (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.failures, failures); diff != "" {
				t.Errorf("failures (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAddressesThatAreAsked(t *testing.T) {
	for addr, want := range map[string]string{
		"203.0.113.7":        clientBL,
		"::ffff:203.0.113.7": clientBL,
		"127.0.0.1":          "1.0.0.127.bl.test.",
		"fe80::1%eth0":       "1." + strings.Repeat("0.", 28) + "8.e.f.bl.test.",
	} {
		s := newServer(t, zone(t, nil))
		newBlocklists(t, setup{Servers: []string{s.addr}}).Look(t.Context(), netip.MustParseAddr(addr))
		if diff := cmp.Diff(map[string]int{want + " udp": 1}, s.questions()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", addr, diff)
		}
	}
}

func TestNoAddressIsNotAsked(t *testing.T) {
	s := newServer(t, zone(t, nil))
	b := newBlocklists(t, setup{Servers: []string{s.addr}})
	listings, failures := b.Look(t.Context(), netip.Addr{})
	if len(listings)+len(failures)+len(s.questions()) != 0 {
		t.Errorf("listings %v, failures %v, questions %v; want none", listings, failures, s.questions())
	}
}

func TestAllZonesAtOnce(t *testing.T) {
	const zones = 5
	var together sync.WaitGroup // none is answered before all are asked
	together.Add(zones)
	s := newServer(t, func(w dns.ResponseWriter, q *dns.Msg) {
		together.Done()
		together.Wait()
		zone(t, map[string][]string{q.Question[0].Name: {"60 IN A 127.0.0.2"}})(w, q)
	})
	var c setup
	c.Servers = []string{s.addr}
	for i := range zones {
		c.Zones = append(c.Zones, Zone{Name: fmt.Sprint(i), Domain: fmt.Sprintf("z%d.test", i), Points: float64(i + 1)})
	}
	listings, failures := newBlocklists(t, c).Look(t.Context(), client)
	if len(failures) != 0 || len(listings) != zones {
		t.Fatalf("%d listings, failures %v", len(listings), failures)
	}
	for i, l := range listings {
		if l.Zone != fmt.Sprint(i) || l.Points != float64(i+1) {
			t.Errorf("listing %d: %+v", i, l)
		}
	}
}

func TestEachNameIsAskedOnce(t *testing.T) {
	release := make(chan struct{})
	s := newServer(t, func(w dns.ResponseWriter, q *dns.Msg) {
		<-release
		zone(t, map[string][]string{clientBL: {"60 IN A 127.0.0.2"}})(w, q)
	})
	b := newBlocklists(t, setup{Servers: []string{s.addr}})
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if listings, _ := b.Look(t.Context(), client); len(listings) != 1 {
				t.Errorf("listings %v", listings)
			}
		})
	}
	close(release)
	all.Wait()
	b.Look(t.Context(), client) // from the cache
	if diff := cmp.Diff(map[string]int{clientBL + " udp": 1}, s.questions()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := b.Counts(); got.Looked != 11 || got.Listed != 11 || got.Cached == 0 {
		t.Errorf("counts %+v", got)
	}
}

func TestAbsenceIsCached(t *testing.T) {
	s := newServer(t, zone(t, nil))
	b := newBlocklists(t, setup{Servers: []string{s.addr}})
	for range 3 {
		b.Look(t.Context(), client)
	}
	if got := s.questions()[clientBL+" udp"]; got != 1 {
		t.Errorf("asked %d times", got)
	}
}

// clock is a cache's clock that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) NowNano() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now.UnixNano()
}

func (c *clock) Tick(time.Duration) <-chan time.Time { return nil }

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func TestCacheForgetsInTime(t *testing.T) {
	s := newServer(t, zone(t, map[string][]string{clientBL: {"60 IN A 127.0.0.2"}}))
	now := &clock{now: time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)}
	b := newBlocklists(t, setup{Servers: []string{s.addr}, Clock: now})
	for _, step := range []struct {
		wait time.Duration
		want int
	}{{0, 1}, {59 * time.Second, 1}, {2 * time.Second, 2}} {
		now.advance(step.wait)
		b.Look(t.Context(), client)
		if got := s.questions()[clientBL+" udp"]; got != step.want {
			t.Errorf("after %v: asked %d times, want %d", step.wait, got, step.want)
		}
	}
}

func TestLateAnswerFillsTheCache(t *testing.T) {
	release := make(chan struct{})
	s := newServer(t, func(w dns.ResponseWriter, q *dns.Msg) {
		<-release
		zone(t, map[string][]string{clientBL: {"60 IN A 127.0.0.2"}})(w, q)
	})
	b := newBlocklists(t, setup{Servers: []string{s.addr}, Timeout: time.Millisecond})
	listings, failures := b.Look(t.Context(), client)
	if diff := cmp.Diff([]Failure{{"bl", WhyDeadline}}, failures); diff != "" || len(listings) > 0 {
		t.Errorf("listings %v, failures (-want +got):\n%s", listings, diff)
	}
	f := b.resolver.ask(query{clientBL, dns.TypeA})
	close(release)
	<-f.done
	if listings, failures = b.Look(t.Context(), client); len(listings) != 1 || len(failures) != 0 {
		t.Errorf("afterwards: listings %v, failures %v", listings, failures)
	}
	if got := b.Counts(); got.Late != 1 {
		t.Errorf("counts %+v", got)
	}
}

func TestCallersDeadlineCounts(t *testing.T) {
	release := make(chan struct{})
	s := newServer(t, func(dns.ResponseWriter, *dns.Msg) { <-release })
	b := newBlocklists(t, setup{Servers: []string{s.addr}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, failures := b.Look(ctx, client); len(failures) != 1 || failures[0].Why != WhyDeadline {
		t.Errorf("failures %v", failures)
	}
	b.resolver.Close()
	close(release)
}

func TestCachedAnswerNeedsNoTime(t *testing.T) {
	s := newServer(t, zone(t, map[string][]string{clientBL: {"60 IN A 127.0.0.2"}}))
	b := newBlocklists(t, setup{Servers: []string{s.addr}})
	b.Look(t.Context(), client)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if listings, failures := b.Look(ctx, client); len(listings) != 1 {
		t.Errorf("listings %v, failures %v", listings, failures)
	}
}

func TestTruncatedAnswerIsAskedOverTCP(t *testing.T) {
	s := newServer(t, func(w dns.ResponseWriter, q *dns.Msg) {
		if w.RemoteAddr().Network() == "udp" {
			r := new(dns.Msg).SetReply(q)
			r.Truncated = true
			w.WriteMsg(r)
			return
		}
		zone(t, map[string][]string{clientBL: {"60 IN A 127.0.0.2"}})(w, q)
	})
	listings, _ := newBlocklists(t, setup{Servers: []string{s.addr}}).Look(t.Context(), client)
	if len(listings) != 1 {
		t.Errorf("listings %v", listings)
	}
	if diff := cmp.Diff(map[string]int{clientBL + " udp": 1, clientBL + " tcp": 1}, s.questions()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestForgedAnswers(t *testing.T) {
	forge := func(change func(r *dns.Msg)) func(dns.ResponseWriter, *dns.Msg) {
		return func(w dns.ResponseWriter, q *dns.Msg) {
			r := new(dns.Msg).SetReply(q)
			r.Answer = []dns.RR{record(t, q.Question[0].Name+" 60 IN A 127.0.0.3")}
			change(r)
			w.WriteMsg(r)
			zone(t, nil)(w, q) // the true answer comes second
		}
	}
	t.Run("another id", func(t *testing.T) {
		s := newServer(t, forge(func(r *dns.Msg) { r.Id ^= 0x5555 }))
		listings, failures := newBlocklists(t, setup{Servers: []string{s.addr}}).Look(t.Context(), client)
		if len(listings) != 0 || len(failures) != 0 {
			t.Errorf("listings %v, failures %v; want the true answer", listings, failures)
		}
	})
	t.Run("another question", func(t *testing.T) {
		s := newServer(t, forge(func(r *dns.Msg) { r.Question[0].Name = "other.test." }))
		listings, failures := newBlocklists(t, setup{Servers: []string{s.addr}}).Look(t.Context(), client)
		if len(listings) != 0 || len(failures) != 1 || failures[0].Why != WhyError {
			t.Errorf("listings %v, failures %v; want an error", listings, failures)
		}
	})
}

func TestNextServerIsAsked(t *testing.T) {
	good := newServer(t, zone(t, map[string][]string{clientBL: {"60 IN A 127.0.0.2"}}))
	for name, answer := range map[string]func(dns.ResponseWriter, *dns.Msg){
		"server failure": rcode(dns.RcodeServerFailure),
		"refused":        rcode(dns.RcodeRefused),
		"garbage":        func(w dns.ResponseWriter, _ *dns.Msg) { w.Write([]byte("garbage")) },
	} {
		bad := newServer(t, answer)
		b := newBlocklists(t, setup{Servers: []string{bad.addr, good.addr}})
		if listings, failures := b.Look(t.Context(), client); len(listings) != 1 {
			t.Errorf("%s: listings %v, failures %v", name, listings, failures)
		}
	}
}

func TestServersThatAreAsked(t *testing.T) {
	for n, want := range map[int]int{0: 0, 1: rounds, maxServers: maxServers * rounds, maxServers + 1: maxServers * rounds} {
		s := newServer(t, rcode(dns.RcodeServerFailure))
		servers := make([]string, n)
		for i := range servers {
			servers[i] = s.addr
		}
		r, err := newResolver(servers, 1, nil, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if a := wait(t.Context(), r.ask(query{clientBL, dns.TypeA})); a.err == nil {
			t.Errorf("%d servers: no error", n)
		}
		r.Close()
		if got := s.questions()[clientBL+" udp"]; got != want {
			t.Errorf("%d servers: %d questions, want %d", n, got, want)
		}
	}
}

func TestFailureIsNotAskedAgainAtOnce(t *testing.T) {
	s := newServer(t, rcode(dns.RcodeServerFailure))
	b := newBlocklists(t, setup{Servers: []string{s.addr}})
	for range 3 {
		if _, failures := b.Look(t.Context(), client); len(failures) != 1 || failures[0].Why != WhyError {
			t.Errorf("failures %v", failures)
		}
	}
	if got := s.questions()[clientBL+" udp"]; got != rounds {
		t.Errorf("asked %d times, want %d", got, rounds)
	}
	if got := b.Counts(); got.Failed != 3 {
		t.Errorf("counts %+v", got)
	}
}

func TestQuestionsAtOnceAreBounded(t *testing.T) {
	r, err := newResolver(nil, 1, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for i := range maxFlights - 1 {
		r.flights[query{name: fmt.Sprint(i)}] = &flight{}
	}
	if f := r.ask(query{name: "last."}); errorOf(f) == errBusy {
		t.Error("the last one that fits is refused")
	}
	r.mu.Lock()
	r.flights[query{name: "full."}] = &flight{}
	r.flights[query{name: "last."}] = &flight{}
	r.mu.Unlock()
	if f := r.ask(query{name: "more."}); errorOf(f) != errBusy {
		t.Errorf("one more: error %v, want %v", errorOf(f), errBusy)
	}
	b := New(r, Config{Zones: oneZone, Timeout: patience})
	if _, failures := b.Look(t.Context(), client); len(failures) != 1 || failures[0].Why != WhyLimit {
		t.Errorf("failures %v", failures)
	}
}

func errorOf(f *flight) error {
	<-f.done
	return f.answer.err
}

func TestClosed(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	s := newServer(t, func(dns.ResponseWriter, *dns.Msg) { <-release })
	b := newBlocklists(t, setup{Servers: []string{s.addr}})
	waiting := b.resolver.ask(query{clientBL, dns.TypeA})
	b.resolver.Close()
	b.resolver.Close()
	if err := errorOf(waiting); err == nil {
		t.Error("an open question has no error")
	}
	if _, failures := b.Look(t.Context(), netip.MustParseAddr("203.0.113.8")); len(failures) != 1 {
		t.Errorf("failures %v", failures)
	}
}

func TestRefusalIsLoggedOnce(t *testing.T) {
	refuse := true
	var mu sync.Mutex
	s := newServer(t, func(w dns.ResponseWriter, q *dns.Msg) {
		mu.Lock()
		defer mu.Unlock()
		answer := "60 IN A 127.0.0.2"
		if refuse {
			answer = "60 IN A 127.255.255.254"
		}
		zone(t, map[string][]string{q.Question[0].Name: {answer}})(w, q)
	})
	var out bytes.Buffer
	b := newBlocklists(t, setup{Servers: []string{s.addr}, Log: slog.New(slog.NewTextHandler(&out, nil))})
	look := func(addr string) { b.Look(t.Context(), netip.MustParseAddr(addr)) }
	look("203.0.113.1")
	look("203.0.113.2")
	mu.Lock()
	refuse = false
	mu.Unlock()
	look("203.0.113.3")
	look("203.0.113.4")
	if got := strings.Count(out.String(), "refuses to answer"); got != 1 {
		t.Errorf("refusal logged %d times:\n%s", got, out.String())
	}
	if got := strings.Count(out.String(), "answers again"); got != 1 {
		t.Errorf("end of refusal logged %d times:\n%s", got, out.String())
	}
	if got := b.Counts(); got.Refused != 2 || got.Listed != 2 {
		t.Errorf("counts %+v", got)
	}
}

func TestSystemServers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "resolv.conf")
	if _, err := systemServers(path); err == nil {
		t.Error("no error without a file")
	}
	for text, want := range map[string][]string{
		"nameserver 192.0.2.1\nnameserver 2001:db8::1\n": {"192.0.2.1:53", "[2001:db8::1]:53"},
		"search example.net\n":                           nil,
		"":                                               nil,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := systemServers(path)
		if diff := cmp.Diff(want, got); diff != "" || (err == nil) != (want != nil) {
			t.Errorf("%q: error %v (-want +got):\n%s", text, err, diff)
		}
	}
}

func BenchmarkLookCached(b *testing.B) {
	r, err := newResolver(nil, 100, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	lists := New(r, Config{Zones: oneZone, Timeout: patience})
	lists.Look(b.Context(), client) // no server: a failure is cached
	for b.Loop() {
		lists.Look(b.Context(), client)
	}
}

// brokenContext panics where a look-up begins.
type brokenContext struct{ context.Context }

func (brokenContext) Deadline() (time.Time, bool) { panic("in a look-up") }

func TestPanicOfALookUpIsAFailure(t *testing.T) {
	s := newServer(t, zone(t, nil))
	var out bytes.Buffer
	b := newBlocklists(t, setup{Servers: []string{s.addr}, Log: slog.New(slog.NewTextHandler(&out, nil))})
	sound := b.resolver.life
	b.resolver.life = brokenContext{sound}
	_, failures := b.Look(t.Context(), client)
	if diff := cmp.Diff([]Failure{{Zone: "bl", Why: WhyError}}, failures); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.Contains(out.String(), "resolver.go") {
		t.Errorf("no stack in the log:\n%s", out.String())
	}
	b.resolver.life = sound
	if _, failures = b.Look(t.Context(), client); len(failures) > 0 {
		t.Errorf("afterwards: %v", failures)
	}
}
