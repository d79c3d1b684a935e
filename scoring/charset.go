package scoring

import (
	"bytes"
	"encoding/base64"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// decodeText turns the decoded bytes of a part into text and notes what is
// wrong with its charset. The result is valid UTF-8 with LF as line end.
func (m *Message) decodeText(data []byte, name string) string {
	if len(data) > maxText {
		m.note(OddTextCut, "")
		data = data[:maxText]
	}
	text, odd := decodeCharset(data, name)
	if odd != "" {
		m.note(odd, name)
	}
	return strings.ReplaceAll(text, "\r\n", "\n")
}

// decodeCharset decodes data from the named charset (RFC 2045 section 5.1),
// or from the likeliest one if that cannot be. odd is the token of what was
// wrong, or "". Text that is undeclared or in no known charset is UTF-8 if it
// is valid as that, else Windows-1252.
func decodeCharset(data []byte, name string) (text, odd string) {
	name = strings.ToLower(strings.Trim(name, " \"'"))
	if strings.HasPrefix(name, "utf-16") && isReadable(string(data)) && len(data) > 0 {
		return guessCharset(data), OddCharsetWrong
	}
	if order, ok := utf16Order(data, name); ok {
		text, _ := unicode.UTF16(order, unicode.UseBOM).NewDecoder().Bytes(data)
		return strings.ToValidUTF8(string(text), "\uFFFD"), OddCharsetUTF16
	}
	switch name {
	case "", "us-ascii", "ascii", "unknown-8bit", "default":
		return guessCharset(data), ""
	case "utf-8", "utf8":
		if utf8.Valid(data) {
			return string(data), ""
		}
		return guessCharset(data), OddCharsetWrong
	case "utf-7", "unicode-1-1-utf-7":
		return decodeUTF7(guessCharset(data)), OddCharsetUTF7
	}
	reader, err := charset.Reader(name, bytes.NewReader(data))
	if err != nil {
		return guessCharset(data), OddCharsetUnknown
	}
	decoded, err := io.ReadAll(reader)
	if err != nil {
		return guessCharset(data), OddCharsetWrong
	}
	return strings.ToValidUTF8(string(decoded), "\uFFFD"), ""
}

// guessCharset reads text of an unknown charset.
func guessCharset(data []byte) string {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if utf8.Valid(data) {
		return string(data)
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(data)
	if err != nil {
		return strings.ToValidUTF8(string(data), "\uFFFD")
	}
	return string(text)
}

// utf16Order says whether data is UTF-16, and in which byte order: it says so
// by its name or its byte order mark, or every other byte of its beginning is
// NUL.
func utf16Order(data []byte, name string) (unicode.Endianness, bool) {
	const probe = 64 // bytes
	head := data[:min(len(data), probe)&^1]
	even, odd := 0, 0
	for i := 0; i < len(head); i += 2 {
		if head[i] == 0 {
			even++
		}
		if head[i+1] == 0 {
			odd++
		}
	}
	half := len(head) / 4 // half of the pairs
	switch {
	case len(head) >= 4 && even > half && odd == 0, bytes.HasPrefix(data, []byte("\xfe\xff")):
		return unicode.BigEndian, true
	case len(head) >= 4 && odd > half && even == 0, bytes.HasPrefix(data, []byte("\xff\xfe")):
		return unicode.LittleEndian, true
	case name == "utf-16le":
		return unicode.LittleEndian, true
	}
	return unicode.BigEndian, strings.HasPrefix(name, "utf-16")
}

// decodeUTF7 decodes UTF-7 (RFC 2152): base64 of UTF-16 between "+" and the
// first character that is not base64; "-" there is swallowed. Whatever is
// malformed stays as it is.
func decodeUTF7(s string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "+")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		end := 0
		for end < len(rest) && base64Value(rest[end]) >= 0 {
			end++
		}
		units, err := base64.RawStdEncoding.DecodeString(rest[:end])
		switch {
		case end == 0 || err != nil:
			b.WriteByte('+')
			b.WriteString(rest[:end])
		default:
			b.WriteString(decodeUTF16BE(units))
		}
		s = strings.TrimPrefix(rest[end:], "-")
	}
}

func decodeUTF16BE(data []byte) string {
	units := make([]uint16, 0, len(data)/2)
	for i := 0; i+1 < len(data); i += 2 {
		units = append(units, uint16(data[i])<<8|uint16(data[i+1]))
	}
	return string(utf16.Decode(units))
}

// metaCharset returns the charset that an HTML document gives for itself near
// its beginning, or "".
func metaCharset(data []byte) string {
	const probe = 1024 // bytes, as in browsers
	head := strings.ToLower(strings.ToValidUTF8(string(data[:min(len(data), probe)]), "?"))
	_, value, found := strings.Cut(head, "charset=")
	if !found {
		return ""
	}
	value = strings.TrimLeft(value, "\"' ")
	if end := strings.IndexAny(value, "\"' ;/>\t\r\n"); end >= 0 {
		return value[:end]
	}
	return ""
}

// looksText says whether data is text in spite of what it claims to be:
// UTF-16, or free of control characters at its beginning. PDF is binary even
// where it does not look like it.
func looksText(data []byte) bool {
	const probe = 1024 // bytes
	if len(data) == 0 || bytes.HasPrefix(data, []byte("%PDF")) {
		return false
	}
	if _, ok := utf16Order(data, ""); ok {
		return true
	}
	head := data[:min(len(data), probe)]
	high := 0
	for _, c := range head {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' || c == 0x7f {
			return false
		}
		if c >= 0x80 {
			high++
		}
	}
	return high == 0 || utf8.Valid(trimPartialRune(head)) || high < len(head)/4
}

// trimPartialRune removes the beginning of a character that was cut off.
func trimPartialRune(data []byte) []byte {
	for i := 1; i < utf8.UTFMax && i <= len(data); i++ {
		if b := data[len(data)-i:]; utf8.RuneStart(b[0]) {
			if !utf8.FullRune(b) {
				return data[:len(data)-i]
			}
			break
		}
	}
	return data
}

// looksHTML says whether text is an HTML document or a fragment of one.
func looksHTML(text string) bool {
	const probe = 4 << 10 // bytes
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "<") {
		return false
	}
	head := strings.ToLower(cutString(text, probe))
	for _, tag := range []string{"<html", "<!doctype html", "<body", "<a href", "<table", "<div", "<p>", "<br", "<img", "<font"} {
		if strings.Contains(head, tag) {
			return true
		}
	}
	return false
}
