// Package breaker notices when something suddenly refuses far more senders than
// before: a rule, a list, a limit, a change of the configuration. That has then most
// likely broken, and until somebody has looked it only observes.
//
//	b := breaker.NewBoard(breaker.Default(), report).Of(group)
//	b.Seen(now, voter)                              // somebody sends
//	if b.Refused(now, breaker.Score(rule), voter) { // its mail would be refused
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
// # Who can switch it on
//
// Whoever could make it trip could switch off what holds up his spam. Therefore each
// group of senders has a breaker of its own, see Board, and what trips in one falls
// back in that one only. And the caller lets few count, as refused and as active:
//
//   - A voter is coarser than a sender: a login, an IPv4 address, an IPv6 /48. A customer
//     with a /56 has one vote, not 256.
//   - Where a standing is kept, only senders with an honest history vote: clean, with mail
//     on an earlier day or three messages today, and hardly any spam today
//     (standing.Book.Honest). Bots without a history trip nothing. On the standing itself
//     those vote that have come there without spam.
//   - Where none is, as for mail from the internet, everybody votes, for that group.
//
// What falls back does so for all mail of the group. But points of a rule stay evidence
// against senders without an honest history, so that the infected go on being found; not
// against those who have tripped it, see Voted.
//
// What an attacker still can do: with a fifth of the active voters of a group that keeps
// a standing, 20 at least, all with an honest history, he has a cause fall back there for
// an hour. While it is open, an infected sender with an honest history leaves no evidence
// by it. With 20 addresses that are a fifth of those that send, and five times what is
// usual, he has a score fall back for mail from the internet. A newcomer's honest mail is
// evidence against him for as long as a list is broken; and where nobody has a history
// yet, as on the first day, nothing trips.
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
// A voter is 8 bytes, its hash, in a map: some 20 to 40 bytes. Of each group at most
// maxActive of a window are told apart, and maxRefused over all causes, of which there
// are at most maxCauses; that is below 20 MB, and far less where few vote. What does not
// fit is not counted, and while the voters that are active do not fit nothing trips.
// Groups are those of the configuration.
package breaker
