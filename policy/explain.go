package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sluice/policy/config"
)

// maxQuoted is how much of what a client says of itself is quoted, in bytes.
const maxQuoted = 80

// Step is one group that was considered for a client.
type Step struct {
	Group   string
	Policy  string
	Matched bool
	Why     string // in plain words; if it matched, the entries that did
}

// Explain returns the groups that were considered for the client, in order, up
// to and including the one that matched.
func (r *Rules) Explain(c Client) []Step {
	var steps []Step
	for _, g := range r.groups {
		step := Step{Group: g.name, Policy: g.flow.Name}
		step.Matched = g.match(c) == matches
		if step.Matched {
			step.Why = g.entries(c)
			return append(steps, step)
		}
		step.Why = g.against(c)
		steps = append(steps, step)
	}
	return steps
}

// everybody is the entry of a group without conditions.
const everybody = "everybody"

// entries names what put the client into the group, most telling first.
func (g *group) entries(c Client) string {
	parts := []string{}
	if g.clients != nil {
		s, _ := g.client(c)
		parts = append(parts, s.String())
	}
	if g.logins != nil {
		s, _ := g.logins.login(c.Login)
		parts = append(parts, "login "+s.String())
	}
	if g.helo != nil {
		s, _ := g.helo.domain(c.Helo)
		parts = append(parts, "helo "+s.String())
	}
	if g.listeners != nil {
		s, _ := g.listener(c)
		parts = append(parts, "listener "+s.String())
	}
	if g.authenticated != nil {
		parts = append(parts, whether(c.Authenticated(), "authenticated"))
	}
	if g.tls != nil {
		parts = append(parts, whether(c.TLS != "", "encrypted"))
	}
	if len(parts) == 0 {
		return everybody
	}
	return strings.Join(parts, ", ")
}

// against says what keeps the client out of the group; of several reasons the
// first in the order of match.
func (g *group) against(c Client) string {
	switch {
	case g.listeners != nil && !g.hasListener(c):
		return "listener " + quoted(c.Listener) + " with port " + strconv.Itoa(int(c.ListenerPort)) + " is not listed"
	case g.clients != nil && !g.hasClient(c):
		return g.againstClient(c)
	case g.authenticated != nil && *g.authenticated != c.Authenticated():
		return whether(c.Authenticated(), "authenticated")
	case g.tls != nil && *g.tls != (c.TLS != ""):
		return whether(c.TLS != "", "encrypted")
	case g.helo != nil && !g.hasHelo(c):
		return "HELO " + quoted(c.Helo) + " is not listed"
	case !c.Authenticated():
		return whether(false, "authenticated")
	default:
		return "login " + quoted(c.Login) + " is not listed"
	}
}

func (g *group) againstClient(c Client) string {
	if _, listed := g.clients.Name(c.Name); listed { // and it did not match
		return "name " + plain(c.Name, maxQuoted) + " is not verified forward"
	}
	who := Local
	if c.Addr.IsValid() {
		who = c.Addr.Unmap().WithZone("").String()
	}
	if c.Verified && g.clients.HasNames() {
		who += " or " + plain(c.Name, maxQuoted)
	}
	return "no entry of clients covers " + who
}

func whether(yes bool, what string) string {
	if yes {
		return what
	}
	return "not " + what
}

// quoted quotes what a peer or an operator wrote, made safe for a terminal.
func quoted(s string) string { return `"` + plain(s, maxQuoted) + `"` }

// plain is s cut to at most max bytes, with every character that is not printable
// ASCII replaced by "?".
func plain(s string, max int) string {
	if len(s) > max {
		s = s[:max]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}

// Limits lists the limits that hold under the policy, one a line:
// "recipients-1h: at most 250/1h recipients per sender".
func (f *Flow) Limits() []string {
	lines := f.fixedLimits()
	for _, w := range f.windows {
		what := w.count.words()
		if w.count == CountEnvelopeSenders {
			what = "different envelope senders" // beside the sender whose budget it is
		}
		line := w.name + ": at most " + w.rate.String() + " " + what + " per " + strings.ReplaceAll(w.per.String(), "_", " ")
		if w.mode != Enforce {
			line += " (" + w.mode.String() + ")"
		}
		lines = append(lines, line)
	}
	return lines
}

// fixedLimits lists the limits that are no rate, by the reason in their reply.
func (f *Flow) fixedLimits() []string {
	lines := []string{}
	if f.Mode == Off {
		return lines
	}
	for _, l := range []struct {
		max    int
		reason Reason
		words  string
	}{
		{f.MaxConnections, ReasonConnections, "connections at once per sender"},
		{f.MaxMessagesPerConn, ReasonMessages, "messages per connection"},
		{f.MaxRecipients, ReasonRecipients, "recipients per message"},
	} {
		if l.max > 0 {
			lines = append(lines, fmt.Sprintf("%s: at most %d %s", l.reason, l.max, l.words))
		}
	}
	if f.MaxSize > 0 {
		lines = append(lines, fmt.Sprintf("%s: at most %s bytes per message", ReasonSize, config.Size(f.MaxSize)))
	}
	return lines
}

// Measured says whether the true size of a message matters under the policy.
func (f *Flow) Measured() bool {
	return f.MaxSize > 0 || slices.ContainsFunc(f.windows, func(w window) bool { return w.count == CountBytes && w.mode != Off })
}
