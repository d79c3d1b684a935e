package standing

import (
	"fmt"
	"slices"
	"strings"
)

// Kind is what evidence is about. The names are part of records and of the
// configuration; feeds add theirs at the end.
type Kind uint8

const (
	Spam              Kind = iota // messages scored as spam
	Virus                         // messages with a virus
	UnknownRecipients             // recipients that the MTA refused
	Bounces                       // messages that came back
	Networks                      // networks from which a login is used
	Outbreak                      // messages that are the same as those of many other senders
	Complaints                    // complaints of those who got the mail
	Unauthorised                  // messages in the name of somebody else's domain
	Reports                       // what firewalls and other feeds have seen of the sender
	EnvelopeSenders               // different envelope senders
	SenderDomains                 // different domains of senders
	NewRecipients                 // recipients that the sender has never written to
	NullSenders                   // messages with the null sender
	Helos                         // HELO names that differ, or are malformed
	Burst                         // recipients of a day, against the days before
	Limits                        // messages that met a used-up limit
	kinds
)

// Kinds is how many kinds there are.
const Kinds = int(kinds)

// describe tells about each kind: its name, whether it is weak, and what is
// counted.
var describe = [kinds]struct {
	name  string
	weak  bool
	words string
}{
	Spam:              {"spam", false, "messages scored as spam"},
	Virus:             {"virus", false, "messages with a virus"},
	UnknownRecipients: {"unknown-recipients", false, "recipients that are unknown here"},
	Bounces:           {"bounces", false, "messages that came back"},
	Networks:          {"networks", false, "networks that the login was used from"},
	Outbreak:          {"outbreak", false, "messages like those of many other senders"},
	Complaints:        {"complaints", false, "complaints"},
	Unauthorised:      {"unauthorised", false, "messages in the name of somebody else's domain"},
	Reports:           {"reports", false, "reports of firewalls and other feeds"},
	EnvelopeSenders:   {"envelope-senders", true, "different envelope senders"},
	SenderDomains:     {"sender-domains", true, "different domains of senders"},
	NewRecipients:     {"new-recipients", true, "recipients never written to before"},
	NullSenders:       {"null-senders", true, "messages with the null sender"},
	Helos:             {"helos", true, "HELO names that differ or are malformed"},
	Burst:             {"burst", true, "recipients, ten times what is usual for this sender"},
	Limits:            {"limits", true, "messages that met a used-up limit"},
}

func (k Kind) String() string { return describe[k].name }

// Weak says whether honest senders may well show this, too.
func (k Kind) Weak() bool { return describe[k].weak }

// comesBack says whether what is counted answers mail that was sent before.
func (k Kind) comesBack() bool { return k == UnknownRecipients || k == Bounces || k == Complaints }

// Words is what the kind counts, for people.
func (k Kind) Words() string { return describe[k].words }

// Names are the names of all kinds.
func Names() []string {
	names := make([]string, kinds)
	for k := range names {
		names[k] = describe[k].name
	}
	return names
}

// MarshalText is the name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the name of a kind.
func (k *Kind) UnmarshalText(text []byte) error {
	i := slices.Index(Names(), string(text))
	if i < 0 {
		return fmt.Errorf("%q is no kind of evidence (%s)", text, strings.Join(Names(), ", "))
	}
	*k = Kind(i)
	return nil
}

// Stage is what is known of a sender, and what that means for its mail. The
// order is that of severity.
type Stage uint8

const (
	Clean      Stage = iota
	Watched          // spam is deferred; nothing else happens
	Probation        // after a block: narrower limits, and a relapse comes sooner
	Restricted       // limits are divided
	Blocked          // all mail is refused
)

var stageNames = [...]string{"clean", "watched", "probation", "restricted", "blocked"}

func (s Stage) String() string { return stageNames[s] }

// MarshalText is the name.
func (s Stage) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the name of a stage.
func (s *Stage) UnmarshalText(text []byte) error {
	i := slices.Index(stageNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("%q is no stage (%s)", text, strings.Join(stageNames[:], ", "))
	}
	*s = Stage(i)
	return nil
}
