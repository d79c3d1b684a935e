package wire

import (
	"strings"
	"unicode/utf8"
)

// Line lengths of RFC 5322 section 2.1.1, in bytes without CRLF.
const (
	foldWidth = 78  // where a line ends if there is a space to end it at
	maxLine   = 990 // where it ends if there is none; the standard's 998 less some for MTAs that add to it
)

// unfold makes one line of a header value: a line end before white space
// vanishes (RFC 5322 section 2.2.3), any other, which would have begun a new
// field, becomes a space. NUL vanishes, and so does a line end at the end.
func unfold(s string) string {
	if !strings.ContainsAny(s, "\r\n\x00") {
		return s
	}
	s = strings.TrimRight(strings.ReplaceAll(s, "\x00", ""), "\r\n")
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\r' && s[i] != '\n' {
			b.WriteByte(s[i])
			continue
		}
		for i+1 < len(s) && (s[i+1] == '\r' || s[i+1] == '\n') {
			i++
		}
		if next := s[i+1]; next != ' ' && next != '\t' {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// fold breaks a value that is one line into lines for a header field whose
// name takes indent columns. Line ends go in before white space that is there
// already, so that unfolding gives the same value back; only a word longer than
// maxLine gets some that was not there, and lines of nothing but white space,
// which some readers take for the end of the header, are left out. Lines end
// with LF, as milters send them.
func fold(s string, indent int) string {
	var b strings.Builder
	add := func(line string) {
		if strings.TrimLeft(line, " \t") == "" {
			return
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
			if !isBlank(line[0]) {
				b.WriteByte('\t')
			}
		}
		b.WriteString(line)
	}
	column := indent
	for s != "" && column+len(s) > foldWidth {
		n := breakAt(s, column)
		add(s[:n])
		s = s[n:]
		if b.Len() > 0 {
			column = 0
		}
	}
	add(s)
	return b.String()
}

// breakAt returns how much of s goes on a line of which column bytes are taken:
// up to the last word that ends within foldWidth, or else to the end of the
// first word, or else as much as a line holds.
func breakAt(s string, column int) int {
	best := len(s)
	for i := 1; i < len(s); i++ {
		if column+i > foldWidth && best < len(s) {
			return best
		}
		over := column + i - maxLine
		if isBlank(s[i]) && !isBlank(s[i-1]) {
			best = i
		} else if over >= utf8.UTFMax || over >= 0 && utf8.RuneStart(s[i]) { // a character of UTF-8 is not divided
			return i
		}
	}
	return best
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }
