package policy

import (
	"cmp"
	"slices"

	"sluice/policy/config"
	"sluice/policy/netlist"
)

// condition is a kind of condition that is a set of words.
type condition struct {
	name string // as in the configuration
	of   func(*group) words
	find func(words, string) (netlist.Source, bool)
}

// conditions are all of that kind. A domain or realm (".example.net",
// "@example.net") is found by the same look-up as a name.
var conditions = [...]condition{
	{"listeners", func(g *group) words { return g.listeners }, words.exact},
	{"helo", func(g *group) words { return g.helo }, words.domain},
	{"logins", func(g *group) words { return g.logins }, words.login},
}

func (w words) exact(word string) (netlist.Source, bool) {
	s, found := w[word]
	return s, found
}

// implied says whether whoever has a word of b has one of a.
func (c condition) implied(a, b *group) bool {
	if c.of(a) == nil {
		return true
	}
	for word := range c.of(b) {
		if _, found := c.find(c.of(a), word); !found {
			return false
		}
	}
	return c.of(b) != nil
}

// warnShadowedWords reports the single words of the group that earlier groups
// cover: those whose other conditions hold for all of the group.
func (g *group) warnShadowedWords(earlier []*group, ps *config.Problems) {
	for _, c := range conditions {
		var covers []*group
		for _, e := range earlier {
			if c.of(g) != nil && c.of(e) != nil && e.impliedBy(g, c.name) && e.impliedByClients(g) {
				covers = append(covers, e)
			}
		}
		reportShadowed("group."+g.name+"."+c.name, c.shadowed(g, covers), ps)
	}
}

// shadowed are the words of the group that one of the others has, in the order of
// files and lines.
func (c condition) shadowed(g *group, covers []*group) []shadow {
	var found []shadow
	for word, source := range c.of(g) {
		for _, e := range covers {
			if s, covered := c.find(c.of(e), word); covered {
				found = append(found, shadow{source, s.String() + " of group " + e.name})
				break
			}
		}
	}
	slices.SortFunc(found, func(a, b shadow) int {
		return cmp.Or(
			cmp.Compare(a.entry.File, b.entry.File),
			cmp.Compare(a.entry.Line, b.entry.Line),
			cmp.Compare(a.entry.Text, b.entry.Text))
	})
	return found
}

// impliedByClients says whether each entry of b's clients is covered by one of g's.
func (g *group) impliedByClients(b *group) bool {
	if g.clients == nil {
		return true
	}
	if b.clients == nil {
		return false
	}
	for e := range b.clients.All() {
		if _, covered := g.clients.Covers(e); !covered {
			return false
		}
	}
	return true
}
