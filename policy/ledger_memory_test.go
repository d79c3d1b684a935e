package policy

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/policy/store"
)

func embedded(t *testing.T) *store.Memory {
	t.Helper()
	s, err := store.OpenMemory(store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func twoAtOnce(_ *Config, f *FlowConfig) {
	f.Recipients = Rates{{Max: 2, Per: 10 * time.Minute}, {Max: 100, Per: time.Hour, Burst: 10}}
	f.EnvelopeSenders = perHour(2)
}

// A subscriber who is over the limit gets through again after the wait that the
// reply names.
func TestWaitOnTheEmbeddedStore(t *testing.T) {
	l := ledgerOf(t, embedded(t), subscriber, twoAtOnce)
	over := message(t, l, "a@example.net", 10, "1@x", "2@x", "3@x")[3]
	if over.Reason != ReasonLimit || over.Detail != "recipients-10m" || over.Wait <= 0 || over.Wait > 20*time.Minute {
		t.Fatalf("%+v", over)
	}
	if v, err := l.Rcpt(background, noon.Add(over.Wait), "3@x"); err != nil || v != (Verdict{}) {
		t.Errorf("after the wait: %+v, %v", v, err)
	}
}

// Mail of the relay itself shares one key, and so has no limits of a sender.
func TestLocalMailHasNoLimitsBuiltIn(t *testing.T) {
	s := embedded(t)
	m := compile(t, Default(), "").Match(Client{})
	for i := range 100 {
		l := NewLedger(s, m, Client{}, Budget{})
		for _, v := range message(t, l, fmt.Sprintf("%d@example.net", i), 1000, make([]string, 100)...) {
			if v != (Verdict{}) {
				t.Fatalf("message %d: %+v", i, v)
			}
		}
	}
}

// Two windows of one limit must not share a key: if they did, each recipient would
// count twice, and the short window would forget what the long one has to keep.
func TestTwoWindowsOfOneLimitDoNotShareAKey(t *testing.T) {
	s := embedded(t)
	edit := func(c *Config, f *FlowConfig) {
		c.Limits.Set("both", LimitConfig{Count: CountRecipients, Rate: Rates{
			{Max: 2, Per: time.Minute}, {Max: 3, Per: time.Hour}, {Max: 3, Per: 24 * time.Hour, Burst: 3}}})
		f.Limits = []string{"both"}
	}
	rcpt := func(after time.Duration) string {
		v, err := ledgerOf(t, s, subscriber, edit).Rcpt(background, noon.Add(after), "x@x")
		if err != nil {
			t.Fatal(err)
		}
		return v.Detail
	}
	got := []string{rcpt(0), rcpt(0), rcpt(0), rcpt(2 * time.Minute), rcpt(4 * time.Minute)}
	if diff := cmp.Diff([]string{"", "", "both-1m", "", "both-1d-burst"}, got); diff != "" {
		t.Error(diff)
	}
	l := ledgerOf(t, s, subscriber, edit)
	if _, err := l.Rcpt(background, noon.Add(4*time.Minute), "x@x"); err != nil {
		t.Fatal(err)
	}
	used := make(map[string]int64)
	for _, level := range l.Levels() {
		used[level.Name] = level.Used
	}
	if diff := cmp.Diff(map[string]int64{"both-1m": 0, "both-1h": 3, "both-1d-burst": 3}, used); diff != "" {
		t.Error(diff)
	}
}

// A +tag is counted once, as documented: an address with and without it is one
// envelope sender, one recipient, and one key.
func TestPlusTagIsCountedOnce(t *testing.T) {
	s := embedded(t)
	edit := func(c *Config, f *FlowConfig) {
		c.Limits.Set("from", LimitConfig{Count: CountMessages, Per: PerEnvelopeSender, Rate: perHour(3)})
		f.EnvelopeSenders, f.DistinctRecipients, f.Limits = perHour(1), perHour(1), []string{"from"}
	}
	for _, tag := range []string{"", "+1", "+2+3"} {
		for i, v := range message(t, ledgerOf(t, s, subscriber, edit), "a"+tag+"@example.net", 0, "x"+tag+"@x", "x@x") {
			if v != (Verdict{}) {
				t.Errorf("%q, event %d: %+v", tag, i, v)
			}
		}
	}
	if v := message(t, ledgerOf(t, s, subscriber, edit), "a+4@example.net", 0)[0]; v.Detail != "from-1h" {
		t.Errorf("a fourth message: %+v", v)
	}
	if got := message(t, ledgerOf(t, s, subscriber, edit), "b@example.net", 0, "y@x"); got[0].Detail != "envelope-senders-1h" || got[1].Detail != "distinct-recipients-1h" {
		t.Errorf("others: %+v", got)
	}
}

// What Compile lets through, the store can count: the extremes of every rate.
func TestExtremeRatesOnTheEmbeddedStore(t *testing.T) {
	for name, rates := range map[string]Rates{
		"smallest":        {{Max: 1, Per: time.Second}},
		"largest":         {{Max: math.MaxInt64, Per: maxPer}},
		"smallest refill": {{Max: 1, Per: maxPer, Burst: 1}},
		"largest refill":  {{Max: int64(maxPer), Per: maxPer, Burst: int64(maxPer)}},
	} {
		l := ledgerOf(t, embedded(t), subscriber, func(_ *Config, f *FlowConfig) { f.Bytes = rates })
		for i, v := range message(t, l, "a@example.net", 1) {
			if v != (Verdict{}) {
				t.Errorf("%s, event %d: %+v", name, i, v)
			}
		}
	}
}

// Senders of messages that are broken off (MAIL, then RSET) use no budget, and do
// not make room for another by naming one that a message has paid for.
func TestDifferentSendersAreGivenBack(t *testing.T) {
	s := embedded(t)
	mail := func(from string) (*Ledger, Verdict) {
		l := ledgerOf(t, s, subscriber, twoAtOnce)
		v, err := l.Mail(background, noon, from, 0)
		if err != nil {
			t.Fatal(err)
		}
		return l, v
	}
	if _, v := mail("paid@example.net"); v != (Verdict{}) {
		t.Fatalf("%+v", v)
	}
	for _, from := range []string{"1@x", "2@x", "3@x", "paid@example.net", "4@x"} {
		l, v := mail(from)
		if v != (Verdict{}) {
			t.Errorf("%s: %+v", from, v)
		}
		if err := l.Refund(background, noon); err != nil {
			t.Fatal(err)
		}
	}
	if _, v := mail("second@example.net"); v != (Verdict{}) {
		t.Errorf("the second that comes through: %+v", v)
	}
	if _, v := mail("third@example.net"); v.Detail != "envelope-senders-1h" {
		t.Errorf("the third: %+v", v)
	}
}

// A recipient that a message names twice was taken twice, and is given back so.
func TestDifferentRecipientsAreGivenBack(t *testing.T) {
	s := embedded(t)
	edit := func(_ *Config, f *FlowConfig) { f.DistinctRecipients = perHour(2) }
	for range 3 {
		l := ledgerOf(t, s, subscriber, edit)
		if got := message(t, l, "a@example.net", 0, "1@x", "1+tag@x", "2@x"); got[3] != (Verdict{}) {
			t.Fatalf("%+v", got)
		}
		if err := l.Refund(background, noon); err != nil {
			t.Fatal(err)
		}
	}
	if got := message(t, ledgerOf(t, s, subscriber, edit), "a@example.net", 0, "3@x", "4@x", "5@x"); got[2] != (Verdict{}) || got[3].Reason != ReasonLimit {
		t.Errorf("two others, and a third: %+v", got)
	}
}

// A message that is refunded leaves the counters as they were before it.
func TestRefundOnTheEmbeddedStore(t *testing.T) {
	s := embedded(t)
	peek := func() []store.Level {
		l := ledgerOf(t, s, subscriber, twoAtOnce)
		l.from = "a@example.net"
		levels, err := s.Peek(background, noon, l.charges("x@x", func(window) int64 { return 1 }))
		if err != nil {
			t.Fatal(err)
		}
		return levels
	}
	message(t, ledgerOf(t, s, subscriber, twoAtOnce), "a@example.net", 10, "1@x")
	before := peek()
	l := ledgerOf(t, s, subscriber, twoAtOnce)
	message(t, l, "a@example.net", 10, "2@x", "3@x")
	if cmp.Equal(before, peek()) {
		t.Error("nothing was charged")
	}
	if err := l.Refund(background, noon); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, peek()); diff != "" {
		t.Error(diff)
	}
}
