package wire

import (
	"net/netip"
)

// Handler is the session above one connection of an MTA. All methods are
// called from one goroutine, in protocol order. None may keep a byte slice
// beyond the call.
type Handler interface {
	// Connect starts an SMTP session.
	Connect(Peer, Macros) Reply
	// Helo may come more than once (after STARTTLS).
	Helo(name string, m Macros) Reply
	// Mail starts a transaction; what an earlier one left over is to be ended first.
	Mail(Address, Macros) Reply
	// Rcpt adds a recipient; a refusal concerns that recipient only. One that the
	// MTA has refused already is only told of: no answer changes that.
	Rcpt(Address, Macros) Reply
	// Header brings one header field in the order of the message, as it came:
	// the value is all that follows the colon, the space that usually does
	// included, with newlines inside if it was folded. Where the MTA offers no
	// leading space, such as Sendmail before 8.14, it is the usual one.
	Header(name, value string)
	// EndOfHeaders comes once per message that gets that far.
	EndOfHeaders(Macros)
	// Body brings a part of the body, with CRLF line ends. It returns false
	// when nothing more is needed of this message; then no more of it comes.
	Body(chunk []byte) (more bool)
	// End is the end of the message. Changes to the message are made through
	// the Editor before it returns.
	End(Editor, Macros) Reply
	// Abort ends the transaction, if there is one; it may come at any time.
	Abort()
	// Close is called exactly once, when the connection is gone, whatever the
	// reason.
	Close()
}

// Peer is the SMTP client as the MTA tells it at connect.
type Peer struct {
	Name   string     // PTR name, or the address in brackets
	Family string     // "tcp4", "tcp6", "unix" or "unknown"
	Addr   netip.Addr // invalid unless the family is tcp4 or tcp6
	Port   uint16
}

// Address is the argument of MAIL or RCPT.
type Address struct {
	Path string   // without angle brackets; empty for the null sender
	Args []string // ESMTP parameters as they came: "SIZE=1000"

	Rejected bool // the MTA itself refuses this recipient; it is none of the message's
}

// Macros are the values that the MTA sent, the newest of each name over the
// stages of this connection; those of a message are forgotten at its end.
// Names are without braces.
type Macros interface {
	// Get returns "" for a macro that was not sent.
	Get(name string) string
}

// Editor changes a message. It is valid only within Handler.End. Values are
// made safe: CR, LF and NUL cannot leave through it; a value that is too long
// for one line is folded. Names that cannot be a field's are refused. An action
// that the MTA has not offered gives ErrNotOffered.
type Editor interface {
	// InsertHeader puts a header field at the top of the message. What is not
	// printable ASCII in the value becomes '?'.
	InsertHeader(name, value string) error
	// ChangeHeader replaces the index-th field of that name, counted from 1.
	// Its value may be the sender's own, so 8-bit text stays as it is. An empty
	// value removes the field.
	ChangeHeader(index int, name, value string) error
	// DeleteHeader removes the index-th field of that name, counted from 1.
	// Delete the highest index first: the MTA counts again after each.
	DeleteHeader(index int, name string) error
	// Quarantine asks the MTA to hold the message; the answer is then Accept.
	Quarantine(reason string) error
	// Progress tells the MTA that the answer will still come: both MTAs then
	// wait their full time again. It leaves at once.
	Progress() error
}

// Reply is an answer to an event. A text that is not "4xx 4.x.x ..." with
// Tempfail or "5xx 5.x.x ..." with Reject is not sent: the MTA's own stands for
// it, and the log says so.
type Reply struct {
	Action Action
	Text   string // with Tempfail and Reject: "550 5.7.1 text"; then required
}

// Action is the kind of an answer.
type Action uint8

const (
	Continue Action = iota
	Accept          // no more events of this message, or of this connection when given at Connect or Helo
	Discard         // not at Connect or Helo
	Tempfail
	Reject
)

// NoEdits is the editor of a message that nobody will see.
type NoEdits struct{}

func (NoEdits) InsertHeader(string, string) error      { return nil }
func (NoEdits) ChangeHeader(int, string, string) error { return nil }
func (NoEdits) DeleteHeader(int, string) error         { return nil }
func (NoEdits) Quarantine(string) error                { return nil }
func (NoEdits) Progress() error                        { return nil }
