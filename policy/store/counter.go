package store

import (
	"fmt"
	"math/bits"
	"time"
)

// maxSpan is the longest window, and the longest debt of a bucket: 36 years.
// Sums of a few of these and a time of day stay within an int64.
const maxSpan = 1 << 60

// counter is the state behind one key of one limit window. Times and spans are
// in nanoseconds, times since 1970. A charge's hash is that of its Value, for
// Distinct, and of no meaning otherwise.
type counter interface {
	// cost is what the charge would take from the budget: its Cost, or nothing
	// for a value that is already counted.
	cost(c *Charge, hash uint64, now int64) int64

	// level says how cost fits behind what the call has put ahead of it.
	level(c *Charge, ahead, cost, now int64) Level

	charge(c *Charge, hash uint64, now int64)
	give(c *Charge, hash uint64, now int64)

	// idle says that the counter is worth no more than an untouched one.
	idle(span, now int64) bool

	// changed is when the counter was last charged; for some kinds, or given
	// back. Of an idle one it may be any time.
	changed() int64

	// values is how many values a Distinct counter holds.
	values() int

	// append writes the state behind b. read is the inverse: it takes the state
	// from the beginning of b and returns the rest, or false if there is none
	// that a counter could be in.
	append(b []byte) []byte
	read(b []byte) ([]byte, bool)
}

// untouched returns a new counter that nothing was charged to.
func untouched(kind Kind) counter {
	switch kind {
	case Bucket:
		return &bucket{}
	case Distinct:
		return &distinct{}
	default:
		return &window{}
	}
}

// check refuses charges that no counter can hold. They come from a mistake in
// the program, never from a client.
func check(charges []Charge) error {
	for i := range charges {
		c := &charges[i]
		if c.Kind > Distinct {
			return fmt.Errorf("charge on limit %q: unknown kind %d", c.Limit, c.Kind)
		}
		if c.Window <= 0 || c.Window > maxSpan {
			return fmt.Errorf("charge on limit %q: a window of %v", c.Limit, c.Window)
		}
	}
	return nil
}

// maxTime is the latest time that counts, in 2116; the earliest is as far from
// 1970. Differences of two times then stay within an int64.
const maxTime = 1<<62 - 1

// nanos is a time in nanoseconds since 1970, within the times that count.
func nanos(t time.Time) int64 {
	const years = maxTime / int64(time.Second)
	switch s := t.Unix(); {
	case s >= years:
		return maxTime
	case s <= -years:
		return -maxTime
	default:
		return t.UnixNano()
	}
}

// settle returns the time at which a counter that was changed at last is read.
// A clock that was set back by no more than the window leaves the counter where
// it is until the time has come round again. After a larger step the counter is
// from a future that never came, and ok is false: it counts for nothing, or else
// one wrong clock could hold mail back for as long as it was wrong.
func settle(last, now, span int64) (at int64, ok bool) {
	switch {
	case now >= last:
		return now, true
	case last-now <= span:
		return last, true
	default:
		return now, false
	}
}

// over is the level of a charge that does not fit: fits is when it will.
func over(used, need, budget, fits, now int64) Level {
	if need > budget {
		return Level{Used: used, Over: true, Wait: Never}
	}
	return Level{Used: used, Over: true, Wait: time.Duration(fits - now)}
}

// add is a+b of two amounts, at most the largest int64.
func add(a, b int64) int64 {
	if sum := a + b; sum >= a {
		return sum
	}
	return int64(Never)
}

// mulSpan is a*b nanoseconds, at most maxSpan.
func mulSpan(a, b int64) int64 {
	if hi, lo := bits.Mul64(uint64(a), uint64(b)); hi == 0 && lo < maxSpan {
		return int64(lo)
	}
	return maxSpan
}
