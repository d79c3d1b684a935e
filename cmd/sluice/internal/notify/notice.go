package notify

import (
	"slices"
	"time"
)

// Stages of a sender's standing.
const (
	Clean      = "clean"
	Watched    = "watched"
	Probation  = "probation"
	Restricted = "restricted"
	Blocked    = "blocked"
)

// Released is the change from blocked to anything milder: no stage, but what
// the key stages calls it.
const Released = "released"

// stages are in the order of harshness: probation divides limits, watched does
// not.
var stages = []string{Clean, Watched, Probation, Restricted, Blocked}

// Notice is one change of a sender's standing. Texts may be hostile: Notify
// bounds and redacts them. The JSON names are what webhooks and commands get.
type Notice struct {
	Sender   string     `json:"sender"`           // "ip:203.0.113.7", "ip:2001:db8::/64" or "login:bob@example.net"
	Client   string     `json:"client,omitempty"` // address last seen
	Port     int        `json:"port,omitempty"`   // its port, 0 if not known: the customer behind carrier-grade NAT
	Login    string     `json:"login,omitempty"`
	Helo     string     `json:"helo,omitempty"`
	Name     string     `json:"name,omitempty"` // PTR name
	Group    string     `json:"group,omitempty"`
	Policy   string     `json:"policy,omitempty"`
	From     string     `json:"from"`    // stage before
	To       string     `json:"to"`      // stage now
	Observe  bool       `json:"observe"` // the change is only recorded, nothing is done about it
	At       time.Time  `json:"at"`
	Until    time.Time  `json:"until,omitzero"` // zero: until released
	Ref      string     `json:"ref,omitempty"`  // of the record that tipped it
	Points   float64    `json:"points"`
	Evidence []Evidence `json:"evidence,omitempty"` // the most telling first: 50 are kept

	Messages   int `json:"messages"` // today, in UTC, as are the next two
	Spam       int `json:"spam"`
	Recipients int `json:"recipients"`

	Samples    []Sample `json:"samples,omitempty"`     // 5 are kept
	Stages     []string `json:"-"`                     // that are told, for Wants
	Outbreak   string   `json:"outbreak,omitempty"`    // the print of mail that many senders send; one outbreak is told once an hour
	Customer   string   `json:"customer,omitempty"`    // mail address; empty: looked up in Customers
	ReleaseURL string   `json:"release_url,omitempty"` // signed, for the operator
	HelpURL    string   `json:"help_url,omitempty"`    // for the customer
}

// Evidence is one reason for a standing.
type Evidence struct {
	At     time.Time `json:"at"`
	Kind   string    `json:"kind"`
	Points float64   `json:"points"`
	Ref    string    `json:"ref,omitempty"`
	Note   string    `json:"note,omitempty"`
}

// Sample is one message of the sender.
type Sample struct {
	At         time.Time `json:"at"`
	Ref        string    `json:"ref,omitempty"`
	Port       int       `json:"port,omitempty"` // of the client for this message; 0: Notice.Port
	From       string    `json:"from"`           // envelope sender, empty for the null sender
	Rcpts      []string  `json:"rcpts"`          // redacted by Notify; 20 are kept
	RcptsTotal int       `json:"rcpts_total"`    // 0: as many as in Rcpts
	Score      float64   `json:"score"`
	Subject    string    `json:"subject,omitempty"`
	MessageID  string    `json:"message_id,omitempty"`
	Headers    string    `json:"headers,omitempty"` // as received, without the body; redacted by Notify
}

// Kind is what is told: Released for the end of a block, else the stage now.
func (n Notice) Kind() string {
	if n.From == Blocked && n.To != Blocked {
		return Released
	}
	return n.To
}

// worse says whether the change is for the worse; a longer block is one.
func (n Notice) worse() bool { return rank(n.To) >= rank(n.From) }

// rank of a stage in harshness, -1 for none.
func rank(stage string) int { return slices.Index(stages, stage) }

// worst is the sample with the highest score; false if there are no samples.
func (n Notice) worst() (Sample, bool) {
	if len(n.Samples) == 0 {
		return Sample{}, false
	}
	return slices.MaxFunc(n.Samples, func(a, b Sample) int {
		switch {
		case a.Score < b.Score:
			return -1
		case a.Score > b.Score:
			return 1
		}
		return 0
	}), true
}
