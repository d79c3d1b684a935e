package store

import (
	"bufio"
	"fmt"
	"io"
	"time"

	"sluice/policy/atomicfile"
)

// Snapshot writes all counters to the file, if anything has changed since the
// last time. Either the whole snapshot takes the place of the one before, or
// that one stays. Each limit window of each shard is copied by itself, and
// charges wait only for the copy of their own; so a charge on several keys may
// be in the snapshot with some of them only.
func (m *Memory) Snapshot() error {
	if m.options.Path == "" {
		return nil
	}
	m.saving.Lock()
	defer m.saving.Unlock()
	if !m.dirty.Swap(false) {
		return nil
	}
	if err := atomicfile.Write(m.options.Path, 0o600, m.encode); err != nil {
		m.dirty.Store(true)
		m.failed.Add(1)
		return fmt.Errorf("write counters: %w", err)
	}
	m.saved.Store(m.options.Now().UnixNano())
	return nil
}

// encode writes a snapshot. The buffer holds one table of one shard at most.
func (m *Memory) encode(w io.Writer) error {
	first := seal(append(open([]byte(magic), seedSection), m.seed[:]...), len(magic))
	if _, err := w.Write(first); err != nil {
		return err
	}
	sections := 1
	var buf []byte
	for i := range m.shards.list {
		sh := &m.shards.list[i]
		for _, t := range sh.all() {
			sh.mu.Lock()
			b, n := t.sections(buf[:0])
			sh.mu.Unlock()
			if _, err := w.Write(b); err != nil {
				return err
			}
			buf, sections = b, sections+n
		}
	}
	_, err := w.Write(seal(appendInts(open(nil, endSection), int64(sections)), 0))
	return err
}

// restore reads the snapshot if there is one. Mail must flow: what cannot be
// read is put aside for whoever wants to know, and counting starts from zero.
func (m *Memory) restore() error {
	fresh, own, seed := newShards(m.options.Capacity), make(map[string]string), m.seed
	aside, damage, err := atomicfile.Restore(m.options.Path, func(r io.Reader) (err error) {
		seed, err = decode(bufio.NewReader(r), func(s shape, key string, c counter) {
			fresh.put(s, shared(own, key), c)
		})
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("open counters: %w", err)
	case damage != nil:
		m.options.Log.Error("counters start from zero: their snapshot is put aside", "path", aside, "error", damage)
		return nil
	}
	m.seed, m.shards = seed, fresh
	return nil
}

// shared returns one copy of a key for all its limits, which come from a
// snapshot close to each other. The memory of past keys is bounded.
func shared(own map[string]string, key string) string {
	if k, ok := own[key]; ok {
		return k
	}
	if len(own) >= 1<<16 {
		clear(own)
	}
	own[key] = key
	return key
}

// run sweeps and saves until the store is closed.
func (m *Memory) run() {
	defer close(m.done)
	tick := time.NewTicker(m.options.Interval)
	defer tick.Stop()
	for {
		select {
		case <-m.stop:
			return
		case <-tick.C:
			m.shards.sweep()
			if err := m.Snapshot(); err != nil {
				m.options.Log.Error("counters are not saved", "error", err)
			}
		}
	}
}
