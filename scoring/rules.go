package scoring

import (
	"maps"
	"slices"
	"strings"
)

// A rule is one thing that is looked for in a message. The built-in rules are
// data: the tables in rules_*.go, next to the functions that they name.
type rule struct {
	name   string // stable, upper case
	points points
	doc    string // one sentence: what it means, and the RFC section if one says so

	// find says whether the rule holds and what was found, in a few words; the
	// words may be empty and need not be printable.
	find func(*facts) (note string, found bool)
}

// points is what a rule is worth in each score set.
type points struct{ direct, relayed, authenticated float64 }

// always is worth the same in all sets.
func always(p float64) points { return points{p, p, p} }

// in returns the points in one set; an unknown set counts as Relayed, where
// least is taken against the sender.
func (p points) in(set Set) float64 {
	switch set {
	case Direct:
		return p.direct
	case Authenticated:
		return p.authenticated
	}
	return p.relayed
}

// builtin returns all built-in rules.
func builtin() []rule {
	return slices.Concat(headerRules, mimeRules, urlRules, htmlRules, phraseRules, attachmentRules, archiveRules, pageRules, reportRules)
}

// RuleInfo describes a built-in rule.
type RuleInfo struct {
	Name   string
	Points map[Set]float64 // by default
	Doc    string
}

// Rules returns the built-in rules, sorted by name.
func Rules() []RuleInfo {
	var infos []RuleInfo
	for _, r := range builtin() {
		infos = append(infos, RuleInfo{
			Name:   r.name,
			Points: map[Set]float64{Direct: r.points.direct, Relayed: r.points.relayed, Authenticated: r.points.authenticated},
			Doc:    r.doc,
		})
	}
	slices.SortFunc(infos, func(a, b RuleInfo) int { return strings.Compare(a.Name, b.Name) })
	return infos
}

// ruleNames returns the names of the built-in rules, sorted.
func ruleNames() []string {
	names := make(map[string]bool)
	for _, r := range builtin() {
		names[r.name] = true
	}
	return slices.Sorted(maps.Keys(names))
}
