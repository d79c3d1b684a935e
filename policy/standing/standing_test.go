package standing

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var day0 = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)

// testRules are simple: a point for each message of spam, and for little else.
func testRules() *Rules {
	r := &Rules{
		WatchAt: 1.9, RestrictAt: 3.9, BlockAt: 5.9,
		Divide:          10,
		BlockFor:        []Term{Term(time.Hour), Term(24 * time.Hour), Forever},
		Probation:       7 * 24 * time.Hour,
		ProbationDivide: 4,
		Relapse:         0.4,
		DeferSpam:       Watched,
		Clean:           0.2,
		WeakMax:         1,
	}
	for k := range r.Weights {
		r.Weights[k] = mustWeight("off")
	}
	r.Weights[Spam] = mustWeight("1 half-life=1d")
	return r
}

func mustWeight(text string) Weight {
	var w Weight
	if err := w.UnmarshalText([]byte(text)); err != nil {
		panic(err)
	}
	return w
}

// bench is a book with one sender on a virtual clock.
type bench struct {
	t       *testing.T
	rules   *Rules
	book    *Book
	now     time.Time
	refs    int
	changes []Change
}

const host = "ip:203.0.113.7"

func newBench(t *testing.T, r *Rules) *bench {
	b := &bench{t: t, rules: r, now: day0}
	b.book = NewBook(Options{
		Rules:   func(string) *Rules { return b.rules },
		Changed: func(c Change) { b.changes = append(b.changes, c) },
	})
	return b
}

// message notes a judged message to so many recipients, a minute after the last.
func (b *bench) message(spam bool, rcpts int) []Evidence {
	return b.event(Event{Judged: true, Spam: spam, Total: rcpts, From: "a@example.net"})
}

func (b *bench) event(e Event) []Evidence {
	b.now = b.now.Add(time.Minute)
	b.refs++
	e.Time, e.Ref, e.Policy, e.Group = b.now, fmt.Sprintf("%08d", b.refs), "home", "home"
	return b.book.Note(b.rules, host, e)
}

func (b *bench) stage() Stage { return b.book.Look(b.rules, host, b.now).Stage }

func (b *bench) want(s Stage) {
	b.t.Helper()
	if got := b.stage(); got != s {
		b.t.Errorf("at %s: %v, want %v", b.now.Format(time.TimeOnly), got, s)
	}
}

func TestAStrangerIsClean(t *testing.T) {
	b := newBench(t, testRules())
	b.want(Clean)
	b.message(false, 3)
	b.want(Clean)
	if len(b.changes) != 0 {
		t.Error(b.changes)
	}
}

func TestSpamLeadsUpStepByStep(t *testing.T) {
	b := newBench(t, testRules())
	for _, want := range []Stage{Clean, Watched, Watched, Restricted, Restricted, Blocked} {
		b.message(true, 1)
		b.want(want)
	}
	if until := b.book.Look(b.rules, host, b.now).Until; !until.Equal(b.now.Add(time.Hour)) {
		t.Errorf("blocked until %v", until)
	}
	for i, c := range b.changes {
		if c.From != []Stage{Clean, Watched, Restricted}[i] || c.Ref == "" || c.Sender != host || c.Group != "home" {
			t.Errorf("%+v", c)
		}
	}
}

// One message is never evidence, however many recipients it has.
func TestOneMessageNeverBlocks(t *testing.T) {
	r := testRules()
	r.Weights[Spam], r.Weights[Virus] = mustWeight("100"), mustWeight("100")
	b := newBench(t, r)
	b.event(Event{Judged: true, Spam: true, Virus: true, Total: 1000})
	b.want(Watched)
	b.message(true, 1)
	b.want(Restricted)
	b.message(true, 1)
	b.want(Blocked)
}

func TestOneMessageNeverBlocksWithoutStagesBetween(t *testing.T) {
	r := testRules()
	r.WatchAt, r.RestrictAt = 0, 0
	r.Weights[Spam] = mustWeight("100")
	b := newBench(t, r)
	for range enough - 1 {
		b.message(true, 1)
		b.want(Clean)
	}
	b.message(true, 1)
	b.want(Blocked)
}

