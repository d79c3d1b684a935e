package store

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultCapacity is how many keys each limit window remembers unless the
// options say otherwise.
const DefaultCapacity = 1_000_000

// DefaultInterval is how often a snapshot is written unless the options say
// otherwise.
const DefaultInterval = 10 * time.Second

// Options are what OpenMemory can be told. The zero value works.
type Options struct {
	Capacity int           // keys that each limit window remembers; 0 for DefaultCapacity
	Path     string        // the snapshot's file; empty to forget everything with the process
	Interval time.Duration // between snapshots; 0 for DefaultInterval
	Log      *slog.Logger  // failures to read and write snapshots; nil for none

	// Now stamps the snapshots in Stats; nil for time.Now.
	Now func() time.Time
}

// Memory is the embedded store, for one relay. It answers at once and never
// fails, so it has no use for a context.
//
// Keys and windows are those of the charges. The keys are kept as they are, not
// as a hash: none can collide, and one can be shown to an operator. A counter of
// one key in one window takes 90 to 140 bytes (measured with a million keys such
// as "ip:203.0.113.7"; the spread is how full Go's maps happen to be), a Window
// that is charged in all its slots some 110 more, and each different value 24 to
// 48 more; a 64-bit hash for a key would save some 45. So a million senders under
// four windows take half a gigabyte, and a whole one if all send all the time.
//
// Memory is bounded by the capacity, for each limit window by itself: when it is
// full, keys go that are idle, or else the least recently charged of a few, and
// start from zero when they come back. A kill -9 or a crash loses the charges
// since the last snapshot: those of Interval and of the time that writing takes.
// An orderly end loses none.
//
// Behind NAT all who share a key share its budget: one infected host uses up
// that of its neighbours, unless the charges name a key that tells them apart.
type Memory struct {
	options Options
	seed    seed
	shards  shards

	saving sync.Mutex    // held while a snapshot is written
	dirty  atomic.Bool   // something has changed since the last snapshot
	saved  atomic.Int64  // when the last one was written, ns since 1970
	failed atomic.Uint64 // how many could not be

	closing sync.Once
	stop    chan struct{} // closed to end run
	done    chan struct{} // closed when run has ended
}

// OpenMemory returns a store that goes on where its snapshot ends, or that
// counts from zero if there is none or it is damaged: then it is renamed to end
// in ".damaged", and logged. The error says that no snapshot can be kept under
// the path. No other process may use the same path.
func OpenMemory(o Options) (*Memory, error) {
	o = o.withDefaults()
	m := &Memory{options: o, shards: newShards(o.Capacity), stop: make(chan struct{}), done: make(chan struct{})}
	rand.Read(m.seed[:]) // never fails
	if o.Path != "" {
		if err := m.restore(); err != nil {
			return nil, err
		}
		m.dirty.Store(true) // what can be written now can most likely be written later
		if err := m.Snapshot(); err != nil {
			return nil, err
		}
	}
	go m.run()
	return m, nil
}

func (o Options) withDefaults() Options {
	if o.Capacity <= 0 {
		o.Capacity = DefaultCapacity
	}
	if o.Interval <= 0 {
		o.Interval = DefaultInterval
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
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
	steps, now := m.steps(room[:0], charges), nanos(at)
	set := m.shards.lock(steps, now)
	defer m.shards.unlock(set)

	levels, held := make([]Level, len(steps)), false
	for i := range steps {
		levels[i] = level(steps[:i+1], levels[:i], now)
		held = held || levels[i].Over && !steps[i].Observe
	}
	if apply && !held {
		commit(steps, levels, now)
		m.dirty.Store(true)
	}
	return levels, nil
}

// Give is part of Store.
func (m *Memory) Give(_ context.Context, at time.Time, charges []Charge) error {
	if err := check(charges); err != nil {
		return err
	}
	var room [8]step
	steps, now := m.steps(room[:0], charges), nanos(at)
	set := m.shards.lock(steps, now)
	defer m.shards.unlock(set)
	for i := range steps {
		s := &steps[i]
		s.table.give(s.key, s.Charge, s.hash, now)
	}
	m.dirty.Store(true)
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
	m.dirty.Store(true)
	return nil
}

// Close writes the last snapshot. What is charged afterwards is not kept.
func (m *Memory) Close() (err error) {
	m.closing.Do(func() {
		close(m.stop)
		<-m.done
		err = m.Snapshot()
	})
	return err
}
