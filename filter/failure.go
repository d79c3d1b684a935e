package filter

import (
	"fmt"
	"runtime/debug"
	"time"

	"sluice/filter/wire"
	"sluice/policy"
)

// failed turns a failure of our own into the verdict that the policy wants of
// it, never 5xx, and names it in the record. It is the only place that does.
func (t *transaction) failed(what string, err error) policy.Verdict {
	if t.failure == "" {
		t.failure = fmt.Sprintf("%s: %v", what, err)
	}
	return t.flow.Failure()
}

// guard runs an event that has an answer: a panic becomes the policy's failure
// verdict for this message, and the connection goes on.
func (s *session) guard(event func() wire.Reply) (reply wire.Reply) {
	s.since = time.Now()
	defer func() {
		if p := recover(); p != nil {
			reply = s.broke(p)
		}
		s.spent()
	}()
	return event()
}

// quietly runs an event that has no answer: a panic marks the message, and its
// end answers for it.
func (s *session) quietly(event func()) {
	s.since = time.Now()
	defer func() {
		if p := recover(); p != nil {
			s.panicked(p)
		}
		s.spent()
	}()
	event()
}

// broke ends the transaction after a panic and answers for it.
func (s *session) broke(p any) wire.Reply {
	s.panicked(p)
	t := s.tx
	if t == nil {
		return wire.Reply{}
	}
	connecting := t.stage == StageConnect
	held := t.enforced()
	v := s.finish(t.stage)
	switch {
	case held && v.Action == policy.Tempfail:
		return refusal(v)
	case connecting:
		return wire.Reply{} // Accept would end the filtering of the whole session
	default:
		return wire.Reply{Action: wire.Accept}
	}
}

func (s *session) panicked(p any) {
	s.Stats.Panics.Add(1)
	s.Log.Error("panic in a message", "panic", p, "stack", string(debug.Stack()))
	if t := s.tx; t != nil {
		t.broken = true
		t.propose(t.failed("panic", fmt.Errorf("%v", p)))
	}
}

func (s *session) spent() {
	if s.tx != nil {
		s.tx.spent += time.Since(s.since)
	}
}
