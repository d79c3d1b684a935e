package storetest

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sluice/policy/store"
)

func testConcurrent(t *testing.T, open Open) {
	t.Run("never more than the budget", func(t *testing.T) {
		b := newBench(t, open)
		c := window(100, time.Hour)
		var granted atomic.Int64
		parallel(8, func(int) {
			for range 50 {
				if levels, err := b.Take(context.Background(), begin, []store.Charge{c}); err == nil && !levels[0].Over {
					granted.Add(1)
				}
			}
		})
		if granted.Load() != 100 {
			t.Errorf("%d of 100 granted", granted.Load())
		}
	})
	t.Run("calls that meet in opposite order", func(t *testing.T) {
		b := newBench(t, open)
		keys := []string{"ip:203.0.113.1", "ip:203.0.113.2", "login:a", "login:b", "group:home", "from:a@example.net"}
		parallel(8, func(n int) {
			var charges []store.Charge
			for i := range keys {
				charges = append(charges, takenAt(on(window(1<<40, time.Hour), "w", keys[(i*(1+n%2*4)+n)%len(keys)]), 0))
			}
			for range 200 {
				b.Take(context.Background(), begin, charges)
				b.Peek(context.Background(), begin, charges)
				b.Take(context.Background(), begin, charges)
				b.Give(context.Background(), begin, charges)
			}
		})
		for _, key := range keys {
			b.used(0, on(window(1<<40, time.Hour), "w", key), 8*200)
		}
	})
	t.Run("all or nothing", func(t *testing.T) {
		b := newBench(t, open)
		parallel(8, func(n int) {
			for range 50 {
				b.Take(context.Background(), begin, []store.Charge{
					on(window(1000, time.Hour), "wide", "k"), on(window(100, time.Hour), "narrow", "group:home"),
				})
			}
		})
		b.used(0, on(window(1000, time.Hour), "wide", "k"), 100)
	})
}

// parallel runs work n times at once, and waits for all.
func parallel(n int, work func(int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { work(i) })
	}
	all.Wait()
}

func testProperties(t *testing.T, open Open) {
	properties := map[string]func(*rapid.T, bench){
		"a wait is true":                 waitIsTrue,
		"refused changes nothing":        refusedChangesNothing,
		"give undoes take":               giveUndoesTake,
		"never more than rate and burst": rateHolds,
		"nor when some is given back":    rateHoldsWithoutWhatWasGiven,
		"a window counts what it spans":  windowSpans,
	}
	for name, property := range properties {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(r *rapid.T) {
				s := open(t)
				defer s.Close()
				property(r, bench{r, s})
			})
		})
	}
}

// anyCharge draws a charge of one of a few counters that differ in everything.
func anyCharge(r *rapid.T) store.Charge {
	budget := rapid.Int64Range(1, 20).Draw(r, "budget")
	span := time.Duration(rapid.IntRange(1, 3600).Draw(r, "seconds")) * time.Second
	var c store.Charge
	switch rapid.IntRange(0, 2).Draw(r, "kind") {
	case 0:
		c = window(budget, span)
	case 1:
		c = bucket(budget, rapid.Int64Range(1, 20).Draw(r, "burst"), span)
	default:
		c = distinct(budget, span, "")
	}
	c.Key = rapid.SampledFrom([]string{"ip:203.0.113.7", "login:bob", "group:home"}).Draw(r, "key")
	c.Observe = rapid.Bool().Draw(r, "observe")
	return c
}

// again draws what differs from one charge of a counter to the next.
func again(r *rapid.T, c store.Charge) store.Charge {
	c.Cost = rapid.Int64Range(0, 5).Draw(r, "cost")
	c.Value = rapid.SampledFrom([]string{"", "a", "b", "c", "d", "e"}).Draw(r, "value")
	return c
}

// history takes some charges of the given counters, and returns the time after
// the last.
func history(r *rapid.T, b bench, counters []store.Charge) (now time.Duration) {
	for range rapid.IntRange(0, 20).Draw(r, "calls") {
		now += time.Duration(rapid.Int64Range(0, int64(20*time.Minute)).Draw(r, "pause"))
		b.take(now, several(r, counters)...)
	}
	return now
}

func several(r *rapid.T, counters []store.Charge) (charges []store.Charge) {
	for _, c := range rapid.SliceOfN(rapid.SampledFrom(counters), 1, 4).Draw(r, "charges") {
		charges = append(charges, again(r, c))
	}
	return charges
}

// waitIsTrue: a charge that has to wait fits after the wait, and not before. But
// for a bucket's, no wait is longer than the window.
func waitIsTrue(r *rapid.T, b bench) {
	c := anyCharge(r)
	now := history(r, b, []store.Charge{c})
	c = again(r, c)
	switch l := b.peek(now, c)[0]; {
	case !l.Over && l.Wait != 0:
		r.Fatalf("fits, and waits: %+v", l)
	case !l.Over || l.Wait == store.Never:
	case b.peek(now+l.Wait+Rounding, c)[0].Over:
		r.Fatalf("%+v at %v: does not fit after the wait", l, now)
	case c.Kind != store.Bucket && l.Wait > c.Window:
		r.Fatalf("%+v at %v: longer than the window of %v", l, now, c.Window)
	case l.Wait <= 0 || l.Wait > Rounding && !b.peek(now+l.Wait-Rounding, c)[0].Over:
		r.Fatalf("%+v at %v: fits before the end of the wait", l, now)
	}
}

