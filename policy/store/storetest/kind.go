package storetest

import (
	"fmt"
	"testing"
	"time"

	"sluice/policy/store"
)

func testWindow(t *testing.T, open Open) {
	t.Run("what is used at once is free again after the window", func(t *testing.T) {
		for _, span := range []time.Duration{time.Second, 10 * time.Minute, time.Hour, 24 * time.Hour} {
			b := newBench(t, open)
			c := window(5, span)
			b.fits(0, costs(c, 5))
			b.refused(0, c, span)
			b.refused(span-10*Rounding, c, 10*Rounding)
			b.fits(span+Rounding, costs(c, 5))
		}
	})
	t.Run("what is used at different times is free at different times", func(t *testing.T) {
		b := newBench(t, open)
		c := window(6, time.Hour)
		for i := range 3 {
			b.fits(time.Duration(i)*20*time.Minute, costs(c, int64(i+1)))
		}
		b.refused(40*time.Minute, c, 20*time.Minute)
		b.refused(40*time.Minute, costs(c, 2), 40*time.Minute)
		b.refused(40*time.Minute, costs(c, 4), 60*time.Minute)
		b.used(60*time.Minute-Rounding, c, 6)
		b.used(60*time.Minute+Rounding, c, 5)
		b.used(80*time.Minute+Rounding, c, 3)
		b.used(100*time.Minute+Rounding, c, 0)
	})
	t.Run("no more than the budget in any span of the window", func(t *testing.T) {
		for _, most := range []int{1, 2, 7, 30, 100} { // in a minute
			b := newBench(t, open)
			c := window(100, time.Hour)
			var granted [5 * 60]int
			for minute := range granted {
				for granted[minute] < most && !b.take(time.Duration(minute)*time.Minute, c)[0].Over {
					granted[minute]++
				}
			}
			for from := range len(granted) - 60 {
				if n := sum(granted[from : from+60]); n > 100 {
					t.Errorf("%d of 100 in the hour from minute %d, at up to %d a minute", n, from, most)
				}
			}
			if n := sum(granted[:]); n < min(5*60*most, 400) {
				t.Errorf("only %d granted in five hours, at up to %d a minute", n, most)
			}
		}
	})
	t.Run("large amounts", func(t *testing.T) {
		b := newBench(t, open)
		c := window(1<<62, 24*time.Hour)
		b.fits(0, costs(c, 1<<61))
		b.fits(12*time.Hour, costs(c, 1<<61))
		b.used(12*time.Hour, c, 1<<62)
		b.refused(12*time.Hour, c, 12*time.Hour)
		b.refused(12*time.Hour, costs(c, 1<<61+1), 24*time.Hour)
	})
}

