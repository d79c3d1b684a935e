package scoring

import (
	"bytes"
	"slices"
	"strings"
)

// Bounds of what is kept of the header of a message, in bytes unless said
// otherwise. What goes beyond is counted in Size, noted as an oddity and
// dropped.
const (
	maxHeaders     = 1000      // header fields
	maxHeaderValue = 32 << 10  // one field's value; "header-long" beyond
	maxHeaderBytes = 512 << 10 // names and values together
	maxReserve     = 100       // further fields of those that say how to read the message
	maxReserved    = 4 << 10   // the value of one of these
)

// reserved are the fields that are kept where others no longer are, or a
// thousand lines before them would hide what the message says.
var reserved = set(`content-type content-transfer-encoding content-disposition mime-version from to cc reply-to
	sender subject date message-id in-reply-to references received auto-submitted list-id`)

// Message is the bounded view of one message. It is fed in the order in which
// an MTA tells it: AddHeader for each field, Write for each part of the body,
// then Parse, once. The accessors give what was found and are empty before
// Parse, except Headers, Raw, Size and Truncated.
//
// Whatever a sender sends, memory and time are bounded by the view and the
// named limits of this package, nothing panics, and text is not lost: where
// the structure of a message is broken, its raw body is searched as well and
// the break is an Oddity. All strings except those of Headers are valid UTF-8.
//
// A Message belongs to one goroutine until Parse has returned; after that it
// does not change and may be read by several.
type Message struct {
	// What was fed.
	maxView   int64
	maxKept   int64 // at least maxView
	headers   []Header
	tight     []bool // by header: it has no space after the colon
	headerLen int
	dropped   int      // fields that were not kept
	reserve   int      // fields that were kept although others are not
	wanted    string   // a field that somebody relies on, in lower case
	from      []string // values of the From fields, whatever else is kept, at most maxFrom
	kept      []byte   // the view is its beginning
	body      int64    // bytes given to Write
	size      int64

	// What Parse found.
	parsed      bool
	ownOnly     bool // leave out what a report returns
	isInner     bool // it is made of a file or text of another: files and images in it are not looked into
	broken      bool // the structure cannot be trusted: search the raw body too
	parts       []Part
	attachments []Attachment
	unpacker    unpacker
	pages       pageReader
	codes       codeReader
	urls        []URL
	urlSeen     map[URL]bool
	oddities    []Oddity
	plain       textBuffer // text of plain parts, as it is read
	rendered    textBuffer // text of HTML parts, as it is read
	salvaged    textBuffer // further text of the raw body, if the structure is broken
	markup      textBuffer // source of HTML parts
	hidden      textBuffer // text of HTML parts that is not shown
	htmlTokens  int        // HTML tokens read so far
	text        string
	enclosed    string // the header of the message that a report returns
	status      string // its machine-readable part (RFC 3464 section 2)
}

// Header is one header field as it came: the value without the space after
// the colon, with a newline wherever the field was folded.
type Header struct {
	Name, Value string
}

// NewMessage returns an empty view that keeps at most maxView bytes of the
// body. With zero or less it keeps none.
func NewMessage(maxView int64) *Message {
	maxView = max(maxView, 0)
	return &Message{maxView: maxView, maxKept: maxView}
}

// Keep has up to n bytes of the body kept for clamd and DKIM, where that is more than
// the view. Neither the parser nor a rule sees more than the view. It is called
// before the first Write. The memory that a body takes is at most the larger of
// n and the view, and half as much again while it grows.
func (m *Message) Keep(n int64) { m.maxKept = max(n, m.maxView) }

// KeepField has fields of a name kept also where there are too many. It is
// called before the first AddHeader.
func (m *Message) KeepField(name string) { m.wanted = strings.ToLower(name) }

// AddHeader appends a header field: its value is all that follows the colon,
// also the space that usually does. Fields come in the order of the message,
// before the body.
func (m *Message) AddHeader(name, value string) {
	value, spaced := strings.CutPrefix(value, " ")
	m.size += int64(len(name) + len(": ") + len(value) + len("\r\n"))
	m.keepFrom(name, value)
	limit := min(maxHeaderValue, maxHeaderBytes-m.headerLen-len(name))
	full := len(m.headers)-m.reserve >= maxHeaders || limit < 0
	if full {
		m.note(OddHeadersMany, "")
	}
	switch scarce := full || limit < min(len(value), maxReserved); {
	case scarce && m.reserve < maxReserve && m.isReserved(name):
		m.reserve++
		limit = maxReserved
	case full:
		m.dropped++
		return
	}
	if len(value) > limit {
		m.note(OddHeaderLong, name)
		value = cutMiddle(value, limit)
	}
	m.headerLen += len(name) + len(value)
	m.headers = append(m.headers, Header{name, value})
	m.tight = append(m.tight, !spaced)
}

