package filter

import (
	"sluice/policy"
	"sluice/scoring"
)

// identify finds out what kind of automatic message this is, if it is one.
func (t *transaction) identify() {
	m := t.view()
	m.Parse()
	t.kind = scoring.KindOf(m, t.from)
}

// automatic says whether the message is what the null sender is for: a report, or an
// answer that no answer may come to.
func (t *transaction) automatic() bool {
	switch t.kind {
	case scoring.Bounce, scoring.Receipt, scoring.Feedback, scoring.AutoReply:
		return true
	}
	return false
}

// counts are what the message counts as at its end. Nothing that has the null sender
// goes uncounted, for anybody can write into a message what it is.
func (t *transaction) counts() []policy.Count {
	switch {
	case t.kind == scoring.AutoReply || t.kind == scoring.Receipt:
		return []policy.Count{policy.CountAutoReplies}
	case t.kind == scoring.Bounce || t.from == "":
		return []policy.Count{policy.CountBounces}
	}
	return nil
}
