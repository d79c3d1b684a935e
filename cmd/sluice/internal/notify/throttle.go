package notify

import (
	"maps"
	"math"
	"time"
)

const (
	// maxRemembered is how many senders throttling knows; the one that was
	// longest not told is forgotten first, and may then be told of again.
	maxRemembered = 10_000
	// window is what per_hour counts in, from its first notice on.
	window = time.Hour
	// maxOutbreaks is how many outbreaks of an hour are told apart; what is beyond is
	// told one by one.
	maxOutbreaks = 1000
)

// throttle decides what is told. Key: the sender, and all of them together.
// Lost in a restart: everything, so each sender may be told of once more.
type throttle struct {
	perSender time.Duration
	perHour   int

	told      map[string]told
	outbreaks map[string]time.Time // when each was told of first
	start     time.Time            // of the window
	count     int                  // notices in it
}

// told is what people were last told of a sender.
type told struct {
	harshness harshness
	worse     time.Time // when for the worse; zero for never
	better    time.Time
}

func newThrottle(perSender time.Duration, perHour int) *throttle {
	return &throttle{perSender: perSender, perHour: perHour, told: map[string]told{}, outbreaks: map[string]time.Time{}}
}

// decision of the throttle.
type decision int

const (
	tell     decision = iota
	suppress          // people know already
	gather            // too many this hour: it goes into the digest
	join              // part of an outbreak that was told: the customer is told alone
)

// decide counts a notice and says what becomes of it.
func (t *throttle) decide(n Notice, now time.Time) decision {
	known := t.told[n.Sender]
	last := &known.better
	if n.worse() {
		last = &known.worse
	}
	h := harshnessOf(n)
	again := !last.IsZero() && now.Sub(*last) < t.perSender
	if again && !(n.worse() && h.above(known.harshness)) {
		return suppress
	}
	*last, known.harshness = now, h
	t.remember(n.Sender, known, now)
	if now.Sub(t.start) >= window {
		t.start, t.count = now, 0
	}
	if t.spreads(n, now) {
		return join
	}
	if t.count++; t.count > t.perHour {
		return gather
	}
	return tell
}

// spreads says whether a notice is part of an outbreak that was told of within the
// window: the same mail from another sender.
func (t *throttle) spreads(n Notice, now time.Time) bool {
	if n.Outbreak == "" || !n.worse() {
		return false
	}
	if first, known := t.outbreaks[n.Outbreak]; known && now.Sub(first) < window {
		return true
	}
	if len(t.outbreaks) >= maxOutbreaks {
		maps.DeleteFunc(t.outbreaks, func(_ string, first time.Time) bool { return now.Sub(first) >= window })
	}
	if len(t.outbreaks) < maxOutbreaks {
		t.outbreaks[n.Outbreak] = now
	}
	return false
}

// remember makes room if it must.
func (t *throttle) remember(sender string, known told, now time.Time) {
	if _, there := t.told[sender]; !there && len(t.told) >= maxRemembered {
		t.forget(now)
	}
	t.told[sender] = known
}

// forget drops all that no longer matters, or else the oldest.
func (t *throttle) forget(now time.Time) {
	oldest, at := "", now
	for sender, known := range t.told {
		latest := known.worse
		if known.better.After(latest) {
			latest = known.better
		}
		switch {
		case now.Sub(latest) >= t.perSender:
			delete(t.told, sender)
		case oldest == "" || latest.Before(at):
			oldest, at = sender, latest
		}
	}
	if len(t.told) >= maxRemembered {
		delete(t.told, oldest)
	}
}

// harshness is how much a change hurts.
type harshness struct {
	rank    int
	real    bool          // not only recorded
	blocked time.Duration // how long; the longest there is until released
}

func harshnessOf(n Notice) harshness {
	h := harshness{rank: rank(n.To), real: !n.Observe}
	if n.To != Blocked {
		return h
	}
	if h.blocked = math.MaxInt64; !n.Until.IsZero() {
		h.blocked = n.Until.Sub(n.At)
	}
	return h
}

// above says whether people have to hear of h although they know of known: what
// is done over what would be, the harsher stage, the block twice as long.
func (h harshness) above(known harshness) bool {
	switch {
	case h.real != known.real:
		return h.real
	case h.rank != known.rank:
		return h.rank > known.rank
	}
	return h.blocked/2 >= known.blocked && h.blocked > known.blocked
}
