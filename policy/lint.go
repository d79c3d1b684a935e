package policy

import (
	"fmt"
	"strings"

	"sluice/policy/config"
	"sluice/policy/netlist"
)

// maxShadowed is how many entries of one condition are reported one by one.
const maxShadowed = 20

// warnShadowed reports groups and entries that can never match because earlier
// groups take every client that they would. It is exact in that what it reports
// is true: an earlier group counts only if whoever meets the other conditions
// of the later one meets all of its own. It does not put together groups that
// only side by side leave nothing over, such as one for authenticated clients
// and one for the others.
func warnShadowed(groups []*group, ps *config.Problems) {
	for i, g := range groups {
		if g.name == groupOthers {
			continue // it catches the rest, even if there is none
		}
		var earlier []*group
		for _, e := range groups[:i] {
			if e.impliedBy(g, "") {
				earlier = append(earlier, e)
			}
		}
		if !g.warnShadowedBy(earlier, ps) {
			g.warnShadowedWords(groups[:i], ps)
		}
	}
}

// impliedBy says whether whoever meets the conditions of b meets those of g,
// leaving aside clients and the words of the name given.
func (g *group) impliedBy(b *group, aside string) bool {
	for _, c := range conditions {
		if c.name != aside && !c.implied(g, b) {
			return false
		}
	}
	return impliesFlag(g.tls, b.tls) &&
		(impliesFlag(g.authenticated, b.authenticated) || *g.authenticated && b.logins != nil)
}

func impliesFlag(a, b *bool) bool { return a == nil || b != nil && *a == *b }

// warnShadowedBy reports the group as a whole, or those of its clients that the
// earlier groups cover. It says whether nothing is left of the group.
func (g *group) warnShadowedBy(earlier []*group, ps *config.Problems) bool {
	key := "group." + g.name
	for _, e := range earlier {
		if e.clients == nil {
			ps.Warnf(key, "move it before that group", "can never match: group %s takes all its clients", e.name)
			return true
		}
	}
	if g.clients == nil {
		return false // it has the clients that no network covers
	}
	cover := newCover(earlier)
	var shadowed []shadow
	for e := range g.clients.All() {
		if by := cover.by(e); by != "" {
			shadowed = append(shadowed, shadow{e.Source, by})
		}
	}
	all := len(shadowed) == g.clients.Len()
	if all && len(shadowed) > 1 {
		ps.Warnf(key, "move it before that group", "can never match: all its entries are covered, the first, %s, by %s",
			shadowed[0].entry, shadowed[0].by)
		return true
	}
	reportShadowed(key+".clients", shadowed, ps)
	return all
}

// reportShadowed reports the first entries one by one.
func reportShadowed(key string, shadowed []shadow, ps *config.Problems) {
	for i, s := range shadowed {
		if i == maxShadowed {
			ps.Warnf(key, "", "and %d more that can never match", len(shadowed)-maxShadowed)
			break
		}
		ps.Add(config.Problem{
			File:    s.entry.File,
			Line:    s.entry.Line,
			Key:     key,
			Text:    fmt.Sprintf("%s can never match: it is covered by %s", quoted(s.entry.Text), s.by),
			Warning: true,
		})
	}
}

// shadow is an entry that can never match, and what is before it.
type shadow struct {
	entry netlist.Source
	by    string
}

// cover finds what covers an entry. The union of all earlier groups is only
// built when an entry lies in more than one piece.
type cover struct {
	groups []*group
	union  *netlist.Union
}

func newCover(groups []*group) *cover { return &cover{groups: groups} }

// by names what covers the entry, "" if nothing does.
func (c *cover) by(e netlist.Entry) string {
	for _, g := range c.groups {
		if s, found := g.clients.Covers(e); found {
			return s.String() + " of group " + g.name
		}
	}
	if !e.Range.IsValid() {
		return ""
	}
	var pieces []string
	for _, g := range c.groups {
		if g.clients.Overlaps(e) {
			pieces = append(pieces, g.name)
		}
	}
	if len(pieces) == 0 {
		return ""
	}
	if c.union == nil {
		lists := make([]*netlist.List, len(c.groups))
		for i, g := range c.groups {
			lists[i] = g.clients
		}
		c.union = new(netlist.NewUnion(lists))
	}
	if !c.union.Covers(e.Range) {
		return ""
	}
	if len(pieces) == 1 {
		return "entries of group " + pieces[0]
	}
	return "groups " + strings.Join(pieces, " and ") + " together"
}
