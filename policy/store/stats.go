package store

import (
	"cmp"
	"slices"
	"time"
)

// Stats is what a Memory says of itself.
type Stats struct {
	Capacity int          // keys that each limit window may remember
	Limits   []LimitStats // by name, kind and window
	Saved    time.Time    // the last snapshot of this process; zero before the first
	Failed   uint64       // snapshots that could not be written
}

// LimitStats is what one limit window holds.
type LimitStats struct {
	Limit   string
	Kind    Kind
	Window  time.Duration
	Keys    int    // keys that are remembered
	Values  int    // values of all keys, Distinct only
	Evicted uint64 // keys that were forgotten under pressure, before their time
}

// Stats adds up all shards, one after the other.
func (m *Memory) Stats() Stats {
	sums := make(map[shape]LimitStats)
	for i := range m.shards.list {
		sh := &m.shards.list[i]
		sh.mu.Lock()
		for s, t := range sh.tables {
			sum := sums[s]
			sum.Keys += len(t.counters)
			sum.Values += t.values
			sum.Evicted += t.evicted
			sums[s] = sum
		}
		sh.mu.Unlock()
	}
	stats := Stats{Capacity: m.options.Capacity, Failed: m.failed.Load()}
	if saved := m.saved.Load(); saved != 0 {
		stats.Saved = time.Unix(0, saved)
	}
	for s, sum := range sums {
		sum.Limit, sum.Kind, sum.Window = s.limit, s.kind, s.span
		stats.Limits = append(stats.Limits, sum)
	}
	slices.SortFunc(stats.Limits, func(a, b LimitStats) int {
		return cmp.Or(cmp.Compare(a.Limit, b.Limit), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Window, b.Window))
	})
	return stats
}