func sum(counts []int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

func testBucket(t *testing.T, open Open) {
	t.Run("holds the burst and refills evenly", func(t *testing.T) {
		b := newBench(t, open)
		c := bucket(60, 5, time.Hour)
		b.fits(0, costs(c, 5))
		b.refused(0, c, time.Minute)
		b.refused(0, costs(c, 3), 3*time.Minute)
		b.refused(30*time.Second, c, 30*time.Second)
		b.fits(time.Minute+Rounding, c)
		b.fits(time.Hour, costs(c, 5))
		b.refused(time.Hour, c, time.Minute)
	})
	t.Run("never holds more than the burst", func(t *testing.T) {
		b := newBench(t, open)
		c := bucket(60, 5, time.Hour)
		b.fits(0, c)
		b.fits(24*time.Hour, costs(c, 5))
		b.refused(24*time.Hour, c, time.Minute)
	})
	t.Run("a unit that has begun to come back still counts", func(t *testing.T) {
		b := newBench(t, open)
		c := bucket(60, 5, time.Hour)
		b.fits(0, costs(c, 2))
		b.used(30*time.Second, c, 2)
		b.used(90*time.Second, c, 1)
	})
	t.Run("a burst above the rate", func(t *testing.T) {
		b := newBench(t, open)
		c := bucket(10, 100, time.Minute)
		b.fits(0, costs(c, 100))
		b.refused(0, costs(c, 100), 10*time.Minute)
	})
	t.Run("a rate that does not divide the window", func(t *testing.T) {
		b := newBench(t, open)
		c := bucket(7, 20, time.Hour)
		for range 20 {
			b.fits(0, c)
		}
		b.refused(0, c, time.Hour/7)
	})
	t.Run("a burst of nothing never fits", func(t *testing.T) {
		newBench(t, open).refused(0, bucket(10, 0, time.Minute), store.Never)
	})
	t.Run("no rate at all never fits", func(t *testing.T) {
		newBench(t, open).refused(0, bucket(0, 10, time.Minute), store.Never)
	})
}

func testDistinct(t *testing.T, open Open) {
	values := func(from, to int, span time.Duration) (charges []store.Charge) {
		for i := from; i < to; i++ {
			charges = append(charges, distinct(3, span, fmt.Sprintf("user%d@example.net", i)))
		}
		return charges
	}
	t.Run("a value that was seen costs nothing", func(t *testing.T) {
		b := newBench(t, open)
		three := values(0, 3, time.Hour)
		b.fits(0, three...)
		for range 10 {
			b.fits(0, three...)
		}
		b.refused(0, distinct(3, time.Hour, "more"), time.Hour)
		b.used(0, three[0], 3)
	})
	t.Run("the same value twice in one call", func(t *testing.T) {
		b := newBench(t, open)
		a := distinct(3, time.Hour, "a")
		b.levels(b.take(0, a, a, distinct(3, time.Hour, "b"), a), store.Level{}, store.Level{Used: 1}, store.Level{Used: 1}, store.Level{Used: 2})
		b.used(0, a, 2)
	})
	t.Run("values expire one by one", func(t *testing.T) {
		b := newBench(t, open)
		for i, c := range values(0, 3, time.Hour) {
			b.fits(time.Duration(i)*time.Minute, c)
		}
		more := values(3, 5, time.Hour)
		b.refused(10*time.Minute, more[0], 50*time.Minute)
		if got := b.peek(10*time.Minute, more...)[1]; (got.Wait - 51*time.Minute).Abs() > Rounding {
			t.Errorf("the second of two new values: %+v, want to wait 51m", got)
		}
		b.fits(time.Hour+Rounding, more[0])
		b.refused(time.Hour+Rounding, more[1], time.Minute)
	})
	t.Run("seen again is remembered longer", func(t *testing.T) {
		b := newBench(t, open)
		v := values(0, 4, time.Hour)
		b.fits(0, v[:3]...)
		b.fits(30*time.Minute, v[0])
		b.used(70*time.Minute, v[3], 1)
		b.used(91*time.Minute, v[3], 0)
	})
	t.Run("the empty value is a value", func(t *testing.T) {
		b := newBench(t, open)
		b.fits(0, distinct(1, time.Hour, ""))
		b.fits(0, distinct(1, time.Hour, ""))
		b.refused(0, distinct(1, time.Hour, "a"), time.Hour)
	})
	t.Run("more in one call than the budget never fits", func(t *testing.T) {
		b := newBench(t, open)
		if got := b.take(0, values(0, 4, time.Hour)...)[3]; got.Wait != store.Never {
			t.Errorf("the fourth of three: %+v, want never", got)
		}
		b.used(0, values(0, 1, time.Hour)[0], 0)
	})
	t.Run("bounded whatever the budget", func(t *testing.T) {
		b := newBench(t, open)
		c := distinct(1<<40, time.Hour, "")
		for i := range store.MaxDistinct {
			c.Value = fmt.Sprint(i)
			if b.take(0, c)[0].Over {
				t.Fatalf("value %d does not fit", i)
			}
		}
		c.Value = "one more"
		b.refused(0, c, time.Hour)
		c.Value = "0"
		b.fits(0, c)
	})
}

func testGive(t *testing.T, open Open) {
	t.Run("makes room again", func(t *testing.T) {
		each(t, func(t *testing.T, charge func(int64) store.Charge) {
			b := newBench(t, open)
			b.fits(0, costs(charge(5), 5))
			b.give(0, costs(charge(5), 3))
			b.used(0, charge(5), 2)
			b.fits(0, costs(charge(5), 3))
		})
	})
	t.Run("never below zero", func(t *testing.T) {
		each(t, func(t *testing.T, charge func(int64) store.Charge) {
			b := newBench(t, open)
			b.fits(0, costs(charge(5), 2))
			b.give(0, costs(charge(5), 4))
			b.give(0, costs(charge(5), 1<<62))
			b.used(0, charge(5), 0)
			b.fits(0, costs(charge(5), 5))
			b.refused(0, costs(charge(5), 6), store.Never)
		})
	})
	t.Run("what was never taken", func(t *testing.T) {
		b := newBench(t, open)
		b.give(0, window(5, time.Hour), bucket(5, 5, time.Hour), distinct(5, time.Hour, "a"))
		b.give(0, costs(window(5, time.Hour), -3), costs(bucket(5, 5, time.Hour), -3))
		b.used(0, window(5, time.Hour), 0)
		b.used(0, bucket(5, 5, time.Hour), 0)
		b.used(0, distinct(5, time.Hour, "a"), 0)
	})
	t.Run("after the window is gone", func(t *testing.T) {
		each(t, func(t *testing.T, charge func(int64) store.Charge) {
			b := newBench(t, open)
			b.fits(0, costs(charge(5), 5))
			b.give(3*time.Hour, takenAt(costs(charge(5), 5), 0))
			b.used(3*time.Hour, charge(5), 0)
			b.fits(3*time.Hour, costs(charge(5), 5))
			b.levels(b.take(3*time.Hour, charge(5)), store.Level{Used: 5, Over: true})
		})
	})
	t.Run("each to its own time", func(t *testing.T) {
		b := newBench(t, open)
		c := window(10, time.Hour)
		b.fits(0, costs(c, 5))
		b.fits(30*time.Minute, costs(c, 5))
		b.give(45*time.Minute, takenAt(costs(c, 4), 0))
		b.used(45*time.Minute, c, 6)
		b.used(60*time.Minute+Rounding, c, 5)
		b.give(61*time.Minute, takenAt(c, 0))
		b.used(61*time.Minute, c, 5)
		b.give(61*time.Minute, takenAt(c, 30*time.Minute))
		b.used(61*time.Minute, c, 4)
	})
	t.Run("what a bucket has refilled since is not given again", func(t *testing.T) {
		b := newBench(t, open)
		c := bucket(60, 5, time.Hour)
		b.fits(0, costs(c, 5))
		b.fits(5*time.Minute, costs(c, 5))
		b.give(5*time.Minute, takenAt(costs(c, 5), 0))
		b.used(5*time.Minute, c, 5)
		b.give(7*time.Minute, takenAt(costs(c, 5), 5*time.Minute))
		b.used(7*time.Minute, c, 0)
	})
	t.Run("where a clock was set back", func(t *testing.T) {
		b := newBench(t, open)
		c := window(10, time.Hour)
		b.fits(0, costs(c, 2))
		b.fits(30*time.Minute, costs(c, 2))
		b.fits(20*time.Minute, costs(c, 2)) // counts as if it were 30m
		b.give(20*time.Minute, takenAt(costs(c, 2), 20*time.Minute))
		b.used(31*time.Minute, c, 4)
	})
	t.Run("of a different span", func(t *testing.T) {
		b := newBench(t, open)
		b.fits(0, costs(window(5, time.Hour), 5))
		b.give(0, costs(window(5, time.Minute), 5))
		b.used(0, window(5, time.Hour), 5)
	})
	t.Run("a distinct value is forgotten", func(t *testing.T) {
		b := newBench(t, open)
		a, other := distinct(1, time.Hour, "a"), distinct(1, time.Hour, "b")
		b.fits(0, a)
		b.give(0, other)
		b.used(0, a, 1)
		b.give(0, a)
		b.used(0, a, 0)
		b.fits(0, other)
	})
	t.Run("a distinct value that another take has paid for stays", func(t *testing.T) {
		b := newBench(t, open)
		a := distinct(1, time.Hour, "a")
		b.fits(0, a)
		b.fits(0, a)
		b.give(0, a)
		b.used(0, a, 1)
		b.give(0, a)
		b.used(0, a, 0)
	})
	t.Run("a distinct value after its window", func(t *testing.T) {
		b := newBench(t, open)
		a := distinct(2, time.Hour, "a")
		b.fits(0, a)
		b.fits(2*time.Hour, distinct(2, time.Hour, "b"))
		b.give(2*time.Hour, takenAt(a, 0))
		b.used(2*time.Hour, a, 1)
		b.fits(2*time.Hour, a)
		b.give(2*time.Hour, takenAt(a, 0)) // another has paid for it since
		b.used(2*time.Hour, a, 2)
	})
}

func testClock(t *testing.T, open Open) {
	charges := []store.Charge{window(1, time.Hour), bucket(1, 1, time.Hour), distinct(1, time.Hour, "a")}
	next := []store.Charge{charges[0], charges[1], distinct(1, time.Hour, "b")}
	for i, c := range charges {
		t.Run(c.Limit, func(t *testing.T) {
			t.Run("set back a little gives no new budget", func(t *testing.T) {
				b := newBench(t, open)
				b.fits(30*time.Minute, c)
				got := b.take(29*time.Minute, next[i])[0]
				if !got.Over || got.Wait < 0 {
					t.Errorf("a minute earlier: %+v, want over", got)
				}
				b.fits(29*time.Minute+got.Wait+Rounding, next[i])
			})
			t.Run("set back by far does not hold mail for long", func(t *testing.T) {
				b := newBench(t, open)
				b.fits(10000*time.Hour, c)
				if got := b.take(0, next[i])[0]; got.Over && got.Wait > 2*time.Hour {
					t.Errorf("after a clock that was a year ahead: %+v", got)
				}
				b.fits(2*time.Hour+Rounding, next[i])
			})
			t.Run("before 1970", func(t *testing.T) {
				b := newBench(t, open)
				long := -500000 * time.Hour
				b.fits(long, c)
				got := b.take(long, next[i])[0]
				if !got.Over || got.Wait <= 0 {
					t.Errorf("the second of one: %+v", got)
				}
				b.fits(long+got.Wait+Rounding, next[i])
			})
		})
	}
}
