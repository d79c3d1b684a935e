package scoring

import (
	"io"
	"mime"
	"strings"
)

// maxAddresses bounds the addresses that are read of one field.
const maxAddresses = 200

// Address is one mailbox of an address field (RFC 5322 section 3.4), read
// leniently.
type Address struct {
	Display string // decoded, without quotes
	Addr    string // without angle brackets; the domain in lower case
}

// Get returns the first field of that name, unfolded and decoded (RFC 2047),
// or "".
func (m *Message) Get(name string) string {
	for _, h := range m.headers {
		if strings.EqualFold(h.Name, name) {
			return decodeField(h.Value)
		}
	}
	return ""
}

// Values returns all fields of that name in order, each as Get would.
func (m *Message) Values(name string) []string {
	var values []string
	for _, h := range m.headers {
		if strings.EqualFold(h.Name, name) {
			values = append(values, decodeField(h.Value))
		}
	}
	return values
}

// Subject returns the decoded subject in the form of Text.
func (m *Message) Subject() string { return m.Get("Subject") }

// From returns the first author: the display name and the address.
func (m *Message) From() (display, addr string) {
	if list := m.Addresses("From"); len(list) > 0 {
		return list[0].Display, list[0].Addr
	}
	return "", ""
}

// author returns the first author with an address, and what is shown as the name; a
// comma in the name does no harm.
func (m *Message) author() (display, addr string) {
	for _, a := range m.Addresses("From") {
		display = strings.TrimSpace(display + " " + a.Display)
		if strings.Contains(a.Addr, "@") {
			return display, a.Addr
		}
	}
	return display, ""
}

// Addresses returns the mailboxes of the first field of that name, at most
// 200 of them. What is no address appears with an empty Addr.
func (m *Message) Addresses(name string) []Address {
	for _, h := range m.headers {
		if strings.EqualFold(h.Name, name) {
			return parseAddresses(unfold(h.Value))
		}
	}
	return nil
}

// unfold removes line ends within a field (RFC 5322 section 2.2.3) and the
// space around it.
func unfold(value string) string {
	if strings.ContainsAny(value, "\r\n") {
		value = strings.NewReplacer("\r\n", "", "\n", "", "\r", " ").Replace(value)
	}
	return strings.TrimSpace(value)
}

var wordDecoder = mime.WordDecoder{CharsetReader: func(name string, input io.Reader) (io.Reader, error) {
	data, err := io.ReadAll(input)
	if err != nil {
		return nil, err
	}
	text, _ := decodeCharset(data, name)
	return strings.NewReader(text), nil
}}

// decodeField unfolds a field and decodes its encoded words. Words that
// cannot be decoded stay as they are.
func decodeField(value string) string {
	value = unfold(value)
	if strings.Contains(value, "=?") {
		if decoded, err := wordDecoder.DecodeHeader(value); err == nil {
			value = decoded
		}
	}
	value, _ = decodeCharset([]byte(value), "")
	value, _ = readable(value)
	return value
}

// parseAddresses reads a list of mailboxes. It is lenient: quotes and comments
// may be unclosed, and anything stands for a display name.
func parseAddresses(value string) []Address {
	var list []Address
	for len(list) < maxAddresses && value != "" {
		var one string
		one, value = cutAddress(value)
		if strings.TrimSpace(one) != "" {
			list = append(list, parseAddress(one))
		}
	}
	return list
}

// cutAddress splits at the first comma or semicolon that is outside of quotes,
// comments and angle brackets.
func cutAddress(value string) (one, rest string) {
	if end := indexUnquoted(value, ",;"); end >= 0 {
		return value[:end], value[end+1:]
	}
	return value, ""
}

// parseAddress reads `Name <addr>`, `addr (Name)` or `addr`.
func parseAddress(one string) Address {
	if open := indexUnquoted(one, "<"); open >= 0 {
		addr, _, _ := strings.Cut(one[open+1:], ">")
		return Address{displayName(one[:open]), mailbox(addr)}
	}
	addr, comment, _ := strings.Cut(one, "(")
	comment, _, _ = strings.Cut(comment, ")")
	if !strings.Contains(addr, "@") {
		return Address{Display: displayName(one)}
	}
	return Address{displayName(comment), mailbox(addr)}
}

// indexUnquoted returns the index of the first byte of chars in s that is
// outside of double quotes, parentheses and, unless it is one, angle brackets.
// An unclosed quote does not count as one.
func indexUnquoted(s, chars string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if depth == 0 && strings.IndexByte(chars, c) >= 0 {
			return i
		}
		switch c {
		case '\\':
			i++
		case '"':
			if end := closingQuote(s[i+1:]); end >= 0 {
				i += end + 1
			}
		case '(', '<':
			depth++
		case ')', '>':
			depth = max(depth-1, 0)
		}
	}
	return -1
}

// closingQuote returns the index of the first double quote that is not
// escaped, or -1.
func closingQuote(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

func displayName(s string) string {
	s = strings.TrimSpace(s)
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = s[1 : len(s)-1]
	}
	return decodeField(strings.ReplaceAll(s, `\`, ""))
}

func mailbox(addr string) string {
	addr = decodeField(strings.Join(strings.Fields(addr), ""))
	if at := strings.LastIndexByte(addr, '@'); at >= 0 {
		addr = addr[:at] + strings.ToLower(addr[at:])
	}
	return addr
}
