package filter

import (
	"slices"
	"strings"
	"time"

	"sluice/filter/journal"
	"sluice/policy"
	"sluice/policy/breaker"
	"sluice/policy/standing"
)

// This file is what becomes of verdicts whose cause has fallen back to observe,
// because it suddenly refuses far more senders than before.

// fuse is the circuit breaker as a transaction meets it.
type fuse struct {
	board  *breaker.Board // nil for none
	book   *standing.Book
	now    func() time.Time
	fallen []journal.Fallback // what would have been done, by cause
	owed   float64            // points of rules that have fallen back, and still are evidence
}

// soften is a verdict as it counts: none, if its cause has fallen back.
func (t *transaction) soften(v policy.Verdict) policy.Verdict {
	if c, has := t.cause(v); has && t.fallsBack(c, v.Action) {
		return policy.Verdict{}
	}
	return v
}

// softened is soften for a verdict that there may be none of.
func (t *transaction) softened(v policy.Verdict, refused bool) (policy.Verdict, bool) {
	if !refused {
		return v, false
	}
	v = t.soften(v)
	return v, v.Action != policy.Accept
}

// cause is what the breaker knows a verdict by, if it may fall back: see
// breaker.Cause. A score is none here, but by rule, see weigh. What an operator has
// blocked stays so.
func (t *transaction) cause(v policy.Verdict) (c breaker.Cause, has bool) {
	if v.Action <= policy.Tag || t.fuse.board == nil {
		return "", false
	}
	switch v.Reason {
	case policy.ReasonAccess:
		return breaker.Access(t.match.Group), true
	case policy.ReasonStanding:
		info, _ := t.fuse.book.Info(t.sender(), t.fuse.now())
		return breaker.Standing, !info.ByHand
	case policy.ReasonUnauthorised:
		return breaker.Unauthorised, true
	case policy.ReasonNullSender:
		return breaker.NullSender, true
	case policy.ReasonLimit, policy.ReasonNeverFits:
		return breaker.Limit(v.Detail), t.flow.Personal(v.Detail)
	}
	return "", false
}

// fallsBack tells the breaker of what is about to be done for a cause, and says
// whether it is not to be. A policy that observes does nothing in any case.
func (t *transaction) fallsBack(c breaker.Cause, action policy.Action) bool {
	if t.fuse.board == nil || !t.poll(c) {
		return false
	}
	if !t.fellBack(c) {
		t.fuse.fallen = append(t.fuse.fallen, journal.Fallback{Cause: string(c), Action: action.String(), Held: c.Scores() && !t.spared(c)})
	}
	return true
}

// weigh holds the score against the thresholds. A rule that has fallen back does not
// count; what is left may still be too much, for the next cause. Points that are only
// evidence against the sender are weighed too: a list that lists everybody would
// otherwise have everybody blocked in the end, whatever the list itself does.
func (t *transaction) weigh() policy.Verdict {
	for {
		v := t.flow.JudgeFrom(t.standing, t.report.Score)
		if v.Action <= policy.Tag && (t.flow.Standing.Off || !t.flow.Spam(t.report.Score)) {
			return v
		}
		rule, found := t.report.Strongest()
		if !found || !t.fallsBack(breaker.Score(rule), v.Action) {
			return t.suspect(v)
		}
		t.observe(rule)
	}
}

// observe takes the points of a rule out of the score. They stay evidence, unless the
// sender is spared.
func (t *transaction) observe(rule string) {
	before := t.report.Score
	t.report.Observe(rule)
	if !t.spared(breaker.Score(rule)) {
		t.fuse.owed += before - t.report.Score
	}
}

// suspect softens a verdict on spam that is held up because of whose it is: without
// the standing, the score alone counts.
func (t *transaction) suspect(v policy.Verdict) policy.Verdict {
	if v.Reason == policy.ReasonStanding && t.soften(v).Action == policy.Accept {
		return t.flow.Judge(t.report.Score)
	}
	return v
}

// fellBack says whether one of the causes has fallen back for this message.
func (t *transaction) fellBack(c breaker.Cause) bool {
	return slices.ContainsFunc(t.fuse.fallen, func(f journal.Fallback) bool { return f.Cause == string(c) })
}

// unlimited says whether a limit has.
func (t *transaction) unlimited() bool {
	return slices.ContainsFunc(t.fuse.fallen, func(f journal.Fallback) bool { return strings.HasPrefix(f.Cause, string(breaker.Limit(""))) })
}