// A filter that flags a message now and then does not add up, however much is sent.
func TestFlaggedNowAndThenIsNoEvidence(t *testing.T) {
	b := newBench(t, testRules())
	for i := range 5000 {
		b.message(i%50 == 0, 1)
	}
	b.want(Clean)
	if len(b.changes) != 0 {
		t.Error(b.changes)
	}
}

func TestManyRecipientsWeighMore(t *testing.T) {
	b := newBench(t, testRules())
	if e := b.message(true, 1); e[0].Points != 1 {
		t.Errorf("%+v", e)
	}
	if e := b.message(true, 3); e[0].Points != 1.5 {
		t.Errorf("%+v", e)
	}
	if e := b.message(true, 500); e[0].Points != 3 {
		t.Errorf("%+v", e)
	}
}

// The points fade, and with them the stages go.
func TestPointsFade(t *testing.T) {
	b := newBench(t, testRules())
	for range 5 {
		b.message(true, 1)
	}
	b.want(Restricted)
	b.now = b.now.Add(36 * time.Hour)
	b.want(Watched)
	b.now = b.now.Add(36 * time.Hour)
	b.want(Clean)
}

func (b *bench) block() {
	b.t.Helper()
	for i := 0; b.stage() != Blocked; i++ {
		if i == 20 {
			b.t.Fatal("never blocked")
		}
		b.message(true, 1)
	}
}

func TestABlockEndsInProbationAndThenClean(t *testing.T) {
	b := newBench(t, testRules())
	b.block()
	b.now = b.now.Add(time.Hour - time.Second)
	b.want(Blocked)
	b.now = b.now.Add(time.Second)
	b.want(Probation)
	if info, _ := b.book.Info(host, b.now); info.Points != 0 || len(info.Evidence) != 0 || info.Blocks != 1 {
		t.Errorf("%+v", info)
	}
	b.now = b.now.Add(7 * 24 * time.Hour)
	b.want(Clean)
	if info, _ := b.book.Info(host, b.now); info.Blocks != 0 {
		t.Errorf("%+v", info)
	}
}

// Whoever relapses is found sooner, and is blocked for longer each time.
func TestARelapseClimbsFaster(t *testing.T) {
	b := newBench(t, testRules())
	b.block()
	for _, term := range []time.Duration{time.Hour, 24 * time.Hour} {
		if until := b.book.Look(b.rules, host, b.now).Until; until.Sub(b.now) != term {
			t.Errorf("for %v, want %v", until.Sub(b.now), term)
		}
		b.now = b.now.Add(term)
		for range 3 {
			b.want(Probation)
			b.message(true, 1)
		}
		b.want(Blocked)
	}
	if until := b.book.Look(b.rules, host, b.now).Until; !until.IsZero() {
		t.Errorf("the third block ends at %v", until)
	}
	b.now = b.now.Add(1000 * 24 * time.Hour)
	b.book.Sweep(b.now)
	b.want(Blocked)
}

func TestReleaseIsComplete(t *testing.T) {
	b := newBench(t, testRules())
	b.block()
	c, known := b.book.Release(host, Act{At: b.now, By: "anna", Why: "has cleaned up"})
	if !known || c.From != Blocked || c.To != Clean || c.By != "anna" || c.Why != "has cleaned up" {
		t.Errorf("%+v", c)
	}
	b.want(Clean)
	info, _ := b.book.Info(host, b.now)
	if info.Points != 0 || len(info.Evidence) != 0 || info.Until != nil {
		t.Errorf("%+v", info)
	}
	b.message(true, 1)
	b.want(Clean) // nothing was left that this could add to
	b.block()
	if until := b.book.Look(b.rules, host, b.now).Until; until.Sub(b.now) != 24*time.Hour {
		t.Errorf("a relapse is blocked until %v", until)
	}
}

func TestWhatIsReleasedIsLivedDown(t *testing.T) {
	b := newBench(t, testRules())
	b.block()
	b.book.Release(host, Act{At: b.now})
	b.now = b.now.Add(8 * 24 * time.Hour)
	b.block()
	if until := b.book.Look(b.rules, host, b.now).Until; until.Sub(b.now) != time.Hour {
		t.Errorf("blocked until %v", until)
	}
}

