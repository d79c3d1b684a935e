package campaign

import (
	"math"
	"time"
)

// Bounds of what is counted of one print.
const (
	MaxWindows = 3
	MaxSenders = 16 // different ones that are told apart; more are as many
)

// MinWindow is the shortest window.
const MinWindow = time.Minute

// slots is how many slots of a ring count: each is a sixth of the window, and
// the current one has only begun.
const slots = 7

// ring counts in slots of time, which are numbered since 1970.
type ring struct {
	counts [slots]uint32
	last   uint32 // number of the newest slot
}

// move makes the slot of a time the newest one. Time that goes back counts as
// the newest time there was.
func (r *ring) move(slot uint32) {
	if slot <= r.last {
		return
	}
	for n := r.last + 1; n <= min(slot, r.last+slots); n++ {
		r.counts[n%slots] = 0
	}
	r.last = slot
}

func (r *ring) add(slot uint32) {
	r.move(slot)
	if c := &r.counts[r.last%slots]; *c < math.MaxUint32 {
		*c++
	}
}

func (r *ring) total(slot uint32) int {
	r.move(slot)
	sum := 0
	for _, c := range r.counts {
		sum += int(c)
	}
	return sum
}

// sender is one of those that sent copies.
type sender struct {
	hash   uint32
	last   uint32 // when its last copy came, seconds since 1970
	copies uint32 // since it was idle for the longest window
}

// tally is what has been counted of a print that was seen more than once.
type tally struct {
	rings   [MaxWindows]ring
	senders [MaxSenders]sender // those without copies are none
}

// add counts one copy.
func (t *tally) add(spans []uint32, who, now uint32) {
	for i, span := range spans {
		t.rings[i].add(now / width(span))
	}
	s := t.sender(who)
	if s.hash != who || s.copies == 0 || now > s.last && now-s.last >= spans[len(spans)-1] {
		*s = sender{hash: who}
	}
	s.last = max(s.last, now)
	if s.copies < math.MaxUint32 {
		s.copies++
	}
}

// sender returns the place of a sender: its own, or a free one, or that of the
// longest idle.
func (t *tally) sender(who uint32) *sender {
	idle := &t.senders[0]
	for i := range t.senders {
		s := &t.senders[i]
		if s.copies == 0 || s.hash == who { // free ones come after those in use
			return s
		}
		if s.last < idle.last {
			idle = s
		}
	}
	return idle
}

// count is what a window holds. What each sender has sent is not known by
// window: it may be more than the window's.
func (t *tally) count(i int, span, who, now uint32) Count {
	c := Count{Window: time.Duration(span) * time.Second, Copies: t.rings[i].total(now / width(span))}
	busiest := 0
	for _, s := range t.senders {
		if s.copies > 0 && (s.last >= now || now-s.last < span) {
			c.Senders++
			busiest = max(busiest, int(s.copies))
			if s.hash == who {
				c.Own = min(int(s.copies), c.Copies)
			}
		}
	}
	c.Others = max(c.Copies-busiest, 0)
	return c
}

// width is the length of a slot in seconds, rounded up.
func width(span uint32) uint32 { return (span-1)/(slots-1) + 1 }

// seconds is a time as it is kept, in seconds since 1970.
func seconds(t time.Time) uint32 { return uint32(min(max(t.Unix(), 0), math.MaxUint32)) }
