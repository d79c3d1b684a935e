package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// timeFormat is how times are written: UTC, with milliseconds (RFC 3339).
const timeFormat = "2006-01-02T15:04:05.000Z"

// plain is a Record without its methods, which encoding/json would call.
type plain Record

// written is a Record as it is written; its Time hides that of the Record.
type written struct {
	Time stamp `json:"time"`
	*plain
}

// stamp is a time in timeFormat.
type stamp time.Time

func (s stamp) MarshalText() ([]byte, error) {
	return time.Time(s).UTC().AppendFormat(nil, timeFormat), nil
}

func (s *stamp) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return err
	}
	t = t.UTC().Truncate(time.Millisecond)
	if year := t.Year(); year < 0 || year > 9999 { // in UTC; RFC 3339 has four digits
		return fmt.Errorf("%s is out of range", text)
	}
	*s = stamp(t)
	return nil
}

// MarshalJSON writes the record on one line, its time in UTC with
// milliseconds ("2026-05-04T10:00:00.000Z"), and "rcpts" as a list even
// without recipients. It fails only if a number is infinite or none.
func (r Record) MarshalJSON() ([]byte, error) {
	if r.Rcpts == nil {
		r.Rcpts = []string{}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // addresses in <> stay readable
	if err := e.Encode(written{stamp(r.Time), (*plain)(&r)}); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// UnmarshalJSON reads a record, or the part of one that replay needs: fields
// that are missing are zero, fields that are unknown are ignored. The time may
// be of any zone and precision (RFC 3339); it becomes UTC with milliseconds.
// There are never fewer recipients in all than are named.
func (r *Record) UnmarshalJSON(data []byte) error {
	var fresh Record
	w := written{plain: (*plain)(&fresh)}
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	fresh.Time = time.Time(w.Time)
	fresh.RcptsTotal = max(fresh.RcptsTotal, len(fresh.Rcpts))
	*r = fresh
	return nil
}
