package judge

import (
	"encoding/json"
	"io"
	"time"
)

// record is what counts of a decision record.
type record struct {
	Time         time.Time         `json:"time"`
	Ref          string            `json:"ref"`
	Standing     string            `json:"standing"`
	Applied      string            `json:"applied"`
	Mode         string            `json:"mode"`
	Rcpts        []json.RawMessage `json:"rcpts"` // only counted
	RcptsTotal   int               `json:"rcpts_total"`
	RcptsRefused int               `json:"rcpts_refused"`
	Refused      []struct {
		Code   int    `json:"code"`
		Reason string `json:"reason"`
	} `json:"refused"`
	Verdict struct {
		Action string `json:"action"`
		Reason string `json:"reason"`
	} `json:"verdict"`
}

// byContent is the reason of what the score led to.
const byContent = "score"

// ReadRecords reads the decision records that were made of the events. Those
// without an event are counted, and otherwise ignored.
func (t *Truth) ReadRecords(r io.Reader) error {
	return eachLine(r, func(line []byte) error {
		var rec record
		if err := json.Unmarshal(line, &rec); err != nil {
			return err
		}
		number, err := parseRef(rec.Ref)
		if err != nil {
			return err
		}
		at, known := t.byRef[number]
		if !known {
			t.unknown++
			return nil
		}
		delete(t.byRef, number)
		t.count(&rec, &t.tallies[at])
		return nil
	})
}

// count adds a record to the tally that its event belongs to.
func (t *Truth) count(r *record, to *tally) {
	s := &t.senders[to.sender]
	switch r.Standing {
	case "restricted":
		s.found, to.restricted = true, true
	case "blocked":
		s.found, to.blocked = true, true
		if s.blocked.IsZero() || r.Time.Before(s.blocked) {
			s.blocked = r.Time
		}
	}
	if r.Applied == "accept" || r.Applied == "tag" {
		if n := r.accepted(); n > 0 {
			to.leaked += n
			to.leakedMails++
		}
	}
	if r.Applied == "quarantine" {
		to.held++
	}
	to.touch(r)
}

// touch counts what was deferred or refused of the message.
func (to *tally) touch(r *record) {
	deferred, refused, content := r.harm()
	if deferred {
		to.deferred++
	}
	if refused {
		to.refused++
	}
	if !deferred && !refused {
		return
	}
	to.touched++
	if content {
		to.byScore++
	}
	if to.example == "" {
		to.example = r.Ref
	}
}

// acted says whether recipients were refused, and not only would have been.
func (r *record) acted() bool { return r.Mode != "observe" && r.Mode != "off" }

// accepted is how many recipients a message had that was let through.
func (r *record) accepted() int {
	total := max(r.RcptsTotal, len(r.Rcpts))
	if r.acted() {
		total -= r.RcptsRefused
	}
	return max(0, total)
}

// harm says whether the message, or some recipient of it, was deferred, was
// refused for good, and whether all of that was for its content.
func (r *record) harm() (deferred, refused, content bool) {
	content = true
	switch r.Applied {
	case "tempfail":
		deferred, content = true, r.Verdict.Reason == byContent
	case "reject", "discard":
		refused, content = true, r.Verdict.Reason == byContent
	}
	if !r.acted() || r.RcptsRefused == 0 {
		return deferred, refused, content
	}
	if len(r.Refused) == 0 { // not told why: at least deferred, and not for the content
		return deferred || !refused, refused, content && (deferred || refused)
	}
	for _, rcpt := range r.Refused {
		deferred = deferred || rcpt.Code < 500
		refused = refused || rcpt.Code >= 500
		content = content && rcpt.Reason == byContent
	}
	return deferred, refused, content
}
