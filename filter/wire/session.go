package wire

import (
	"log/slog"
	"net"
	"net/textproto"
	"runtime/debug"

	"github.com/emersion/go-milter"
)

// session turns the library's callbacks into calls of the Handler, one per
// command, in protocol order. It takes arguments from its tap rather than from
// the library, which loses some. No callback returns an error, because the
// library would close the connection without an answer; and those that owe no
// answer return nil itself, because any other would be sent.
type session struct {
	h   Handler
	log *slog.Logger
	tap *tap

	// for the connection
	terms  terms
	macros macros

	// for the command
	event event

	// for the message
	skipped  bool // the Handler wants no more of the body
	panicked bool // the Handler has lost a part of the message
}

var _ milter.Milter = (*session)(nil)

func newSession(h Handler, conn net.Conn, o Options) *session {
	s := &session{h: h, log: o.Log}
	s.tap = &tap{Conn: conn, link: newLink(conn, o), observe: s.observe, closed: make(chan struct{})}
	return s
}

// observe sees each command before the library does.
func (s *session) observe(cmd milter.Code, data []byte) error {
	if cmd == milter.CodeMacro {
		return s.macros.take(data)
	}
	if cmd == milter.CodeMail {
		s.begin()
		s.macros.begin()
	}
	return s.event.decode(cmd, data)
}

// begin clears what is kept for one message.
func (s *session) begin() { s.skipped, s.panicked = false, false }

// Connect answers CONNECT.
func (s *session) Connect(string, string, uint16, net.IP, *milter.Modifier) (r milter.Response, _ error) {
	defer s.rescue("connect", true, &r)
	return s.greet("connect", s.h.Connect(s.event.peer, &s.macros)), nil
}

// Helo answers HELO.
func (s *session) Helo(string, *milter.Modifier) (r milter.Response, _ error) {
	defer s.rescue("helo", true, &r)
	return s.greet("helo", s.h.Helo(s.event.helo, &s.macros)), nil
}

// MailFrom answers MAIL.
func (s *session) MailFrom(string, *milter.Modifier) (r milter.Response, _ error) {
	defer s.rescue("mail", true, &r)
	return s.answer(s.h.Mail(s.event.addr, &s.macros)), nil
}

// RcptTo answers RCPT.
func (s *session) RcptTo(string, *milter.Modifier) (r milter.Response, _ error) {
	defer s.rescue("rcpt", true, &r)
	a := s.event.addr
	a.Rejected = s.terms.includes(milter.OptRcptRej) && s.macros.Get("rcpt_mailer") == rejectingMailer
	return s.answer(s.h.Rcpt(a, &s.macros)), nil
}

// rejectingMailer is the {rcpt_mailer} of a recipient that the MTA refuses, of which
// it tells only those who ask for it (SMFIP_RCPT_REJ); {rcpt_host} and {rcpt_addr}
// then have the status and the text of its reply.
const rejectingMailer = "error"

// Header takes in a header field. The library collects all fields of all
// messages of a connection in one map: it is cleared before it can grow.
func (s *session) Header(_, _ string, m *milter.Modifier) (r milter.Response, _ error) {
	clear(m.Headers)
	due := !s.terms.includes(milter.OptNoHeaderReply)
	defer s.rescue("header", due, &r)
	if !s.panicked {
		s.h.Header(s.event.name, s.value())
	}
	return proceed(due), nil
}

// value is what follows the colon of the field. An MTA that was not asked to
// leave the space in has taken it away.
func (s *session) value() string {
	v := s.event.value
	if v == "" || s.terms.includes(milter.OptHeaderLeadingSpace) {
		return v
	}
	return " " + v
}

// Headers takes in the end of the header.
func (s *session) Headers(textproto.MIMEHeader, *milter.Modifier) (r milter.Response, _ error) {
	due := !s.terms.includes(milter.OptNoEOHReply)
	defer s.rescue("end of headers", due, &r)
	if !s.panicked {
		s.h.EndOfHeaders(&s.macros)
	}
	return proceed(due), nil
}

// BodyChunk takes in a part of the body, and answers SKIP when the Handler has
// enough and the MTA understands it.
func (s *session) BodyChunk([]byte, *milter.Modifier) (r milter.Response, _ error) {
	due := !s.terms.includes(milter.OptNoBodyReply)
	defer s.rescue("body", due, &r)
	s.chunk()
	if due && s.skipped && s.terms.includes(milter.OptSkip) {
		return plain(milter.ActSkip), nil
	}
	return proceed(due), nil
}

func (s *session) chunk() {
	if !s.skipped && !s.panicked {
		s.skipped = !s.h.Body(s.event.chunk)
	}
}

// Body answers the end of the message, which may bring a last chunk. A message
// of which the Handler has lost a part is not judged.
func (s *session) Body(m *milter.Modifier) (r milter.Response, _ error) {
	defer s.macros.forget(messageStage)
	defer s.rescue("end", true, &r)
	if len(s.event.chunk) > 0 {
		s.chunk()
	}
	if s.panicked {
		s.h.Abort()
		return plain(milter.ActTempFail), nil
	}
	e := &editor{m: m, link: s.tap.link, terms: s.terms}
	defer e.close()
	return s.answer(s.h.End(e, &s.macros)), nil
}

// Abort ends the transaction. It is not answered.
func (s *session) Abort(*milter.Modifier) error {
	defer s.rescue("abort", false, nil)
	s.begin()
	s.macros.forget(messageStage)
	s.h.Abort()
	return nil
}

// close tells the Handler that the connection is gone.
func (s *session) close() {
	defer s.rescue("close", false, nil)
	s.h.Close()
}

// rescue is deferred around every call of the Handler, and is the last resort:
// a Handler has its own ways to fail. A panic is logged and, where an answer is
// due, becomes a temporary failure; never does it become a permanent one.
func (s *session) rescue(event string, due bool, r *milter.Response) {
	v := recover()
	if v == nil {
		return
	}
	s.log.Error("panic in a milter session", "event", event, "panic", v, "stack", string(debug.Stack()))
	s.panicked = true
	if due {
		*r = plain(milter.ActTempFail)
	}
}
