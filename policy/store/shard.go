package store

import (
	"hash/maphash"
	"maps"
	"math/bits"
	"slices"
	"sync"
)

const (
	maxShards    = 64   // one bit each in a set
	keysPerShard = 1024 // at least, or else chance fills one long before the others
)

// shards spread the keys over several locks. All counters of a key are in one.
type shards struct {
	seed     maphash.Seed
	capacity int // keys of each limit window in each shard
	list     []shard
}

// shard holds all the counters of some keys.
type shard struct {
	mu     sync.Mutex
	tables map[shape]*table
	now    int64 // the time of the last call
}

func newShards(capacity int) shards {
	n := 1
	for n < maxShards && capacity >= 2*n*keysPerShard {
		n *= 2
	}
	list := make([]shard, n)
	for i := range list {
		list[i].tables = make(map[shape]*table)
	}
	return shards{seed: maphash.MakeSeed(), capacity: capacity / n, list: list}
}

// of is the number of a key's shard.
func (s *shards) of(key string) int {
	return int(maphash.String(s.seed, key) & uint64(len(s.list)-1))
}

// lock locks the shards of all steps, in order, so that two calls never wait for
// each other, and gives each step its table. It returns what unlock needs.
func (s *shards) lock(steps []step, now int64) uint64 {
	set := uint64(0)
	for i := range steps {
		set |= 1 << steps[i].shard
	}
	for rest := set; rest != 0; rest &= rest - 1 {
		sh := &s.list[bits.TrailingZeros64(rest)]
		sh.mu.Lock()
		sh.now = now
	}
	for i := range steps {
		steps[i].table = s.list[steps[i].shard].table(shapeOf(steps[i].Charge), s.capacity)
	}
	return set
}

func (s *shards) unlock(set uint64) {
	for ; set != 0; set &= set - 1 {
		s.list[bits.TrailingZeros64(set)].mu.Unlock()
	}
}

// table returns the table of a limit window, which is added if it is not there:
// the names come from the configuration, so they are few.
func (sh *shard) table(s shape, capacity int) *table {
	t, ok := sh.tables[s]
	if !ok {
		t = newTable(s, capacity)
		sh.tables[s] = t
	}
	return t
}

// all returns the tables as they are now; none is ever removed.
func (sh *shard) all() []*table {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return slices.Collect(maps.Values(sh.tables))
}

// put adds a counter from a snapshot.
func (s *shards) put(id shape, key string, c counter) {
	sh := &s.list[s.of(key)]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.now = max(sh.now, c.changed())
	if t := sh.table(id, s.capacity); !t.has(key) {
		t.put(key, c, sh.now)
	}
}

// sweep forgets what is idle at the time that the last call on each shard named.
// There is no other clock here, for the time of the calls may be another one: a
// replay runs at that of its records.
func (s *shards) sweep() {
	for i := range s.list {
		sh := &s.list[i]
		for _, t := range sh.all() {
			sh.mu.Lock()
			t.sweep(sh.now)
			sh.mu.Unlock()
		}
	}
}
