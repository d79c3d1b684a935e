package judge

import (
	"maps"
	"slices"
	"strings"
)

// Report is how well a day was handled.
type Report struct {
	Events   int        `json:"events"`
	Missing  int        `json:"missing"` // events without a record: they count as neither leaked nor touched
	Unknown  int        `json:"unknown"` // records without an event
	Infected []Infected `json:"infected"`
	Honest   []Honest   `json:"honest"`
	NotFound []Example  `json:"not_found"` // infected hosts
	Touched  []Example  `json:"touched"`   // honest senders, owners of infected hosts left out
}

// all is the kind of the row that has everybody.
const all = "all"

// Infected is what is known of the infected hosts of one kind.
type Infected struct {
	Kind        string  `json:"kind"`
	Hosts       int     `json:"hosts"`
	Found       int     `json:"found"`
	Blocked     int     `json:"blocked"`
	Sent        Spread  `json:"sent"`            // recipients of spam that a host tried
	Leaked      Spread  `json:"leaked"`          // recipients that it reached
	LeakedMails Spread  `json:"leaked_messages"` // messages that reached somebody
	Seconds     *Spread `json:"block_seconds"`   // from the first spam, of those that were blocked; null if none was
}

// Spread is the median, the 95th percentile (nearest rank) and the maximum.
type Spread struct {
	Median int `json:"median"`
	P95    int `json:"p95"`
	Max    int `json:"max"`
}

// Honest is what became of honest senders of one kind. A sender is counted once
// in each column, if any of its messages is.
type Honest struct {
	Kind       string `json:"kind"`
	Senders    int    `json:"senders"`
	Messages   int    `json:"messages"`
	Deferred   int    `json:"deferred"`
	Refused    int    `json:"refused"`
	Touched    int    `json:"touched"`    // deferred or refused
	OneIn      int    `json:"one_in"`     // of so many senders one was touched, rounded down; 0 when none was
	ScoreOnly  int    `json:"score_only"` // touched by nothing but the content's score
	Held       int    `json:"held"`       // in quarantine
	Restricted int    `json:"restricted"`
	Blocked    int    `json:"blocked"`
}

// Example is a sender, with the reference of the first message that was touched.
type Example struct {
	Kind   string `json:"kind"`
	Sender string `json:"sender"`
	Ref    string `json:"ref,omitempty"`
}

// Report counts together what was read.
func (t *Truth) Report() *Report {
	r := &Report{Events: t.events, Missing: len(t.byRef), Unknown: t.unknown}
	byKind := map[string][]*tally{}
	for i := range t.tallies {
		byKind[t.tallies[i].label] = append(byKind[t.tallies[i].label], &t.tallies[i])
	}
	var spam, honest []*tally
	for _, label := range slices.Sorted(maps.Keys(byKind)) {
		_, kind, _ := strings.Cut(label, ":")
		tallies := byKind[label]
		switch {
		case tallies[0].spam():
			spam = append(spam, tallies...)
			r.Infected = append(r.Infected, t.infected(kind, tallies))
		case label != owner:
			honest = append(honest, tallies...)
			r.Honest = append(r.Honest, t.honest(kind, tallies))
		}
	}
	r.Infected = append(r.Infected, t.infected(all, spam))
	r.Honest = append(r.Honest, t.honest(all, honest))
	if owners := byKind[owner]; owners != nil {
		r.Honest = append(r.Honest, t.honest("owner", owners))
	}
	r.examples(t, spam, honest)
	return r
}

// examples names those that are to be looked at.
func (r *Report) examples(t *Truth, spam, honest []*tally) {
	for _, y := range spam {
		if s := t.senders[y.sender]; !s.found {
			r.NotFound = append(r.NotFound, y.named(s.name))
		}
	}
	for _, y := range honest {
		if y.touched > 0 {
			r.Touched = append(r.Touched, y.named(t.senders[y.sender].name))
		}
	}
}

func (t *tally) named(sender string) Example {
	_, kind, _ := strings.Cut(t.label, ":")
	return Example{Kind: kind, Sender: sender, Ref: t.example}
}
