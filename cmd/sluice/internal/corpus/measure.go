package corpus

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// Group is the messages of one source and label, and what became of them.
type Group struct {
	Source string    `json:"source"`
	Label  string    `json:"label"`
	Spam   bool      `json:"spam"`
	Scores []float64 `json:"-"` // highest first
	Paths  []string  `json:"-"` // of the messages, in the same order
}

// Groups puts items together by source and label: ham first, then by name.
// scores has the score of each item.
func Groups(items []Item, scores []float64) []Group {
	var groups []Group
	for i, item := range items {
		same := func(g Group) bool { return g.Source == item.Source && g.Label == item.Label }
		at := slices.IndexFunc(groups, same)
		if at < 0 {
			at = len(groups)
			groups = append(groups, Group{Source: item.Source, Label: item.Label, Spam: item.Spam()})
		}
		groups[at].Scores = append(groups[at].Scores, scores[i])
		groups[at].Paths = append(groups[at].Paths, item.Path)
	}
	for _, g := range groups {
		sort.Stable(byScore(g))
	}
	slices.SortStableFunc(groups, func(a, b Group) int {
		if a.Spam != b.Spam {
			if b.Spam {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Label, b.Label))
	})
	return groups
}

// byScore sorts the messages of a group, highest first.
type byScore Group

func (g byScore) Len() int           { return len(g.Scores) }
func (g byScore) Less(i, j int) bool { return g.Scores[i] > g.Scores[j] }
func (g byScore) Swap(i, j int) {
	g.Scores[i], g.Scores[j] = g.Scores[j], g.Scores[i]
	g.Paths[i], g.Paths[j] = g.Paths[j], g.Paths[i]
}

// Worst returns the indices of the n messages that are judged worst: honest
// ones with the highest score, spam with the lowest.
func (g Group) Worst(n int) []int {
	n = min(n, len(g.Scores))
	worst := make([]int, n)
	for i := range worst {
		worst[i] = i
		if g.Spam {
			worst[i] = len(g.Scores) - 1 - i
		}
	}
	return worst
}

// Reached returns how many messages have at least that score.
func (g Group) Reached(threshold float64) int {
	n, _ := slices.BinarySearchFunc(g.Scores, threshold, func(score, threshold float64) int {
		if score >= threshold {
			return -1
		}
		return 1
	})
	return n
}

// Share returns which part of the messages has at least that score.
func (g Group) Share(threshold float64) float64 {
	return float64(g.Reached(threshold)) / float64(len(g.Scores))
}

// Wilson returns the interval in which, with a confidence of 95 %, the true
// share lies when n of total were seen (Wilson, Journal of the American
// Statistical Association 22, 1927).
func Wilson(n, total int) (low, high float64) {
	if total == 0 {
		return 0, 1
	}
	const z = 1.959964
	t, p := float64(total), float64(n)/float64(total)
	middle := (p + z*z/(2*t)) / (1 + z*z/t)
	half := z / (1 + z*z/t) * math.Sqrt(p*(1-p)/t+z*z/(4*t*t))
	return max(0, middle-half), min(1, middle+half)
}

// Threshold returns the least score at which no group of honest mail of at
// least size messages has a larger share than bound. Groups of bounces and the
// like do not count.
func Threshold(groups []Group, bound float64, size int) float64 {
	threshold := math.Inf(-1)
	for _, g := range groups {
		if g.Label != "ham" || len(g.Scores) < size {
			continue
		}
		allowed := int(bound * float64(len(g.Scores)))
		threshold = max(threshold, math.Nextafter(g.Scores[allowed], math.Inf(1)))
	}
	return threshold
}

// RuleCount is how often a rule was found.
type RuleCount struct {
	Rule   string  `json:"rule"`
	Points float64 `json:"points"`
	Ham    int     `json:"ham"`  // messages that are none to be caught
	Spam   int     `json:"spam"` // messages to be caught
	Most   string  `json:"most"` // source of honest mail that has most of them
	share  map[string]int
}

// Rules counts the rules found, the most frequent in spam first.
func Rules(items []Item) []RuleCount {
	counts := make(map[string]*RuleCount)
	for _, item := range items {
		for _, h := range item.Hits {
			c := counts[h.Rule]
			if c == nil {
				c = &RuleCount{Rule: h.Rule, Points: h.Points, share: make(map[string]int)}
				counts[h.Rule] = c
			}
			if item.Spam() {
				c.Spam++
				continue
			}
			c.Ham++
			if c.share[item.Source]++; c.share[item.Source] > c.share[c.Most] {
				c.Most = item.Source
			}
		}
	}
	var all []RuleCount
	for _, c := range counts {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b RuleCount) int { return cmp.Or(cmp.Compare(b.Spam, a.Spam), cmp.Compare(a.Rule, b.Rule)) })
	return all
}
