package policy

import (
	"fmt"
	"time"
)

// Action is what is done with a message or a recipient. The order is the order
// of strength: of several, the strongest wins.
type Action uint8

const (
	Accept     Action = iota
	Tag               // deliver, with the verdict in the headers and the subject prefix
	Quarantine        // hold in the MTA's queue
	Tempfail          // 4xx: the sender may try again
	Reject            // 5xx
	Discard           // 2xx, and thrown away
)

var actionNames = [...]string{"accept", "tag", "quarantine", "tempfail", "reject", "discard"}

func (a Action) String() string { return actionNames[a] }

// UnmarshalText reads the name of an action.
func (a *Action) UnmarshalText(text []byte) error { return unmarshalName(a, actionNames[:], text) }

// Mode says whether something acts.
type Mode uint8

const (
	Enforce Mode = iota
	Observe      // decide and record, do not act
	Off          // skip
)

var modeNames = [...]string{"enforce", "observe", "off"}

func (m Mode) String() string { return modeNames[m] }

// UnmarshalText reads the name of a mode.
func (m *Mode) UnmarshalText(text []byte) error { return unmarshalName(m, modeNames[:], text) }

// Reason is the stable token that says why a verdict is what it is. The set is
// closed: records, metrics and scripts depend on it.
type Reason string

const (
	ReasonScore        Reason = "score"                   // the content, against the thresholds
	ReasonAccess       Reason = "access"                  // the group's policy lets nobody in
	ReasonStanding     Reason = "standing"                // what is known of the sender
	ReasonUnauthorised Reason = "unauthorised"            // in the name of a domain that is not the sender's
	ReasonNullSender   Reason = "null-sender"             // the policy refuses mail without an envelope sender
	ReasonLimit        Reason = "limit"                   // a limit is used up
	ReasonNeverFits    Reason = "never-fits"              // larger than a limit's whole budget
	ReasonConnections  Reason = "connections-at-once"     // too many connections of one sender
	ReasonMessages     Reason = "messages-per-connection" // too many messages on one connection
	ReasonRecipients   Reason = "recipients-per-message"  // too many recipients of one message
	ReasonSize         Reason = "message-size"            // larger than the policy allows
	ReasonForged       Reason = "forged-headers"          // more header fields of ours than can be removed
	ReasonRelayHeader  Reason = "relay-header"            // an incoming relay does not tell its client
	ReasonFailure      Reason = "failure"                 // Sluice itself could not decide
	ReasonOff          Reason = "off"                     // the policy's mode is off
	ReasonNotFinished  Reason = "not-finished"            // the client broke off before a verdict
)

// Verdict is what was decided, as a value: how it is applied and what is
// recorded of it both derive from this.
type Verdict struct {
	Action   Action
	Code     int    // SMTP reply code; 0 unless Action is Tempfail or Reject
	Enhanced string // enhanced status code of the same class (RFC 3463)
	Text     string // one 7-bit line for the client, neutral, with the reference
	Reason   Reason
	Detail   string        // for the operator: the limit's name, the domain, the missing header
	Wait     time.Duration // ReasonLimit: until a retry can succeed
}

// Stronger returns the verdict that wins: the stronger action, and the first of
// two of the same. A verdict without a reason is none, and never wins over one
// that has.
func Stronger(a, b Verdict) Verdict {
	if b.Action > a.Action || b.Action == a.Action && a.Reason == "" {
		return b
	}
	return a
}

func unmarshalName[T ~uint8](into *T, names []string, text []byte) error {
	for i, name := range names {
		if name == string(text) {
			*into = T(i)
			return nil
		}
	}
	return fmt.Errorf("%q is none of %s", text, listNames(names))
}

func listNames(names []string) string {
	s := ""
	for i, name := range names {
		switch {
		case i > 0 && i == len(names)-1:
			s += " or "
		case i > 0:
			s += ", "
		}
		s += fmt.Sprintf("%q", name)
	}
	return s
}
