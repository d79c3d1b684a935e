package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"sluice/filter/journal"
	"sluice/policy/standing"
)

// maxOutcomes is how many senders an outcome tells apart that are held up; those
// beyond are only counted.
const maxOutcomes = 100_000

// outcome is what a replay changes, and for whom.
type outcome struct {
	records int
	pairs   map[[2]string]int // records, by the action before and the one now
	stages  map[standing.Stage]int
	senders map[string]*held
	beyond  int // records of senders that are not told apart any more
}

// held is a sender of whom something is held up now.
type held struct {
	sender, group     string
	before            int // of its records, held up the first time
	deferred, refused int // and now
	stage             standing.Stage
}

func newOutcome() *outcome {
	return &outcome{pairs: make(map[[2]string]int), stages: make(map[standing.Stage]int), senders: make(map[string]*held)}
}

// change counts a step of a sender's standing.
func (o *outcome) change(c standing.Change) {
	o.stages[c.To]++
	if h := o.senders[c.Sender]; h != nil {
		h.stage = max(h.stage, c.To)
	}
}

// add takes in a record, and what has become of it.
func (o *outcome) add(before, now *journal.Record) {
	o.records++
	was := cmp.Or(before.Applied, before.Verdict.Action, "accept")
	o.pairs[[2]string{was, now.Applied}]++
	deferred, refused := now.Applied == "tempfail", now.Applied == "reject" || now.Applied == "discard"
	heldBefore := was == "tempfail" || was == "reject" || was == "discard"
	h := o.senders[now.Sender]
	if h == nil && !deferred && !refused && !heldBefore {
		return
	}
	if h == nil {
		if len(o.senders) >= maxOutcomes {
			o.beyond++
			return
		}
		h = &held{sender: strings.Clone(now.Sender), group: now.Group}
		o.senders[h.sender] = h
	}
	if heldBefore {
		h.before++
	}
	if deferred {
		h.deferred++
	}
	if refused {
		h.refused++
	}
	if stage := stageOf(now.Standing); stage > h.stage {
		h.stage = stage
	}
}

func stageOf(name string) standing.Stage {
	var s standing.Stage
	s.UnmarshalText([]byte(name)) // a record of before there were stages has none
	return s
}

// newlyRefused are the senders that are held up now and were not before, most
// messages first.
func (o *outcome) newlyRefused() []*held {
	var list []*held
	for _, h := range o.senders {
		if h.before == 0 && h.deferred+h.refused > 0 {
			list = append(list, h)
		}
	}
	slices.SortFunc(list, func(a, b *held) int {
		return cmp.Or(cmp.Compare(b.refused+b.deferred, a.refused+a.deferred), cmp.Compare(a.sender, b.sender))
	})
	return list
}

// print writes the summary, with at most so many senders by name.
func (o *outcome) print(w io.Writer, most int) {
	fmt.Fprintf(w, "%d records\n", o.records)
	for _, pair := range slices.SortedFunc(maps.Keys(o.pairs), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		mark := "  "
		if pair[0] != pair[1] {
			mark = "* "
		}
		fmt.Fprintf(w, "%s%-10s -> %-10s %d\n", mark, pair[0], pair[1], o.pairs[pair])
	}
	for _, s := range []standing.Stage{standing.Watched, standing.Restricted, standing.Blocked, standing.Probation} {
		if n := o.stages[s]; n > 0 {
			fmt.Fprintf(w, "became %-10s %d times\n", s, n)
		}
	}
	list := o.newlyRefused()
	groups := make(map[string]int)
	for _, h := range list {
		groups[h.group]++
	}
	fmt.Fprintf(w, "senders newly deferred or refused: %d\n", len(list))
	for _, g := range slices.Sorted(maps.Keys(groups)) {
		fmt.Fprintf(w, "  of group %s: %d\n", g, groups[g])
	}
	for _, h := range list[:min(len(list), most)] {
		fmt.Fprintf(w, "  %-40s group %s: %d deferred, %d refused; worst standing %s\n", h.sender, h.group, h.deferred, h.refused, h.stage)
	}
	if rest := len(list) - most; rest > 0 && most > 0 {
		fmt.Fprintf(w, "  and %d more\n", rest)
	}
	if o.beyond > 0 {
		fmt.Fprintf(w, "%d records of further senders are not in the list\n", o.beyond)
	}
}
