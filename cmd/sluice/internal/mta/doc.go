// Package mta starts private mail servers for tests: Postfix, Sendmail, an SMTP
// sink that keeps what they deliver, a DNS server that answers as a blocklist or
// for the names of clients, and clamd with a signature of its own.
//
// Each is a value with a start function and Stop. Everything listens on
// loopback only, keeps its files in a directory of its own (NewDir) and is
// ended with Stop, by process id; the machine's own mail server, if it has one,
// is not touched. Postfix and Sendmail offer STARTTLS and AUTH (PLAIN, LOGIN)
// with the one account that User and Password name, relay for loopback and
// pass all mail to the sink. With Setup.Resolver they look up and verify the
// names of their clients there, in a mount namespace in which resolv.conf and
// nsswitch.conf are their own.
//
// Both servers change their user id and so need root. Sendmail is run from an
// unpacked package, see SendmailRoot. PostfixMissing, SendmailMissing and
// ClamdMissing say what a machine lacks. The configuration files are in the
// folder conf and are commented there.
//
// Known to work with Postfix 3.7 and Sendmail 8.17 of Debian 12.
package mta
