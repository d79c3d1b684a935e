package scoring

import (
	"bytes"
	"strings"
)

// maxPreambleLine is the longest line before the first boundary that readers
// with a line buffer get over, in bytes.
const maxPreambleLine = 4 << 10

// split is a multipart body taken apart. Everything points into the body.
type split struct {
	preamble []byte
	parts    [][]byte // header and text of each, at most maxParts+1
	closed   bool     // the final boundary was there
	reopened bool     // parts came after it
}

// splitMultipart takes a body apart at its delimiter lines (RFC 2046 section
// 5.1.1). Parts after the final boundary, and one that is not closed, count:
// some readers show them.
func splitMultipart(body []byte, boundary string) split {
	var s split
	delimiter := []byte("--" + boundary)
	start := -1 // of the current part
	for pos := 0; len(s.parts) <= maxParts; {
		d, ok := findDelimiter(body, delimiter, pos)
		if !ok {
			break
		}
		switch {
		case start >= 0:
			s.parts = append(s.parts, trimLineEnd(body[start:d.start]))
		case len(s.parts) == 0:
			s.preamble = body[:d.start]
		}
		s.reopened = s.reopened || s.closed && !d.final
		s.closed = s.closed || d.final
		start, pos = d.end, d.end
		if d.final {
			start = -1
		}
	}
	if start >= 0 && len(s.parts) <= maxParts {
		s.parts = append(s.parts, trimCutDelimiter(body[start:], delimiter))
	}
	return s
}

// trimCutDelimiter removes the beginning of a delimiter line from the end of a
// part that a view has cut off.
func trimCutDelimiter(part, delimiter []byte) []byte {
	last := part[bytes.LastIndexByte(part, '\n')+1:]
	if len(last) > 0 && bytes.HasPrefix(append(delimiter[:len(delimiter):len(delimiter)], "--"...), last) {
		return part[:len(part)-len(last)]
	}
	return part
}

// delimiter is where a delimiter line stands: its first byte and the one
// after its line end.
type delimiter struct {
	start, end int
	final      bool
}

// findDelimiter returns the first delimiter line at or after pos, which is the
// beginning of a line. What follows the boundary and white space on the line
// is ignored, as some readers do.
func findDelimiter(body, text []byte, pos int) (delimiter, bool) {
	for pos < len(body) {
		i := bytes.Index(body[pos:], text)
		if i < 0 {
			break
		}
		start := pos + i
		after := start + len(text)
		pos = start + 1
		if start > 0 && body[start-1] != '\n' {
			continue
		}
		rest := body[after:]
		final := bytes.HasPrefix(rest, []byte("--"))
		if !final && len(rest) > 0 && !bytes.ContainsRune([]byte(" \t\r\n"), rune(rest[0])) {
			continue // another boundary that begins like this one
		}
		end := len(body)
		if eol := bytes.IndexByte(rest, '\n'); eol >= 0 {
			end = after + eol + 1
		}
		return delimiter{start, end, final}, true
	}
	return delimiter{}, false
}

// chooseBoundary returns the boundary that a container's body is really
// divided by, or "".
func (m *Message) chooseBoundary(body []byte, media media) string {
	if len(media.boundaries) > 1 {
		m.breaks(OddBoundaryDuplicate, media.boundaries[1])
	}
	for _, b := range media.boundaries {
		if _, ok := findDelimiter(body, []byte("--"+b), 0); ok {
			return b
		}
	}
	m.breaks(OddBoundaryMissing, "")
	return guessBoundary(body)
}

// guessBoundary returns what looks like a boundary, without being given: a
// line that begins with two hyphens, followed by a Content field.
func guessBoundary(body []byte) string {
	for pos := 0; pos < len(body); {
		line, next := cutLine(body, pos)
		field, _ := cutLine(body, next)
		if bytes.HasPrefix(line, []byte("--")) && len(line) > 2 && hasPrefixFold(field, "content-") {
			return strings.TrimRight(string(line[2:]), " \t")
		}
		pos = next
	}
	return ""
}

