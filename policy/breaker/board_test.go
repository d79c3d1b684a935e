package breaker

import (
	"fmt"
	"testing"
	"time"
)

// tripped is a board on which a list has tripped in one of two groups.
func tripped(t *testing.T) (b *Board, now time.Time, changes *[]Change) {
	changes = new([]Change)
	b = NewBoard(Default(), func(c Change) { *changes = append(*changes, c) })
	now = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	for _, group := range []string{"home", "others"} {
		b.Of(group).Seen(now, "1")
	}
	now = now.Add(10 * time.Minute)
	for i := range 20 {
		b.Of("others").Refused(now, list, fmt.Sprint(i))
		if b.Of("home").Refused(now, list, "1") {
			t.Error("another group falls back, too")
		}
	}
	return b, now, changes
}

func TestEachGroupTripsByItself(t *testing.T) {
	b, now, changes := tripped(t)
	if open := b.Open(now); len(open) != 1 || open[0].Group != "others" || open[0].Cause != list {
		t.Errorf("%+v", open)
	}
	if len(*changes) != 1 || (*changes)[0].Group != "others" || b.Trips() != 1 {
		t.Errorf("%+v, %d", *changes, b.Trips())
	}
	if !b.Of("others").Fallen(now, list) || b.Of("home").Fallen(now, list) || b.Of("others").Fallen(now.Add(time.Hour), list) {
		t.Error("what has fallen back is not what has")
	}
}

func TestGroupsThatAreGoneAreForgotten(t *testing.T) {
	b, now, changes := tripped(t)
	b.Use(Default(), []string{"home"})
	if len(b.groups) != 1 || len(b.Open(now)) != 0 || b.Trips() != 1 {
		t.Errorf("%v, %+v, %d", b.groups, b.Open(now), b.Trips())
	}
	if c := (*changes)[len(*changes)-1]; c.Open || c.Group != "others" || c.Why != Reloaded {
		t.Errorf("%+v", c)
	}
	var none *Board
	if none.Of("home") != nil || none.Open(now) != nil {
		t.Error("a nil board trips")
	}
}

// Who has tripped a cause is known until it is tried again, and nobody else.
func TestVoted(t *testing.T) {
	b, now, _ := tripped(t)
	others := b.Of("others")
	for i := range 3 {
		others.Refused(now.Add(time.Duration(i)*11*time.Minute), list, "late")
		if !others.Voted(list, "19") || others.Voted(list, "late") || others.Voted(Standing, "19") {
			t.Errorf("window %d: %t %t", i, others.Voted(list, "19"), others.Voted(list, "late"))
		}
	}
	others.Seen(now.Add(time.Hour), "1")
	if others.Voted(list, "19") || others.room != maxRefused {
		t.Error("it is still known")
	}
}
