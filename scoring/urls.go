package scoring

import (
	"strings"
	"unicode/utf8"
)

// Bounds of links.
const (
	maxURLs      = 500     // of a message
	maxURLLength = 2 << 10 // bytes of one that are kept
)

// Where a URL stands.
const (
	SourceText   = "text"   // in text that a reader sees
	SourceHTML   = "html"   // in an attribute of an HTML element
	SourceHeader = "header" // in the subject
	SourceCode   = "code"   // in a QR code, in an image that is shown or attached
)

// URL is a link of a message.
type URL struct {
	Raw    string // as it stands there, at most 2 KB
	Scheme string // lower case: "http", "https", "ftp", "javascript", "vbscript", "data", "blob", "file"
	Host   string // lower case, in ASCII (RFC 5891), IPv4 addresses dotted; empty for schemes without one
	Text   string // the visible text of an HTML link, at most 256 bytes
	Source string // one of the constants above
	Tag    string // the HTML element: "a", "img", "form"; empty outside of HTML
}

// addURL records a link once.
func (m *Message) addURL(u URL) {
	if m.urlSeen[u] {
		return
	}
	if len(m.urls) >= maxURLs {
		m.note(OddURLsMany, "")
		return
	}
	if m.urlSeen == nil {
		m.urlSeen = make(map[URL]bool)
	}
	m.urlSeen[u] = true
	m.urls = append(m.urls, u)
}

// scanURLs finds links in text: those with a scheme, names that begin with
// "www." or "ftp.", and bare names under a well-known top-level domain. It
// looks at each byte a fixed number of times.
func (m *Message) scanURLs(text, source string) {
	for {
		mark := strings.IndexAny(text, ".:") // each link has one
		if mark < 0 {
			return
		}
		start := strings.LastIndexFunc(text[:mark], separatesURLs)
		if start < 0 {
			start = 0
		} else {
			_, size := utf8.DecodeRuneInString(text[start:])
			start += size
		}
		end := strings.IndexFunc(text[mark:], separatesURLs)
		if end < 0 {
			end = len(text) - mark
		}
		end += mark
		if end-start > 3 { // the shortest name: "x.de"
			m.scanWord(text[start:end], source)
		}
		text = text[end:]
	}
}

// separatesURLs says whether no link goes on beyond r. Full-width punctuation
// ends a link in Chinese and Japanese text, which has no spaces.
func separatesURLs(r rune) bool {
	switch {
	case r <= ' ' || r == '<' || r == '>' || r == '"' || r == '`' || r == 0x7f:
		return true
	case r < 0x80:
		return false
	}
	return r == '\u00ab' || r == '\u00bb' || r >= '\u2010' && r <= '\u203a' ||
		r >= '\u3000' && r <= '\u301f' || r >= '\uff00' && r <= '\uff0f'
}

// scanWord finds the links in a word.
func (m *Message) scanWord(word, source string) {
	if !strings.Contains(word, ".") && !strings.Contains(word, "://") {
		return
	}
	found := false
	for {
		start, next := nextScheme(word)
		if start < 0 {
			break
		}
		found = true
		m.takeURL(trimURL(word[start:next]), source)
		word = word[next:]
	}
	if found {
		return
	}
	word = strings.TrimLeft(word, "([{'*_~|,;:-")
	if prefix := word[:min(len(word), 4)]; strings.EqualFold(prefix, "www.") || strings.EqualFold(prefix, "ftp.") || isBareName(word) {
		m.takeURL(trimURL(word), source)
	}
}

// takeURL records a link that was found in text.
func (m *Message) takeURL(raw, source string) {
	u, ok := parseURL(raw)
	if !ok {
		scheme := "http"
		if hasPrefixFold([]byte(raw[:min(len(raw), 4)]), "ftp.") {
			scheme = "ftp"
		}
		u, ok = parseURL(scheme + "://" + raw)
		u.Raw = cutString(raw, maxURLLength)
	}
	if ok && strings.ContainsAny(u.Host, ".:") {
		u.Source = source
		m.addURL(u)
	}
}

// nextScheme returns where the first link with a scheme begins in word, and
// where it ends: at the next one that follows a comma or the like, or at the
// end.
func nextScheme(word string) (start, end int) {
	start = -1
	for pos := 0; ; {
		i := strings.Index(word[pos:], "://")
		if i < 0 {
			return start, len(word)
		}
		at := schemeStart(word[:pos+i])
		pos += i + len("://")
		switch {
		case at < 0:
		case start < 0:
			start = at
		case strings.IndexByte(",;|)]}", word[at-1]) >= 0:
			return start, at
		}
	}
}

// schemeStart returns where a scheme begins that ends the text, or -1.
func schemeStart(s string) int {
	tail := s[max(len(s)-len("https"), 0):]
	for _, scheme := range []string{"https", "http", "ftp"} {
		if len(tail) >= len(scheme) && strings.EqualFold(tail[len(tail)-len(scheme):], scheme) {
			return len(s) - len(scheme)
		}
	}
	return -1
}

// trimURL removes punctuation that belongs to the sentence around a link.
func trimURL(s string) string {
	s = cutString(s, maxURLLength)
	for s != "" {
		last := s[len(s)-1]
		switch {
		case strings.IndexByte(".,;:!?'*_~|", last) >= 0:
		case last == ')' && !strings.Contains(s, "("), last == ']' && !strings.Contains(s, "["), last == '}':
		default:
			return s
		}
		s = s[:len(s)-1]
	}
	return s
}

// isBareName says whether a word is a host name, perhaps with a port or path,
// under a top-level domain of wellKnown. Words with "@" before the path are
// addresses.
func isBareName(word string) bool {
	host := word[:min(len(word), maxHost)]
	if end := strings.IndexAny(host, "/?#:"); end >= 0 {
		host = host[:end]
	}
	host = strings.TrimRight(host, ".,;!)]}'")
	dot := strings.LastIndexByte(host, '.')
	if dot < 1 || !wellKnown(strings.ToLower(host[dot+1:])) {
		return false
	}
	for i := range len(host) {
		if c := host[i]; !isNameByte(c) || c == '.' && (i == 0 || host[i-1] == '.') {
			return false
		}
	}
	return true
}

func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.'
}

// wellKnown says whether a top-level domain makes a word a link although it
// has neither scheme nor "www.". Those that are words, file extensions or
// abbreviations in running text are left out.
func wellKnown(tld string) bool {
	switch tld {
	case "com", "net", "org", "info", "biz", "edu", "gov", "ru", "cn", "uk", "de", "fr", "nl", "eu", "br", "jp", "ua",
		"top", "xyz", "online", "site", "shop", "club", "icu", "click", "vip", "store", "website", "space", "cyou":
		return true
	}
	return false
}
