// Package filter is one SMTP session seen through a milter: it collects who is
// sending and what, asks policy and scoring, answers the MTA, and leaves one
// decision record for every message and every refused connection.
//
// A Server accepts the MTA's connections; each has one session (one method per
// protocol verb, in protocol order, in session.go) and a session has at most
// one transaction at a time. Where envelope, score and verdict meet is
// decide.go, the page to read first. authorise.go looks at the domains that a
// message is in the name of, apply.go carries a verdict out, record.go writes it
// down, failure.go turns a failure of our own into a verdict.
//
// A policy that observes acts on nothing: no reply, no quarantine, no subject.
// Its header fields are written all the same, for they are how an operator
// learns what would have been done, and forged ones are removed; headers =
// "none" leaves even that. A policy that is off leaves the message as it came,
// forged fields included.
//
// There is one goroutine per connection and no lock in it. What sessions share
// is given to the Server: the compiled Rules (immutable, swapped as one), the
// store behind the limits, and the Recorder.
package filter