// readPartHeader splits an entity into its header and its body. A part
// without header begins with an empty line.
func (m *Message) readPartHeader(data []byte) (fields []Header, body []byte) {
	h := scanHeader(data)
	cut := m.Truncated() && (!h.ended || h.malformed && bytes.IndexByte(data[h.length:], '\n') < 0) // by the end of the view
	switch {
	case h.mbox:
		m.breaks(OddMboxFromLine, "")
	case cut:
		h.fields = h.fields[:max(len(h.fields)-1, 0)] // half of it is missing
	case h.malformed:
		m.breaks(OddPartNoBlankLine, "")
	case !h.ended && len(data) > 0 && !bytes.HasSuffix(data, []byte("\n")):
		m.breaks(OddPartNoBlankLine, "")
		return nil, data
	}
	if h.dropped {
		m.breaks(OddHeadersMany, "")
	}
	return h.fields, data[h.length:]
}

// headerBlock is the header at the beginning of some text.
type headerBlock struct {
	fields    []Header // at most maxHeaders, and maxReserve of those that are reserved
	length    int      // bytes up to the body
	mbox      bool     // it began with a "From " line
	malformed bool     // it ended at a line that is no field
	ended     bool     // it ended before the text did
	dropped   bool     // there were more fields
}

// scanHeader reads fields up to the first empty line, or the first that is
// neither a field nor the continuation of one: the body begins there.
func scanHeader(data []byte) headerBlock {
	var h headerBlock
	start := -1 // of the current field
	for h.length < len(data) && !h.ended {
		line, next := cutLine(data, h.length)
		isFold := len(line) > 0 && (line[0] == ' ' || line[0] == '\t')
		if isFold && start >= 0 {
			h.length = next
			continue
		}
		h.add(data, start)
		start = -1
		switch {
		case len(line) == 0:
			h.ended = true
		case h.length == 0 && bytes.HasPrefix(line, []byte("From ")):
			h.mbox = true
		case isField(line):
			start = h.length
		default:
			h.malformed, h.ended = true, true
			next = h.length
		}
		h.length = next
	}
	h.add(data, start)
	return h
}

// add appends the field from start, if there is one, to the current length.
func (h *headerBlock) add(data []byte, start int) {
	if start < 0 {
		return
	}
	name, value, _ := bytes.Cut(data[start:h.length], []byte(":"))
	field := string(bytes.TrimRight(name, " \t"))
	if len(h.fields) >= maxHeaders {
		h.dropped = true
		if len(h.fields) >= maxHeaders+maxReserve || !reserved[strings.ToLower(field)] {
			return
		}
	}
	value = bytes.ReplaceAll(value, []byte("\r\n"), []byte("\n"))
	h.fields = append(h.fields, Header{field, string(bytes.TrimSpace(value))})
}

// isField says whether a line begins with the name of a field (RFC 5322
// section 2.2) and a colon.
func isField(line []byte) bool {
	colon := bytes.IndexByte(line, ':')
	if colon < 1 {
		return false
	}
	for _, c := range bytes.TrimRight(line[:colon], " \t") {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return line[0] != ' ' && line[0] != '\t'
}

// cutLine returns the line at pos without its line end, and where the next
// one begins.
func cutLine(data []byte, pos int) (line []byte, next int) {
	rest := data[pos:]
	if eol := bytes.IndexByte(rest, '\n'); eol >= 0 {
		return bytes.TrimSuffix(rest[:eol], []byte("\r")), pos + eol + 1
	}
	return rest, len(data)
}

// trimLineEnd removes one line end, which belongs to the delimiter after it.
func trimLineEnd(data []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(data, []byte("\n")), []byte("\r"))
}

// longestLine returns the length of the longest line, in bytes.
func longestLine(data []byte) int {
	longest := 0
	for pos := 0; pos < len(data); {
		line, next := cutLine(data, pos)
		longest = max(longest, len(line))
		pos = next
	}
	return longest
}

// hasPrefixFold is bytes.HasPrefix without regard to ASCII case.
func hasPrefixFold(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && strings.EqualFold(string(b[:len(prefix)]), prefix)
}
