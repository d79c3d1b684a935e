package storetest

import (
	"context"
	"strings"
	"testing"
	"time"

	"sluice/policy/store"
)

// each runs a test on the two kinds that count amounts.
func each(t *testing.T, test func(*testing.T, func(budget int64) store.Charge)) {
	t.Run("window", func(t *testing.T) {
		test(t, func(budget int64) store.Charge { return window(budget, time.Hour) })
	})
	t.Run("bucket", func(t *testing.T) {
		test(t, func(budget int64) store.Charge { return bucket(budget, budget, time.Hour) })
	})
}

func testTake(t *testing.T, open Open) {
	t.Run("exactly the budget fits", func(t *testing.T) {
		each(t, func(t *testing.T, charge func(int64) store.Charge) {
			b := newBench(t, open)
			b.fits(0, costs(charge(5), 4))
			b.fits(0, charge(5))
			b.levels(b.take(0, charge(5)), store.Level{Used: 5, Over: true})
		})
	})
	t.Run("all or nothing", func(t *testing.T) {
		b := newBench(t, open)
		small, large := window(1, time.Hour), on(window(10, time.Hour), "large", "group:home")
		b.fits(0, small, large)
		b.levels(b.take(0, large, small, on(bucket(5, 5, time.Hour), "b", "login:bob"), distinct(5, time.Hour, "a")),
			store.Level{Used: 1}, store.Level{Used: 1, Over: true}, store.Level{}, store.Level{})
		b.used(0, large, 1)
		b.used(0, small, 1)
		b.used(0, on(bucket(5, 5, time.Hour), "b", "login:bob"), 0)
		b.used(0, distinct(5, time.Hour, "a"), 0)
	})
	t.Run("refused attempts are not charged", func(t *testing.T) {
		each(t, func(t *testing.T, charge func(int64) store.Charge) {
			b := newBench(t, open)
			b.fits(0, costs(charge(5), 3))
			for range 10 {
				b.levels(b.take(0, costs(charge(5), 3)), store.Level{Used: 3, Over: true})
			}
			b.fits(0, costs(charge(5), 2))
		})
	})
	t.Run("more than the budget never fits", func(t *testing.T) {
		each(t, func(t *testing.T, charge func(int64) store.Charge) {
			b := newBench(t, open)
			b.refused(0, costs(charge(5), 6), store.Never)
			b.refused(0, charge(0), store.Never)
			b.refused(0, costs(charge(5), 1<<62), store.Never)
			b.fits(0, costs(charge(5), 5))
		})
	})
	t.Run("no distinct value fits a budget of zero", func(t *testing.T) {
		newBench(t, open).refused(0, distinct(0, time.Hour, "a"), store.Never)
	})
	t.Run("a cost of zero or less costs nothing", func(t *testing.T) {
		each(t, func(t *testing.T, charge func(int64) store.Charge) {
			b := newBench(t, open)
			b.fits(0, costs(charge(0), 0))
			b.fits(0, costs(charge(5), 5))
			b.fits(0, costs(charge(5), 0), costs(charge(5), -3))
			b.used(0, charge(5), 5)
		})
	})
	t.Run("charges of one call on the same counter add up", func(t *testing.T) {
		each(t, func(t *testing.T, charge func(int64) store.Charge) {
			b := newBench(t, open)
			c := costs(charge(5), 2)
			b.levels(b.take(0, c, c, c), store.Level{}, store.Level{Used: 2}, store.Level{Used: 4, Over: true})
			b.used(0, c, 0)
			b.fits(0, c, c)
			b.used(0, c, 4)
		})
	})
	t.Run("after the longest wait the whole call fits", func(t *testing.T) {
		each(t, func(t *testing.T, charge func(int64) store.Charge) {
			b := newBench(t, open)
			c := costs(charge(5), 2)
			b.fits(0, costs(c, 4))
			wait := b.take(0, c, c)[1].Wait
			b.fits(wait+Rounding, c, c)
		})
	})
	t.Run("together more than the budget never fits", func(t *testing.T) {
		each(t, func(t *testing.T, charge func(int64) store.Charge) {
			c := costs(charge(5), 3)
			if got := newBench(t, open).take(0, c, c)[1]; got.Wait != store.Never {
				t.Errorf("6 of 5 in one call: %+v, want never", got)
			}
		})
	})
	t.Run("peek changes nothing", func(t *testing.T) {
		b := newBench(t, open)
		charges := []store.Charge{window(1, time.Hour), bucket(1, 1, time.Hour), distinct(1, time.Hour, "a")}
		for range 3 {
			b.levels(b.peek(0, charges...), store.Level{}, store.Level{}, store.Level{})
		}
		b.fits(0, charges...)
	})
	t.Run("no charges", func(t *testing.T) {
		b := newBench(t, open)
		b.take(0)
		b.peek(0)
		b.give(0)
	})
	t.Run("a charge without a window is an error", func(t *testing.T) {
		b := newBench(t, open)
		for _, bad := range []store.Charge{window(1, 0), window(1, -1), {Kind: store.Distinct + 1, Window: 1}} {
			charges := []store.Charge{on(window(5, time.Hour), "good", "k"), bad}
			if _, err := b.Take(context.Background(), begin, charges); err == nil {
				t.Errorf("take %+v: no error", bad)
			}
			if err := b.Give(context.Background(), begin, charges); err == nil {
				t.Errorf("give %+v: no error", bad)
			}
			b.used(0, charges[0], 0)
		}
	})
}

