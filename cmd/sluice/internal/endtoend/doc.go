// Package endtoend runs the cases of testdata/endtoend through real mail
// servers: a sluice process, a Postfix and a Sendmail of their own (package
// mta), an SMTP client that speaks the case's dialogue, a sink behind. It has
// tests only.
//
// A case is one file in txtar form. It begins with a line that says what it
// shows; sections follow. Each case is run once with every server.
//
//	# The second recipient is refused, the first gets the message.
//	-- sluice.toml --
//	...
//	-- dialogue --
//	client 127.0.0.2 pc.example
//	> MAIL FROM:<a@example.net>
//	< 250
//	...
//	-- sink --
//	from a@example.net
//	to x@example.org
//	header X-Sluice-Verdict ^accept;
//
// # Sections
//
// sluice.toml is the configuration, without what the runner adds: [listen],
// [state] with a snapshot a second, [journal] and [resolver], and, where there is
// no [model], one that is switched off: most cases count points. sluice.toml.2 is
// what the first reload finds, sluice.toml.3 the second. $MTA is the mail server, for notices, and $LINK where
// sluice answers release links. $CLAMD is the address
// of a clamd that takes mta.Infected for a virus, $MUTE one that takes
// connections and says nothing.
//
// dialogue is what happens, a directive a line:
//
//	client ADDR HELO [tls] [auth USER PASSWORD]
//	                 connect from ADDR, a loopback address, and get as far as
//	                 MAIL; what this client had open is closed with QUIT
//	connect ADDR     connect from ADDR, and leave the greeting to the dialogue
//	> LINE           the client sends a line
//	< REGEXP         the server's reply, from the code on, matches at its
//	                 beginning; the lines of a long one are joined by blanks
//	| LINE           a line of the message
//	times N LINE     N lines of the message, all the same
//	message FILE     all of FILE, below testdata/mail
//	fill BYTES       so much text, as lines of the body
//	.                the end of the message; its Date becomes the present time
//	submit FROM TO   the message that follows comes from a local program
//	as NAME          what follows is done by the client of this name; others
//	                 stay connected. The first has no name: "as" returns to it
//	closed           the server closes the connection, without a further reply
//	quit             QUIT and its answer
//	drop             the client closes the connection without a word
//	reload           the next sluice.toml is put in force
//	reload bad       the same, and it is refused
//	restart          sluice is stopped and started again
//	stop             sluice is told to stop, and takes no connections any more;
//	                 the dialogue goes on while it finishes its messages
//	kill             sluice is killed, and has time for nothing
//	start            sluice, once it has ended, is started again
//	snapshot         wait until the counters are written down, the first time
//	                 since the start
//	idle             wait until the server has no connection to sluice
//	await TEXT       sluice logs TEXT, once more than was waited for before
//	send CODE FROM TO SUBJECT
//	                 the connected client sends a whole message, and the last
//	                 answer has that code
//	run ARGS         sluice ARGS, on the configuration of the daemon, succeeds
//	prints REGEXP    that has printed this
//	notice           wait for a notice with evidence, reports and a release link
//	follow           open the link in the notice, and press the button
//	only postfix     (or sendmail) the case is not for the other server
//
// A line that begins with "postfix" or "sendmail" directly before its first
// mark (postfix< 451) is for that server only.
//
// The mail servers refuse the recipient unknown@relay.test.example themselves, and the
// sink all that are called gone. sink is what arrived, in any order: messages, parted by
// empty lines, or "nothing". Each message has "from" and "to" lines for its envelope and may have:
//
//	header NAME REGEXP   one of the fields of this name matches
//	only NAME REGEXP     there is one field of this name, and it matches
//	no header NAME       there is none
//	body REGEXP          a place in the body matches
//
// held names the envelope senders of the messages that the server holds; it is
// nobody if there is no such section. dns holds the answers of the name server
// that sluice asks, "NAME ADDRESS" or "NAME TXT TEXT" a line, and queries the
// names it must have
// been asked for, and no others, or "nothing". names holds those that the mail server gets for
// its clients, also "ADDRESS NAME" for what a client's address is called: the
// server verifies a name forward as ever.
//
// record holds JSON objects for the last decision records, in order; each names
// what matters: objects need the fields given, lists of objects an element for
// each given one, other values are equal; a string that begins with "~" is a
// regular expression, for numbers too, and null means that there is no such
// field.
package endtoend
