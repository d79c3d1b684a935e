package breaker

// history is what a cause refused in the windows that are over, in senders.
type history struct {
	last    int     // in the last window that counts
	average float64 // over about a day
	held    int     // in a window that has jumped, until the next one is over
}

// usual is what the cause may be expected to refuse.
func (h *history) usual() float64 { return max(float64(h.last), h.average) }

// note takes a window in. One that has jumped waits, for the cause may have broken in
// it; a second one behind it is as it is now.
func (h *history) note(n int, jumped bool, weight float64) {
	if jumped && h.held == 0 {
		h.held = n
		return
	}
	if h.held > 0 {
		h.admit(h.held, weight)
		h.held = 0
	}
	h.admit(n, weight)
}

func (h *history) admit(n int, weight float64) {
	h.last = n
	h.average += (float64(n) - h.average) * weight
}

// forgotten says whether nothing is left of it that matters.
func (h *history) forgotten() bool { return h.last == 0 && h.held == 0 && h.average < 0.01 }
