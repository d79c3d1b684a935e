package notify

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"
)

// eventVersion of the JSON form: fields are added, never renamed.
const eventVersion = 1

// maxRows is how many notices a digest lists; the rest is counted.
const maxRows = 500

// event is what webhooks and commands get.
type event struct {
	Version int       `json:"version"`
	Event   string    `json:"event"` // "standing" or "digest"
	ID      string    `json:"id"`    // UUID; the same when it is sent again
	Time    time.Time `json:"time"`
	Host    string    `json:"host"`

	// Of "standing".
	Kind   string      `json:"kind,omitempty"` // see Notice.Kind
	Notice *Notice     `json:"notice,omitempty"`
	XARF   *xarfReport `json:"xarf,omitempty"` // where there is a message to report

	// Of "digest".
	Rows    []Row `json:"notices,omitempty"`
	Omitted int   `json:"omitted,omitempty"` // beyond those in Rows
}

// Row is one notice of a digest.
type Row struct {
	At      time.Time `json:"at"`
	Sender  string    `json:"sender"`
	From    string    `json:"from"`
	To      string    `json:"to"`
	Observe bool      `json:"observe"`
	Points  float64   `json:"points"`
	Ref     string    `json:"ref,omitempty"`

	Outbreak string `json:"outbreak,omitempty"` // the print of the mail, if it is part of one
}

func rowOf(n Notice) Row {
	return Row{At: n.At, Sender: n.Sender, From: n.From, To: n.To, Observe: n.Observe, Points: n.Points, Ref: n.Ref, Outbreak: n.Outbreak}
}

func (e event) encode() ([]byte, error) {
	data, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	return append(data, '\n'), nil
}

// uuid makes a random identifier (RFC 9562 section 5.4).
func uuid() string {
	var u [16]byte
	rand.Read(u[:])         // never fails
	u[6] = u[6]&0x0f | 4<<4 // version 4
	u[8] = u[8]&0x3f | 0x80 // variant
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}
