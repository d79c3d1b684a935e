package filter

import (
	"slices"
	"strings"

	"sluice/policy"
	"sluice/policy/breaker"
	"sluice/policy/exception"
	"sluice/policy/standing"
	"sluice/scoring"
)

// leaveEvidence notes what the message says of its sender. A relay whose client is
// not known is not the sender of what it passes on.
func (t *transaction) leaveEvidence(s *session) {
	if t.relay != nil || t.unknownRelay != "" || t.flow.Mode == policy.Off || t.excepted.is(exception.Standing) {
		return
	}
	e := t.event()
	e.Time = s.Now()
	if !e.Judged && !e.Limited && e.Unknown == 0 && !e.Foreign {
		return // a refusal says nothing new
	}
	t.evidence = s.Book.Note(t.flow.Standing, t.sender(), e)
}

// event is the transaction as evidence.
func (t *transaction) event() standing.Event {
	e := standing.Event{
		Ref:     t.ref,
		Policy:  t.flow.Name,
		Group:   t.match.Group,
		Client:  t.client.Addr,
		Unknown: t.unknown,
		Limited: t.limited() && !t.unlimited(),
		Foreign: t.foreign() && !t.fellBack(breaker.Unauthorised),
	}
	if !t.judged {
		return e
	}
	e.Judged = true
	e.Spam = t.flow.Spam(t.report.Score+t.fuse.owed) && !t.excepted.from(exception.Content)
	e.Virus = t.hit(scoring.VirusRule)
	e.Outbreak = t.hit(scoring.CampaignRule)
	e.Deferred = t.applied == policy.Tempfail.String()
	e.From = policy.FoldAddress(t.from)
	e.Domains = t.domains()
	e.Rcpts, e.Total = t.folded(), t.total
	e.Helo = strings.ToLower(t.client.Helo)
	if t.client.Authenticated() {
		e.Network = t.flow.Key.Network(t.client.Addr)
	}
	return e
}

// domains are those of the envelope sender and of the author.
func (t *transaction) domains() []string {
	var domains []string
	if t.from != "" {
		domains = append(domains, policy.Domain(t.from))
	}
	if t.author != "" && !slices.Contains(domains, t.author) {
		domains = append(domains, t.author)
	}
	return domains
}

// limited says whether a limit was used up that acts by itself.
func (t *transaction) limited() bool {
	return slices.ContainsFunc(t.ledger.Levels(), func(l policy.Level) bool { return l.Over })
}

// hit says whether a rule matched that has not fallen back for this sender.
func (t *transaction) hit(rule string) bool {
	c := breaker.Score(rule)
	return !(t.fellBack(c) && t.spared(c)) && slices.ContainsFunc(t.report.Hits, func(h scoring.Hit) bool { return h.Rule == rule })
}

// folded are the recipients as they are counted, at most maxRecorded of them.
func (t *transaction) folded() []string {
	rcpts := make([]string, min(len(t.rcpts), maxRecorded))
	for i := range rcpts {
		rcpts[i] = policy.FoldAddress(t.rcpts[i])
	}
	return rcpts
}
