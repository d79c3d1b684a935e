package filter

import (
	"sluice/filter/journal"
	"sluice/policy"
	"sluice/policy/exception"
	"sluice/scoring"
)

// This file is whether the client may write in the name of the domains that a
// message names: that of its envelope sender, decided at MAIL, and those of its
// authors, decided at the end.

// authoriseSender looks at the envelope sender, for the client as it is now known.
func (t *transaction) authoriseSender() {
	if t.authorises() {
		t.find(t.rules.Policy.Authorise(t.match, t.client, policy.InEnvelope, policy.AddressDomain(t.from)))
	}
}

// authoriseAuthors looks at who has written the message. Without an author it is
// the envelope sender, at whom we have looked.
func (t *transaction) authoriseAuthors() {
	addrs, unclear := t.view().Authors()
	if len(addrs) > 0 {
		t.author = policy.AddressDomain(addrs[0])
	}
	if !t.authorises() || !t.flow.Authorisation.Header {
		return
	}
	for _, addr := range addrs {
		t.find(t.rules.Policy.Authorise(t.match, t.client, policy.InHeader, policy.AddressDomain(addr)))
	}
	if unclear != "" {
		t.find(t.flow.UnclearAuthor(unclear))
	}
}

// authorises says whether it matters whose domains the message names. Bounces have
// the null sender, and are in the name of whatever host has written them.
func (t *transaction) authorises() bool { return t.flow.Authorises() && t.from != "" }

// find notes a finding: the first that is not allowed, else the first. A sender that
// is excepted may use any domain.
func (t *transaction) find(f policy.Finding) {
	if !f.Allowed && t.excepted.from(exception.Authorisation) {
		return
	}
	if f.Notable() && (t.finding == nil || t.finding.Allowed && !f.Allowed) {
		t.finding = &f
	}
}

// foreign says whether the message is in the name of somebody else's domain.
func (t *transaction) foreign() bool { return t.finding != nil && !t.finding.Allowed }

// scoreAuthorisation adds to the report what the policy wants such a message to
// count.
func (t *transaction) scoreAuthorisation() {
	if t.foreign() && t.flow.Authorisation.Action == policy.AuthorisationScore {
		t.report.Add(scoring.Hit{Rule: scoring.UnauthorisedRule, Points: t.flow.Authorisation.Points, Note: t.finding.Domain})
	}
}

// recordAuthorisation is what was found of the domains that the message names.
func (t *transaction) recordAuthorisation() *journal.Authorisation {
	f := t.finding
	if f == nil {
		return nil
	}
	return &journal.Authorisation{
		Domain:  f.Domain,
		From:    string(f.Place),
		Owner:   f.Owner,
		By:      f.By,
		Unclear: f.Unclear,
		Allowed: f.Allowed,
	}
}
