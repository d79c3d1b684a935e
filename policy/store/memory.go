package store

import (
	"context"
	"crypto/rand"
	"time"
)

// DefaultCapacity is how many keys each limit window remembers unless the
// options say otherwise.
const DefaultCapacity = 1_000_000

// Options are what OpenMemory can be told. The zero value works.
type Options struct {
	Capacity int // keys that each limit window remembers; 0 for DefaultCapacity
}

// Memory is the embedded store: exact, bounded, and on this machine only. It
// answers at once and never fails, so it has no use for a context.
type Memory struct {
	seed   seed
	shards shards
}

// OpenMemory returns a store that counts from zero.
func OpenMemory(o Options) (*Memory, error) {
	if o.Capacity <= 0 {
		o.Capacity = DefaultCapacity
	}
	m := &Memory{shards: newShards(o.Capacity)}
	rand.Read(m.seed[:]) // never fails
	return m, nil
}

// Take is part of Store.
func (m *Memory) Take(_ context.Context, now time.Time, charges []Charge) ([]Level, error) {
	return m.weigh(now, charges, true)
}

// Peek is part of Store.
func (m *Memory) Peek(_ context.Context, now time.Time, charges []Charge) ([]Level, error) {
	return m.weigh(now, charges, false)
}

// weigh finds the levels of all charges, and then applies them if it is asked
// to and nothing holds them back.
func (m *Memory) weigh(at time.Time, charges []Charge, apply bool) ([]Level, error) {
	if err := check(charges); err != nil {
		return nil, err
	}
	var room [8]step
	steps, now := m.steps(room[:0], charges), at.UnixNano()
	set := m.shards.lock(steps, now)
	defer m.shards.unlock(set)

	levels, held := make([]Level, len(steps)), false
	for i := range steps {
		levels[i] = level(steps[:i+1], levels[:i], now)
		held = held || levels[i].Over && !steps[i].Observe
	}
	if apply && !held {
		commit(steps, levels, now)
	}
	return levels, nil
}

// Give is part of Store. Charges on the same counter cannot be told apart: what
// is given back is taken off the newest window first.
func (m *Memory) Give(_ context.Context, at time.Time, charges []Charge) error {
	if err := check(charges); err != nil {
		return err
	}
	var room [8]step
	steps, now := m.steps(room[:0], charges), at.UnixNano()
	set := m.shards.lock(steps, now)
	defer m.shards.unlock(set)
	for i := range steps {
		s := &steps[i]
		s.table.give(s.key, s.Charge, s.hash, now)
	}
	return nil
}

// Reset is part of Store.
func (m *Memory) Reset(_ context.Context, key string) error {
	key = fold(key)
	s := &m.shards.list[m.shards.of(key)]
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tables {
		t.drop(key)
	}
	return nil
}

// Close is part of Store.
func (m *Memory) Close() error { return nil }
