package breaker

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"sluice/policy/config"
)

// town is a relay with its senders, on a clock that the test moves.
type town struct {
	*testing.T
	*Breaker
	now     time.Time
	changes []Change
}

const list = Cause("score BLOCKLIST_X")

func newTown(t *testing.T, change ...func(*Config)) *town {
	c := Default()
	for _, f := range change {
		f(&c)
	}
	var ps config.Problems
	if c.Check(&ps); ps.Failed() {
		t.Fatal(ps.All())
	}
	n := &town{T: t, now: time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)}
	n.Breaker = New(c, func(c Change) { n.changes = append(n.changes, c) })
	return n
}

// send has senders from the first up to, but not with, the last send something.
func (n *town) send(from, to int) {
	for i := range to - from {
		n.Seen(n.now, fmt.Sprint(from+i))
	}
}

// refuse has them refused, and says how many were when the cause fell back; -1 for
// never.
func (n *town) refuse(c Cause, from, to int) int {
	for i := range to - from {
		if n.Refused(n.now, c, fmt.Sprint(from+i)) {
			return i + 1
		}
	}
	return -1
}

// pass lets time pass while the honest senders send, evenly spread over a window.
func (n *town) pass(windows int, honest int) {
	for range windows {
		n.send(0, honest)
		n.now = n.now.Add(10 * time.Minute)
	}
	n.send(0, 1) // the window ends when something happens
}

func (n *town) want(what string, got, want int) {
	n.Helper()
	if got != want {
		n.Errorf("%s: fell back at %d, want %d", what, got, want)
	}
}

// A list that lists everybody has a fifth of the senders refused, and no more.
func TestAListThatListsEverybodyTrips(t *testing.T) {
	n := newTown(t)
	n.pass(3, 2000)
	n.want("a broken list", n.refuse(list, 0, 2000), 400)
	if open := n.Open(n.now); len(open) != 1 || open[0].Cause != list || open[0].Refused != 400 || open[0].Active != 2000 || !open[0].Until.Equal(n.now.Add(time.Hour)) {
		t.Errorf("%+v", open)
	}
	if len(n.changes) != 1 || !n.changes[0].Open {
		t.Errorf("%+v", n.changes)
	}
	n.want("another cause meanwhile", n.refuse(Standing, 0, 399), -1)
}

// Of 2,000 senders 150 are infected, all at once: by one rule, and then by their standing.
func TestAnOutbreakDoesNotTrip(t *testing.T) {
	n := newTown(t)
	n.pass(3, 2000)
	for range 30 { // five hours
		n.want("the rule", n.refuse(list, 0, 150), -1)
		n.want("the standing", n.refuse(Standing, 0, 150), -1)
		n.pass(1, 2000)
	}
	for range 30 { // and on into the night
		n.want("the standing at night", n.refuse(Standing, 0, 150), -1)
		n.pass(1, 300)
	}
}

// Bots hammer from the first second of each window, before anybody else sends.
func TestBotsThatHammerDoNotTrip(t *testing.T) {
	n := newTown(t)
	for range 20 {
		n.want("bots", n.refuse(Standing, 5000, 5150), -1)
		n.now = n.now.Add(5 * time.Minute)
		n.send(0, 2000)
		n.now = n.now.Add(5 * time.Minute)
	}
}

// A list that breaks shortly before the end of a window has refused too few by then,
// and many more than usual: it trips in the next one all the same.
func TestAListThatBreaksBeforeTheEndOfAWindow(t *testing.T) {
	n := newTown(t)
	n.pass(3, 2000)
	n.send(0, 2000)
	n.now = n.now.Add(9 * time.Minute)
	n.want("the last minute", n.refuse(list, 0, 390), -1)
	n.now = n.now.Add(time.Minute)
	n.want("the next window", n.refuse(list, 0, 2000), 400)
}

// What refused many before may refuse as many again.
func TestWhatIsUsualDoesNotTrip(t *testing.T) {
	n := newTown(t)
	others := Access("others")
	for range 5 {
		n.send(0, 100)
		n.want("access", n.refuse(others, 1000, 1300), -1)
		n.now = n.now.Add(10 * time.Minute)
	}
	n.send(0, 100)
	n.want("four times as many", n.refuse(others, 1000, 2200), -1)
	n.want("five times", n.refuse(others, 2200, 3000), 300)
}

func TestTheStart(t *testing.T) {
	n := newTown(t)
	n.send(0, 100)
	n.want("a score at once", n.refuse(list, 0, 100), -1)
	n.now = n.now.Add(5 * time.Minute)
	n.want("a score in the second half", n.refuse(list, 0, 100), 1)
	for _, c := range []Cause{Standing, Access("others"), Limit("recipients-1h"), Unauthorised, NullSender} {
		n.want(string(c), n.refuse(c, 0, 100), -1)
	}
	n.now = n.now.Add(5 * time.Minute)
	n.want("standing, as before", n.refuse(Standing, 0, 100), -1)
	n.want("and no more than that", n.refuse(Standing, 100, 600), 400)
}

