// Package day invents a day of an ISP's outbound relay as decision records with
// the fields that replay needs: who sends, to how many, when, and which score a
// filter gives. Nobody's mail is in it, and every message carries a label that
// says what it really is.
//
//	d, err := day.New(day.Default())
//	err = d.Write(w)                  // JSON lines, sorted by time
//	for m := range d.Messages() {}    // or the messages themselves
//
// The same Options give the same bytes. A line is
//
//	{"time":"2026-11-26T08:01:02.345Z","ref":"7F3K9QX2","client":{"addr":"100.64.3.7","helo":"PC-3"},
//	 "from":"a@home.example","rcpts":["b@post1.example"],"size":8123,"score":-0.31,"label":"honest:human"}
//
// # Who sends
//
// Subscribers (human) follow the hours of a day, in sittings; most send nothing
// or a few messages, some hundreds. Club secretaries are subscribers who once
// write to 150 members. Devices are cameras and the like that report on a timer
// around the clock. Logins come from home, from a mobile carrier and on the way.
// Corporate networks have servers of their own, many people, bounces (ndr) and
// newsletters. Infected hosts are subscribers, and stolen logins are logins,
// whose owners go on writing from there: that mail is honest. They start at some
// time in the first three quarters of the day and never stop, whatever they are
// answered.
//
// # Where from
//
//	100.64.0.0/10        subscribers, one IPv4 address each
//	2001:db8:40::/42     or one /64 each, with a few addresses at a time
//	172.16.0.0/12        corporate networks, a /24 each
//	10.0.0.0/9           homes at other providers, logins only
//	198.18.0.0/15        mobile carriers, logins only
//	10.128.0.0/9         from where stolen logins are used
//
// # Limits
//
// An address belongs to one subscriber all day, and nobody shares one. Honest
// clients do not retry what was deferred. Unless Options.Uneven is set, the
// filter's mistakes hit messages independently of each other. A real filter's do
// not; it gets the same sender wrong again and again.
//
// A message of the plan takes 12 bytes of memory until it is written, a sender
// about 100; texts are made when they are written.
package day
