package scoring

import (
	"bytes"
	"encoding/base64"
	"io"

	gomessage "github.com/emersion/go-message"
)

// decodeTransfer undoes a transfer encoding (RFC 2045 section 6): strictly
// with go-message and, where that refuses, leniently.
func (m *Message) decodeTransfer(body []byte, encoding string) []byte {
	switch encoding {
	case "", "7bit", "8bit", "binary":
		return body
	case "base64", "quoted-printable":
	default:
		m.breaks(OddEncodingUnknown, encoding)
		return body
	}
	if data, err := strictDecode(body, encoding); err == nil {
		return data
	}
	if encoding == "base64" {
		data, junk := looseBase64(body)
		if junk {
			m.breaks(OddBase64Junk, "")
		}
		return data
	}
	m.note(OddQuotedJunk, "")
	return looseQuoted(body)
}

// strictDecode decodes the way go-message does.
func strictDecode(body []byte, encoding string) ([]byte, error) {
	var h gomessage.Header
	h.Set("Content-Transfer-Encoding", encoding)
	e, err := gomessage.New(h, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	out := bytes.NewBuffer(make([]byte, 0, len(body)+bytes.MinRead))
	_, err = out.ReadFrom(e.Body)
	if err == io.ErrUnexpectedEOF {
		return nil, err // incomplete at its end
	}
	return out.Bytes(), err
}

// looseBase64 decodes what there is of base64 (RFC 2045 section 6.8): other
// characters are skipped, padding may be missing or stand in the middle, and
// the encoding starts anew after it. junk says whether there was anything
// other than base64 and white space, or data after the padding.
func looseBase64(body []byte) (data []byte, junk bool) {
	data = make([]byte, 0, base64.StdEncoding.DecodedLen(len(body)))
	var bits uint32
	count, padded := 0, false
	for _, c := range body {
		value := base64Value(c)
		switch {
		case value >= 0:
			junk = junk || padded
			padded = false
			bits = bits<<6 | uint32(value)
			if count++; count == 4 {
				data = append(data, byte(bits>>16), byte(bits>>8), byte(bits))
				bits, count = 0, 0
			}
		case c == '=':
			data = appendPartial(data, bits, count)
			bits, count, padded = 0, 0, true
		case c != ' ' && c != '\t' && c != '\r' && c != '\n':
			junk = true
		}
	}
	return appendPartial(data, bits, count), junk
}

// appendPartial appends the whole bytes of a group of less than four digits.
func appendPartial(data []byte, bits uint32, count int) []byte {
	switch count {
	case 2:
		data = append(data, byte(bits>>4))
	case 3:
		data = append(data, byte(bits>>10), byte(bits>>2))
	}
	return data
}

// base64Value returns the value of a base64 digit, or -1.
func base64Value(c byte) int {
	switch {
	case 'A' <= c && c <= 'Z':
		return int(c - 'A')
	case 'a' <= c && c <= 'z':
		return int(c-'a') + 26
	case '0' <= c && c <= '9':
		return int(c-'0') + 52
	case c == '+':
		return 62
	case c == '/':
		return 63
	}
	return -1
}

// looseQuoted decodes quoted-printable (RFC 2045 section 6.7). An "=" that
// begins neither two hex digits nor a soft line break stays.
func looseQuoted(body []byte) []byte {
	out := make([]byte, 0, len(body))
	for pos := 0; pos < len(body); {
		line, next := cutLine(body, pos)
		ended := next > 0 && body[next-1] == '\n'
		pos = next
		line = bytes.TrimRight(line, " \t")
		soft := bytes.HasSuffix(line, []byte("="))
		out = appendQuotedLine(out, bytes.TrimSuffix(line, []byte("=")))
		if ended && !soft {
			out = append(out, '\n')
		}
	}
	return out
}

func appendQuotedLine(out, line []byte) []byte {
	for i := 0; i < len(line); i++ {
		if line[i] == '=' && i+2 < len(line) {
			if hi, lo := hexValue(line[i+1]), hexValue(line[i+2]); hi >= 0 && lo >= 0 {
				out = append(out, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		out = append(out, line[i])
	}
	return out
}

// hexValue returns the value of a hex digit, or -1.
func hexValue(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
