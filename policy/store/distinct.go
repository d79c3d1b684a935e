package store

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
)

// MaxDistinct is the largest budget of a Distinct limit; a larger Max counts as
// this much. Values are found by a scan, which takes some microseconds at this
// length, and each takes 24 bytes.
const MaxDistinct = 10_000

// distinct counts different values exactly, but for their hash: of the at most
// MaxDistinct values of one counter, two share 64 bits with a probability of
// less than 1 in 10^11.
type distinct struct {
	last int64   // when it was changed
	seen []sight // oldest first
}

// sight is one value.
type sight struct {
	hash  uint64
	at    int64  // when it was charged last
	takes uint32 // charges that were not given back, up to the largest uint32
}

// live is how the counter stands at now: the time, and the values that still
// count.
func (d *distinct) live(now, span int64) (at int64, seen []sight) {
	at, ok := settle(d.last, now, span)
	if !ok {
		return at, nil
	}
	first, _ := slices.BinarySearchFunc(d.seen, at-span+1, func(s sight, oldest int64) int {
		return cmp.Compare(s.at, oldest)
	})
	return at, d.seen[first:]
}

// find returns the place of a value, or -1. A value that comes again mostly
// came a short while ago.
func find(seen []sight, hash uint64) int {
	for i := len(seen) - 1; i >= 0; i-- {
		if seen[i].hash == hash {
			return i
		}
	}
	return -1
}

func (d *distinct) cost(c *Charge, hash uint64, now int64) int64 {
	if _, seen := d.live(now, int64(c.Window)); find(seen, hash) >= 0 {
		return 0
	}
	return 1
}

func (d *distinct) level(c *Charge, ahead, cost, now int64) Level {
	span, budget := int64(c.Window), min(c.Max, MaxDistinct)
	_, seen := d.live(now, span)
	used, need := int64(len(seen)), ahead+cost
	if cost == 0 || used+need <= budget {
		return Level{Used: used + ahead}
	}
	if need > budget {
		return over(used+ahead, need, budget, 0, now)
	}
	last := seen[used+need-budget-1] // of those that have to leave first
	return over(used+ahead, need, budget, last.at+span, now)
}

func (d *distinct) charge(c *Charge, hash uint64, now int64) {
	at := d.drop(now, int64(c.Window))
	s := sight{hash: hash}
	if i := find(d.seen, hash); i >= 0 {
		s = d.seen[i]
		d.seen = slices.Delete(d.seen, i, i+1)
	}
	s.at, s.takes = at, max(s.takes, s.takes+1)
	d.seen = append(d.seen, s)
}

// give takes one charge of a value back, and forgets the value with the last:
// or else a message that is broken off would make room for a new value by
// naming one that an earlier message has paid for. A charge that has left its
// window is not among those that are counted.
func (d *distinct) give(c *Charge, hash uint64, now int64) {
	at := d.drop(now, int64(c.Window))
	i := find(d.seen, hash)
	if i < 0 || at-nanos(c.Taken) >= int64(c.Window) {
		return
	}
	if d.seen[i].takes--; d.seen[i].takes == 0 {
		d.seen = slices.Delete(d.seen, i, i+1)
	}
}

// drop moves the counter to now, without the values that have left, and returns
// its time. Room for many values is not kept for few.
func (d *distinct) drop(now, span int64) int64 {
	at, seen := d.live(now, span)
	switch {
	case len(seen) == len(d.seen):
	case len(seen) < cap(d.seen)/4:
		d.seen = slices.Clone(seen)
	default:
		d.seen = append(d.seen[:0], seen...)
	}
	d.last = at
	return at
}

func (d *distinct) idle(span, now int64) bool {
	_, seen := d.live(now, span)
	return len(seen) == 0
}

func (d *distinct) changed() int64 { return d.last }
func (d *distinct) values() int    { return len(d.seen) }

func (d *distinct) append(b []byte) []byte {
	b = appendInts(b, d.last, int64(len(d.seen)))
	for _, s := range d.seen {
		b = binary.LittleEndian.AppendUint64(b, s.hash)
		b = appendInts(b, d.last-s.at, int64(s.takes))
	}
	return b
}

func (d *distinct) read(b []byte) ([]byte, bool) {
	var n int64
	b, ok := readInts(b, &d.last, &n)
	if !ok || !inTime(d.last) || n < 0 || n > MaxDistinct {
		return nil, false
	}
	before := int64(math.MaxInt64)
	for range n {
		if len(b) < 8 {
			return nil, false
		}
		var age, takes int64
		hash := binary.LittleEndian.Uint64(b)
		b, ok = readInts(b[8:], &age, &takes)
		if !ok || age < 0 || age > before || age > maxSpan || takes < 1 || takes > math.MaxUint32 {
			return nil, false
		}
		before = age
		d.seen = append(d.seen, sight{hash: hash, at: d.last - age, takes: uint32(takes)})
	}
	return b, true
}
