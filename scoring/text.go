package scoring

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText bounds each kind of decoded text of a message, in bytes.
const maxText = 1 << 20

// textBuffer collects text up to maxText. What is added is separated by a
// newline.
type textBuffer struct {
	strings.Builder
}

// add appends s and says whether all of it fitted.
func (b *textBuffer) add(s string) bool {
	if s == "" {
		return true
	}
	if n := b.Len(); n > 0 && n < maxText {
		b.WriteByte('\n')
	}
	fits := len(s) <= maxText-b.Len()
	if !fits {
		s = cutString(s, max(maxText-b.Len(), 0))
	}
	b.WriteString(s)
	return fits
}

// cutString returns the longest prefix of s that has at most n bytes and does
// not end within a character.
func cutString(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// removed says what readable took out of a text that should not be there.
type removed struct {
	nul        bool
	zeroWidth  bool // between two letters
	softHyphen bool // between two letters
}

// readable brings decoded text into the form of Message.Text.
func readable(s string) (string, removed) {
	var out removed
	if isReadable(s) {
		return s, out
	}
	var b strings.Builder
	b.Grow(len(s))
	var last, pending rune // the last character kept; the last one removed since
	for _, r := range s {
		switch kind := classify(r); kind {
		case charInvisible:
			pending = r
		case charControl:
			out.nul = out.nul || r == 0
		default:
			if pending != 0 && isAlphabetic(last) && isAlphabetic(r) {
				out.softHyphen = out.softHyphen || pending == '\u00ad'
				out.zeroWidth = out.zeroWidth || pending != '\u00ad'
			}
			if kind == charSpace {
				r = ' '
			}
			b.WriteRune(r)
			last, pending = r, 0
		}
	}
	return b.String(), out
}

// readable brings decoded text into the form of Text and notes what was
// removed.
func (m *Message) readable(s string) string {
	s, out := readable(s)
	if out.nul {
		m.note(OddNUL, "")
	}
	if out.zeroWidth {
		m.note(OddZeroWidth, "")
	}
	if out.softHyphen {
		m.note(OddSoftHyphen, "")
	}
	return s
}

// isReadable says whether s is printable ASCII with newlines and tabs, which
// most text is.
func isReadable(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < ' ' && c != '\n' && c != '\t') || c > '~' {
			return false
		}
	}
	return true
}

type charKind uint8

const (
	charKept charKind = iota
	charSpace
	charInvisible
	charControl
)

func classify(r rune) charKind {
	switch {
	case r == '\n' || r == '\t':
		return charKept
	case r < ' ' || r >= 0x7f && r < 0xa0:
		return charControl
	case r < 0x7f:
		return charKept
	case r == 0x034f || unicode.Is(unicode.Cf, r): // soft hyphen, zero width, direction marks, BOM, tags
		return charInvisible
	case unicode.Is(unicode.Zs, r) || r == '\u2028' || r == '\u2029':
		return charSpace
	}
	return charKept
}

// isAlphabetic says whether r is a letter of a script that is written without
// joiners. Persian and Indic scripts use them within words.
func isAlphabetic(r rune) bool {
	return unicode.In(r, unicode.Latin, unicode.Cyrillic, unicode.Greek)
}
