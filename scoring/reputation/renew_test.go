package reputation

import (
	"log/slog"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestRenewedBlocklistsKnowWhatIsCached(t *testing.T) {
	first := newServer(t, zone(t, map[string][]string{clientBL: {"300 IN A 127.0.0.2"}}))
	second := newServer(t, zone(t, map[string][]string{clientBL: {"300 IN A 127.0.0.2"}}))
	for name, tt := range map[string]struct {
		change func(*ResolverConfig)
		asked  int // questions to both servers, the first look included
	}{
		"same resolver":        {func(*ResolverConfig) {}, 1},
		"a further server":     {func(c *ResolverConfig) { c.Servers = []string{first.addr, second.addr} }, 2},
		"another server":       {func(c *ResolverConfig) { c.Servers = []string{second.addr} }, 2},
		"another cache":        {func(c *ResolverConfig) { c.Cache = 101 }, 2},
		"a server of too many": {func(c *ResolverConfig) { c.Servers = append(c.Servers, second.addr) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			before := asked(first) + asked(second)
			quiet := slog.New(slog.DiscardHandler)
			c := ResolverConfig{Servers: []string{first.addr}, Cache: 100, Log: quiet}
			if name == "a server of too many" {
				c.Servers = []string{first.addr, first.addr, first.addr}
			}
			r, err := NewResolver(c)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(r.Close)
			b := New(r, Config{Zones: oneZone, Timeout: patience, Log: quiet})
			b.Look(t.Context(), client)
			tt.change(&c)
			renewed, err := r.Renew(c)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(renewed.Close)
			next := b.Renew(renewed, Config{Zones: []Zone{{Name: "bl", Domain: "bl.test", Points: 7}}, Timeout: patience, Log: quiet})
			if got, _ := next.Look(t.Context(), client); len(got) != 1 || got[0].Points != 7 {
				t.Errorf("renewed: %v", got)
			}
			if got, _ := b.Look(t.Context(), client); len(got) != 1 || got[0].Points != 1 {
				t.Errorf("replaced: %v", got)
			}
			if got := asked(first) + asked(second) - before; got != tt.asked {
				t.Errorf("%d questions, want %d", got, tt.asked)
			}
		})
	}
}

// asked is how many questions a server has got.
func asked(s *dnsServer) int {
	n := 0
	for _, count := range s.questions() {
		n += count
	}
	return n
}

// tickingClock ticks when the test wants it.
type tickingClock struct{ ticks chan time.Time }

func (tickingClock) NowNano() int64                        { return 0 }
func (c tickingClock) Tick(time.Duration) <-chan time.Time { return c.ticks }

// A reload leaves the resolver that it replaces without a Close.
func TestResolverThatIsNotClosedGoesAway(t *testing.T) {
	others := goleak.IgnoreCurrent()
	clock := tickingClock{make(chan time.Time)}
	abandonResolver(t, clock)
	var err error
	for range 20 { // the cache's own tasks may still hold it
		runtime.GC()
		clock.ticks <- time.Time{}
		if err = goleak.Find(others); err == nil {
			return
		}
	}
	t.Error(err)
}

func abandonResolver(t *testing.T, clock tickingClock) {
	r, err := newResolver(nil, 1, clock, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	r.cache.Set(query{name: "name"}, answer{ttl: maxTTL})
}
