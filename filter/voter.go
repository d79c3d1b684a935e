package filter

import (
	"sluice/policy"
	"sluice/policy/breaker"
)

// This file is whom the circuit breaker listens to. Whoever could have many votes, or
// bots that vote, could switch off what holds them up.

// Prefixes of what has one vote: one customer may have a whole IPv6 /48.
const (
	voterIPv4 = 32
	voterIPv6 = 48
)

// voter is who has a vote: a login, or a network that is one customer's. It is never
// less than a sender.
func (t *transaction) voter() string {
	k := t.flow.Key
	return policy.Key{IPv4: min(k.IPv4, voterIPv4), IPv6: min(k.IPv6, voterIPv6)}.Sender(t.client)
}

// breaker is that of the sender's group.
func (t *transaction) breaker() *breaker.Breaker { return t.fuse.board.Of(t.match.Group) }

// seen counts the sender among those that are active, if it has a vote.
func (t *transaction) seen() {
	if t.fuse.board != nil && (t.flow.Standing.Off || t.honest()) {
		t.breaker().Seen(t.fuse.now(), t.voter())
	}
}

// poll tells the breaker of what is about to be done for a cause, and says whether the
// cause has fallen back.
func (t *transaction) poll(c breaker.Cause) bool {
	b, now, votes := t.breaker(), t.fuse.now(), t.votes(c)
	switch {
	case !t.enforced():
		if votes {
			b.Observed(now, c, t.voter())
		}
		return false
	case votes:
		return b.Refused(now, c, t.voter())
	}
	return b.Fallen(now, c)
}

// votes says whether the sender has a vote on a cause: where a standing is kept, only
// with an honest history. Who is contained is not clean, so that on the standing itself
// those vote that have come there without spam.
func (t *transaction) votes(c breaker.Cause) bool {
	return t.flow.Standing.Off || t.honest() ||
		c == breaker.Standing && t.fuse.book.Innocent(t.sender(), t.fuse.now())
}

func (t *transaction) honest() bool { return t.fuse.book.Honest(t.sender(), t.fuse.now()) }

// spared says whether a message leaves no evidence by a cause that has fallen back: its
// sender is honest, or was when the cause tripped because of it. Who is infected goes on
// being found.
func (t *transaction) spared(c breaker.Cause) bool {
	return t.honest() || t.breaker().Voted(c, t.voter())
}
