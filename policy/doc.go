// Package policy decides what holds for a client: which sender group it is in,
// which mail flow policy that group has, which limits apply to whom, and what
// a score means there. It knows nothing of MIME, of the milter protocol or of
// files beside its lists; it takes a number, not a report.
//
// A Config is compiled once into Rules, which are immutable and safe for
// concurrent use; nothing parses strings while mail flows. For one message:
//
//	m := rules.Match(client)                       // the group and its Flow
//	l := policy.NewLedger(store, m, client, policy.Budget{})
//	v, err := l.Mail(ctx, now, from, declaredSize) // then Rcpt for each, and End
//	v = policy.Stronger(v, m.Flow.Judge(score))
//	v = m.Flow.Word(v, vars)                       // code and text of the reply
//	err = l.Refund(ctx, now)                       // if it did not come through
//
// Groups are in the order of the file, and the first that matches wins; the last
// one matches everybody. Until MAIL, HELO, TLS and login may be missing: a Match
// that depends on them is tentative, and is to be made again then. Explain tells
// the same as Match, in words, for every group on the way.
//
// Whether a verdict acts is for the caller: in a Flow that observes, methods
// return what would have happened. Counters live in a store.Store; an error of
// it is not a verdict, Flow.Failure is.
package policy
