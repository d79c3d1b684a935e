package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// hours is a limit of which a slot is an hour; the hours are those since 1970.
var hours = Charge{Kind: Window, Max: 100, Window: 7 * time.Hour, Cost: 1}

// everySlot are times at which all slots of a counter are charged and still count.
var everySlot = []time.Duration{
	time.Hour - 1, time.Hour, 2 * time.Hour, 3 * time.Hour, 4 * time.Hour, 5 * time.Hour, 6 * time.Hour, 7 * time.Hour,
}

// slotted is a counter that was charged its cost at each of some times, and the
// amounts that its slots hold then.
func slotted(cost int64, times ...time.Duration) (w *window, amounts []int64) {
	w = &window{}
	c := hours
	c.Cost = cost
	for _, at := range times {
		w.charge(&c, 0, int64(at))
	}
	for _, s := range w.slots {
		amounts = append(amounts, s.amount)
	}
	return w, amounts
}

func TestSlotsOfAWindow(t *testing.T) {
	const h, m = time.Hour, time.Minute
	cases := map[string]struct {
		times []time.Duration
		want  []int64
	}{
		"none":                    {nil, nil},
		"one":                     {[]time.Duration{0}, []int64{1}},
		"the ends of one":         {[]time.Duration{0, h - 1}, []int64{2}},
		"the end and the begin":   {[]time.Duration{h - 1, h}, []int64{1, 1}},
		"before 1970":             {[]time.Duration{-h - 1, -h, -1, 0}, []int64{1, 2, 1}},
		"as many as there are":    {everySlot, []int64{1, 1, 1, 1, 1, 1, 1, 1}},
		"the oldest has left":     {[]time.Duration{h - 1, 2 * h, 8*h - 1}, []int64{1, 1}},
		"a clock that was set":    {[]time.Duration{2 * h, 1 * h}, []int64{2}},
		"a clock far ahead":       {[]time.Duration{20 * h, 1 * h}, []int64{1}},
		"a gap within the window": {[]time.Duration{0, 30 * m, 6 * h}, []int64{2, 1}},
	}
	for name, c := range cases {
		if _, got := slotted(1, c.times...); !cmp.Equal(c.want, got) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestWindowNeverHoldsMoreSlots(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := &Charge{Kind: Window, Window: time.Duration(rapid.Int64Range(1, maxSpan).Draw(r, "window")), Cost: 1}
		w, now := &window{}, rapid.Int64Range(-maxSpan, maxSpan).Draw(r, "start")
		for range 40 {
			w.charge(c, 0, now)
			if len(w.slots) > maxSlots || cap(w.slots) > maxSlots {
				r.Fatalf("%d slots, room for %d", len(w.slots), cap(w.slots))
			}
			now += rapid.Int64Range(-1, width(int64(c.Window))).Draw(r, "pause")
		}
	})
}

func TestSlotCountsUntilAWindowAfterItsLastCharge(t *testing.T) {
	w, _ := slotted(1, 0, 59*time.Minute)
	for at, want := range map[time.Duration]int64{7 * time.Hour: 2, 7*time.Hour + 59*time.Minute - 1: 2, 7*time.Hour + 59*time.Minute: 0} {
		if got := w.level(&hours, 0, 0, int64(at)).Used; got != want {
			t.Errorf("%v: %d used, want %d", at, got, want)
		}
	}
}

func TestChargeOfNothingMakesNoSlotCountLonger(t *testing.T) {
	w, _ := slotted(1, 0)
	for _, cost := range []int64{0, -1} {
		nothing := hours
		nothing.Cost = cost
		w.charge(&nothing, 0, int64(time.Minute))
		w.charge(&nothing, 0, int64(time.Hour))
	}
	if diff := cmp.Diff([]slot{{0, 1}}, w.slots, cmp.AllowUnexported(slot{})); diff != "" {
		t.Errorf("slots (-want +got):\n%s", diff)
	}
}

func TestGivenBackGoesToItsSlotAndNoNewerOne(t *testing.T) {
	const h = int64(time.Hour)
	for _, c := range []struct {
		name  string
		taken time.Duration
		cost  int64
		want  []slot
	}{
		{"nothing", time.Hour, 0, []slot{{0, 3}, {h, 3}, {2 * h, 3}}},
		{"less than nothing", time.Hour, -1, []slot{{0, 3}, {h, 3}, {2 * h, 3}}},
		{"the slot's begin", time.Hour, 1, []slot{{0, 3}, {h, 2}, {2 * h, 3}}},
		{"the slot's end", 2*time.Hour - 1, 2, []slot{{0, 3}, {h, 1}, {2 * h, 3}}},
		{"all of the slot", time.Hour, 3, []slot{{0, 3}, {2 * h, 3}}},
		{"more than is in the slot", time.Hour, 4, []slot{{0, 2}, {2 * h, 3}}},
		{"the newest", 2 * time.Hour, 9, nil},
		{"the oldest", 0, 9, []slot{{h, 3}, {2 * h, 3}}},
		{"one that has left", -1, 9, []slot{{0, 3}, {h, 3}, {2 * h, 3}}},
	} {
		w, _ := slotted(3, 0, time.Hour, 2*time.Hour)
		given := hours
		given.Cost, given.Taken = c.cost, time.Unix(0, int64(c.taken))
		w.give(&given, 0, 2*h)
		if diff := cmp.Diff(c.want, w.slots, cmp.AllowUnexported(slot{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: slots (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestSlotNumbersAreThoseOfTheCounter(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := Charge{Kind: Window, Window: time.Duration(rapid.Int64Range(1, maxSpan).Draw(r, "window")), Cost: 1}
		at := rapid.Int64Range(-maxSpan, maxSpan).Draw(r, "time")
		later := at + rapid.Int64Range(0, int64(c.Window)-1).Draw(r, "later")
		w := &window{}
		w.charge(&c, 0, at)
		w.charge(&c, 0, later)
		if same := c.Slot(time.Unix(0, at)) == c.Slot(time.Unix(0, later)); same != (len(w.slots) == 1) {
			r.Fatalf("one number: %v, %d slots", same, len(w.slots))
		}
	})
	for _, kind := range []Kind{Bucket, Distinct} {
		if c := (Charge{Kind: kind, Window: time.Second}); c.Slot(time.Unix(5, 0)) != c.Slot(time.Unix(50, 0)) {
			t.Errorf("kind %d has two numbers", kind)
		}
	}
}

func TestWindowIsReadAsItWasWritten(t *testing.T) {
	for n := range maxSlots + 1 {
		w, _ := slotted(5<<30, everySlot[:n]...)
		got := &window{}
		rest, ok := got.read(append(w.append(nil), "rest"...))
		if diff := cmp.Diff(w.slots, got.slots, cmp.AllowUnexported(slot{})); diff != "" || !ok || string(rest) != "rest" || len(w.slots) != n {
			t.Errorf("%d of %d slots, ok %v, rest %q (-want +got):\n%s", len(w.slots), n, ok, rest, diff)
		}
	}
}