// isReserved says whether a field is kept where others no longer are.
func (m *Message) isReserved(name string) bool {
	name = strings.ToLower(name)
	return reserved[name] || name == m.wanted && name != ""
}

// cutMiddle cuts a value to n bytes and keeps its beginning and its end: what
// matters may stand behind a long comment.
func cutMiddle(value string, n int) string { return value[:n-n/2] + value[len(value)-n/2:] }

// Write appends a part of the body. It returns false as soon as something did
// not fit, neither into the view nor into what is kept beyond it: the rest of
// the body need not be sent. If it is sent all the same it counts in Size. The
// chunk is not kept.
func (m *Message) Write(chunk []byte) (more bool) {
	m.size += int64(len(chunk))
	m.body += int64(len(chunk))
	m.keep(chunk[:min(int64(len(chunk)), m.maxKept-int64(len(m.kept)))])
	return m.whole()
}

// keep appends to what is kept. Its capacity doubles and never goes beyond the
// bound, where that of append would.
func (m *Message) keep(chunk []byte) {
	if need := len(m.kept) + len(chunk); need > cap(m.kept) {
		grown := make([]byte, len(m.kept), min(m.maxKept, max(int64(need), 2*int64(cap(m.kept)))))
		copy(grown, m.kept)
		m.kept = grown
	}
	m.kept = append(m.kept, chunk...)
}

// whole says whether all of the body has been kept.
func (m *Message) whole() bool { return m.body <= m.maxKept }

// Identity returns what tells the message from others, whatever an MTA has
// added to its header: author, date, subject, Message-ID and body.
func (m *Message) Identity() []byte {
	var b []byte
	for _, name := range []string{"From", "Date", "Subject", "Message-ID"} {
		b = append(b, m.Get(name)...)
		b = append(b, '\n')
	}
	return append(b, bytes.ReplaceAll(m.Raw(), []byte("\r\n"), []byte("\n"))...)
}

// exact says whether all of the message has been kept, to the space.
func (m *Message) exact() bool { return m.whole() && !m.Odd(OddHeadersMany) && !m.Odd(OddHeaderLong) }

// Headers returns the header fields in order, as they came. Beyond the bounds
// of the view there are none.
func (m *Message) Headers() []Header { return m.headers }

// field returns a header field as it came, with the line end behind it.
func (m *Message) field(i int) string {
	h := m.headers[i]
	space := " "
	if m.tight[i] {
		space = ""
	}
	return h.Name + ":" + space + strings.ReplaceAll(strings.ReplaceAll(h.Value, "\r\n", "\n"), "\n", "\r\n") + "\r\n"
}

// Raw returns the body as it came, as much of it as the view holds.
func (m *Message) Raw() []byte {
	n := min(int64(len(m.kept)), m.maxView)
	return m.kept[:n:n]
}

// Size returns the bytes that were fed, header and body, whether or not they
// were kept: also those given to Write after it has returned false. A field
// counts with its colon, space and line end.
func (m *Message) Size() int64 { return m.size }

// Truncated says whether a part of the body did not fit into the view.
func (m *Message) Truncated() bool { return m.body > m.maxView }

// Text returns everything that a reader of the message sees: the plain text,
// then the HTML as rendered, then, if the structure is broken, what else is
// found in the raw body. Lines end in "\n"; characters without width are
// removed and all spaces are plain ones, so that patterns match.
func (m *Message) Text() string { return m.text }

// Plain returns the text of the parts that are not HTML, in the form of Text.
func (m *Message) Plain() string { return m.plain.String() }

// HTML returns the source of all HTML parts, transfer encoding and charset
// decoded.
func (m *Message) HTML() string { return m.markup.String() }

// Hidden returns the text of HTML parts that is there but not shown:
// display:none and the like, or in the colour of its background. Only inline
// styles and attributes are looked at, no style sheets.
func (m *Message) Hidden() string { return m.hidden.String() }

// URLs returns the links of the message, at most 500, each once.
func (m *Message) URLs() []URL { return m.urls }

// Attachments returns the parts that are files rather than text, in order.
func (m *Message) Attachments() []Attachment { return m.attachments }

// Parts returns all MIME parts in order, containers before what they contain,
// at most 500.
func (m *Message) Parts() []Part { return m.parts }

// Oddities returns what is wrong with the message, each kind once.
func (m *Message) Oddities() []Oddity { return m.oddities }

// Odd says whether the message has an oddity of this kind.
func (m *Message) Odd(token string) bool {
	return slices.ContainsFunc(m.oddities, func(o Oddity) bool { return o.Token == token })
}
