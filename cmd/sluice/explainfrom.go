package main

import (
	"cmp"
	"strings"

	"sluice/policy"
)

// explainedFrom says whether a client may use an address.
type explainedFrom struct {
	Address string `json:"address"`
	Domain  string `json:"domain"`
	Owner   string `json:"owner,omitempty"`
	Allowed bool   `json:"allowed"`
	Action  string `json:"action"` // of the policy, when it is not allowed
	Why     string `json:"why"`
}

// explainFrom asks about an address, or about a domain without one.
func explainFrom(rules *policy.Rules, c policy.Client, from string) *explainedFrom {
	m := rules.Match(c)
	e := &explainedFrom{Address: strings.Trim(from, "<>"), Allowed: true, Action: policy.AuthorisationOff.String()}
	if e.Domain = policy.AddressDomain(e.Address); !strings.Contains(e.Address, "@") {
		e.Domain = policy.FoldDomain(e.Address)
	}
	switch {
	case !m.Flow.Authorises():
		e.Why = "policy " + m.Flow.Name + " does not look at whose a domain is"
	case e.Address == "":
		e.Why = "the null sender is always allowed"
	default:
		f := rules.Authorise(m, c, policy.InEnvelope, e.Domain)
		e.Owner, e.Allowed, e.Why = f.Owner, f.Allowed, f.Why()
		e.Action = m.Flow.Authorisation.Action.String()
	}
	return e
}

// authorised is that in words: "YES a@example.net: no owner has it".
func authorised(rules *policy.Rules, c policy.Client, from string) string {
	e := explainFrom(rules, c, from)
	text := cmp.Or(e.Address, "<>") + ": " + e.Why
	if e.Allowed {
		return "YES " + text
	}
	return "no  " + text + " (action " + e.Action + ")"
}
