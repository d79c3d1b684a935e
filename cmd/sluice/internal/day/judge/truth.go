package judge

import (
	"strings"
	"time"
)

// Truth is what really happened, and what became of it.
type Truth struct {
	senders []sender
	tallies []tally
	byRef   map[uint64]uint32 // index in tallies of the messages that wait for their record
	events  int
	unknown int // records without an event
}

// sender is somebody who sends.
type sender struct {
	name    string
	spam    time.Time // of the first spam; zero when honest
	found   bool      // was restricted or blocked
	blocked time.Time // when first; zero when never
}

// tally counts the messages of one sender under one label.
type tally struct {
	sender              uint32
	label               string
	messages            int
	sent                int // recipients
	leaked, leakedMails int // recipients and messages
	deferred, refused   int // messages, with at least one recipient deferred or refused
	held                int // messages in quarantine
	touched             int // deferred or refused
	byScore             int // of those, for the content
	restricted, blocked bool
	example             string // the reference of the first that was touched
}

// spam says whether it is of spam.
func (t *tally) spam() bool { return strings.HasPrefix(t.label, "spam:") }
