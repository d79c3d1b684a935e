package scoring

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of what the rules about HTML call odd. Ordinary newsletters hide a
// line for the preview and a second layout for small screens.
const (
	maxImageText   = 80   // letters beside an image, below which the image is the message
	minHiddenText  = 1500 // letters hidden
	minHiddenRatio = 2    // how many times the visible letters those are
)

// htmlPatterns are looked for in the source of the HTML parts.
var htmlPatterns = []wordlist{
	{"html-form", fieldHTML, patterns(`(?i)<form\b[^>]{0,300}\baction\s*=\s*["']?\s*(?:https?:)?//`)},
	{"html-password", fieldHTML, patterns(`(?i)<input\b[^>]{0,300}\btype\s*=\s*["']?password`)},
	{"html-refresh", fieldHTML, patterns(`(?i)<meta\b[^>]{0,200}http-equiv\s*=\s*["']?refresh["']?[^>]{0,200}url\s*=`)},
	{"html-script", fieldHTML, patterns(
		`(?i)<script(?:\s+(?:type|language)\s*=\s*["']?(?:text/|application/)?(?:java|vb|j)script["']?)?\s*(?:src\s*=[^>]{0,300})?>`)},
	{"html-image", fieldHTML, patterns(`(?i)<(?:img|v:imagedata)\b`)},
	{"html-unescape", fieldHTML, patterns(`(?i)\b(?:unescape|eval|atob|string\.fromcharcode)\s*\(`)},
}

var htmlRules = []rule{
	{"HTML_ONLY", always(0.2), "HTML without a plain text alternative.", htmlOnly},
	{"HTML_IMAGE_ONLY", always(0.8), "Hardly any text beside an image.", htmlImageOnly},
	{"HTML_HIDDEN_TEXT", always(1), "Far more text is hidden than shown.", htmlHiddenText},
	{"HTML_FORM", always(0.4), "A form that sends what is typed into it to a server.", atLeast(1, "html-form")},
	{"HTML_PASSWORD", always(3), "A field for a password.", atLeast(1, "html-password")},
	{"HTML_REFRESH", always(2), "The message leads to another page by itself.", atLeast(1, "html-refresh")},
	{"HTML_SCRIPT_PACKED", always(2), "A script that unpacks itself.", htmlScriptPacked},
	{"HTML_SMUGGLING", always(2), "A script that makes a file of what the page carries, which no scanner of files has seen.", htmlSmuggling},
	{"HTML_IN_PLAIN", always(0.4), "HTML that claims to be plain text.", anyOdd(OddHTMLInPlain)},
	{"HTML_BASE64", always(0.3), "HTML of plain ASCII in base64, which has no need of it.", htmlBase64},
}

// ownParts are the parts that the sender wrote himself.
func (f *facts) ownParts(mediaType string) (parts []Part) {
	for _, p := range f.m.Parts() {
		if !p.Embedded && p.Type == mediaType && p.Disposition != "attachment" {
			parts = append(parts, p)
		}
	}
	return parts
}

func htmlOnly(f *facts) (string, bool) {
	return "", len(f.ownParts("text/html")) > 0 && len(f.ownParts("text/plain")) == 0
}

func htmlImageOnly(f *facts) (string, bool) {
	if len(f.ownParts("text/html")) == 0 {
		return "", false
	}
	for _, a := range f.files {
		if !strings.HasPrefix(a.Type, "image/") {
			return "", false // the text belongs to a document
		}
	}
	return "", f.weight("html-image") > 0 && letters(f.m.Text()) < maxImageText && len(f.links) > 0
}

func letters(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

func htmlHiddenText(f *facts) (string, bool) {
	hidden := letters(f.m.Hidden())
	return firstWords(f.m.Hidden()), hidden >= minHiddenText && hidden >= minHiddenRatio*letters(f.m.Text())
}

// firstWords is the beginning of a text, for a note.
func firstWords(s string) string {
	const enough = 200
	return strings.Join(strings.Fields(cutString(s, enough)), " ")
}

func htmlScriptPacked(f *facts) (string, bool) {
	if f.weight("html-script") > 0 && f.weight("html-unescape") > 0 {
		return f.words["html-unescape"].note(), true
	}
	return attached(func(a *file) bool { return a.Page.Packed })(f)
}

func htmlSmuggling(f *facts) (string, bool) {
	if f.weight("html-script") > 0 && makesFile(plainLower([]byte(f.m.HTML()))) {
		return "", true
	}
	return attached(func(a *file) bool { return a.Page.Smuggles })(f)
}

// afterLetterEntity returns what follows the first reference to an ASCII
// letter.
func afterLetterEntity(s string) (rest string, found bool) {
	for {
		_, after, ok := strings.Cut(s, "&#")
		if !ok {
			return "", false
		}
		base, digits := 10, after
		if strings.HasPrefix(after, "x") || strings.HasPrefix(after, "X") {
			base, digits = 16, after[1:]
		}
		if r := referenceNumber(digits, base); 'a' <= r|0x20 && r|0x20 <= 'z' {
			return after, true
		}
		s = after
	}
}

// referenceNumber reads up to seven digits in base 10 or 16.
func referenceNumber(s string, base int) rune {
	const digits = "0123456789abcdef"
	var n rune
	for i := 0; i < min(len(s), 7); i++ {
		d := strings.IndexByte(digits[:base], s[i]|0x20)
		if s[i] < '0' || d < 0 {
			break
		}
		n = n*rune(base) + rune(d)
	}
	return n
}

func htmlBase64(f *facts) (string, bool) {
	for _, p := range f.ownParts("text/html") {
		if p.Encoding == "base64" && isASCII(f.m.HTML()) {
			return p.Charset, true
		}
	}
	return "", false
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
