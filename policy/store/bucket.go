package store

// bucket is the generic cell rate algorithm (ITU-T I.371): all that is kept of a
// bucket is the time at which it will be full again. Each unit moves that time
// on by Window/Max, rounded up to a nanosecond; so the refill is slower than
// written by less than one nanosecond per unit, and never faster than one unit
// per nanosecond. Any span d gives at most Burst + Max*d/Window.
//
// When Max changes, the time until the bucket is full stays, and is worth more
// or fewer units than before.
type bucket struct {
	last int64 // when it was changed
	full int64 // when it will be full again
}

// bounds are the time of one unit and the depth of the bucket, which without a
// Max has no room at all.
func (c *Charge) bounds() (interval, depth int64) {
	if c.Max < 1 {
		return maxSpan, 0
	}
	return (int64(c.Window)-1)/c.Max + 1, c.Burst
}

// at is the counter as it stands at now.
func (b bucket) at(now, span int64) bucket {
	at, ok := settle(b.last, now, span)
	if !ok {
		b.full = at
	}
	return bucket{last: at, full: max(b.full, at)}
}

// used is how many units are missing, those begun counted as whole.
func (b bucket) used(interval int64) int64 {
	debt := b.full - b.last
	if debt == 0 {
		return 0
	}
	return (debt-1)/interval + 1
}

func (b *bucket) cost(c *Charge, _ uint64, _ int64) int64 { return max(c.Cost, 0) }

func (b *bucket) level(c *Charge, ahead, cost, now int64) Level {
	v := b.at(now, int64(c.Window))
	unit, depth := c.bounds()
	used, need := v.used(unit), add(ahead, cost)
	if cost == 0 || add(used, need) <= depth {
		return Level{Used: add(used, ahead)}
	}
	fits := v.full - mulSpan(max(depth-need, 0), unit)
	return over(add(used, ahead), need, depth, fits, now)
}

func (b *bucket) charge(c *Charge, _ uint64, now int64) {
	*b = b.at(now, int64(c.Window))
	unit, _ := c.bounds()
	b.full = min(b.full+mulSpan(max(c.Cost, 0), unit), b.last+maxSpan)
}

// give returns of a charge what the time since then has not refilled: without
// the charge, the bucket could have been full for some of it, and refilled
// nothing.
func (b *bucket) give(c *Charge, _ uint64, now int64) {
	*b = b.at(now, int64(c.Window))
	unit, _ := c.bounds()
	refilled := max(b.last-nanos(c.Taken), 0)
	b.full = max(b.full-max(mulSpan(max(c.Cost, 0), unit)-refilled, 0), b.last)
}

func (b *bucket) idle(span, now int64) bool {
	v := b.at(now, span)
	return v.full == v.last
}

func (b *bucket) changed() int64 { return b.last }
func (b *bucket) values() int    { return 0 }

func (b *bucket) append(to []byte) []byte {
	return appendInts(to, b.last, b.full-b.last)
}

func (b *bucket) read(from []byte) ([]byte, bool) {
	var debt int64
	from, ok := readInts(from, &b.last, &debt)
	b.full = b.last + debt
	return from, ok && inTime(b.last) && debt >= 0 && debt <= maxSpan
}