// After its time a cause is tried again, and half the share trips it then.
func TestItIsTriedAgain(t *testing.T) {
	n := newTown(t)
	n.pass(3, 2000)
	n.want("first", n.refuse(list, 0, 2000), 400)
	n.pass(5, 2000)
	n.want("still open", n.refuse(list, 0, 2000), 1)
	n.pass(1, 2000)
	n.want("on trial", n.refuse(list, 0, 2000), 200)
	n.pass(6, 2000)
	n.want("a few are left", n.refuse(list, 0, 199), -1)
	n.pass(2, 2000)
	n.want("after the trial", n.refuse(list, 0, 2000), 400)
	var kinds []string
	for _, c := range n.changes {
		kinds = append(kinds, fmt.Sprint(c.Open, c.Why))
	}
	if got := strings.Join(kinds, " "); got != "true false"+Elapsed+" true false"+Elapsed+" true" {
		t.Error(got)
	}
}

func TestAReloadClosesEverything(t *testing.T) {
	n := newTown(t)
	for range 3 {
		n.refuse(list, 0, 50)
		n.pass(1, 2000)
	}
	n.want("first", n.refuse(list, 0, 2000), 400)
	n.Use(Default())
	if len(n.Open(n.now)) != 0 || n.changes[1].Why != Reloaded {
		t.Errorf("%+v", n.changes)
	}
	n.want("what is usual is still known", n.refuse(list, 0, 249), -1)
	n.want("half the share, and five times as many", n.refuse(list, 249, 2000), 1)
}

func TestModesAndExceptions(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"observe": func(c *Config) { c.Mode = observe },
		"off":     func(c *Config) { c.Mode = off },
		"except":  func(c *Config) { c.Except = []string{string(list)} },
	} {
		n := newTown(t, change)
		n.pass(3, 2000)
		n.want(name, n.refuse(list, 0, 2000), -1)
		if len(n.changes) == 1 != (name == "observe") {
			t.Errorf("%s: %+v", name, n.changes)
		}
	}
	var none *Breaker
	if none.Seen(time.Now(), "a"); none.Refused(time.Now(), list, "a") || none.Open(time.Now()) != nil {
		t.Error("a nil breaker trips")
	}
}

// What is only observed trips nothing, and is usual when it begins to act.
func TestWhatIsObserved(t *testing.T) {
	n := newTown(t)
	for range 3 {
		for i := range 1000 {
			n.Observed(n.now, list, fmt.Sprint(i))
		}
		n.pass(1, 2000)
	}
	n.want("enforced now", n.refuse(list, 0, 2000), -1)
}

func TestIdleHoursAreOver(t *testing.T) {
	n := newTown(t)
	n.pass(3, 2000)
	n.refuse(list, 0, 100)
	n.now = n.now.Add(1000 * time.Hour)
	n.send(0, 100)
	if len(n.causes) != 0 || n.before != 0 || n.room != maxRefused {
		t.Errorf("%d causes, %d senders before, room for %d", len(n.causes), n.before, n.room)
	}
	n.now = n.now.Add(-2000 * time.Hour) // the clock is set back
	n.want("before", n.refuse(list, 0, 2000), 20)
}

func TestItHasBounds(t *testing.T) {
	n := newTown(t)
	n.pass(2, 10)
	for i := range maxCauses + 5 {
		n.Refused(n.now, Score(fmt.Sprint(i)), "1")
	}
	if len(n.causes) != maxCauses {
		t.Errorf("%d causes", len(n.causes))
	}
	n = newTown(t)
	n.pass(2, 10)
	n.send(0, maxActive-1)
	n.want("room is left", n.refuse(list, 0, maxActive/2), maxActive/5)
	n = newTown(t)
	n.pass(2, 10)
	n.send(0, maxActive+10)
	n.want("there are too many to count", n.refuse(list, 0, maxActive/2), -1)
	n.refuse(Standing, 0, maxActive)
	if len(n.active) != maxActive || n.room != 0 {
		t.Errorf("%d senders, room for %d", len(n.active), n.room)
	}
	n.pass(1, 1)
	if n.room != maxRefused {
		t.Errorf("room for %d", n.room)
	}
}

// Whatever happens, nothing opens below the number of senders, and the numbers of
// senders that are kept are right.
func TestNothingOpensBelowSenders(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		n := newTown(t)
		causes := []Cause{list, Standing, Access("a"), Limit("b")}
		for range 3000 {
			if r.IntN(50) == 0 {
				n.now = n.now.Add(time.Duration(r.IntN(3000)-300) * time.Second)
			}
			switch c, who := causes[r.IntN(4)], fmt.Sprint(r.IntN(60)); r.IntN(400) {
			case 0:
				n.Use(Default())
			default:
				if r.IntN(3) == 0 {
					n.Seen(n.now, who)
				} else {
					n.Refused(n.now, c, who)
				}
			}
			for _, trip := range n.Open(n.now) {
				if trip.Refused < 20 || float64(trip.Refused) < 0.1*float64(trip.Active) || float64(trip.Refused) < 5*trip.Usual {
					t.Fatalf("seed %d: %+v", seed, trip)
				}
			}
		}
		kept := 0
		for _, c := range n.causes {
			kept += len(c.senders)
		}
		if kept != maxRefused-n.room {
			t.Fatalf("seed %d: %d senders are kept, %d counted", seed, kept, maxRefused-n.room)
		}
	}
}

func TestAtOnce(t *testing.T) {
	b := New(Default(), nil)
	done := make(chan bool)
	for g := range 4 {
		go func() {
			for i := range 2000 {
				now := time.Unix(int64(i*10), 0)
				b.Seen(now, fmt.Sprint(g, i))
				b.Refused(now, list, fmt.Sprint(g, i))
				b.Open(now)
			}
			done <- true
		}()
	}
	for range 4 {
		<-done
	}
}
