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

// broke answers for an event after a panic. Before its end the message stays,
// broken: every further recipient and the end are answered for it too, so that
// nothing passes unjudged.
func (s *session) broke(p any) wire.Reply {
	s.panicked(p)
	t := s.tx
	if t == nil {
		return wire.Reply{}
	}
	if t.stage == StageEnd {
		return s.brokeAtEnd(t)
	}
	v := t.word(t.flow.Failure())
	held := t.enforced() && v.Action == policy.Tempfail
	switch {
	case t.stage == StageConnect:
		s.finish(StageConnect) // Accept would end the filtering of the whole session
	case t.stage == StageMail && held:
		s.finish(StageMail)
	}
	if held {
		return refusal(v)
	}
	return wire.Reply{}
}

// brokeAtEnd answers for the end of a message after a panic, by the strongest
// verdict as ever: the failure may not be it. The message cannot be edited or
// held any more, so anything short of a refusal is to accept it.
func (s *session) brokeAtEnd(t *transaction) wire.Reply {
	action := t.action()
	switch action {
	case policy.Tempfail, policy.Reject, policy.Discard:
	default:
		action = policy.Accept
	}
	t.applied = action.String()
	v := s.finish(StageEnd)
	switch action {
	case policy.Accept:
		return wire.Reply{Action: wire.Accept}
	case policy.Discard:
		return wire.Reply{Action: wire.Discard}
	}
	return refusal(v)
}

// contain keeps a panic in what ends a message from spreading.
func (s *session) contain(f func()) {
	defer func() {
		if p := recover(); p != nil {
			s.panicked(p)
		}
	}()
	f()
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
