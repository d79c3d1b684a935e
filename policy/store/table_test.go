package store

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

// ledger is a store with one limit and short words for it.
type ledger struct {
	*Memory
	t *testing.T
	c Charge
}

func newLedger(t *testing.T, capacity int, c Charge) ledger {
	m, err := OpenMemory(Options{Capacity: capacity})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return ledger{m, t, c}
}

func (l ledger) take(after time.Duration, key, value string) Level {
	l.t.Helper()
	l.c.Key, l.c.Value = key, value
	levels, err := l.Take(context.Background(), at.Add(after), []Charge{l.c})
	if err != nil {
		l.t.Fatal(err)
	}
	return levels[0]
}

func (l ledger) used(after time.Duration, key string) int64 {
	l.t.Helper()
	l.c.Key, l.c.Value = key, "not seen"
	levels, err := l.Peek(context.Background(), at.Add(after), []Charge{l.c})
	if err != nil {
		l.t.Fatal(err)
	}
	return levels[0].Used
}

func (l ledger) stats(want LimitStats) {
	l.t.Helper()
	want.Limit, want.Kind, want.Window = l.c.Limit, l.c.Kind, l.c.Window
	if diff := cmp.Diff([]LimitStats{want}, l.Stats().Limits); diff != "" {
		l.t.Errorf("stats (-want +got):\n%s", diff)
	}
}

var hourly = Charge{Limit: "recipients-1h", Kind: Window, Max: 100, Window: time.Hour, Cost: 1}
var senders = Charge{Limit: "envelope-senders-1h", Kind: Distinct, Max: MaxDistinct, Window: time.Hour}

func TestFullTableForgetsTheLeastRecentlyCharged(t *testing.T) {
	// As many keys as are looked at, so that there is no chance in it.
	l := newLedger(t, samples, hourly)
	for i := range samples {
		l.take(time.Duration(i)*time.Second, fmt.Sprint(i), "")
	}
	l.stats(LimitStats{Keys: samples})
	l.take(10*time.Second, "0", "") // now 1 is the oldest
	l.take(11*time.Second, "new", "")
	l.stats(LimitStats{Keys: samples, Evicted: 1})
	for key, want := range map[string]int64{"0": 2, "1": 0, "2": 1, "7": 1, "new": 1} {
		if got := l.used(12*time.Second, key); got != want {
			t.Errorf("key %s: %d used, want %d", key, got, want)
		}
	}
}

func TestFullTableForgetsIdleKeysFirst(t *testing.T) {
	l := newLedger(t, samples, hourly)
	l.take(0, "idle", "")
	l.Give(context.Background(), at.Add(time.Minute), []Charge{{Limit: l.c.Limit, Key: "idle", Kind: Window, Window: time.Hour, Cost: 1, Taken: at}})
	for i := range samples - 1 {
		l.take(0, fmt.Sprint(i), "")
	}
	l.take(time.Minute, "new", "")
	l.stats(LimitStats{Keys: samples})
	for i := range samples - 1 {
		if l.used(time.Minute, fmt.Sprint(i)) != 1 {
			t.Errorf("key %d is forgotten", i)
		}
	}
}

func TestTableOfOneKey(t *testing.T) {
	l := newLedger(t, 1, hourly)
	l.take(0, "a", "")
	l.take(0, "a", "")
	l.take(0, "b", "")
	l.stats(LimitStats{Keys: 1, Evicted: 1})
	if a, b := l.used(0, "a"), l.used(0, "b"); a != 0 || b != 1 {
		t.Errorf("used %d and %d, want 0 and 1", a, b)
	}
}

func TestKeysOfOneCallEvictEachOther(t *testing.T) {
	l := newLedger(t, 1, hourly)
	a, b := hourly, hourly
	a.Key, b.Key = "a", "b"
	l.take(0, "b", "")
	if _, err := l.Take(context.Background(), at, []Charge{a, b, a, b}); err != nil {
		t.Fatal(err)
	}
	l.stats(LimitStats{Keys: 1, Evicted: 4})
}

func TestCapacityIsNeverExceeded(t *testing.T) {
	for _, capacity := range []int{1, 2, keysPerShard - 1, 2 * keysPerShard, 2*keysPerShard + 1, 5000} {
		l := newLedger(t, capacity, hourly)
		for i := range 3 * capacity {
			l.take(time.Duration(i)*time.Millisecond, fmt.Sprint(i), "")
		}
		if keys := l.Stats().Limits[0].Keys; keys > capacity || keys < capacity*9/10 {
			t.Errorf("%d keys, where %d may be", keys, capacity)
		}
	}
}

