package policy

import (
	"net/netip"

	"sluice/policy/config"
)

// NullSender is what becomes of mail with the null sender, which is that of bounces and
// of automatic replies (RFC 5321 section 4.5.5, RFC 3834 section 3.3). Spammers use it
// because nobody dares to refuse it; of a customer who has no mail server there is
// none to come.
type NullSender uint8

const (
	NullAccept   NullSender = iota
	NullReports             // if it is what the null sender is for
	NullReject              // none of it
	NullTempfail            // none of it, for now
)

var nullSenderNames = [...]string{"accept", "reports", "reject", "tempfail"}

func (n NullSender) String() string { return nullSenderNames[n] }

// UnmarshalText reads the name of a setting.
func (n *NullSender) UnmarshalText(text []byte) error {
	return unmarshalName(n, nullSenderNames[:], text)
}

// RefuseNull returns the verdict on mail of an envelope sender, and whether there is
// one: the policy takes none of the null sender's.
func (f *Flow) RefuseNull(from string) (Verdict, bool) {
	switch {
	case from != "":
	case f.NullSender == NullReject:
		return Verdict{Action: Reject, Reason: ReasonNullSender}, true
	case f.NullSender == NullTempfail:
		return Verdict{Action: Tempfail, Reason: ReasonNullSender}, true
	}
	return Verdict{}, false
}

// RefuseUnreported is RefuseNull for a message as a whole, of which it is known whether
// it is a report or an automatic reply.
func (f *Flow) RefuseUnreported(from string, report bool) (Verdict, bool) {
	if from == "" && !report && f.NullSender == NullReports {
		return Verdict{Action: Reject, Reason: ReasonNullSender}, true
	}
	return Verdict{}, false
}

// warnNullSender reports policies that would refuse the notices of the machine itself:
// its bounces, and what Sluice tells people.
func warnNullSender(r *Rules, ps *config.Problems) {
	warned := make(map[string]bool)
	for _, own := range []Client{{}, {Addr: netip.AddrFrom4([4]byte{127, 0, 0, 1})}} {
		m := r.Match(own)
		if m.Flow.NullSender == NullAccept || warned[m.Flow.Name] {
			continue
		}
		warned[m.Flow.Name] = true
		ps.Warnf("policy."+m.Flow.Name+".null_sender", `give the machine a group with policy = "local"`,
			"bounces and notices of the machine itself have the null sender, and are in the group %s with this policy", m.Group)
	}
}
