package filter

import (
	"context"
	"strings"
	"time"

	"sluice/filter/wire"
	"sluice/policy"
)

// session is one connection of an MTA: it implements wire.Handler, one method
// per protocol verb, in protocol order.
type session struct {
	*Server

	// for the connection
	ctx      context.Context
	client   policy.Client // what is known so far
	counted  bool          // the connection was let in, and counted against its limits
	away     turnedAway    // or why it was not
	entered  string        // the key under which the connection is counted in Server.Gauge; "" if it is not
	messages int           // transactions begun
	replayed bool          // there is no MTA, and no message: what is known comes from a record

	// for the event
	since time.Time // when it came

	// for the message; nil between messages
	tx *transaction
}

var _ wire.Handler = (*session)(nil)

// Connect starts an SMTP session: a client that is let in by nobody is refused,
// unless the reply is to wait for RCPT, and the connection is counted.
func (s *session) Connect(p wire.Peer, m wire.Macros) wire.Reply {
	return s.connect(connected(p, m))
}

func (s *session) connect(client policy.Client) wire.Reply {
	return s.guard(func() wire.Reply {
		s.leave()
		s.counted, s.away = false, turnedAway{}
		s.client = client
		s.messages = 0
		t := s.newTransaction(s.Rules(), s.client)
		s.tx = t
		t.stage = StageConnect
		t.propose(t.admitClient(s))
		if t.verdict.Action == policy.Accept && !t.remarkable() {
			s.tx = nil // nothing to record: the messages will tell
			return wire.Reply{}
		}
		v := s.finish(StageConnect)
		if v.Action == policy.Accept || !t.enforced() {
			return wire.Reply{}
		}
		return refusal(v)
	})
}

// Helo keeps the name; it is judged at MAIL, with all that is known then.
func (s *session) Helo(name string, _ wire.Macros) wire.Reply {
	s.client.Helo = name
	return wire.Reply{}
}

// Mail starts a transaction with the final client and the rules of this moment.
func (s *session) Mail(from wire.Address, m wire.Macros) wire.Reply {
	return s.mail(identified(s.client, m), from.Path, declaredSize(from.Args), m.Get("i"))
}

func (s *session) mail(client policy.Client, from string, size int64, queueID string) wire.Reply {
	return s.guard(func() wire.Reply {
		s.finish(StageAbort) // Sendmail sends no ABORT after a finished message
		s.messages++
		s.client = client
		t := s.newTransaction(s.Rules(), s.client)
		s.tx = t
		t.stage = StageMail
		t.queueID = queueID
		t.from = from
		t.declared = size
		if t.relay != nil {
			return wire.Reply{} // whose it is will be known from the header
		}
		if t.flow.Mode == policy.Off {
			t.verdict = policy.Verdict{Reason: policy.ReasonOff}
			s.finish(StageMail)
			return wire.Reply{Action: wire.Accept}
		}
		v := t.admitMessage(s)
		if v.Action == policy.Accept {
			return wire.Reply{}
		}
		t.propose(v)
		if !t.enforced() {
			return wire.Reply{}
		}
		return refusal(s.finish(StageMail))
	})
}

// Rcpt adds a recipient, or refuses it alone.
func (s *session) Rcpt(to wire.Address, m wire.Macros) wire.Reply {
	if s.tx != nil {
		s.tx.sawQueueID(m)
	}
	if to.Rejected {
		return s.unknownRcpt(m)
	}
	return s.rcpt(to.Path)
}

// unknownRcpt notes that the MTA has refused a recipient for good: {rcpt_host} is the
// status then. It costs nothing, and what is answered does not matter.
func (s *session) unknownRcpt(m wire.Macros) wire.Reply {
	if s.tx != nil && !strings.HasPrefix(m.Get("rcpt_host"), "4.") {
		s.tx.unknown++
	}
	return wire.Reply{}
}

func (s *session) rcpt(to string) wire.Reply {
	return s.guard(func() wire.Reply {
		t := s.tx
		if t == nil {
			return wire.Reply{}
		}
		t.stage = StageRcpt
		v := t.admitRcpt(s, to)
		if v.Action != policy.Accept {
			t.refuse(to, v)
			if t.enforced() {
				return refusal(t.word(v))
			}
		} else {
			t.accepted++
		}
		t.keep(to)
		return wire.Reply{}
	})
}

// Header takes in one header field.
func (s *session) Header(name, value string) {
	s.quietly(func() {
		if s.tx != nil {
			s.tx.header(name, value)
		}
	})
}

// EndOfHeaders is where the client behind an incoming relay becomes known.
func (s *session) EndOfHeaders(m wire.Macros) {
	s.quietly(func() {
		if s.tx != nil {
			s.tx.sawQueueID(m)
			s.tx.lookBehindRelay(s)
		}
	})
}

// Body takes in a part of the body, until the message view is full.
func (s *session) Body(chunk []byte) (more bool) {
	s.quietly(func() { more = s.tx != nil && s.tx.body(chunk) })
	return more
}

// End decides the message, carries the verdict out and records it.
func (s *session) End(e wire.Editor, m wire.Macros) wire.Reply {
	return s.guard(func() wire.Reply {
		t := s.tx
		if t == nil {
			return wire.Reply{}
		}
		t.stage = StageEnd
		t.sawQueueID(m)
		ctx, cancel := context.WithTimeout(s.ctx, s.Budget)
		defer cancel()
		t.decide(ctx, s)
		reply := t.apply(e, s.Log)
		s.finish(StageEnd)
		return reply
	})
}

// Abort ends the transaction, if there is one.
func (s *session) Abort() { s.finishQuietly(StageAbort) }

// Close ends the session.
func (s *session) Close() {
	s.finishQuietly(StageDisconnect)
	s.quietly(s.leave)
}

// sawQueueID keeps the MTA's queue id: Postfix has one only after the first
// accepted recipient.
func (t *transaction) sawQueueID(m wire.Macros) {
	if id := m.Get("i"); id != "" {
		t.queueID = id
	}
}

// leave gives the connection's place back.
func (s *session) leave() {
	if s.entered != "" {
		s.Gauge.Leave(s.entered)
		s.entered = ""
	}
}

// finish ends the transaction, whatever its end is: charges of a message that
// does not come through are given back, and the record is written, both here
// and nowhere else. It returns the verdict with its reply.
func (s *session) finish(stage Stage) policy.Verdict {
	t := s.tx
	if t == nil {
		return policy.Verdict{}
	}
	s.tx = nil
	t.end(stage)
	t.spent += time.Since(s.since)
	if !t.cameThrough() {
		s.contain(func() {
			if err := t.ledger.Refund(context.WithoutCancel(s.ctx), s.Now()); err != nil {
				t.failed("refund", err)
			}
		})
	}
	s.contain(func() { t.leaveEvidence(s) })
	s.Exceptions.Hit(t.excepted.used, s.Now())
	v := t.decided()
	s.contain(func() { s.Recorder.Record(t.record(v)) })
	return v
}

// finishQuietly is finish for events that have no answer.
func (s *session) finishQuietly(stage Stage) {
	s.quietly(func() { s.finish(stage) })
}
