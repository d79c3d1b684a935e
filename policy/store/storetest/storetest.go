// Package storetest is what every store.Store must do, as tests. An
// implementation runs all of it with one call of Run.
package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/policy/store"
)

// Rounding is how far a Wait may be from the truth: a store may count in
// milliseconds.
const Rounding = time.Millisecond

// Open returns an empty store, which is closed when the test ends. It may be
// called several times in one test.
type Open func(t testing.TB) store.Store

// Run tests a store.
func Run(t *testing.T, open Open) {
	groups := []struct {
		name string
		test func(*testing.T, Open)
	}{
		{"take", testTake},
		{"observe", testObserve},
		{"give", testGive},
		{"window", testWindow},
		{"bucket", testBucket},
		{"distinct", testDistinct},
		{"counters", testCounters},
		{"clock", testClock},
		{"concurrent", testConcurrent},
		{"property", testProperties},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) { g.test(t, open) })
	}
}

// begin is the time at which the tests begin: no window of a whole number of
// seconds, minutes, hours or days is far from its own beginning.
var begin = time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)

// reporter is a test, of package testing or of rapid.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// bench is a store under test with the checks that all tests use.
type bench struct {
	t reporter
	store.Store
}

func newBench(t testing.TB, open Open) bench {
	s := open(t)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return bench{t, s}
}

// take, peek and give are the calls of the store at a time after begin, which
// must not fail. What is given was taken at the same time, or as takenAt says.
func (b bench) take(after time.Duration, charges ...store.Charge) []store.Level {
	b.t.Helper()
	levels, err := b.Take(context.Background(), begin.Add(after), charges)
	return b.checked(levels, err, len(charges))
}

func (b bench) peek(after time.Duration, charges ...store.Charge) []store.Level {
	b.t.Helper()
	levels, err := b.Peek(context.Background(), begin.Add(after), charges)
	return b.checked(levels, err, len(charges))
}

func (b bench) give(after time.Duration, charges ...store.Charge) {
	b.t.Helper()
	for i, c := range charges {
		if c.Taken.IsZero() {
			charges[i] = takenAt(c, after)
		}
	}
	if err := b.Give(context.Background(), begin.Add(after), charges); err != nil {
		b.t.Fatalf("give: %v", err)
	}
}

func (b bench) checked(levels []store.Level, err error, want int) []store.Level {
	b.t.Helper()
	if err != nil {
		b.t.Fatalf("the store failed: %v", err)
	}
	if len(levels) != want {
		b.t.Fatalf("%d charges have %d levels", want, len(levels))
	}
	return levels
}

// used checks what is used of the budget of a charge.
func (b bench) used(after time.Duration, c store.Charge, want int64) {
	b.t.Helper()
	if got := b.peek(after, c)[0].Used; got != want {
		b.t.Errorf("%s of %s at %v: used %d, want %d", c.Limit, c.Key, after, got, want)
	}
}

// fits checks that a charge is taken.
func (b bench) fits(after time.Duration, charges ...store.Charge) {
	b.t.Helper()
	for i, l := range b.take(after, charges...) {
		if l.Over || l.Wait != 0 {
			b.t.Errorf("%s of %s at %v: %+v, want room", charges[i].Limit, charges[i].Key, after, l)
		}
	}
}

// refused checks that a single charge is over, and how long it has to wait.
func (b bench) refused(after time.Duration, c store.Charge, wait time.Duration) {
	b.t.Helper()
	got := b.take(after, c)[0]
	if near := (got.Wait - wait).Abs() <= Rounding; !got.Over || !near {
		b.t.Errorf("%s of %s at %v: %+v, want over for %v", c.Limit, c.Key, after, got, wait)
	}
}

// levels checks all levels but for their waits.
func (b bench) levels(got []store.Level, want ...store.Level) {
	b.t.Helper()
	for i := range got {
		got[i].Wait = 0
	}
	if diff := cmp.Diff(want, got); diff != "" {
		b.t.Errorf("levels (-want +got):\n%s", diff)
	}
}

// The charges of the tests, one unit each, on one key.

func window(budget int64, span time.Duration) store.Charge {
	return store.Charge{Limit: "window", Key: "ip:203.0.113.7", Kind: store.Window, Max: budget, Window: span, Cost: 1}
}

func bucket(budget, burst int64, span time.Duration) store.Charge {
	return store.Charge{Limit: "bucket", Key: "ip:203.0.113.7", Kind: store.Bucket, Max: budget, Burst: burst, Window: span, Cost: 1}
}

func distinct(budget int64, span time.Duration, value string) store.Charge {
	return store.Charge{Limit: "distinct", Key: "ip:203.0.113.7", Kind: store.Distinct, Max: budget, Window: span, Cost: 1, Value: value}
}

func costs(c store.Charge, cost int64) store.Charge {
	c.Cost = cost
	return c
}

func takenAt(c store.Charge, after time.Duration) store.Charge {
	c.Taken = begin.Add(after)
	return c
}

func on(c store.Charge, limit, key string) store.Charge {
	c.Limit, c.Key = limit, key
	return c
}

func observed(c store.Charge) store.Charge {
	c.Observe = true
	return c
}
