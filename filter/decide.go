package filter

import (
	"context"
	"time"

	"sluice/policy"
	"sluice/policy/exception"
	"sluice/scoring"
)

// This page is the way of a message through Sluice. Each step asks for one
// verdict; the strongest of them is what happens.

// admitClient decides at connect: the access of the group. What is not known
// yet (login, TLS, HELO) may still move the client to another group: then all
// of it waits for MAIL. An incoming relay is not measured: its clients are.
func (t *transaction) admitClient(s *session) policy.Verdict {
	if t.flow.Mode == policy.Off || t.relay != nil || t.match.Tentative {
		return policy.Verdict{}
	}
	if v, refused := t.unwelcome(); refused && !t.flow.DelayReject {
		return v
	}
	return t.admitConnection(s)
}

// unwelcome is the verdict on all mail of the client, if there is one: that of its
// policy, or of what is known of the sender, or on all mail from this address, which
// is not known before MAIL.
func (t *transaction) unwelcome() (policy.Verdict, bool) {
	if v, refused := t.softened(t.flow.Refuse()); refused {
		return v, true
	}
	if v, refused := t.softened(t.flow.Contain(t.standing)); refused {
		return v, true
	}
	return t.softened(t.flow.Unauthorised(t.finding))
}

// admitConnection counts the connection, once: those at once, those per time. A
// refusal holds as long as the connection lasts, for the sender and the policy
// that met it: it is not asked again, for that might charge twice. Only after a
// failure of ours is it.
func (t *transaction) admitConnection(s *session) policy.Verdict {
	if s.counted {
		return policy.Verdict{}
	}
	if s.away.was(t) {
		return s.away.verdict
	}
	if !t.enter(s) {
		return s.turnAway(t, t.flow.TooManyConnections())
	}
	v, err := t.ledger.Connect(s.ctx, s.Now())
	if err != nil {
		return t.failed("limits", err)
	}
	if v = t.soften(v); v.Action != policy.Accept {
		return s.turnAway(t, v)
	}
	s.counted = true
	return v
}

// enter takes the connection's place among those of its sender.
func (t *transaction) enter(s *session) bool {
	sender := t.sender()
	if s.entered == sender {
		return true // before a failure
	}
	s.leave()
	if !s.Gauge.Enter(sender, t.flow.MaxConnections) {
		return false
	}
	s.entered = sender
	return true
}

// turnedAway is a connection that was refused: whose it was, and why.
type turnedAway struct {
	sender, policy string
	verdict        policy.Verdict
}

// was says whether the client was refused as what it is now: a login, for one,
// may have made another sender of it.
func (a turnedAway) was(t *transaction) bool {
	return a.policy == t.flow.Name && a.sender == t.sender()
}

// turnAway remembers why the connection is refused, and gives its place back.
func (s *session) turnAway(t *transaction, v policy.Verdict) policy.Verdict {
	s.leave()
	s.away = turnedAway{sender: t.sender(), policy: t.flow.Name, verdict: v}
	return v
}

// admitMessage decides at MAIL, for the client as it is now known: access, whose
// domain the sender's is, the connection itself if that waited, messages on it, the
// declared size, the sender's limits.
func (t *transaction) admitMessage(s *session) policy.Verdict {
	t.seen()
	t.authoriseSender()
	if v, refused := t.unwelcome(); refused {
		if t.flow.DelayReject {
			return policy.Verdict{} // answered at RCPT
		}
		return v
	}
	if !t.client.Relay.IsValid() { // one connection of a relay carries mail of many
		if v := t.admitConnection(s); v.Action != policy.Accept {
			return v
		}
		if max := t.flow.MaxMessagesPerConn; max > 0 && s.messages > max {
			return t.flow.TooManyMessages()
		}
	}
	if t.tooLarge() {
		return t.flow.TooLarge()
	}
	return t.limit(t.ledger.Mail(s.ctx, s.Now(), t.from, t.declared))
}

// admitRcpt decides at RCPT: what needs no limit comes first, so that nothing is
// charged for a recipient that is refused whatever its limits say.
func (t *transaction) admitRcpt(s *session, rcpt string) policy.Verdict {
	if t.broken {
		return t.flow.Failure()
	}
	if _, refused := t.unwelcome(); t.total >= maxRecipients && !refused {
		return t.flow.TooManyRecipients()
	}
	return t.admitRecipient(s, rcpt)
}

