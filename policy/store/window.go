package store

import "slices"

// maxSlots is how many slots a window counter holds at most. A slot is a seventh
// of Window, and any span of Window touches no more than eight of those.
const maxSlots = 8

// window is a sliding window in slots: time is cut at multiples of the slot's
// width since 1970, and what is charged in one slot is counted together. All of
// it counts until Window after the last charge of the slot. So there is never
// more than Max in any span of Window and no wait is longer than Window; the
// error is that a charge may count for up to a seventh of Window too long, if
// others follow it in its slot.
type window struct {
	slots []slot // oldest first, none empty
}

// slot is what was charged in one slot: in bytes, that can outgrow 32 bits.
type slot struct {
	at     int64 // of the last charge
	amount int64
}

// width is the length of a slot, rounded up to a nanosecond.
func width(span int64) int64 { return (span-1)/(maxSlots-1) + 1 }

// live is how the counter stands at now: the time, and the slots that still
// count.
func (w *window) live(now, span int64) (at int64, slots []slot) {
	if len(w.slots) == 0 {
		return now, nil
	}
	at, ok := settle(w.changed(), now, span)
	if !ok {
		return at, nil
	}
	slots = w.slots
	for len(slots) > 0 && slots[0].at <= at-span {
		slots = slots[1:]
	}
	return at, slots
}

func (w *window) cost(c *Charge, _ uint64, _ int64) int64 { return max(c.Cost, 0) }

func (w *window) level(c *Charge, ahead, cost, now int64) Level {
	span := int64(c.Window)
	_, slots := w.live(now, span)
	used, need := add(total(slots), ahead), add(ahead, cost)
	if cost == 0 || add(used, cost) <= c.Max {
		return Level{Used: used}
	}
	if need > c.Max {
		return over(used, need, c.Max, 0, now)
	}
	return over(used, need, c.Max, fits(slots, c.Max-need)+span, now)
}

// total is what the slots hold together.
func total(slots []slot) (sum int64) {
	for _, s := range slots {
		sum = add(sum, s.amount)
	}
	return sum
}

// fits is the last charge of those slots that have to leave until the others
// hold no more than room. They hold more now, and room is not negative.
func fits(slots []slot, room int64) int64 {
	last := len(slots) - 1
	for last > 0 && slots[last].amount <= room {
		room -= slots[last].amount
		last--
	}
	return slots[last].at
}

// charge leaves a charge of nothing out: it would make its slot count longer.
func (w *window) charge(c *Charge, _ uint64, now int64) {
	at := w.drop(now, int64(c.Window))
	if c.Cost <= 0 {
		return
	}
	if len(w.slots) == 0 || w.changed() < begin(at, int64(c.Window)) {
		w.slots = append(w.slots, slot{})
	}
	newest := &w.slots[len(w.slots)-1]
	newest.at, newest.amount = at, add(newest.amount, c.Cost)
}

// give takes from the slot in which the charge is, or, where a clock was set
// back in between, from those before it: never from a newer one, for then what
// others have charged would leave with the older one, before its time. What
// stays in a slot goes on to count until Window after the last charge, be it
// given back or not.
func (w *window) give(c *Charge, _ uint64, now int64) {
	w.drop(now, int64(c.Window))
	end := begin(nanos(c.Taken), int64(c.Window)) + width(int64(c.Window))
	rest := max(c.Cost, 0)
	for i := len(w.slots) - 1; i >= 0; i-- {
		if w.slots[i].at < end {
			part := min(rest, w.slots[i].amount)
			rest, w.slots[i].amount = rest-part, w.slots[i].amount-part
		}
	}
	w.slots = slices.DeleteFunc(w.slots, func(s slot) bool { return s.amount == 0 })
}

// drop moves the counter to now, without the slots that have left, and returns
// its time.
func (w *window) drop(now, span int64) int64 {
	at, slots := w.live(now, span)
	w.slots = slices.Delete(w.slots, 0, len(w.slots)-len(slots))
	return at
}

func (w *window) idle(span, now int64) bool {
	_, slots := w.live(now, span)
	return len(slots) == 0
}

func (w *window) changed() int64 {
	if len(w.slots) == 0 {
		return 0
	}
	return w.slots[len(w.slots)-1].at
}

func (w *window) values() int { return 0 }

// begin is the time at which the slot begins that t lies in.
func begin(t, span int64) int64 { return t - phase(t, width(span)) }

// phase is how far t is into the slot of the given width that it lies in.
func phase(t, width int64) int64 {
	p := t % width
	if p < 0 { // before 1970
		p += width
	}
	return p
}

func (w *window) append(b []byte) []byte {
	b = appendInts(b, int64(len(w.slots)))
	before := int64(0)
	for _, s := range w.slots {
		b = appendInts(b, s.at-before, s.amount)
		before = s.at
	}
	return b
}

func (w *window) read(b []byte) ([]byte, bool) {
	var n int64
	b, ok := readInts(b, &n)
	if !ok || n < 0 || n > maxSlots {
		return nil, false
	}
	at := int64(0)
	for i := range n {
		var step, amount int64
		b, ok = readInts(b, &step, &amount)
		if !ok || !inTime(step) || !inTime(at+step) || i > 0 && step <= 0 || amount <= 0 {
			return nil, false
		}
		at += step
		w.slots = append(w.slots, slot{at: at, amount: amount})
	}
	return b, true
}
