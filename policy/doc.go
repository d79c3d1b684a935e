// Package policy decides what holds for a client: which sender group it is in,
// which mail flow policy that group has, which limits apply to whom, and what
// a score means there. It knows nothing of MIME, of the milter protocol or of
// files; it takes a number, not a report.
//
// A Config is compiled once into Rules, which are immutable and safe for
// concurrent use; nothing parses strings while mail flows. Counters live in a
// store.Store and are asked through a Ledger, which belongs to one message.
package policy
