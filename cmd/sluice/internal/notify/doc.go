// Package notify tells people that a sender's standing has changed: the
// operator by mail, webhook or command, and the customer by mail where an
// address is known.
//
//	n, err := notify.New(config, notify.Options{Hostname: "relay.isp.example", Version: "v1.2.0"})
//	n.SetCustomers(customers)
//	n.Notify(notice) // never blocks
//	n.Close(ctx)     // sends what waits
//
// Notify bounds every text, makes one line of it and redacts recipients; only
// then is a notice queued, so nothing else ever leaves. A dispatcher throttles
// (throttle.go): one notice for the worse and one for the better per sender and
// interval, harsher stages always, and a number an hour altogether; those
// beyond are gathered into one digest. Each route (mail, webhook, command) has
// a queue and a goroutine of its own, so that a dead webhook holds up no mail.
//
// The operator's mail has the evidence, samples, the commands to run, a signed
// release link, and two attachments for abuse desks: ARF (arf.go) and XARF
// (xarf.go). The customer's mail has counts, times, what to do and a reference;
// its template is given nothing else, so it cannot tell scores.
//
// Signer and Link are the release link: a token that nobody can forge, and the
// page that it opens, which asks before it acts.
//
// Limits: what waits is lost in a crash. At most 1,000 notices wait, each of
// about 100 kB at worst; 100 deliveries per route wait, and as many to be tried
// again. What is beyond is dropped and counted. Throttling remembers 10,000
// senders. Recipients are recognised by their address: an opaque number for a
// recipient in a header field of the sender's own is not.
package notify
