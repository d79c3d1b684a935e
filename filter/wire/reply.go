package wire

import (
	"regexp"
	"strings"

	"github.com/emersion/go-milter"
)

// maxText is the length of a reply's text in bytes, with its codes: below the
// 512 of a reply line with CRLF (RFC 5321 section 4.5.3.1.5), and, with every
// '%' doubled, below the 980 of libmilter.
const maxText = 480

// answer is a Response of our own: the library makes a new session after any of
// its own that does not continue, such as one refused recipient.
type answer struct {
	code byte
	data []byte
}

// Response gives the library what to send.
func (a answer) Response() *milter.Message { return &milter.Message{Code: a.code, Data: a.data} }

// Continue keeps the session.
func (a answer) Continue() bool { return true }

func plain(code milter.ActionCode) milter.Response { return answer{code: byte(code)} }

// proceed answers an event that has no other outcome, if an answer is due.
func proceed(due bool) milter.Response {
	if !due {
		return nil
	}
	return plain(milter.ActContinue)
}

// greet answers CONNECT or HELO, where there is nothing yet to discard.
func (s *session) greet(event string, r Reply) milter.Response {
	if r.Action == Discard {
		s.log.Error("discard is no answer to this event, the session goes on", "event", event)
		return plain(milter.ActContinue)
	}
	return s.answer(r)
}

// answer puts a Reply into the protocol's terms.
func (s *session) answer(r Reply) milter.Response {
	switch r.Action {
	case Accept:
		return plain(milter.ActAccept)
	case Discard:
		return plain(milter.ActDiscard)
	case Tempfail:
		return s.refuse(milter.ActTempFail, '4', r.Text)
	case Reject:
		return s.refuse(milter.ActReject, '5', r.Text)
	}
	return plain(milter.ActContinue)
}

// refuse answers with a text of that class, or with the MTA's own if the text
// is of no use: Postfix would answer 451 and drop the filter for the session.
func (s *session) refuse(code milter.ActionCode, class byte, text string) milter.Response {
	line := replyLine(text)
	if !validReply(line, class) {
		s.log.Error("reply text is not valid, the MTA's own is sent", "text", line)
		return plain(code)
	}
	// Sendmail takes the text as a format.
	line = strings.ReplaceAll(line, "%", "%%")
	return answer{code: byte(milter.ActReplyCode), data: append([]byte(line), 0)}
}

// Valid tells whether the text of a Tempfail or Reject can be sent as it is; if
// not, the MTA's own stands for it. The other actions have no text.
func (r Reply) Valid() bool {
	switch r.Action {
	case Tempfail:
		return validReply(replyLine(r.Text), '4')
	case Reject:
		return validReply(replyLine(r.Text), '5')
	}
	return true
}

// replyForm is an SMTP code (RFC 5321 section 4.2), a space, and an enhanced
// status code (RFC 3463 section 2), then a text or nothing.
var replyForm = regexp.MustCompile(`^([45])[0-5][0-9] ([45])\.[0-9]{1,3}\.[0-9]{1,3}( |$)`)

// validReply tells whether both codes are there and of that class: Sendmail
// drops the text of a 550 that carries a 4.x.x.
func validReply(line string, class byte) bool {
	m := replyForm.FindStringSubmatch(line)
	return m != nil && m[1][0] == class && m[2][0] == class
}

// replyLine makes one line of printable ASCII of a text, maxText long at most.
func replyLine(text string) string {
	line := strings.TrimRight(printable(text), " ")
	if len(line) > maxText {
		line = strings.TrimRight(line[:maxText], " ")
	}
	return line
}

// printable replaces line ends and tabs by spaces, and what is not printable
// ASCII by '?'. NUL vanishes.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 0:
			return -1
		case r == '\r', r == '\n', r == '\t':
			return ' '
		case r < ' ', r > '~':
			return '?'
		}
		return r
	}, s)
}
