package filter

import (
	"strings"

	"sluice/filter/journal"
	"sluice/policy"
	"sluice/scoring"
)

// identify finds out what kind of automatic message this is, if it is one.
func (t *transaction) identify() {
	m := t.view()
	m.Parse()
	t.kind = scoring.KindOf(m, t.from)
	if t.kind == scoring.Bounce && t.from == "" {
		t.returned = returned(m)
	}
}

// returned is what a bounce brings back, nil if it names nothing that could be found
// again.
func returned(m *scoring.Message) *journal.Returned {
	failed, ok := m.Failed()
	if !ok {
		return nil
	}
	id := strings.TrimSpace(failed.Field("Message-ID"))
	r := &journal.Returned{
		Ref:       ourRef(failed),
		MessageID: id[:min(len(id), maxMessageID)],
		Status:    failed.Status,
		Rcpts:     failed.Rcpts,
	}
	if r.Ref == "" && r.MessageID == "" {
		return nil
	}
	return r
}

// ourRef is the reference in our header of the message that came back, empty if it has
// none.
func ourRef(f scoring.Failed) string {
	_, ref, _ := strings.Cut(f.Field(headerVerdict), "ref=")
	if ref == "" {
		ref = f.Field(headerRef)
	}
	ref, _, _ = strings.Cut(strings.TrimSpace(ref), ";")
	if !journal.ValidRef(ref) {
		return ""
	}
	return ref
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