func TestBlockByHand(t *testing.T) {
	b := newBench(t, testRules())
	c := b.book.Block(host, "home", Forever, Act{At: b.now, By: "anna", Why: "complaint by telephone"})
	if c.From != Clean || c.To != Blocked || !c.Until.IsZero() {
		t.Errorf("%+v", c)
	}
	b.now = b.now.Add(100 * 24 * time.Hour)
	b.want(Blocked)
	if c, known := b.book.Reset(host, Act{At: b.now}); !known || c.To != Clean {
		t.Errorf("%+v", c)
	}
	if _, known := b.book.Info(host, b.now); known {
		t.Error("a sender that was reset is known")
	}
	if _, known := b.book.Release("ip:192.0.2.1", Act{At: b.now}); known {
		t.Error("a stranger was released")
	}
}

// An MTA tries a deferred message again; that is the same message.
func TestARetryIsNoFurtherEvidence(t *testing.T) {
	b := newBench(t, testRules())
	retry := Event{Judged: true, Spam: true, Deferred: true, From: "a@example.net", Rcpts: []string{"b@example.org"}, Total: 1}
	for i := range 10 {
		if e := b.event(retry); (len(e) > 0) != (i == 0) {
			t.Errorf("try %d: %v", i, e)
		}
	}
	other := retry
	other.Rcpts = []string{"c@example.org"}
	if e := b.event(other); len(e) != 1 {
		t.Errorf("another message: %v", e)
	}
}

// Each kind gives its points for what it counts, and for nothing else.
func TestKinds(t *testing.T) {
	judged := func(e Event) Event { e.Judged = true; return e }
	for kind, c := range map[Kind]struct {
		weight string
		event  func(i int) Event
		after  int // events until the first points
	}{
		Virus:             {"1", func(int) Event { return judged(Event{Virus: true}) }, 1},
		Outbreak:          {"1", func(int) Event { return judged(Event{Outbreak: true}) }, 1},
		Unauthorised:      {"1", func(int) Event { return judged(Event{Foreign: true}) }, 1},
		UnknownRecipients: {"1 per 25/1h share=20%", func(int) Event { return Event{Unknown: 5} }, 5},
		Bounces:           {"1 per 3/1h", func(int) Event { return Event{Bounces: 1} }, 3},
		Complaints:        {"1", func(int) Event { return Event{Complaints: 1} }, 1},
		Reports:           {"1 per 3/1h", func(int) Event { return Event{Reports: 1} }, 3},
		Networks:          {"1 per 4/1d", func(i int) Event { return judged(Event{Network: fmt.Sprint(i)}) }, 4},
		EnvelopeSenders:   {"1 per 4/1h", func(i int) Event { return judged(Event{From: fmt.Sprint(i)}) }, 4},
		SenderDomains:     {"1 per 4/1h", func(i int) Event { return judged(Event{Domains: []string{fmt.Sprint(i), fmt.Sprint("a", i)}}) }, 2},
		NewRecipients:     {"1 per 4/1h", func(i int) Event { return judged(Event{Rcpts: []string{fmt.Sprint(i), fmt.Sprint("a", i)}}) }, 2},
		NullSenders:       {"1 per 4/1h", func(int) Event { return judged(Event{From: NullSender}) }, 4},
		Helos:             {"1 per 4/1h", func(i int) Event { return judged(Event{Helo: fmt.Sprint(i)}) }, 4},
		Limits:            {"1 per 4/1h", func(int) Event { return Event{Limited: true} }, 4},
	} {
		t.Run(kind.String(), func(t *testing.T) {
			r := testRules()
			r.Weights[kind] = mustWeight(c.weight)
			b := newBench(t, r)
			for i := range 3 * c.after {
				e := b.event(c.event(i))
				due := (i+1)%c.after == 0
				if (len(e) == 1) != due || due && (e[0].Kind != kind || e[0].Points != 1 || e[0].Ref == "") {
					t.Errorf("event %d: %+v", i+1, e)
				}
			}
			r.Weights[kind] = mustWeight("off")
			if e := b.event(c.event(1000)); len(e) != 0 {
				t.Errorf("switched off: %v", e)
			}
		})
	}
}

