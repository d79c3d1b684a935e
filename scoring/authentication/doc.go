// Package authentication says whether those under whose names a message comes
// stand behind it: SPF (RFC 7208) for the envelope sender, DKIM (RFC 6376) for
// those who have signed, DMARC (RFC 7489) for the author.
//
// It only finds out; what an outcome is worth is for others to say. All questions
// go through the DNS that it is given, each with a time of its own. What could
// not be asked is TempError, with why: then nothing is held against anybody.
//
// Limits: of a message at most maxSignatures signatures are verified, none with
// more than maxSigned names or a key above maxKey; SPF takes at most maxLookups
// questions. The percentage of a DMARC policy counts only if it is 0, which is
// a policy that is being tried out. ARC is not looked at, so forwarded mail
// fails where its forwarder breaks what it had.
package authentication