// refusedChangesNothing: Take says what Peek says, and applies nothing if any
// enforced charge is over.
func refusedChangesNothing(r *rapid.T, b bench) {
	counters := rapid.SliceOfN(rapid.Custom(anyCharge), 1, 4).Draw(r, "counters")
	now := history(r, b, counters)
	charges := several(r, counters)
	before := b.peek(now, charges...)
	taken := b.take(now, charges...)
	if diff := cmp.Diff(before, taken); diff != "" {
		r.Fatalf("take is not what peek said (-peek +take):\n%s", diff)
	}
	for i, l := range taken {
		if l.Over && !charges[i].Observe {
			if diff := cmp.Diff(before, b.peek(now, charges...)); diff != "" {
				r.Fatalf("refused, and changed (-before +after):\n%s", diff)
			}
			return
		}
	}
}

// giveUndoesTake: what was taken and given back leaves as much used as before.
func giveUndoesTake(r *rapid.T, b bench) {
	counters := rapid.SliceOfN(rapid.Custom(anyCharge), 1, 4).Draw(r, "counters")
	now := history(r, b, counters)
	used := func() (used []int64) {
		for _, l := range b.peek(now, counters...) {
			used = append(used, l.Used)
		}
		return used
	}
	before, charges := used(), several(r, counters)
	for i := range charges {
		charges[i].Observe = false
	}
	for _, l := range b.take(now, charges...) {
		if l.Over {
			return
		}
	}
	b.give(now, charges...)
	if diff := cmp.Diff(before, used()); diff != "" {
		r.Fatalf("used (-before +after):\n%s", diff)
	}
}

// rateHolds: what is granted keeps to the documented bounds in every span.
func rateHolds(r *rapid.T, b bench) {
	c := anyCharge(r)
	if c.Kind == store.Distinct {
		return
	}
	grants, _ := granted(r, b, c)
	keepsTo(r, c, grants)
}

// keepsTo checks grants against the documented bounds of a charge in every span.
func keepsTo(r *rapid.T, c store.Charge, grants []grant) {
	for i, first := range grants {
		total, values := int64(0), make(map[string]bool)
		for _, g := range grants[i:] {
			total, values[g.value] = total+g.cost, true
			switch span := g.at - first.at; {
			case c.Kind == store.Window && span < c.Window && total > c.Max:
				r.Fatalf("%d granted in %v of a window of %d per %v", total, span, c.Max, c.Window)
			case c.Kind == store.Distinct && span < c.Window && int64(len(values)) > c.Max:
				r.Fatalf("%d values granted in %v of %d per %v", len(values), span, c.Max, c.Window)
			case c.Kind == store.Bucket && total > c.Burst+1+int64(float64(c.Max)*span.Seconds()/c.Window.Seconds()):
				r.Fatalf("%d granted in %v of a bucket of %d per %v and %d at once", total, span, c.Max, c.Window, c.Burst)
			}
		}
	}
}

// rateHoldsWithoutWhatWasGiven: of what is granted, some is given back, at any
// time later; the rest keeps to the same bounds.
func rateHoldsWithoutWhatWasGiven(r *rapid.T, b bench) {
	c := anyCharge(r)
	var kept []grant
	now := time.Duration(0)
	for range rapid.IntRange(1, 60).Draw(r, "calls") {
		if len(kept) > 0 && rapid.IntRange(0, 2).Draw(r, "give") == 0 {
			i := rapid.IntRange(0, len(kept)-1).Draw(r, "which")
			c.Cost, c.Value = kept[i].cost, kept[i].value
			b.give(now, takenAt(c, kept[i].at))
			kept = slices.Delete(kept, i, i+1)
		} else {
			c = again(r, c)
			if !b.take(now, c)[0].Over {
				kept = append(kept, grant{now, c.Cost, c.Value})
			}
		}
		now += time.Duration(rapid.Int64Range(0, int64(c.Window)/3).Draw(r, "pause"))
	}
	keepsTo(r, c, kept)
}

// windowSpans: what was charged within Window counts, and what is older by more
// than a seventh of it does not.
func windowSpans(r *rapid.T, b bench) {
	c := window(20, time.Duration(rapid.IntRange(1, 3600).Draw(r, "seconds"))*time.Second)
	grants, now := granted(r, b, c)
	var least, most int64
	for _, g := range grants {
		if age := now - g.at; age < c.Window {
			least, most = least+g.cost, most+g.cost
		} else if age <= c.Window+c.Window/7+Rounding {
			most += g.cost
		}
	}
	if used := b.peek(now, c)[0].Used; used < least || used > most {
		r.Fatalf("%d used at %v, want %d to %d of %v", used, now, least, most, grants)
	}
}

// grant is a charge that was taken.
type grant struct {
	at    time.Duration
	cost  int64
	value string
}

// granted takes charges of one counter, and returns those that fitted and a time
// after the last.
func granted(r *rapid.T, b bench, c store.Charge) (grants []grant, now time.Duration) {
	pause := func() time.Duration {
		most := rapid.SampledFrom([]int64{2, 20}).Draw(r, "part")
		return time.Duration(rapid.Int64Range(0, int64(c.Window)/most).Draw(r, "pause"))
	}
	for range rapid.IntRange(1, 60).Draw(r, "calls") {
		c.Cost = rapid.Int64Range(1, 5).Draw(r, "cost")
		if !b.take(now, c)[0].Over {
			grants = append(grants, grant{now, c.Cost, c.Value})
		}
		now += pause()
	}
	return grants, now
}
