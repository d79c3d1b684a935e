package notify

import (
	"math"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of what others control, in bytes unless said otherwise. A bound is of
// what is kept; the mark of a cut comes on top.
const (
	maxName     = 320 // sender, login, address: 64 + @ + 255 (RFC 5321 section 4.5.3.1)
	maxWord     = 64  // reference, kind, group
	maxNote     = 300
	maxSubject  = 200
	maxURL      = 4096
	maxHeaders  = 8 << 10
	maxEvidence = 50 // elements
	maxSamples  = 5  // elements
	maxRcpts    = 20 // elements
)

// cutMark ends a text that was cut.
const cutMark = "..."

// line makes one printable line of a text: control characters, line ends of any
// alphabet and invalid bytes become harmless, what steers the direction of
// writing disappears. At most limit bytes are kept. The result shares no memory
// with s.
func line(s string, limit int) string {
	cut := len(s) > limit
	if cut {
		s = s[:limit]
		for len(s) > 0 && !utf8.RuneStart(s[len(s)-1]) { // a character cut in two
			s = s[:len(s)-1]
		}
		if last := len(s) - 1; last >= 0 && s[last] >= utf8.RuneSelf {
			s = s[:last]
		}
	}
	s = strings.TrimSpace(strings.Map(harmless, strings.ToValidUTF8(s, "\uFFFD")))
	if cut {
		return s + cutMark
	}
	return strings.Clone(s)
}

// harmless maps what a line must not have.
func harmless(r rune) rune {
	switch {
	case unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp):
		return ' '
	case unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}

// ascii is a line that has only ASCII, for header fields and reports that have
// no encoding of their own.
func ascii(s string, limit int) string {
	return strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf {
			return '?'
		}
		return r
	}, line(s, limit))
}

// word keeps what may stand in a file name or an identifier.
func word(s string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) || r == '-' {
			return r
		}
		return -1
	}, line(s, maxWord))
}

// link returns an http or https URL as it is, anything else as nothing.
func link(s string) string {
	u, err := url.Parse(s)
	if err != nil || len(s) > maxURL || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`<>"`, r) }) {
		return ""
	}
	return s
}

// finite makes 0 of what JSON has no number for.
func finite(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return f
}

// dated is the time in UTC, and the zero time for a year that RFC 3339 cannot
// write.
func dated(t time.Time) time.Time {
	if t = t.UTC(); t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

// shellWord quotes a word for a POSIX shell, if it needs it: operators paste
// the commands of a mail, and a login may be anything.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("@%+=:,./_-", r))
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
