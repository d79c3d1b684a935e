package control

import (
	"time"

	"sluice/policy/exception"
	"sluice/policy/standing"
)

// Query selects senders; what is empty selects all.
type Query struct {
	Standing string // one or several stages, with commas between; "known" for all but clean
	Group    string
	Policy   string
	Match    string // part of the sender or of its client's address
	Evidence string // a kind of which it has points
	Limit    int    // 0 for DefaultLimit
}

const (
	// DefaultLimit is how many senders are listed unless a query says otherwise.
	DefaultLimit = 100
	// MaxLimit is how many are listed at most.
	MaxLimit = 100_000
)

// Senders is a list of senders, those with the most points first.
type Senders struct {
	Senders []standing.Info `json:"senders"`
	Total   int             `json:"total"` // that the query selects
}

// Sender is all that is known of one.
type Sender struct {
	standing.Info
	Limits     []Limit               `json:"limits,omitempty"`
	Exceptions []exception.Exception `json:"exceptions,omitempty"` // that apply to it
	History    []Change              `json:"history,omitempty"`    // newest first
}

// Limit is one window of a limit as it stands.
type Limit struct {
	Name string  `json:"name"`
	Used int64   `json:"used"`
	Max  int64   `json:"max"`            // as it holds now: divided, or raised
	Wait float64 `json:"wait,omitempty"` // seconds until one more fits
}

// Change is a step of a sender's standing.
type Change struct {
	At      time.Time      `json:"at"`
	From    standing.Stage `json:"from"`
	To      standing.Stage `json:"to"`
	Until   time.Time      `json:"until,omitzero"`
	Ref     string         `json:"ref,omitempty"`
	Points  float64        `json:"points,omitempty"`
	Observe bool           `json:"observe,omitempty"`
	By      string         `json:"by,omitempty"`
	Why     string         `json:"why,omitempty"`
}

// Order is what somebody wants done to a sender.
type Order struct {
	Why string        `json:"why"`
	For standing.Term `json:"for,omitzero"` // of a block; without it until it is released
	By  string        `json:"by,omitempty"` // for whom it is done, if that is not the user itself
}

// Report is what a feed knows of a sender: complaints of those who got its mail, or
// what a firewall has seen.
type Report struct {
	Kind  standing.Kind `json:"kind"`          // complaints or reports
	Count int           `json:"count"`         // how many; 1 to MaxReport
	Ref   string        `json:"ref,omitempty"` // of the record, if it is about one
	By    string        `json:"by,omitempty"`  // the feed
}

// MaxReport is how many a report counts at most.
const MaxReport = 1000

// Result is what was done.
type Result struct {
	Sender string         `json:"sender"`
	From   standing.Stage `json:"from"`
	To     standing.Stage `json:"to"`
	Until  time.Time      `json:"until,omitzero"`

	Observe bool `json:"observe,omitempty"` // it has no effect, for the policy observes
}

// Status is what is running.
type Status struct {
	Version    string         `json:"version"`
	Since      time.Time      `json:"since"`
	Config     string         `json:"config,omitempty"` // path of the configuration
	Loaded     time.Time      `json:"loaded"`
	Mode       string         `json:"mode"`
	Senders    map[string]int `json:"senders"` // by standing
	Exceptions int            `json:"exceptions"`
	Breaker    []Fallback     `json:"breaker,omitempty"` // what has fallen back to observe
}

// Fallback is that a cause only observes, because it suddenly refused far more senders
// than before.
type Fallback struct {
	Group   string    `json:"group"` // of senders, in which it has
	Cause   string    `json:"cause"` // "score MODEL"
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until"`             // when it is tried again
	Refused int       `json:"refused"`           // senders, by the time it fell back
	Active  int       `json:"active"`            // senders altogether
	Usual   float64   `json:"usual"`             // senders that it refused before
	Observe bool      `json:"observe,omitempty"` // it still acts: the breaker only observes
}