func TestShards(t *testing.T) {
	for capacity, want := range map[int]int{1: 1, 2*keysPerShard - 1: 1, 2 * keysPerShard: 2, 1_000_000: maxShards, 1 << 30: maxShards} {
		if got := len(newShards(capacity).list); got != want {
			t.Errorf("%d shards for %d keys, want %d", got, capacity, want)
		}
	}
}

func TestDistinctValuesAreBoundedOverAllKeys(t *testing.T) {
	l := newLedger(t, 100, senders)
	for key := range 50 {
		for value := range 20 {
			l.take(time.Duration(key)*time.Second, fmt.Sprint(key), fmt.Sprint(value))
		}
	}
	s := l.Stats().Limits[0]
	if s.Values > 100*valuesPerKey || s.Values < 300 || s.Evicted == 0 {
		t.Errorf("%+v", s)
	}
	if got := l.used(time.Minute, "49"); got != 20 {
		t.Errorf("the last key has %d values, want 20", got)
	}
}

func TestOneKeyMayHoldAllItsValues(t *testing.T) {
	l := newLedger(t, 2, senders)
	l.take(0, "other", "a")
	for i := range MaxDistinct {
		l.take(0, "k", fmt.Sprint(i))
	}
	if got := l.used(0, "k"); got != MaxDistinct {
		t.Errorf("%d values, want %d", got, MaxDistinct)
	}
	if !l.take(0, "k", "one more").Over {
		t.Error("one more fits")
	}
	l.stats(LimitStats{Keys: 1, Values: MaxDistinct, Evicted: 1})
}

func TestValuesAreCountedThroughGiveResetAndSweep(t *testing.T) {
	l := newLedger(t, 100, senders)
	for _, key := range []string{"given", "reset", "swept"} {
		l.take(0, key, "a")
		l.take(0, key, "b")
	}
	given := l.c
	given.Key, given.Value, given.Taken = "given", "a", at
	l.Give(context.Background(), at, []Charge{given})
	l.stats(LimitStats{Keys: 3, Values: 5})
	l.Reset(context.Background(), "reset")
	l.stats(LimitStats{Keys: 2, Values: 3})
	l.take(2*time.Hour, "given", "c")
	l.shards.sweep()
	l.stats(LimitStats{Keys: 1, Values: 1})
}

func TestSweepForgetsWhatIsIdle(t *testing.T) {
	for kind, gone := range map[Kind]time.Duration{Window: time.Hour, Bucket: 36 * time.Second, Distinct: time.Hour} {
		c := hourly
		c.Kind, c.Burst = kind, 10
		l := newLedger(t, 100, c)
		l.take(0, "a", "a")
		sweepAt := func(after time.Duration, want int) {
			t.Helper()
			l.used(after, "other")
			l.shards.sweep()
			l.stats(LimitStats{Keys: want, Values: l.Stats().Limits[0].Values})
		}
		sweepAt(gone-1, 1)
		sweepAt(gone, 0)
		l.take(gone, "b", "b")
		sweepAt(gone, 1)
	}
}

func TestRefusedAndPeekedKeysTakeNoMemory(t *testing.T) {
	c := hourly
	c.Max = 0
	l := newLedger(t, 100, c)
	l.take(0, "refused", "")
	l.used(0, "peeked")
	l.stats(LimitStats{})
}

func TestKeysAreNotKeptWithWhatTheyWereCutFrom(t *testing.T) {
	l := newLedger(t, 100, hourly)
	line := strings.Repeat("x", 1<<16)
	l.take(0, line[:10], "")
	for _, table := range l.shards.list[0].tables {
		for key := range table.counters {
			if unsafe.StringData(key) == unsafe.StringData(line) {
				t.Error("the key shares the memory of the line")
			}
		}
	}
}

func TestTakeAllocatesItsLevelsOnly(t *testing.T) {
	l := newLedger(t, 100, hourly)
	charges := []Charge{hourly, senders}
	charges[0].Key, charges[1].Key, charges[1].Value = "k", "k", "a"
	if n := testing.AllocsPerRun(100, func() { l.Take(context.Background(), at, charges) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}
