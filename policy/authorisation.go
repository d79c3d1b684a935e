package policy

import (
	"math"

	"sluice/policy/config"
)

// AuthorisationConfig is what a policy makes of mail in the name of a domain that
// is not the sender's to use.
type AuthorisationConfig struct {
	Action  AuthorisationAction `toml:"action" doc:"\"refuse\", \"score\" (adds points to the score), \"record\" or \"off\" (is not looked at). Whose a domain is, [owner.NAME] says. The null sender is always allowed, whatever the header says."`
	Points  float64             `toml:"points" doc:"What \"score\" adds, as the hit UNAUTHORISED_SENDER."`
	Domains DomainScope         `toml:"domains" doc:"Which domains a sender may use: \"any\" but those of owners that it does not belong to, or its \"own\", those of its owners alone."`
	Header  bool                `toml:"header" doc:"Whether the domains of the authors, in the header, count beside that of the envelope sender. They do not agree in mail that a server forwards."`
}

// AuthorisationAction is what is done about a domain that is not the sender's.
type AuthorisationAction uint8

const (
	AuthorisationOff AuthorisationAction = iota
	AuthorisationRecord
	AuthorisationScore
	AuthorisationRefuse
)

var authorisationNames = [...]string{"off", "record", "score", "refuse"}

func (a AuthorisationAction) String() string { return authorisationNames[a] }

// UnmarshalText reads the name of an action.
func (a *AuthorisationAction) UnmarshalText(text []byte) error {
	return unmarshalName(a, authorisationNames[:], text)
}

// DomainScope is which domains a sender may use.
type DomainScope uint8

const (
	AnyDomain  DomainScope = iota // that is nobody else's
	OwnDomains                    // of its owners
)

var scopeNames = [...]string{"any", "own"}

func (d DomainScope) String() string { return scopeNames[d] }

// UnmarshalText reads the name of a scope.
func (d *DomainScope) UnmarshalText(text []byte) error {
	return unmarshalName(d, scopeNames[:], text)
}

// unauthorisedPoints are enough to tag with any other sign, and not by themselves.
const unauthorisedPoints = 3

// recorded is the authorisation of senders that are known: nothing is done, so
// that an operator sees who uses what before anything is.
func recorded(header bool) AuthorisationConfig {
	return AuthorisationConfig{Action: AuthorisationRecord, Points: unauthorisedPoints, Header: header}
}

// unlooked is the authorisation of mail that is not looked at.
func unlooked() AuthorisationConfig {
	c := recorded(true)
	c.Action = AuthorisationOff
	return c
}

// checkAuthorisation reports points that are none.
func checkAuthorisation(key string, c AuthorisationConfig, ps *config.Problems) {
	if !(c.Points > 0) || math.IsInf(c.Points, 0) {
		ps.Errorf(key+".points", `to add nothing, action = "record"`, "%v are no points to add", c.Points)
	}
}

// Authorises says whether the policy looks at whose a domain is.
func (f *Flow) Authorises() bool { return f.Mode != Off && f.Authorisation.Action != AuthorisationOff }

// Place is where a sender names a domain.
type Place string

const (
	InEnvelope Place = "envelope" // the envelope sender
	InHeader   Place = "header"   // an author, in the field From
)

// Finding is whether a client may write in the name of a domain, and why.
type Finding struct {
	Domain  string // as FoldDomain has it; empty if the sender has not named one
	Place   Place
	Owner   string // whose it is: of several owners, one that the client belongs to; empty if it is nobody's
	Entry   string // of the owner's domains: ".example.net (hosted.txt:3)"
	By      string // what of the owner lets the client: "group corporate"
	Unclear string // why it is not known who the author is
	Allowed bool
}

// Authorise says whether the client may write in the name of a domain.
func (r *Rules) Authorise(m Match, c Client, place Place, domain string) Finding {
	f := Finding{Domain: domain, Place: place}
	holdings := r.estate.find(domain)
	for i, h := range holdings {
		by, admitted := h.admits(m.Group, c.Login)
		if i == 0 || admitted {
			f.Owner, f.Entry, f.By, f.Allowed = h.name, h.entry.String(), by, admitted
		}
		if admitted {
			return f
		}
	}
	f.Allowed = len(holdings) == 0 && m.Flow.Authorisation.Domains == AnyDomain
	return f
}

// UnclearAuthor is the finding on a message of which it is not known who has
// written it: nobody else's domain is not named, nor is one of the sender's own.
func (f *Flow) UnclearAuthor(why string) Finding {
	return Finding{Place: InHeader, Unclear: why, Allowed: f.Authorisation.Domains == AnyDomain}
}

// Notable says whether there is something to record.
func (f Finding) Notable() bool { return !f.Allowed || f.Owner != "" || f.Unclear != "" }

// Why puts the finding into words: "owner acme has example.net, and login bob is
// one of its own".
func (f Finding) Why() string {
	has := "owner " + f.Owner + " has " + f.Entry
	switch {
	case f.Unclear != "":
		return f.Unclear
	case f.By != "":
		return has + ", and " + f.By + " is its own"
	case f.Owner != "":
		return has + ", and this client is not one of its own"
	case f.Allowed:
		return "no owner has it"
	case f.Domain == "":
		return "it has no domain, and the policy wants one of the sender's own"
	}
	return "no owner has it, and the policy wants a domain of the sender's own"
}

// Unauthorised is the verdict on mail with this finding, and whether there is one:
// nil is that nothing was found. The operator's own reply may make it a 4xx.
func (f *Flow) Unauthorised(found *Finding) (Verdict, bool) {
	if found == nil || found.Allowed || f.Authorisation.Action != AuthorisationRefuse {
		return Verdict{}, false
	}
	v := Verdict{Action: Reject, Reason: ReasonUnauthorised, Detail: found.Domain}
	if f.replies[ReasonUnauthorised].class() == 4 {
		v.Action = Tempfail
	}
	return v, true
}
