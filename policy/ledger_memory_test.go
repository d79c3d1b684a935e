package policy

import (
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
