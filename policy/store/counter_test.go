package store

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The conformance suite allows for rounding; these tests hold the arithmetic to
// the nanosecond.

func TestWaitIsExact(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := &Charge{
			Kind:   Kind(rapid.IntRange(0, 1).Draw(r, "kind")),
			Max:    rapid.Int64Range(1, 1e12).Draw(r, "max"),
			Burst:  rapid.Int64Range(1, 1e6).Draw(r, "burst"),
			Window: time.Duration(rapid.Int64Range(1, int64(366*24*time.Hour)).Draw(r, "window")),
		}
		state, now := untouched(c.Kind), rapid.Int64Range(-1e18, 1e18).Draw(r, "start")
		budget := c.Max
		if c.Kind == Bucket {
			budget = c.Burst
		}
		for range rapid.IntRange(1, 20).Draw(r, "charges") {
			c.Cost = rapid.Int64Range(1, budget).Draw(r, "cost")
			l := state.level(c, 0, c.Cost, now)
			if l.Over {
				if at := now + int64(l.Wait); state.level(c, 0, c.Cost, at).Over {
					r.Fatalf("%+v: over after the wait", l)
				} else if !state.level(c, 0, c.Cost, at-1).Over {
					r.Fatalf("%+v: fits a nanosecond before the end of the wait", l)
				}
				now += int64(l.Wait)
			}
			state.charge(c, 0, now)
			now += rapid.Int64Range(0, int64(c.Window)).Draw(r, "pause")
		}
	})
}

// TestIdleIsWorthNothing holds what the sweep relies on: a counter that it may
// drop answers like an untouched one, then and later.
func TestIdleIsWorthNothing(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := &Charge{Kind: Kind(rapid.IntRange(0, 2).Draw(r, "kind")), Max: 5, Burst: 9, Window: time.Minute, Cost: 1}
		state, now, span := untouched(c.Kind), int64(0), int64(time.Minute)
		for range rapid.IntRange(1, 5).Draw(r, "charges") {
			state.charge(c, rapid.Uint64Range(0, 3).Draw(r, "value"), now)
			now += rapid.Int64Range(0, 2*span).Draw(r, "pause")
		}
		idle, used := state.idle(span, now), state.level(c, 0, 0, now).Used
		if idle != (used == 0) {
			r.Fatalf("idle %v with %d used", idle, used)
		}
		later := now + rapid.Int64Range(0, 3*span).Draw(r, "later")
		if idle && state.level(c, 0, 0, later).Used != 0 {
			r.Fatalf("idle, and used later")
		}
	})
}

func TestClockAtItsEnds(t *testing.T) {
	times := map[string]time.Time{
		"zero": {}, "1970": time.Unix(0, 0), "2116": time.Unix(maxTime/int64(time.Second), 0), "9999": time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	for name, at := range times {
		for kind := Window; kind <= Distinct; kind++ {
			t.Run(fmt.Sprintf("%s/%d", name, kind), func(t *testing.T) {
				c := &Charge{Kind: kind, Max: 1, Burst: 1, Window: maxSpan, Cost: 1}
				state, now := untouched(kind), nanos(at)
				state.charge(c, 1, now)
				l := state.level(c, 0, 1, now)
				if !l.Over || l.Used != 1 || l.Wait <= 0 || l.Wait == Never {
					t.Errorf("the second of one: %+v", l)
				}
			})
		}
	}
}

func TestWindowBounds(t *testing.T) {
	for _, c := range []struct {
		span time.Duration
		ok   bool
	}{{-1, false}, {0, false}, {1, true}, {maxSpan, true}, {maxSpan + 1, false}} {
		if err := check([]Charge{{Window: c.span}}); (err == nil) != c.ok {
			t.Errorf("window of %d ns: %v", c.span, err)
		}
	}
}

func TestDistinctTakesDoNotOverflow(t *testing.T) {
	d := &distinct{seen: []sight{{hash: 1, takes: math.MaxUint32}}}
	c := &Charge{Kind: Distinct, Window: time.Hour, Taken: time.Unix(0, 0)}
	d.charge(c, 1, 0)
	d.give(c, 1, 0)
	if len(d.seen) != 1 {
		t.Error("forgotten, though it was taken more often than given back")
	}
}

func TestDistinctKeepsNoRoomForValuesThatLeft(t *testing.T) {
	d := &distinct{}
	c := &Charge{Kind: Distinct, Window: time.Hour}
	for i := range 1000 {
		d.charge(c, uint64(i), 0)
	}
	d.charge(c, 1000, int64(time.Hour))
	if len(d.seen) != 1 || cap(d.seen) > 4 {
		t.Errorf("%d values in room for %d", len(d.seen), cap(d.seen))
	}
}

func TestFold(t *testing.T) {
	long := func(n int, end string) string { return fmt.Sprintf("%0*d%s", n-len(end), 0, end) }
	for _, n := range []int{0, 1, MaxKey - 1, MaxKey} {
		if key := long(n, "")[:n]; fold(key) != key {
			t.Errorf("a key of %d bytes is not kept as it is", n)
		}
	}
	for _, n := range []int{MaxKey + 1, 10 * MaxKey} {
		a, b := fold(long(n, "a")), fold(long(n, "b"))
		if len(a) != MaxKey || a == b {
			t.Errorf("keys of %d bytes: %q and %q", n, a, b)
		}
	}
}