func testObserve(t *testing.T, open Open) {
	full := func(t *testing.T) (bench, store.Charge) {
		b := newBench(t, open)
		c := window(2, time.Hour)
		b.fits(0, costs(c, 2))
		return b, observed(c)
	}
	t.Run("over holds nothing back", func(t *testing.T) {
		b, over := full(t)
		other := on(window(5, time.Hour), "other", "k")
		b.levels(b.take(0, over, other), store.Level{Used: 2, Over: true}, store.Level{})
		b.used(0, other, 1)
	})
	t.Run("over is not charged itself", func(t *testing.T) {
		b, over := full(t)
		b.take(0, over)
		b.used(0, over, 2)
	})
	t.Run("charged while it fits", func(t *testing.T) {
		b := newBench(t, open)
		b.fits(0, observed(window(2, time.Hour)))
		b.used(0, window(2, time.Hour), 1)
	})
	t.Run("held back by one that is enforced", func(t *testing.T) {
		b, over := full(t)
		over.Observe = false
		other := observed(on(window(5, time.Hour), "other", "k"))
		b.take(0, other, over)
		b.used(0, other, 0)
	})
	t.Run("what is over takes nothing from the next charge", func(t *testing.T) {
		b := newBench(t, open)
		c := window(2, time.Hour)
		b.levels(b.take(0, observed(costs(c, 3)), costs(c, 2)), store.Level{Over: true}, store.Level{})
		b.used(0, c, 2)
	})
}

func testCounters(t *testing.T, open Open) {
	t.Run("each key has its own budget", func(t *testing.T) {
		b := newBench(t, open)
		c := window(1, time.Hour)
		for _, key := range []string{"ip:203.0.113.7", "ip:203.0.113.8", "login:ip:203.0.113.7", "", "IP:203.0.113.7"} {
			b.fits(0, on(c, "w", key))
		}
	})
	t.Run("each limit has its own budget", func(t *testing.T) {
		b := newBench(t, open)
		b.fits(0, on(window(1, time.Hour), "a", "k"), on(window(1, time.Hour), "b", "k"), on(window(1, time.Hour), "", "k"))
	})
	t.Run("names and keys do not run together", func(t *testing.T) {
		b := newBench(t, open)
		for _, parts := range [][2]string{{"a", "b:c"}, {"a:b", "c"}, {"a:", "b:c"}, {"{a}", "b"}, {"a", "{a}b"}, {"a\x00b", "c"}, {"a", "b\x00c"}} {
			b.fits(0, on(window(1, time.Hour), parts[0], parts[1]))
		}
	})
	t.Run("another span starts from zero", func(t *testing.T) {
		b := newBench(t, open)
		b.fits(0, window(1, time.Hour))
		b.fits(0, window(1, time.Minute))
	})
	t.Run("another kind starts from zero", func(t *testing.T) {
		b := newBench(t, open)
		b.fits(0, on(window(1, time.Hour), "l", "k"))
		b.fits(0, on(bucket(1, 1, time.Hour), "l", "k"))
		b.fits(0, on(distinct(1, time.Hour, "a"), "l", "k"))
	})
	t.Run("a new budget finds what is used", func(t *testing.T) {
		b := newBench(t, open)
		b.fits(0, costs(window(5, time.Hour), 5))
		b.levels(b.peek(0, window(4, time.Hour)), store.Level{Used: 5, Over: true})
		b.levels(b.peek(0, window(6, time.Hour)), store.Level{Used: 5})
	})
	t.Run("long keys that differ at their ends", func(t *testing.T) {
		b := newBench(t, open)
		for _, n := range []int{store.MaxKey - 1, store.MaxKey, 100 * store.MaxKey} {
			for _, end := range []string{"a", "b"} {
				c := on(window(1, time.Hour), "w", strings.Repeat("x", n)+end)
				b.fits(0, c)
				b.used(0, c, 1)
			}
		}
	})
	t.Run("reset forgets a key in every limit", func(t *testing.T) {
		b := newBench(t, open)
		charges := []store.Charge{window(1, time.Hour), bucket(1, 1, time.Hour), distinct(1, time.Hour, "a")}
		other := on(window(1, time.Hour), "window", "ip:203.0.113.8")
		b.fits(0, append(charges, other)...)
		if err := b.Reset(context.Background(), charges[0].Key); err != nil {
			t.Fatal(err)
		}
		b.fits(0, charges...)
		b.used(0, other, 1)
	})
	t.Run("reset of a long key", func(t *testing.T) {
		b := newBench(t, open)
		c := on(window(1, time.Hour), "w", strings.Repeat("x", 1000))
		b.fits(0, c)
		if err := b.Reset(context.Background(), c.Key); err != nil {
			t.Fatal(err)
		}
		b.fits(0, c)
	})
	t.Run("reset of an unknown key", func(t *testing.T) {
		if err := newBench(t, open).Reset(context.Background(), "ip:203.0.113.9"); err != nil {
			t.Fatal(err)
		}
	})
}
