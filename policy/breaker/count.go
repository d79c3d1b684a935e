package breaker

import (
	"slices"
	"time"
)

// day is about what the average reaches back.
const day = 24 * time.Hour

// see counts a sender that is active. When there is no room it says nothing: crowded
// does.
func (b *Breaker) see(sender uint64) {
	if b.config.Mode != off && !b.crowded() {
		b.active[sender] = struct{}{}
	}
}

// crowded says whether not all that are active could be counted.
func (b *Breaker) crowded() bool { return len(b.active) >= maxActive }

// count notes what a cause does to a sender, and returns the tally of the cause; nil
// if it has none.
func (b *Breaker) count(now time.Time, c Cause, sender string, refused bool) *tally {
	if b.config.Mode == off || slices.Contains(b.config.Except, string(c)) {
		return nil
	}
	b.roll(now)
	h := b.hash(sender)
	b.see(h)
	t := b.causes[c]
	if t == nil {
		if len(b.causes) >= maxCauses {
			return nil
		}
		t = &tally{senders: make(map[uint64]bool)}
		b.causes[c] = t
	}
	if !t.open() { // those who have tripped it stay known until it is tried again
		b.room -= t.count(h, refused, b.room)
	}
	return t
}

// over says whether a cause refuses so many that it has to fall back.
func (b *Breaker) over(c Cause, t *tally, now time.Time) bool {
	if b.crowded() || b.windows == 0 && !b.early(c, now) {
		return false
	}
	share := b.config.Share
	if t.tried {
		share /= 2
	}
	n := float64(t.refused)
	return t.refused >= b.config.Senders && n >= share*float64(b.senders()) && n >= b.config.Factor*t.usual()
}

// early says whether a cause may trip before there is any history.
func (b *Breaker) early(c Cause, now time.Time) bool {
	return c.Scores() && now.Sub(b.begun) >= time.Duration(b.config.Window)/2
}

// senders is how many are active, as well as that can be known by now.
func (b *Breaker) senders() int { return max(len(b.active), b.before) }

func (b *Breaker) trip(c Cause, t *tally, now time.Time) {
	t.trip = Trip{
		Cause: c, Since: now, Until: now.Add(time.Duration(b.config.For)),
		Refused: t.refused, Active: b.senders(), Usual: t.usual(), Observe: b.config.Mode == observe,
	}
	t.tainted = true
	t.held = 0 // it had broken by then
	b.changes = append(b.changes, Change{Trip: t.trip, Open: true})
}

// tryAgain closes a cause for a trial: what was refused meanwhile counts for nothing.
func (b *Breaker) tryAgain(t *tally, why string) {
	b.changes = append(b.changes, Change{Trip: t.trip, Why: why})
	t.trip, t.tried, t.tainted = Trip{}, true, true
	b.room += t.empty()
}

// roll ends the windows, and the trips, that are over by now. A clock that goes back
// changes nothing.
func (b *Breaker) roll(now time.Time) {
	if b.begun.IsZero() {
		b.begun = now
		return
	}
	window := time.Duration(b.config.Window)
	over := now.Sub(b.begun) / window
	for range min(over, 10*day/window) { // of more nothing would be left
		b.end()
	}
	b.begun = b.begun.Add(max(over, 0) * window)
	for _, t := range b.causes {
		if t.open() && !now.Before(t.trip.Until) {
			b.tryAgain(t, Elapsed)
		}
	}
}

// end ends one window.
func (b *Breaker) end() {
	for c, t := range b.causes {
		if !t.tainted {
			t.note(len(t.senders), b.jumped(t), b.weight())
			t.tried = false
		}
		if t.tainted = t.open(); !t.tainted {
			b.room += t.empty()
		}
		if t.idle() {
			delete(b.causes, c)
		}
	}
	b.before = len(b.active)
	b.active = make(map[uint64]struct{}, b.before)
	b.windows++
}

// jumped says whether a window has so much more than is usual that the cause may have
// broken in it.
func (b *Breaker) jumped(t *tally) bool {
	n := float64(t.refused)
	return b.windows > 0 && t.refused >= b.config.Senders && n >= b.config.Factor*t.usual()
}

// weight is that of a window in the average: that of a day, or of the windows there
// were if that is less.
func (b *Breaker) weight() float64 {
	return max(float64(b.config.Window)/float64(day), 1/float64(b.windows+1))
}
