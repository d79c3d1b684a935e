package filter

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"sluice/filter/wire"
	"sluice/policy/breaker"
)

// twoSides is a relay for subscribers, and mail from the internet.
const twoSides = `
[group.home]
clients = ["10.0.0.0/8", "2001:db8:40::/42"]
policy  = "home"

[policy.home]
inherits = "relayed"

[group.inbound]
clients = ["198.51.0.0/16", "2001:db8:a000::/36"]
policy  = "direct"
`

// quietHours is a fixture with a circuit breaker, after two hours in which so many
// subscribers sent honest mail.
func quietHours(t *testing.T, honest int) *fixture {
	f := newFixture(t, twoSides)
	f.server.Breaker = breaker.NewBoard(breaker.Default(), nil)
	for range 12 {
		f.subscribers(honest, 0)
		f.now = f.now.Add(10 * time.Minute)
	}
	f.subscribers(honest, 0)
	return f
}

// mailOf sends a message of that score, and says whether it got through.
func (f *fixture) mailOf(ip string, score float64) bool {
	f.scorer.score = score
	p := f.open()
	defer p.Close()
	r := p.Connect(wire.Peer{Name: "unknown", Family: "tcp", Addr: netip.MustParseAddr(ip), Port: 4711}, p.macros)
	if r.Action != wire.Continue {
		return false
	}
	p.Helo("PC", p.macros)
	return p.send("a@example.net", fmt.Sprintf("x%d@example.org", len(f.records))).Action == wire.Accept
}

// subscribers has so many send a message, and says how many got through.
func (f *fixture) subscribers(n int, score float64) (through int) {
	return f.many(n, "10.0.0.%d", score)
}

func (f *fixture) many(n int, format string, score float64) (through int) {
	for i := range n {
		if f.mailOf(fmt.Sprintf(format, i), score) {
			through++
		}
	}
	return through
}

// fallen is what has fallen back, by group.
func (f *fixture) fallen() (open []string) {
	for _, trip := range f.server.Breaker.Open(f.now) {
		open = append(open, trip.Group+": "+string(trip.Cause))
	}
	return open
}

// A customer with a /56 has 256 senders, and one vote. So has a client from the
// internet.
func TestOneCustomerWithManyNetworks(t *testing.T) {
	f := quietHours(t, 60)
	f.many(100, "2001:db8:a000:%x::1", 0)
	for range 3 {
		f.many(100, "2001:db8:40:%x::1", 0) // a history is no help
	}
	if through := f.many(100, "2001:db8:40:%x::1", 20) + f.many(100, "2001:db8:a000:%x::1", 20); through != 0 || f.server.Breaker.Trips() != 0 {
		t.Errorf("%d got through, %v", through, f.fallen())
	}
}

// Bots among the subscribers without a history have no vote, and are contained.
func TestBotsDoNotTrip(t *testing.T) {
	f := quietHours(t, 60)
	through := 0
	for range 10 {
		through += f.many(50, "10.9.9.%d", 20)
	}
	if through != 0 || f.server.Breaker.Trips() != 0 || f.last().Standing != "blocked" {
		t.Errorf("%d got through, %v, %s", through, f.fallen(), f.last().Standing)
	}
}

// Bots from the internet trip nothing but what is for them.
func TestBotsFromElsewhereDoNotTripForSubscribers(t *testing.T) {
	f := quietHours(t, 60)
	for range 2 {
		f.many(25, "198.51.100.%d", 20)
		f.now = f.now.Add(10 * time.Minute)
	}
	f.many(25, "198.51.101.%d", 20)
	f.now = f.now.Add(5 * time.Minute)
	for range 10 {
		if f.mailOf("10.9.9.9", 20) {
			t.Error("an infected subscriber gets through")
		}
	}
	if f.last().Standing != "blocked" {
		t.Error(f.last().Standing)
	}
}

// A list that breaks in the group for everybody falls back there only.
func TestAListThatBreaksForTheInternet(t *testing.T) {
	f := quietHours(t, 60)
	f.many(100, "198.51.100.%d", 0)
	f.now = f.now.Add(10 * time.Minute)
	if through := f.many(100, "198.51.100.%d", 20); through != 100-19 {
		t.Errorf("%d got through", through)
	}
	if open := f.fallen(); len(open) != 1 || open[0] != "inbound: score TEST" {
		t.Error(open)
	}
	if f.mailOf("10.0.0.1", 20) {
		t.Error("a subscriber got through")
	}
}

// While a broken list has fallen back, who has no honest history is found by it all
// the same; the others, and those who have tripped it, are left alone.
func TestEvidenceSurvivesAFallback(t *testing.T) {
	f := quietHours(t, 60)
	f.mailOf("10.9.9.9", 20)
	f.subscribers(10, 20) // they are watched by the time that it trips
	f.subscribers(10, 20)
	if through := f.subscribers(60, 20); through != 60-19 {
		t.Errorf("%d of 60 got through", through)
	}
	for range 5 {
		f.now = f.now.Add(10 * time.Minute)
		if through := f.subscribers(60, 20); through != 60 {
			t.Errorf("%d of 60 get through", through)
		}
	}
	f.mailOf("10.9.9.9", 20)
	if got := f.last(); got.Applied != "accept" || len(got.Breaker) != 1 || !got.Breaker[0].Held || len(got.Evidence) == 0 {
		t.Errorf("%s, %+v, %+v", got.Applied, got.Breaker, got.Evidence)
	}
	for range 10 {
		f.mailOf("10.9.9.9", 20)
	}
	if f.last().Standing != "blocked" {
		t.Errorf("the infected subscriber is %s", f.last().Standing)
	}
	stages, _ := f.server.Book.Count()
	if stages[len(stages)-1] != 1 {
		t.Errorf("%v", stages)
	}
}
