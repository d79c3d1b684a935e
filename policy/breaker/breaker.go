package breaker

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"time"
)

// The bounds; see the package.
const (
	maxActive  = 200_000
	maxRefused = 200_000
	maxCauses  = 64
)

// Breaker counts. It is safe for concurrent use; a nil one counts nothing and never
// trips.
type Breaker struct {
	report func(Change)
	seed   maphash.Seed

	mu      sync.Mutex
	config  Config
	begun   time.Time           // of this window; zero before the first
	windows int                 // that are over
	active  map[uint64]struct{} // who sends in this window
	before  int                 // how many did in the last one
	causes  map[Cause]*tally
	room    int      // for senders in them
	changes []Change // not reported yet
}

// Trip is that a cause has fallen back to observe, and why.
type Trip struct {
	Group   string // of senders, for a Board
	Cause   Cause
	Since   time.Time
	Until   time.Time
	Refused int     // senders, in this window
	Active  int     // senders altogether, in this window or the last
	Usual   float64 // senders that it may be expected to refuse
	Observe bool    // it acts all the same, for the breaker only observes
}

// Change is a trip, or the end of one.
type Change struct {
	Trip
	Open bool
	Why  string // why it has ended
}

// Why a trip ends.
const (
	Elapsed  = "its time is over"
	Reloaded = "the configuration was read again"
)

// New makes a breaker on a configuration that was checked. What happens is told to
// report, which is called without a lock; nil for nobody.
func New(c Config, report func(Change)) *Breaker {
	if report == nil {
		report = func(Change) {}
	}
	b := &Breaker{report: report, seed: maphash.MakeSeed(), config: c}
	b.reset()
	return b
}

func (b *Breaker) reset() {
	b.begun, b.windows, b.before = time.Time{}, 0, 0
	b.active, b.causes, b.room = make(map[uint64]struct{}), make(map[Cause]*tally), maxRefused
}

// Seen notes that somebody sends.
func (b *Breaker) Seen(now time.Time, sender string) {
	b.do(func() {
		b.roll(now)
		b.see(b.hash(sender))
	})
}

// Refused notes that mail of a sender would be refused for a cause, or held against
// it. If the cause has fallen back to observe, it is not to be.
func (b *Breaker) Refused(now time.Time, c Cause, sender string) (open bool) {
	b.do(func() {
		t := b.count(now, c, sender, true)
		if t == nil {
			return
		}
		if !t.open() && b.over(c, t, now) {
			b.trip(c, t, now)
		}
		open = t.open() && !t.trip.Observe
	})
	return open
}

// Observed notes that mail of a sender would be refused if its policy did more than
// observe: that is part of what is usual, and trips nothing.
func (b *Breaker) Observed(now time.Time, c Cause, sender string) {
	b.do(func() { b.count(now, c, sender, false) })
}

// Fallen says whether a cause has fallen back, and counts nothing: for mail of those
// who have no vote.
func (b *Breaker) Fallen(now time.Time, c Cause) (open bool) {
	b.do(func() {
		if b.config.Mode != off {
			b.roll(now)
			t := b.causes[c]
			open = t != nil && t.open() && !t.trip.Observe
		}
	})
	return open
}

// Voted says whether a cause that is open has tripped because of this sender, too.
func (b *Breaker) Voted(c Cause, sender string) (voted bool) {
	b.do(func() {
		t := b.causes[c]
		voted = t != nil && t.open() && t.senders[b.hash(sender)]
	})
	return voted
}

// Use puts another configuration in force. The operator has acted: everything that is
// open is tried again. What is usual is still known, unless windows are of another
// length.
func (b *Breaker) Use(c Config) {
	b.do(func() {
		for _, t := range b.causes {
			if t.open() {
				b.tryAgain(t, Reloaded)
			}
		}
		if c.Mode == off || c.Window != b.config.Window {
			b.reset()
		}
		b.config = c
	})
}

// Open lists what is open, by cause.
func (b *Breaker) Open(now time.Time) []Trip {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	var open []Trip
	for _, t := range b.causes {
		if t.open() && now.Before(t.trip.Until) {
			open = append(open, t.trip)
		}
	}
	slices.SortFunc(open, func(a, b Trip) int { return strings.Compare(string(a.Cause), string(b.Cause)) })
	return open
}

// do runs f under the lock, and reports what it has changed.
func (b *Breaker) do(f func()) {
	if b == nil {
		return
	}
	b.mu.Lock()
	f()
	changes := b.changes
	b.changes = nil
	b.mu.Unlock()
	for _, c := range changes {
		b.report(c)
	}
}

func (b *Breaker) hash(sender string) uint64 { return maphash.String(b.seed, sender) }