// admitRecipient decides for this recipient only: access if it waited for RCPT,
// the null sender, the number of recipients, the limits on recipients.
func (t *transaction) admitRecipient(s *session, rcpt string) policy.Verdict {
	if t.relay != nil {
		return policy.Verdict{}
	}
	if v, refused := t.unwelcome(); refused {
		return v
	}
	if v, refused := t.softened(t.flow.RefuseNull(t.from)); refused {
		return v
	}
	if max := t.flow.MaxRecipients; max > 0 && t.accepted >= max {
		return t.flow.TooManyRecipients()
	}
	return t.limit(t.ledger.Rcpt(s.ctx, s.Now(), rcpt))
}

// lookBehindRelay decides at the end of the headers, if the client is an
// incoming relay: it finds the true client, puts that into its group, and makes
// up for what MAIL and RCPT would have decided. A single recipient cannot be
// refused any more, so one that does not fit holds the message back.
func (t *transaction) lookBehindRelay(s *session) {
	if t.relay == nil {
		return
	}
	relay := t.relay
	t.relay = nil
	client, err := t.behind(relay)
	if err != nil {
		s.Stats.RelayFailures.Add(1)
		t.unknownRelay = err.Error()
		t.propose(t.flow.RelayFailure(err.Error()))
		client = t.client
	}
	t.settle(s, client)
	if t.flow.Mode == policy.Off {
		t.verdict = policy.Verdict{Reason: policy.ReasonOff}
		return
	}
	t.propose(t.admitMessage(s))
	t.accepted = 0
	for _, rcpt := range t.rcpts {
		v := t.admitRecipient(s, rcpt)
		if v.Action == policy.Accept {
			t.accepted++
			continue
		}
		t.refuse(rcpt, v)
		t.propose(v)
	}
}

// behind returns the client behind a relay: what the relay's own connection
// says of name, login and TLS does not hold for it.
func (t *transaction) behind(relay *policy.Relay) (policy.Client, error) {
	c := t.client
	hop, err := relay.Client(t.headers())
	if err != nil {
		return c, err
	}
	return policy.Client{
		Addr:         hop.Addr,
		Name:         hop.Name,
		Helo:         hop.Helo,
		Listener:     c.Listener,
		ListenerPort: c.ListenerPort,
		Relay:        c.Addr,
	}, nil
}

// decide is the end of the message: what it forges, whose domains its authors have,
// its true size, what it is, its content.
func (t *transaction) decide(ctx context.Context, s *session) {
	if t.flow.Mode == policy.Off {
		return
	}
	if t.forgeries > maxForged {
		t.propose(t.flow.Forged())
	}
	if t.broken {
		return
	}
	t.authoriseAuthors()
	if v, refused := t.softened(t.flow.Unauthorised(t.finding)); refused {
		t.propose(v)
	}
	if t.tooLarge() {
		t.propose(t.flow.TooLarge())
	}
	if !s.replayed {
		t.identify()
	}
	if v, refused := t.softened(t.flow.RefuseUnreported(t.from, t.automatic())); refused {
		t.propose(v)
	}
	t.propose(t.limit(t.ledger.End(ctx, s.Now(), t.size(), t.counts()...)))
	t.propose(t.content(ctx, s.Now(), s.Campaigns))
}

// content scores the message in the context that the policy names, and holds
// the score against the policy's thresholds. Whatever the verdict will be, the
// message counts among the copies of it that were seen.
func (t *transaction) content(ctx context.Context, now time.Time, campaigns scoring.Campaigns) policy.Verdict {
	begun := time.Now()
	defer func() { t.scoring = time.Since(begun) }()
	message := t.view()
	message.Parse()
	report, err := t.rules.Scorer.Score(ctx, message, scoring.Input{
		Set:        scoring.Set(t.flow.Set.String()),
		Reputation: t.flow.Reputation,
		Client:     t.client.Addr,
		Name:       t.client.Name,
		Verified:   t.client.Verified,
		Helo:       t.client.Helo,
		From:       t.from,
		Rcpts:      t.rcpts,
		Now:        now,
		Sender:     t.sender(),
		Bulk:       scoring.Bulk(t.flow.Bulk.String()),
		Campaigns:  campaigns,
	})
	t.report = report
	if err != nil {
		return t.failed("scoring", err)
	}
	t.judged = true
	t.scoreAuthorisation()
	v := t.flow.JudgeFrom(t.standing, t.report.Score)
	if v.Action > policy.Tag && t.excepted.from(exception.Content) {
		v.Action = policy.Tag
		return v
	}
	return t.weigh()
}

// limit is the verdict of a limit as it counts, or of the failure to ask it.
func (t *transaction) limit(v policy.Verdict, err error) policy.Verdict {
	if err != nil {
		return t.failed("limits", err)
	}
	return t.soften(v)
}

// tooLarge says whether the message is larger than the policy allows.
func (t *transaction) tooLarge() bool {
	return t.flow.MaxSize > 0 && t.size() > t.flow.MaxSize
}
