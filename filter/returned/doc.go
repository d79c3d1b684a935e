// Package returned charges mail that comes back to those who sent it: many bounces are
// the mark of a list of addresses that was bought or made up, whatever the mail says.
//
// A bounce that passes Sluice has the message that it returns in it, or its header: our
// reference, or else the Message-ID, leads to the record of that message in the journal
// and so to its sender. A Charger looks it up beside the mail, and never delays any.
//
// # What a forger can do
//
// Everybody can write a bounce. What must not happen is that somebody gets an honest
// sender blocked by sending some, so what one says is believed only as far as these go:
//
//   - The original must be in the journal, have gone through within the last week, and
//     have had an envelope sender. A reference is 40 random bits, which nobody guesses;
//     who has one has got the mail, or is who got it. A Message-ID is weaker: it may be
//     foreseen, and a spammer can give his mail that of somebody else. Without a
//     reference it counts only if all mail with it is of one sender; with one, both must
//     be those of the same record.
//   - Who is said not to have got it must be one of the recipients in the record, by
//     address, or by domain where the bounce names what an alias became. Each recipient
//     of each original comes back once. So however many bounces of a message somebody
//     sends, they are not more than its recipients, of whom a record names a hundred.
//   - Bounces that the relay itself makes are of what the next server said to it.
//     Those that come by SMTP are of anybody: of these, one network has at most
//     perReporter an hour counted against one sender. That is a third of what the
//     built-in policies call for, so whoever wants to harm a sender needs mail of his to
//     dozens of recipients, and several networks to send from, hour after hour.
//   - No sender is blocked by one bounce, and the points fade. The share that a weight
//     may have is of all recipients of today and yesterday, so that the few bounces of
//     a large mailing are none.
//
// The other way round, a sender gets away with spam that comes back if its header lost
// both, or if all of it comes back through few networks: bounces are one kind of
// evidence among others.
//
// Limits: queueSize bounces wait at most, those beyond are dropped and counted. Of
// 2*maxSeen recipients it is known that they came back; after a restart of none, so that
// some may count once more. Of maxReporters networks and senders together the bounces of
// the current hour are counted; those of any others are not believed. Both take 15 MB at
// most, and what waits 32 MB, usually nothing.
package returned