func TestAShareThatIsNotReached(t *testing.T) {
	r := testRules()
	r.Weights[UnknownRecipients] = mustWeight("1 per 25/1h share=20%")
	b := newBench(t, r)
	for i := range 30 {
		if e := b.event(Event{Judged: true, Unknown: 1, Total: 9}); len(e) != 0 {
			t.Errorf("event %d: %v", i, e)
		}
	}
	for i := range 10 {
		if e := b.event(Event{Judged: true, Unknown: 20, Total: 1}); len(e) != 0 {
			return
		} else if i == 9 {
			t.Error("a share of a third is not seen")
		}
	}
}

func TestAWindowBeginsAgain(t *testing.T) {
	r := testRules()
	r.Weights[Bounces] = mustWeight("1 per 3/1h")
	b := newBench(t, r)
	for range 6 {
		if e := b.event(Event{Bounces: 1}); len(e) != 0 {
			t.Error(e)
		}
		b.now = b.now.Add(40 * time.Minute)
	}
}

// Weak evidence makes a sender watched at most, whatever there is of it.
func TestWeakEvidenceRestrictsNobody(t *testing.T) {
	r := testRules()
	r.WeakMax = 2
	for k := range r.Weights {
		if Kind(k).Weak() {
			r.Weights[k] = mustWeight("5")
		}
	}
	r.Weights[EnvelopeSenders], r.Weights[SenderDomains], r.Weights[Helos] = mustWeight("5 per 1/1h"), mustWeight("5 per 1/1h"), mustWeight("5 per 1/1h")
	b := newBench(t, r)
	for i := range 50 {
		b.event(Event{Judged: true, Limited: true, From: NullSender, Helo: fmt.Sprint(i), Domains: []string{fmt.Sprint(i)}, Rcpts: []string{fmt.Sprint(i)}})
	}
	b.want(Watched)
}

// Ten times what is usual, against a history; without one nothing is a burst.
func TestBurst(t *testing.T) {
	r := testRules()
	r.Weights[Burst] = mustWeight("1 per 100/1d max=1")
	b := newBench(t, r)
	if e := b.message(false, 5000); len(e) != 0 {
		t.Error("a burst of a stranger", e)
	}
	b = newBench(t, r)
	for range 10 {
		b.now = b.now.Add(24 * time.Hour)
		b.message(false, 20)
	}
	if info, _ := b.book.Info(host, b.now); info.Usual < 15 || info.Usual > 25 {
		t.Errorf("usual are %v", info.Usual)
	}
	b.now = b.now.Add(24 * time.Hour)
	if e := b.message(false, 150); len(e) != 0 {
		t.Error("less than ten times what is usual", e)
	}
	e := b.message(false, 150)
	if len(e) != 1 || e[0].Kind != Burst {
		t.Error("more than ten times", e)
	}
}

// What a stage means is for the rules to say, each by itself.
func TestObservedStagesDoNotAct(t *testing.T) {
	r := testRules()
	if r.Divided(Restricted) != 10 || r.Divided(Probation) != 4 || r.Divided(Watched) != 1 || !r.Refuses(Blocked) || r.Refuses(Restricted) {
		t.Error("what stages mean")
	}
	if r.Defers(Clean) || !r.Defers(Watched) || !r.Defers(Probation) {
		t.Error("what is deferred")
	}
	for s := range r.Observe {
		r.Observe[s] = true
	}
	if r.Divided(Restricted) != 1 || r.Refuses(Blocked) || r.Defers(Watched) {
		t.Error("an observed stage acts")
	}
	b := newBench(t, r)
	b.block()
	for _, c := range b.changes {
		if !c.Observe {
			t.Errorf("%+v", c)
		}
	}
}

func TestOffKeepsNothing(t *testing.T) {
	r := testRules()
	r.Off = true
	b := newBench(t, r)
	for range 10 {
		b.message(true, 1)
	}
	if _, known := b.book.Info(host, b.now); known {
		t.Error("something is known")
	}
}

