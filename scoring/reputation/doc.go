// Package reputation asks DNS blocklists (RFC 5782) about the address of a
// client, and about the names and addresses that a message mentions.
//
// A Resolver asks the DNS servers and keeps the answers; any number of
// Blocklists, each with zones of one kind, ask through it. All questions are
// asked at once. An answer that comes after the caller's deadline does not
// count for that caller, and still fills the cache, so that the next message
// has it. Questions about one name that are open at the same time are one
// question. The methods of a Resolver that begin with Lookup answer as those of
// net.Resolver do.
//
// Limits: there is no DNSSEC; at most maxFlights questions are open at once, and
// what comes on top fails at once; an answer above maxRecords or maxTexts is a
// failure. Under pressure the cache forgets what is asked about least; nothing
// survives a restart.
package reputation
