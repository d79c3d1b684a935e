package store

// window is the sliding window counter. Time is cut into adjacent windows that
// begin at multiples of the span since 1970; what was charged in the window
// before counts by the part of it that the last span still covers.
//
// That is as if the charges of the window before had been spread evenly. They
// may have come all at its end, so the bound is: never more than Max in one of
// the adjacent windows, and less than twice Max in any span. The error is one of
// moments only; a key's average never goes beyond Max per Window. The part that
// still counts is rounded up to the next whole unit.
type window struct {
	last     int64 // when it was changed; the current window is the one it lies in
	current  int64 // charged in the current window
	previous int64 // charged in the window before
}

// at is the counter as it stands at now.
func (w window) at(now, span int64) window {
	at, ok := settle(w.last, now, span)
	if !ok {
		return window{last: at}
	}
	switch start := at - phase(at, span); {
	case w.last >= start:
	case w.last >= start-span:
		w.previous, w.current = w.current, 0
	default:
		w.previous, w.current = 0, 0
	}
	w.last = at
	return w
}

// used is what counts at the time of the last change.
func (w window) used(span int64) int64 {
	part, rest := mulDiv(w.previous, span-phase(w.last, span), span)
	if rest > 0 {
		part++
	}
	return add(w.current, part)
}

// fits is the first moment at which no more than room is used, if nothing else
// is charged. More than room must be used now, and room must not be negative.
func (w window) fits(room, span int64) int64 {
	start := w.last - phase(w.last, span)
	if rest := room - w.current; rest >= 0 {
		covered, _ := mulDiv(rest, span, w.previous)
		return start + span - covered
	}
	covered, _ := mulDiv(room, span, w.current)
	return start + 2*span - covered
}

func (w *window) cost(c *Charge, _ uint64, _ int64) int64 { return max(c.Cost, 0) }

func (w *window) level(c *Charge, ahead, cost, now int64) Level {
	span := int64(c.Window)
	v := w.at(now, span)
	used, need := v.used(span), add(ahead, cost)
	if cost == 0 || add(used, need) <= c.Max {
		return Level{Used: add(used, ahead)}
	}
	if need > c.Max {
		return over(add(used, ahead), need, c.Max, 0, now)
	}
	return over(add(used, ahead), need, c.Max, v.fits(c.Max-need, span), now)
}

func (w *window) charge(c *Charge, _ uint64, now int64) {
	*w = w.at(now, int64(c.Window))
	w.current = add(w.current, max(c.Cost, 0))
}

// give takes from the current window first: what is given back was mostly
// charged a moment ago.
func (w *window) give(c *Charge, _ uint64, now int64) {
	*w = w.at(now, int64(c.Window))
	cost := max(c.Cost, 0)
	part := min(cost, w.current)
	w.current -= part
	w.previous -= min(cost-part, w.previous)
}

func (w *window) idle(span, now int64) bool {
	v := w.at(now, span)
	return v.current == 0 && v.previous == 0
}

func (w *window) changed() int64 { return w.last }
func (w *window) values() int    { return 0 }

// phase is how far t is into the window of the given span that it lies in.
func phase(t, span int64) int64 {
	p := t % span
	if p < 0 { // before 1970
		p += span
	}
	return p
}

func (w *window) append(b []byte) []byte {
	return appendInts(b, w.last, w.current, w.previous)
}

func (w *window) read(b []byte) ([]byte, bool) {
	b, ok := readInts(b, &w.last, &w.current, &w.previous)
	return b, ok && inTime(w.last) && w.current >= 0 && w.previous >= 0
}
