// Package scoring reads a message and says how much it looks like spam, and
// why. It knows nothing of limits, groups or the milter protocol.
//
// A Message is the bounded view of one message: fed with headers and body as
// they arrive, it keeps a limited amount whatever the sender sends. A Scorer
// is compiled once from a Config; it is safe for concurrent use and turns a
// Message and an Input into a Report.
//
// What is asked about a message depends on its score set. With Direct, the
// reputation of the client's address counts: blocklists and local lists are
// asked. With Relayed and Authenticated it does not: they are not even asked,
// and the report lists them as skipped.
package scoring
