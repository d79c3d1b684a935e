package scoring

import (
	"bytes"
	"strings"
)

// Bounds of the MIME structure. What goes beyond is not lost: the raw body is
// searched then.
const (
	maxDepth = 20  // levels of nesting below the message itself
	maxParts = 500 // parts altogether, the message itself included
)

// entity is a message or a part of one, before it is decoded.
type entity struct {
	fields   []Header
	body     []byte
	depth    int
	embedded bool   // inside an attached message
	fallback string // the media type if the header gives none
}

// Parse reads the message. It is called once, after the last Write; further
// calls do nothing.
//
// The parts are split by hand, on bytes, since a strict reader gives up where
// mail readers do not. go-message reads fields, transfer encodings and
// charsets; where it refuses, lenient decoders of this package take over. If
// the structure was broken anywhere, enmime gives a second opinion and the
// raw body is searched; what either finds beyond the first reading is added
// to the text.
func (m *Message) Parse() {
	if m.parsed {
		return
	}
	m.parsed = true
	body := m.lineEnds(m.Raw())
	m.guard(func() { m.walk(entity{fields: m.headers, body: body, fallback: "text/plain"}) })
	if m.broken {
		m.reread(body)
	}
	m.guard(m.finish)
}

// guard runs one step. A panic ends that step only: what others found stands.
func (m *Message) guard(step func()) {
	defer func() {
		if recover() != nil {
			m.breaks(OddParserFailed, "")
		}
	}()
	step()
}

// finish puts the text together and finds the links in it.
func (m *Message) finish() {
	var all []string
	for _, b := range []*textBuffer{&m.plain, &m.rendered, &m.salvaged} {
		if b.Len() > 0 {
			all = append(all, b.String())
			m.scanURLs(b.String(), SourceText)
		}
	}
	m.text = strings.Join(all, "\n")
	m.scanURLs(m.readable(m.Subject()), SourceHeader)
	m.readCodes()
}

// lineEnds returns the body with LF as its only line end if it has any CR
// that stands alone (RFC 5322 section 2.3), else the body itself. Several CR
// before an LF are one line end.
func (m *Message) lineEnds(body []byte) []byte {
	if m.Truncated() {
		body = bytes.TrimSuffix(body, []byte("\r")) // the LF may be beyond the view
	}
	if bytes.Count(body, []byte("\r")) == bytes.Count(body, []byte("\r\n")) {
		return body
	}
	m.breaks(OddBareCR, "")
	out := make([]byte, 0, len(body))
	for i, c := range body {
		if c != '\r' {
			out = append(out, c)
		} else if next := i + 1; next == len(body) || body[next] != '\r' && body[next] != '\n' {
			out = append(out, '\n')
		}
	}
	return out
}

// walk reads an entity and everything in it.
func (m *Message) walk(e entity) {
	switch {
	case e.depth > maxDepth:
		m.breaks(OddMIMEDepth, "")
		return
	case len(m.parts) >= maxParts:
		m.breaks(OddMIMEParts, "")
		return
	}
	media := m.readMedia(e)
	m.parts = append(m.parts, Part{
		Type: media.kind, Charset: media.charset, Encoding: media.encoding, Disposition: media.disposition,
		Name: media.name, Depth: e.depth, Embedded: e.embedded,
	})
	part := &m.parts[len(m.parts)-1]
	switch {
	case m.ownOnly && e.depth > 0 && returnedType(media.kind):
	case strings.HasPrefix(media.kind, "multipart/"):
		m.walkMultipart(e, media)
	case media.kind == "message/rfc822" || media.kind == "message/global":
		data := m.decodeTransfer(e.body, media.encoding)
		part.Size = int64(len(data))
		m.attach(part, data)
		m.enclose(part, data)
		m.walkEmbedded(e, data)
	default:
		data := m.decodeTransfer(e.body, media.encoding)
		part.Size = int64(len(data))
		m.attach(part, data)
		m.enclose(part, data)
		m.readLeaf(part, data)
	}
}

// walkMultipart reads the parts of a container (RFC 2046 section 5.1).
func (m *Message) walkMultipart(e entity, media media) {
	body := e.body
	boundary := m.chooseBoundary(body, media)
	if boundary == "" && media.encoding == "base64" { // forbidden by RFC 2045 section 6.4, and read by some
		body = m.decodeTransfer(body, media.encoding)
		boundary = guessBoundary(body)
	}
	if boundary == "" {
		m.addPlain(body, media.charset)
		return
	}
	s := splitMultipart(body, boundary)
	if longestLine(s.preamble) > maxPreambleLine {
		m.breaks(OddPreambleLong, "")
	}
	if !s.closed && !m.Truncated() {
		m.breaks(OddBoundaryUnclosed, "")
	}
	if s.reopened {
		m.breaks(OddBoundaryReopened, "")
	}
	fallback := "text/plain"
	if media.kind == "multipart/digest" { // RFC 2046 section 5.1.5
		fallback = "message/rfc822"
	}
	for _, data := range s.parts {
		if len(m.parts) >= maxParts {
			m.breaks(OddMIMEParts, "")
			return
		}
		fields, body := m.readPartHeader(data)
		m.walk(entity{fields, body, e.depth + 1, e.embedded, fallback})
	}
}

// walkEmbedded reads an attached message. Its subject is shown to the reader,
// so it is text.
func (m *Message) walkEmbedded(e entity, data []byte) {
	fields, body := m.readPartHeader(data)
	for _, f := range fields {
		if strings.EqualFold(f.Name, "Subject") {
			m.plain.add(m.readable(decodeField(f.Value)))
		}
	}
	m.walk(entity{fields, body, e.depth + 1, true, "text/plain"})
}

// readLeaf takes the text out of a part that is not a container.
func (m *Message) readLeaf(p *Part, data []byte) {
	kind, _, _ := strings.Cut(p.Type, "/")
	switch {
	case p.Type == "text/html" || p.Type == "application/xhtml+xml" || pageKind(p.Name, p.Type, nil) == "svg" && looksText(data):
		m.addHTML(data, p.Charset)
	case kind == "text" || kind == "message":
		m.addPlain(data, p.Charset)
	case kind == "image" || kind == "audio" || kind == "video" || kind == "font":
	case looksText(data):
		if p.Name == "" && (p.Type == "application/octet-stream" || kind != "application") {
			m.note(OddTextAsBinary, p.Type)
		}
		m.addPlain(data, p.Charset)
	}
}

// addPlain adds the text of a part that claims to be plain. If it is HTML,
// some readers render it.
func (m *Message) addPlain(data []byte, charset string) {
	text := m.decodeText(data, charset)
	if m.ownOnly {
		text = cutReturned(text)
	}
	if looksHTML(text) {
		m.note(OddHTMLInPlain, "")
		m.render(text)
	}
	if !m.plain.add(m.readable(text)) {
		m.note(OddTextCut, "")
	}
}

// addHTML adds the text of an HTML part.
func (m *Message) addHTML(data []byte, charset string) {
	if charset == "" {
		charset = metaCharset(data)
	}
	text := m.decodeText(data, charset)
	if m.ownOnly {
		text = cutReturned(text)
	}
	m.render(text)
}
