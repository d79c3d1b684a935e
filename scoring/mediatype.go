package scoring

import (
	"slices"
	"strings"

	gomessage "github.com/emersion/go-message"
	"github.com/jhillyerd/enmime/v2/mediatype"
)

// maxMediaType is how much of a Content-Type or Content-Disposition field is
// read, in bytes.
const maxMediaType = 4 << 10

// media is what an entity's header says about its body (RFC 2045 section 5,
// RFC 2183).
type media struct {
	kind        string   // "text/plain", in lower case
	charset     string   // in lower case
	boundaries  []string // all that are given, each once
	encoding    string   // in lower case
	disposition string   // "attachment", "inline" or empty
	name        string   // file name, decoded
}

// readMedia reads the Content fields of an entity.
func (m *Message) readMedia(e entity) media {
	md := media{kind: e.fallback}
	types := fieldValues(e.fields, "Content-Type")
	if len(types) > 1 {
		m.breaks(OddContentTypeDuplicate, "")
	}
	for i, value := range types {
		m.readContentType(&md, value, i == 0)
	}
	md.encoding = m.readEncoding(fieldValues(e.fields, "Content-Transfer-Encoding"))
	if values := fieldValues(e.fields, "Content-Disposition"); len(values) > 0 {
		kind, params, _ := parseMedia(cutString(values[0], maxMediaType))
		md.disposition = kind
		if kind != "" && kind != "inline" { // RFC 2183 section 2.8
			md.disposition = "attachment"
		}
		if name := params["filename"]; name != "" {
			md.name = decodeField(name)
		}
	}
	return md
}

// readContentType reads one Content-Type field into md. Of several the first
// holds, unless only a later one is a container: a reader that takes that one
// shows its parts.
func (m *Message) readContentType(md *media, value string, first bool) {
	if len(value) > maxMediaType {
		m.breaks(OddContentTypeLong, "")
		value = cutString(value, maxMediaType)
	}
	kind, params, ok := parseMedia(value)
	if !ok {
		m.note(OddContentTypeMalformed, value)
	}
	for _, b := range append([]string{params["boundary"]}, looseBoundaries(value)...) {
		if b != "" && !slices.Contains(md.boundaries, b) {
			md.boundaries = append(md.boundaries, b)
		}
	}
	container := strings.HasPrefix(kind, "multipart/") && !strings.HasPrefix(md.kind, "multipart/")
	if kind == "" || !first && !container {
		return
	}
	md.kind = kind
	md.charset = strings.ToLower(params["charset"])
	md.name = decodeField(params["name"])
}

// parseMedia reads a media type or disposition with its parameters, first
// strictly and then as leniently as enmime does; ok tells which.
func parseMedia(value string) (kind string, params map[string]string, ok bool) {
	value = strings.ToValidUTF8(value, "?")
	var h gomessage.Header
	h.Set("Content-Type", unfold(value))
	kind, params, err := h.ContentType()
	if err == nil {
		return kind, params, true
	}
	kind, params, _, err = mediatype.Parse(withoutComments(unfold(value)))
	if err != nil || kind == "" {
		kind, _, _ = strings.Cut(withoutComments(value), ";")
		kind = strings.ToLower(strings.TrimSpace(kind))
	}
	return kind, params, false
}

// looseBoundaries returns the values of everything in a field that looks like
// a boundary parameter, quoted or not. It finds those that a grammar hides.
func looseBoundaries(value string) []string {
	const name = "boundary="
	var found []string
	lower := asciiLower(value)
	for {
		i := strings.Index(lower, name)
		if i < 0 {
			return found
		}
		value, lower = value[i+len(name):], lower[i+len(name):]
		found = append(found, looseValue(value))
	}
}

// asciiLower is strings.ToLower for ASCII alone: no byte changes its place.
func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// looseValue returns the value at the beginning of s: within quotes, or up to
// a semicolon, space or line end.
func looseValue(s string) string {
	if quoted, ok := strings.CutPrefix(s, `"`); ok {
		s, _, _ = strings.Cut(quoted, `"`)
		return s
	}
	if end := strings.IndexAny(s, "; \t\r\n"); end >= 0 {
		s = s[:end]
	}
	return s
}

// readEncoding returns the name of the transfer encoding: of several that
// differ, and of one with something behind it, the first word.
func (m *Message) readEncoding(values []string) string {
	if len(values) == 0 {
		return ""
	}
	for _, v := range values[1:] {
		if !strings.EqualFold(unfold(v), unfold(values[0])) {
			m.breaks(OddEncodingUnknown, "several")
		}
	}
	words := strings.FieldsFunc(withoutComments(values[0]), func(r rune) bool {
		return strings.ContainsRune(" \t\r\n;,\"'", r)
	})
	if len(words) == 0 {
		return ""
	}
	if words[0] != unfold(values[0]) {
		m.breaks(OddEncodingComment, values[0])
	}
	return strings.ToLower(words[0])
}

// withoutComments removes what is in parentheses outside of quotes (RFC 5322
// section 3.2.2). An unclosed comment goes to the end.
func withoutComments(s string) string {
	s, _ = cutComments(s)
	return s
}

// cutComments is withoutComments, and says whether all comments are closed. An
// unclosed quote does not count as one.
func cutComments(s string) (rest string, closed bool) {
	if !strings.Contains(s, "(") {
		return s, true
	}
	var b strings.Builder
	depth := 0
	for i := 0; i < len(s); i++ {
		c, from := s[i], i
		switch {
		case c == '\\' && i+1 < len(s):
			i++
		case c == '"' && depth == 0:
			i += closingQuote(s[i+1:]) + 1
		case c == '(':
			depth++
			continue
		case c == ')' && depth > 0:
			depth--
			continue
		}
		if depth == 0 {
			b.WriteString(s[from : i+1])
		}
	}
	return b.String(), depth == 0
}

// fieldValues returns the values of all fields of that name, as they came.
func fieldValues(fields []Header, name string) []string {
	var values []string
	for _, f := range fields {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return values
}
