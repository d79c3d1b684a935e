package store

import "time"

// valuesPerKey is how many values of a Distinct limit there is room for, in the
// mean over as many keys as the capacity allows.
const valuesPerKey = 4

// samples is how many counters are looked at to find one that can go.
const samples = 8

// shape is what makes a limit window: a reload that counts differently under
// the same name starts from zero, and what was counted before fades away.
type shape struct {
	limit string
	kind  Kind
	span  time.Duration
}

// table holds the counters of one limit window in one shard, never more than its
// capacity and, for Distinct, never more values than valuesPerKey times that,
// unless all of them belong to one key.
//
// Under pressure counters go that are idle, else of a few picked at random the
// one that was changed least recently: its key starts from zero again and so may
// have up to one more budget. A peer that invents keys (envelope senders, say)
// can push out others, and is slowed down itself only by the limits on keys that
// it cannot invent.
type table struct {
	shape    shape
	capacity int
	counters map[string]counter
	none     counter // stands for every key that is not there
	values   int     // of all counters
	evicted  uint64
}

func shapeOf(c *Charge) shape { return shape{limit: c.Limit, kind: c.Kind, span: c.Window} }

func newTable(s shape, capacity int) *table {
	return &table{
		shape:    s,
		capacity: capacity,
		counters: make(map[string]counter),
		none:     untouched(s.kind),
	}
}

func (t *table) has(key string) bool {
	_, ok := t.counters[key]
	return ok
}

// find returns the counter of a key, to be read only.
func (t *table) find(key string) counter {
	if c, ok := t.counters[key]; ok {
		return c
	}
	return t.none
}

// obtain returns the counter of a key, which is added if it is not there. The
// table keeps the key.
func (t *table) obtain(key string, now int64) counter {
	if c, ok := t.counters[key]; ok {
		return c
	}
	c := untouched(t.shape.kind)
	t.put(key, c, now)
	return c
}

// put adds the counter of a key that is not there, and keeps both.
func (t *table) put(key string, c counter, now int64) {
	if len(t.counters) >= t.capacity {
		t.evict(key, now)
	}
	t.counters[key] = c
	t.values += c.values()
	t.shrink(key, now)
}

// charge applies a charge to the counter of a key.
func (t *table) charge(key string, c *Charge, hash uint64, now int64) {
	state := t.obtain(key, now)
	before := state.values()
	state.charge(c, hash, now)
	t.values += state.values() - before
	t.shrink(key, now)
}

// shrink evicts counters other than that of keep until there is room for all
// values.
func (t *table) shrink(keep string, now int64) {
	for t.values > t.capacity*valuesPerKey && len(t.counters) > 1 {
		t.evict(keep, now)
	}
}

// give returns a charge to the counter of a key, if it is there.
func (t *table) give(key string, c *Charge, hash uint64, now int64) {
	state, ok := t.counters[key]
	if !ok {
		return
	}
	before := state.values()
	state.give(c, hash, now)
	t.values += state.values() - before
}

// evict drops one counter other than that of keep.
func (t *table) evict(keep string, now int64) {
	var victim string
	var oldest int64
	looked := 0
	for key, c := range t.counters { // from a random place
		if key == keep {
			continue
		}
		if c.idle(int64(t.shape.span), now) {
			t.drop(key)
			return
		}
		if looked == 0 || c.changed() < oldest {
			victim, oldest = key, c.changed()
		}
		if looked++; looked == samples {
			break
		}
	}
	if looked > 0 {
		t.drop(victim)
		t.evicted++
	}
}

// drop forgets a key.
func (t *table) drop(key string) {
	if c, ok := t.counters[key]; ok {
		t.values -= c.values()
		delete(t.counters, key)
	}
}

// sweep forgets the keys whose counters are idle. A map keeps the room it once
// took, so an empty one is replaced.
func (t *table) sweep(now int64) {
	for key, c := range t.counters {
		if c.idle(int64(t.shape.span), now) {
			t.drop(key)
		}
	}
	if len(t.counters) == 0 {
		t.counters = make(map[string]counter)
	}
}
