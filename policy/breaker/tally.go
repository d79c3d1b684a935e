package breaker

// tally is one cause.
type tally struct {
	history

	// of this window
	senders map[uint64]bool // whose mail it concerns, or if it is open did when it tripped; true if that was really refused
	refused int             // how many those are
	tainted bool            // it was open, so that this window is no history

	trip  Trip // why it is open; zero if it is not
	tried bool // it is being tried again after that
}

// count notes a sender, if there is room for a new one, and returns how much of that
// it took.
func (t *tally) count(sender uint64, refused bool, room int) int {
	was, known := t.senders[sender]
	if !known && room == 0 {
		return 0
	}
	if refused && !was {
		t.refused++
	}
	t.senders[sender] = was || refused
	if known {
		return 0
	}
	return 1
}

// empty forgets the senders of this window, and returns how many those were.
func (t *tally) empty() int {
	n := len(t.senders)
	t.senders, t.refused = make(map[uint64]bool), 0
	return n
}

// open says whether the cause only observes.
func (t *tally) open() bool { return !t.trip.Until.IsZero() }

// idle says whether the tally can be forgotten.
func (t *tally) idle() bool {
	return t.forgotten() && len(t.senders) == 0 && !t.open() && !t.tried
}
