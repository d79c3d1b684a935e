package standing

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drawRules draws any rules that an operator can write.
func drawRules(t *rapid.T) *Rules {
	r := testRules()
	r.WatchAt = rapid.Float64Range(0, 5).Draw(t, "watch")
	r.RestrictAt = rapid.SampledFrom([]float64{0, r.WatchAt + 1}).Draw(t, "restrict")
	r.BlockAt = max(r.WatchAt, r.RestrictAt) + rapid.Float64Range(0.1, 5).Draw(t, "block")
	r.Relapse = rapid.Float64Range(0, 1).Draw(t, "relapse")
	r.Probation = time.Duration(rapid.IntRange(0, 48).Draw(t, "probation")) * time.Hour
	r.BlockFor = rapid.SampledFrom([][]Term{{Term(time.Minute)}, {Term(time.Hour), Forever}, {Forever}, {Term(time.Hour), Term(24 * time.Hour)}}).Draw(t, "terms")
	for k := range r.Weights {
		r.Weights[k] = mustWeight(rapid.SampledFrom([]string{"off", "1", "100", "2 per 2/1h", "1 per 3/1d share=20% half-life=1h max=2"}).Draw(t, "weight"))
	}
	return r
}

// drawEvent draws any event, at any time after the last.
func drawEvent(t *rapid.T, now *time.Time, n int) Event {
	*now = now.Add(time.Duration(rapid.IntRange(0, 100_000).Draw(t, "seconds")) * time.Second)
	flag := rapid.Bool()
	count := rapid.SampledFrom([]int{0, 0, 0, 1, 50})
	name := rapid.SampledFrom([]string{"a", "b", "c", "d"})
	return Event{
		Time: *now, Ref: fmt.Sprintf("%08d", n), Policy: "home", Group: "home",
		Judged: flag.Draw(t, "judged"), Spam: flag.Draw(t, "spam"), Virus: flag.Draw(t, "virus"),
		Outbreak: flag.Draw(t, "outbreak"), Deferred: flag.Draw(t, "deferred"), Limited: flag.Draw(t, "limited"),
		From: name.Draw(t, "from"), Domains: []string{name.Draw(t, "domain")}, Rcpts: []string{name.Draw(t, "rcpt")},
		Total: rapid.IntRange(0, 100).Draw(t, "total"), Helo: name.Draw(t, "helo"), Network: name.Draw(t, "network"),
		Unknown: count.Draw(t, "unknown"), Bounces: count.Draw(t, "bounces"), Complaints: count.Draw(t, "complaints"),
	}
}

// world is a book, and what it tells.
type world struct {
	rules   *Rules
	book    *Book
	changes []Change
}

func newWorld(r *Rules) *world {
	w := &world{rules: r}
	w.book = NewBook(Options{Kept: true, Rules: func(string) *Rules { return r }, Changed: func(c Change) { w.changes = append(w.changes, c) }})
	return w
}

// Whatever comes, one event climbs one stage at most, and none leads from clean to
// blocked.
func TestPropertyOneEventOneStage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, now := newWorld(drawRules(t)), day0
		for n := range rapid.IntRange(1, 40).Draw(t, "events") {
			e := drawEvent(t, &now, n)
			before := w.book.Look(w.rules, host, now).Stage
			w.changes = nil
			w.book.Note(w.rules, host, e)
			after := w.book.Look(w.rules, host, now).Stage
			if len(w.changes) > 1 {
				t.Fatalf("one event: %+v", w.changes)
			}
			if before == Clean && after == Blocked && (w.rules.WatchAt > 0 || n+1 < enough) {
				t.Fatalf("event %d leads from clean to blocked", n)
			}
			if len(w.changes) == 1 && w.changes[0].To > w.changes[0].From && w.changes[0].Ref != e.Ref {
				t.Fatalf("it is not said which record led to %+v", w.changes[0])
			}
		}
	})
}

// Every block ends by itself or says that it does not, and can be ended; after a
// release nothing is left of it, and of the evidence.
func TestPropertyEveryBlockEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, now := newWorld(drawRules(t)), day0
		for n := range rapid.IntRange(1, 40).Draw(t, "events") {
			w.book.Note(w.rules, host, drawEvent(t, &now, n))
		}
		s := w.book.Look(w.rules, host, now)
		switch {
		case s.Stage != Blocked:
		case s.Until.IsZero():
			if w.book.Look(w.rules, host, now.Add(1000*time.Hour)).Stage != Blocked {
				t.Fatal("a block without an end has ended")
			}
		default:
			if got := w.book.Look(w.rules, host, s.Until).Stage; got == Blocked {
				t.Fatalf("blocked at its end, %v", s.Until)
			}
			return
		}
		w.book.Release(host, Act{At: now})
		info, _ := w.book.Info(host, now)
		if info.Stage != Clean || info.Points != 0 || len(info.Evidence) != 0 || info.Until != nil {
			t.Fatalf("after the release: %+v", info)
		}
	})
}

// The same events lead to the same standing, and a restart in between changes
// nothing.
func TestPropertyTheSameEventsTheSameStanding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, now := drawRules(t), day0
		w, again, events := newWorld(r), newWorld(r), rapid.IntRange(1, 40).Draw(t, "events")
		restart := rapid.IntRange(0, events).Draw(t, "restart")
		for n := range events {
			if n == restart {
				again.restart(t)
			}
			e := drawEvent(t, &now, n)
			if diff := cmp.Diff(w.book.Note(r, host, e), again.book.Note(r, host, e)); diff != "" {
				t.Fatal(diff)
			}
		}
		if diff := cmp.Diff(w.changes, again.changes, cmp.Comparer(func(a, b Change) bool { return a == b })); diff != "" {
			t.Fatal(diff)
		}
		a, _ := w.book.Info(host, now)
		b, _ := again.book.Info(host, now)
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatal(diff)
		}
	})
}

// restart goes on with a new book that has what the old one has kept.
func (w *world) restart(t fataler) {
	k := new(memoryKeeper)
	if err := w.book.Save(k, nil); err != nil {
		t.Fatalf("%v", err)
	}
	fresh := newWorld(w.rules)
	fresh.changes = w.changes
	*w = world{rules: fresh.rules, changes: fresh.changes}
	w.book = NewBook(Options{Kept: true, Rules: func(string) *Rules { return w.rules }, Changed: func(c Change) { w.changes = append(w.changes, c) }})
	if _, err := w.book.Restore(k); err != nil {
		t.Fatalf("%v", err)
	}
}

type fataler interface{ Fatalf(string, ...any) }
