// Package breaker notices when something suddenly refuses far more senders than
// before: a rule, a list, a limit, a change of the configuration. That has then most
// likely broken, and until somebody has looked it only observes.
//
//	b := breaker.New(breaker.Default(), report)
//	b.Seen(now, sender)                              // somebody sends
//	if b.Refused(now, breaker.Score(rule), sender) { // its mail would be refused
//		// fallen back to observe: do not
//	}
//
// Counted are different senders, in windows one behind the other: all that send, and
// for each Cause those that it refuses. Within a window a cause trips once it has
// refused as many senders as
//
//   - senders, whatever else holds,
//   - share of those that send: of this window or of the one before, whichever had
//     more, so that bots that hammer from the first second are no majority then,
//   - factor times what it refused before: in the last window or on the average of
//     about a day, whichever is more.
//
// A window in which a cause has jumped without tripping is history only when the next
// one is over too: else a list that breaks shortly before the end of a window would
// seem usual from the next one on. Windows in which a cause was open are no history.
//
// An outbreak does not trip it: of 2,000 senders 150 that are infected are no share of
// 0.2. What grows slowly does not either, nor what a fifth of the senders does not
// notice, nor points of one rule that need those of others to refuse anything: then
// the others, of which each message has different ones, are the causes.
//
// An open cause is tried again after its time, and when the configuration is read
// again: half the share trips it then.
//
// # At the start
//
// There is no history before the first window is over, and what is usual here is not
// known: that a tenth of the clients is let in, as an operator may want, or none.
// Until then only scores may trip, which depend on lists and rules that others
// change, and they only in the second half of the window. History does not survive a
// restart.
//
// # Bounds
//
// A sender is 8 bytes, its hash, in a map: some 20 to 40 bytes. At most maxActive
// senders of a window are told apart, and maxRefused over all causes, of which there
// are at most maxCauses; that is below 20 MB. What does not fit is not counted, and
// while the senders that are active do not fit nothing trips.
package breaker
