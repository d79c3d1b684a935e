package policy

import (
	"strconv"
	"strings"

	"sluice/policy/netlist"
)

// group is a compiled sender group. A nil condition is one that was not given.
type group struct {
	name string
	flow *Flow

	clients       *netlist.List
	listeners     words
	helo          words
	logins        words
	tls           *bool
	authenticated *bool
}

// outcome is how far a client fits a group.
type outcome uint8

const (
	matches       outcome = iota
	notYet                // only what may still come stands against it: HELO, TLS, login
	neverMatching         // address, name or listener stand against it
)

// match says whether the client is in the group. Conditions are checked in
// the order in which a connection reveals what they ask for.
func (g *group) match(c Client) outcome {
	if g.listeners != nil && !g.hasListener(c) || g.clients != nil && !g.hasClient(c) {
		return neverMatching
	}
	if g.authenticated != nil && *g.authenticated != c.Authenticated() ||
		g.tls != nil && *g.tls != (c.TLS != "") ||
		g.helo != nil && !g.hasHelo(c) ||
		g.logins != nil && !g.hasLogin(c) {
		return notYet
	}
	return matches
}

// late says whether HELO, TLS or login matter for the group.
func (g *group) late() bool {
	return g.authenticated != nil || g.tls != nil || g.helo != nil || g.logins != nil
}

// catchAll says whether the group has no condition.
func (g *group) catchAll() bool { return !g.late() && g.clients == nil && g.listeners == nil }

func (g *group) hasClient(c Client) bool {
	_, found := g.client(c)
	return found
}

func (g *group) hasListener(c Client) bool {
	_, found := g.listener(c)
	return found
}

func (g *group) hasHelo(c Client) bool {
	_, found := g.helo.domain(c.Helo)
	return found
}

func (g *group) hasLogin(c Client) bool {
	_, found := g.logins.login(c.Login)
	return found
}

// client finds the entry for the client's address, or else for its name. A
// name that the MTA has not verified is the client's own claim (RFC 8601
// section 2.7.3) and never matches.
func (g *group) client(c Client) (netlist.Source, bool) {
	if s, found := g.clients.Addr(c.Addr); found {
		return s, true
	}
	if !c.Verified {
		return netlist.Source{}, false
	}
	return g.clients.Name(c.Name)
}

func (g *group) listener(c Client) (netlist.Source, bool) {
	if s, found := g.listeners[strings.ToLower(c.Listener)]; found && c.Listener != "" {
		return s, true
	}
	s, found := g.listeners[strconv.Itoa(int(c.ListenerPort))]
	return s, found && c.ListenerPort != 0
}
