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
		l := NewLedger(s, m, Client{})
		for _, v := range message(t, l, fmt.Sprintf("%d@example.net", i), 1000, make([]string, 100)...) {
			if v != (Verdict{}) {
				t.Fatalf("message %d: %+v", i, v)
			}
		}
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
