package scoring

import (
	"bytes"
	"hash/maphash"
	"strings"

	"github.com/jhillyerd/enmime/v2"
	"github.com/jhillyerd/enmime/v2/mediatype"
)

// Bounds of the second opinion: enmime has none of its own, and its time grows
// faster than the message.
const (
	maxSecondParts = 100       // lines that may be delimiters
	maxSecondSize  = 512 << 10 // bytes of the body
)

// Bounds of the search of a raw body.
const (
	minBase64Run   = 16     // characters of base64 that are worth decoding
	maxBinaryRun   = 200    // characters of base64 that are dropped when they are no text
	maxKnownLines  = 50_000 // lines that are remembered in order not to add them twice
	minKnownLength = 4      // bytes of a line that is remembered
)

// reread reads a broken message again, in ways that do not rely on its
// structure, and adds the text that the first reading has not found.
func (m *Message) reread(body []byte) {
	s := salvager{m, m.knownLines()}
	m.guard(func() { s.secondOpinion(body) })
	m.guard(func() { s.rawBody(body) })
}

// salvager adds lines to a message, each once.
type salvager struct {
	m     *Message
	known lineSet
}

// affordable says whether enmime would be done with the message soon.
func (s salvager) affordable(body []byte) bool {
	return len(body) <= maxSecondSize && bytes.Count(body, []byte("\n--")) <= maxSecondParts &&
		!s.m.Odd(OddMIMEDepth) && !s.m.Odd(OddMIMEParts) && !s.m.Odd(OddContentTypeLong)
}

// secondOpinion reads the message with enmime.
func (s salvager) secondOpinion(body []byte) {
	if !s.affordable(body) {
		return
	}
	parser := enmime.NewParser(
		enmime.SkipMalformedParts(true),
		enmime.MultipartWOBoundaryAsSinglePart(true),
		enmime.DisableTextConversion(true),
		enmime.DisableCharacterDetection(true),
		enmime.MaxStoredPartErrors(1),
		enmime.SetReadPartErrorPolicy(enmime.AllowCorruptTextPartErrorPolicy),
		enmime.SetCustomParseMediaType(func(value string) (string, map[string]string, []string, error) {
			return mediatype.Parse(cutString(value, maxMediaType))
		}),
	)
	envelope, err := parser.ReadEnvelope(bytes.NewReader(s.m.contentFields(body)))
	if err != nil {
		return // it has no opinion
	}
	s.add(strings.ToValidUTF8(envelope.Text, "\uFFFD"))
	s.addHTML(strings.ToValidUTF8(envelope.HTML, "\uFFFD"))
}

// rawBody searches the body for text: lines as they stand, what base64 and
// quoted-printable in them say, and all of that as HTML.
func (s salvager) rawBody(body []byte) {
	text, _ := decodeCharset(unwrapBase64(body), "")
	s.addHTML(text)
	s.add(text)
	if strings.Contains(text, "=") {
		decoded, _ := decodeCharset(looseQuoted([]byte(text)), "")
		s.addHTML(decoded)
		s.add(decoded)
	}
}

// add adds the lines that are new, without their tags.
func (s salvager) add(text string) {
	text, _ = readable(text) // what is invisible in here proves nothing: it may be binary
	for line := range strings.Lines(stripTags(text)) {
		line = strings.TrimSpace(line)
		if line == "" || s.known.has(line) {
			continue
		}
		s.known.add(line)
		if !s.m.salvaged.add(line) {
			s.m.note(OddTextCut, "")
			return
		}
	}
}

// addHTML adds text the way it would be rendered, if it has markup.
func (s salvager) addHTML(source string) {
	if strings.Contains(source, "</") || strings.Contains(source, "/>") {
		r := newRenderer(s.m, source)
		r.run()
		s.add(r.shown.String())
	}
}

// contentFields returns the message with those of its header fields that
// concern its structure.
func (m *Message) contentFields(body []byte) []byte {
	var b bytes.Buffer
	for _, h := range m.headers {
		if hasPrefixFold([]byte(h.Name), "content-") || strings.EqualFold(h.Name, "mime-version") {
			b.WriteString(h.Name + ": " + unfold(h.Value) + "\r\n")
		}
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}

// unwrapBase64 returns the body with its runs of base64 lines decoded. Runs
// that are no text are dropped if they are long, else kept: words are base64
// too.
func unwrapBase64(body []byte) []byte {
	out := make([]byte, 0, len(body))
	run := -1 // where the current run begins
	for pos := 0; pos <= len(body); {
		line, next := cutLine(body, pos)
		if pos < len(body) && isBase64Line(line) {
			if run < 0 {
				run = pos
			}
		} else {
			if run >= 0 {
				out = appendRun(out, body[run:pos])
				run = -1
			}
			out = append(append(out, line...), '\n')
		}
		if pos == len(body) {
			break
		}
		pos = next
	}
	return out
}

// appendRun appends what a run of base64 lines says.
func appendRun(out, run []byte) []byte {
	if len(run) >= minBase64Run {
		if data, _ := looseBase64(run); looksText(data) {
			return append(append(out, data...), '\n')
		}
		if len(run) > maxBinaryRun {
			return out
		}
	}
	return append(out, run...)
}

// isBase64Line says whether a line is nothing but base64 digits and padding.
func isBase64Line(line []byte) bool {
	for _, c := range line {
		if base64Value(c) < 0 && c != '=' {
			return false
		}
	}
	return len(line) > 0
}

// lineSet remembers lines by their hash.
type lineSet struct {
	seed   maphash.Seed
	hashes map[uint64]struct{}
}

// knownLines returns the lines of all text so far.
func (m *Message) knownLines() lineSet {
	set := lineSet{maphash.MakeSeed(), make(map[uint64]struct{})}
	for _, b := range []*textBuffer{&m.plain, &m.rendered, &m.salvaged} {
		for line := range strings.Lines(b.String()) {
			set.add(strings.TrimSpace(line))
		}
	}
	return set
}

func (s lineSet) add(line string) {
	if len(line) >= minKnownLength && len(s.hashes) < maxKnownLines {
		s.hashes[maphash.String(s.seed, line)] = struct{}{}
	}
}

func (s lineSet) has(line string) bool {
	_, known := s.hashes[maphash.String(s.seed, line)]
	return known
}
