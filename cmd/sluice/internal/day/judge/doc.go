// Package judge says how well a day was handled: it joins the events, whose
// labels say what each message really is, with the decision records that replay
// made of them.
//
//	t, err := judge.ReadEvents(events)
//	err = t.ReadRecords(replayed)      // in any order
//	err = t.Report().WriteTable(w, false)
//
// Who sends is told by the events alone: the login, else the address, of IPv6
// the /64. Whom the configuration holds responsible does not change it.
//
// A sender with spam is an infected host. It is found when one of its records
// has the standing restricted or blocked. Its leak is the recipients of spam
// messages that were accepted or tagged, less those that were refused. Time to
// block is from its first spam event to the first record that says blocked.
//
// Honest messages count for their kind. Those of an infected host after its
// first spam have a row of their own, owner: they suffer, and have to.
//
// # Limits
//
// Standing is seen in records only: what a sender's last message led to is not.
// The mode is that of each record: what was only observed was not refused.
//
// The memory is about 40 bytes for each message and 200 for each sender.
package judge
