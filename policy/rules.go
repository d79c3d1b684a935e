package policy

import (
	"net/netip"
	"slices"

	"sluice/policy/standing"
)

// Rules are a compiled Config. They never change and are safe for concurrent
// use; a reload makes new ones.
type Rules struct {
	groups []*group // the last has no conditions
	flows  []*Flow
	relays []*Relay
	estate estate // whose which domains are
}

// Match is the sender group of a client.
type Match struct {
	Group string
	Entry string // what put the client there: "203.0.113.0/24 (infected.txt:3)"
	Flow  *Flow

	// Tentative says that HELO, TLS or login decided here: with others, the
	// client may be in another group. At connect they are not known yet.
	Tentative bool
}

// Match returns the first group that matches the client. There always is one.
func (r *Rules) Match(c Client) Match {
	tentative := false
	for _, g := range r.groups {
		switch g.match(c) {
		case matches:
			return Match{Group: g.name, Entry: g.entries(c), Flow: g.flow, Tentative: tentative || g.late()}
		case notYet:
			tentative = true
		}
	}
	panic("policy: the last group has a condition") // Compile makes one that has none
}

// Relay returns the incoming relay that has this address, nil if none has.
func (r *Rules) Relay(addr netip.Addr) *Relay {
	for _, relay := range r.relays {
		if _, found := relay.clients.Addr(addr); found {
			return relay
		}
	}
	return nil
}

// Flow returns the mail flow policy of that name, nil if there is none.
func (r *Rules) Flow(name string) *Flow {
	i := slices.IndexFunc(r.flows, func(f *Flow) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return r.flows[i]
}

// Standing returns by what rules the policy of that name judges senders over time,
// nil if there is no such policy.
func (r *Rules) Standing(policy string) *standing.Rules {
	if f := r.Flow(policy); f != nil {
		return f.Standing
	}
	return nil
}

// LimitNames returns the names of all windows of all limits, as records have them.
func (r *Rules) LimitNames() []string {
	var names []string
	for _, f := range r.flows {
		for _, w := range f.windows {
			names = append(names, w.name)
		}
	}
	return names
}

// Groups returns the names of the sender groups in the order of matching.
func (r *Rules) Groups() []string {
	var names []string
	for _, g := range r.groups {
		names = append(names, g.name)
	}
	return names
}

// HasGroup says whether there is a sender group of that name.
func (r *Rules) HasGroup(name string) bool {
	return slices.ContainsFunc(r.groups, func(g *group) bool { return g.name == name })
}

// Flows returns the names of the mail flow policies.
func (r *Rules) Flows() []string {
	var names []string
	for _, f := range r.flows {
		names = append(names, f.Name)
	}
	return names
}
