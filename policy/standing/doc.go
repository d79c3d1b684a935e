// Package standing judges a sender over time: what its messages leave as
// evidence, which stage that leads to, what the stage means for the next
// message, and how it ends.
//
// A Book knows all senders. Each record of a message is noted as an Event, which
// may add points of several kinds. Points fade by their kind's half-life, and
// their sum is held against the thresholds of the sender's Rules:
//
//	clean -> watched -> restricted -> blocked -> probation -> clean
//	                ^                     ^          |
//	                points fade           +----------+ relapse, for longer
//
//	book := standing.NewBook(standing.Options{})
//	s := book.Look(sender, now)              // before a message
//	change := book.Note(rules, sender, event) // after it
//
// One event climbs one stage at most, so no single message leads from clean to
// blocked, whatever it is. Behaviour that honest senders may show too (many new
// recipients, many bounces of their own) is weak evidence: all of it together
// makes a sender watched and no more.
//
// Messages that are not scored as spam take a little away again. That makes of
// the points for spam a cumulative sum (Page, "Continuous inspection schemes",
// Biometrika 41, 1954), which finds a sender that turns bad within a few
// messages, and leaves one alone that has a flagged message now and then, however
// many it sends.
//
// Time is a parameter: it is that of the events. The same events lead to the same
// standing, live and in a replay.
//
// What a sender takes is bounded, see Book. Several people behind one address, behind
// NAT, are one sender here, and are contained as one.
package standing
