// Package wire carries the milter protocol: a guarded connection under
// github.com/emersion/go-milter that bounds what a peer can send and how long
// it may take, and that keeps what the library drops. Above it there is one
// Handler per connection, and nothing of the library is visible.
//
// Serve runs one connection. From below upwards:
//
//	link      whole frames over a net.Conn: length bounds, deadlines, buffers
//	tap       the net.Conn that the library reads: it sees every frame first,
//	          checks and decodes it, and keeps the macros of each stage
//	library   the order of commands and answers, and negotiation
//	session   the library's callbacks, turned into calls of the Handler
//
// The first frame is read before the library starts, so that what is asked of
// the MTA never goes beyond what it has offered.
//
// # Limits
//
//   - A frame that is empty, longer than Options.MaxFrame, or not as its command
//     wants it ends the connection with ErrProtocol; the MTA then applies its
//     default action.
//   - The protocol version is 2 with the flags of version 6, which Postfix and
//     Sendmail both honour: neither sends DATA or unknown commands then.
//   - The order of commands is the MTA's: a Handler has to bear RCPT without
//     MAIL, or an end without a beginning.
//   - QUIT_NC, which no known MTA sends, ends the connection as QUIT does.
package wire
