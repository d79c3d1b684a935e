// Package daemon wires Sluice together: it reads the configuration, opens what
// the filter needs, listens, reloads, and takes all of it down again in
// reverse order.
//
// A Daemon is a value: several may run in one process. New opens and listens,
// Run serves until its context ends, and a stop drains: no message in flight
// is lost.
package daemon
