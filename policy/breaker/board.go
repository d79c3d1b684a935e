package breaker

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Board has a breaker for each sender group: what trips in one falls back in that one
// only. It is safe for concurrent use; a nil one has none.
type Board struct {
	report func(Change)
	trips  atomic.Int64

	mu     sync.Mutex
	config Config
	groups map[string]*Breaker
}

// NewBoard is New for all groups.
func NewBoard(c Config, report func(Change)) *Board {
	if report == nil {
		report = func(Change) {}
	}
	return &Board{report: report, config: c, groups: make(map[string]*Breaker)}
}

// Of is the breaker of a group. Groups are those of the configuration, so that there
// are few.
func (b *Board) Of(group string) *Breaker {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.groups[group] == nil {
		b.groups[group] = New(b.config, func(c Change) { b.changed(group, c) })
	}
	return b.groups[group]
}

func (b *Board) changed(group string, c Change) {
	if c.Open {
		b.trips.Add(1)
	}
	c.Group = group
	b.report(c)
}

// Use is Breaker.Use for all groups. Those that there are no more are forgotten.
func (b *Board) Use(c Config, groups []string) {
	b.mu.Lock()
	b.config = c
	before := maps.Clone(b.groups)
	maps.DeleteFunc(b.groups, func(name string, _ *Breaker) bool { return !slices.Contains(groups, name) })
	b.mu.Unlock()
	for _, breaker := range before {
		breaker.Use(c)
	}
}

// Open lists what is open, by group and cause.
func (b *Board) Open(now time.Time) []Trip {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	groups := maps.Clone(b.groups)
	b.mu.Unlock()
	var open []Trip
	for name, breaker := range groups {
		for _, t := range breaker.Open(now) {
			t.Group = name
			open = append(open, t)
		}
	}
	slices.SortStableFunc(open, func(a, b Trip) int { return cmp.Compare(a.Group, b.Group) })
	return open
}

// Trips is how often something has fallen back.
func (b *Board) Trips() int64 { return b.trips.Load() }