// Every point that counts is listed with the record it came from.
func TestEvidenceIsListed(t *testing.T) {
	b := newBench(t, testRules())
	var all []Evidence
	for range 2 * maxItems {
		all = append(all, b.message(true, 1)...)
		b.message(false, 1)
	}
	info, _ := b.book.Info(host, b.now)
	if diff := cmp.Diff(all[len(all)-len(info.Evidence):], info.Evidence); diff != "" || len(info.Evidence) == 0 {
		t.Error(diff)
	}
	sum := 0.0
	for _, p := range info.Kinds {
		sum += p
	}
	if diff := sum - info.Points; diff > 1e-6 || diff < -1e-6 {
		t.Errorf("%v points of %v", sum, info.Points)
	}
}

func TestABookIsBounded(t *testing.T) {
	const capacity = 2 * shardCount
	r := testRules()
	b := NewBook(Options{Capacity: capacity, Rules: func(string) *Rules { return r }})
	for i := range 3 {
		b.Block(fmt.Sprint("blocked", i), "home", Forever, Act{At: day0})
	}
	for i := range 50 * capacity {
		b.Note(r, fmt.Sprint(i), Event{Time: day0, Judged: true, Total: 1, Policy: "home"})
	}
	stages, evicted := b.Count()
	total := 0
	for _, n := range stages {
		total += n
	}
	if total > capacity || evicted == 0 {
		t.Errorf("%d senders, %d forgotten", total, evicted)
	}
	if stages[Blocked] != 3 {
		t.Errorf("%d blocked are left of 3", stages[Blocked])
	}
}

func TestSweepForgetsAndTells(t *testing.T) {
	b := newBench(t, testRules())
	b.block()
	b.changes = nil
	b.now = b.now.Add(2 * time.Hour)
	b.book.Sweep(b.now)
	if len(b.changes) != 1 || b.changes[0].To != Probation {
		t.Error(b.changes)
	}
	b.now = b.now.Add(60 * 24 * time.Hour)
	b.book.Sweep(b.now)
	b.book.Sweep(b.now)
	if _, known := b.book.Info(host, b.now); known {
		t.Error("a sender of long ago is remembered")
	}
}

func TestSelect(t *testing.T) {
	b := newBench(t, testRules())
	b.block()
	b.book.Note(b.rules, "ip:192.0.2.1", Event{Time: b.now, Judged: true, Policy: "home"})
	found := b.book.Select(b.now, func(i *Info) bool { return i.Stage == Blocked })
	if len(found) != 1 || found[0].Sender != host {
		t.Errorf("%+v", found)
	}
	if all := b.book.Select(b.now, func(*Info) bool { return true }); len(all) != 2 {
		t.Errorf("%d senders", len(all))
	}
	if !slices.ContainsFunc(found[0].Evidence, func(e Evidence) bool { return e.Kind == Spam }) {
		t.Error("no evidence")
	}
}

// The bounces of a large mailing come when it is over, and are few of many.
func TestBouncesOfAMailingThatIsOver(t *testing.T) {
	r := testRules()
	r.Weights[Bounces] = mustWeight("1 per 30/1h share=20%")
	b := newBench(t, r)
	b.message(false, 2000)
	b.now = b.now.Add(10 * time.Hour)
	for range 100 {
		if e := b.event(Event{Bounces: 1}); len(e) != 0 {
			t.Fatalf("%+v", e)
		}
	}
	b.now = b.now.Add(72 * time.Hour)
	for i := range 30 {
		if e := b.event(Event{Bounces: 1}); (len(e) > 0) != (i == 29) {
			t.Errorf("bounce %d without mail: %v", i, e)
		}
	}
}

func TestMalformedHelo(t *testing.T) {
	for helo, want := range map[string]bool{
		"": false, "mail.example.net": false, "pc": false, "annas_pc": false, "[192.168.1.5]": false, "[ipv6:2001:db8::1]": false,
		"192.168.1.5": true, "2001:db8::1": true, "anna's pc": true, "b\u00fccher.example": true, "<x>": true,
	} {
		if got := malformed(helo); got != want {
			t.Errorf("%q: %v", helo, got)
		}
	}
	r := testRules()
	r.Weights[Helos] = mustWeight("1 per 5/1d")
	b := newBench(t, r)
	for i := range 4 {
		if e := b.event(Event{Judged: true, Helo: "192.168.1.5"}); (len(e) > 0) != (i == 3) { // one value, and four of them malformed
			t.Errorf("message %d: %v", i, e)
		}
	}
}
