package notify

import (
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
)

// Redact hides who an address belongs to: "bob@example.org" becomes
// "b***@example.org". The domain stays, as in RFC 6590.
func Redact(address string) string {
	if address == "" {
		return ""
	}
	local, domain := address, ""
	if at := strings.LastIndexByte(address, '@'); at >= 0 {
		local, domain = address[:at], address[at:]
	}
	first, size := utf8.DecodeRuneInString(strings.TrimLeft(local, `"`))
	if size == 0 {
		return "***" + domain
	}
	return string(first) + "***" + domain
}

// addressLike finds mail addresses in any text, also with the @ written as in a
// URL, quoted local parts and address literals.
var addressLike = regexp.MustCompile(`(?i)("[^"]{1,64}"|[\pL\pN.!#$%&'*+/=?^_{|}~-]+)(@|%40)(\[[^\]\s]{1,64}\]|[\pL\pN](?:[\pL\pN.-]*[\pL\pN])?)`)

// redactor hides recipients in the texts of one notice.
type redactor struct {
	rcpts *regexp.Regexp // the recipients that are known, also as bob=example.org (VERP); nil for none
}

// redactorFor knows the recipients of all samples, those beyond maxRcpts too,
// up to a bound.
func redactorFor(samples []Sample) *redactor {
	const maxKnown = 100
	var known []string
	for _, s := range samples[:min(len(samples), maxSamples)] {
		for _, r := range s.Rcpts {
			local, domain, found := strings.Cut(line(r, maxName), "@")
			if found && local != "" && domain != "" && len(known) < maxKnown {
				known = append(known, regexp.QuoteMeta(local)+`(?:@|=|%40)`+regexp.QuoteMeta(domain))
			}
		}
	}
	if known == nil {
		return &redactor{}
	}
	return &redactor{rcpts: regexp.MustCompile(`(?i)(?:` + strings.Join(known, "|") + `)`)}
}

// known hides the recipients that are known, and leaves other addresses alone:
// for the sender's own fields.
func (r *redactor) known(s string) string {
	if r.rcpts == nil {
		return s
	}
	return r.rcpts.ReplaceAllStringFunc(s, func(match string) string {
		at := strings.LastIndexAny(match, "@=")
		if escaped := strings.LastIndex(strings.ToLower(match), "%40"); escaped > at {
			return Redact(match[:escaped]) + match[escaped:]
		}
		return Redact(match[:at]) + match[at:]
	})
}

// text hides every address.
func (r *redactor) text(s string) string {
	s = r.known(s)
	return addressLike.ReplaceAllStringFunc(s, func(match string) string {
		parts := addressLike.FindStringSubmatch(match)
		if strings.HasSuffix(parts[1], "***") { // done
			return match
		}
		return Redact(parts[1]) + parts[2] + parts[3]
	})
}

// senderFields are the header fields whose addresses are the sender's, or no
// addresses but identifiers: only known recipients are hidden there.
var senderFields = set("from", "sender", "reply-to", "resent-from", "resent-sender", "return-path", "errors-to",
	"message-id", "resent-message-id", "in-reply-to", "references", "content-id", "dkim-signature")

// rcptFields are the header fields that list recipients, with their names: of
// these only redacted addresses stay.
var rcptFields = set("to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc", "apparently-to", "delivered-to",
	"x-original-to", "x-envelope-to", "envelope-to", "x-rcpt-to", "x-receiver", "original-recipient", "final-recipient",
	"mail-followup-to")

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, name := range names {
		m[name] = true
	}
	return m
}

// headers returns a header block, one unfolded field a line, each line ended by
// LF, with recipients hidden. Lines that are no fields are left out. At most
// maxHeaders bytes are looked at.
func (r *redactor) headers(block string) string {
	block = block[:min(len(block), maxHeaders)]
	var b strings.Builder
	for _, field := range unfold(block) {
		name, value, found := strings.Cut(field, ":")
		if name = strings.TrimSpace(name); !found || !isFieldName(name) {
			continue
		}
		b.WriteString(name + ": " + r.field(strings.ToLower(name), line(value, maxHeaders)) + "\n")
	}
	return b.String()
}

// unfold joins continuation lines (RFC 5322 section 2.2.3) and stops at the
// empty line that ends a header.
func unfold(block string) (fields []string) {
	for l := range strings.Lines(strings.ReplaceAll(block, "\r\n", "\n")) {
		l = strings.TrimSuffix(l, "\n")
		switch {
		case strings.TrimSpace(l) == "":
			return fields
		case l[0] != ' ' && l[0] != '\t':
			fields = append(fields, l)
		case len(fields) > 0:
			fields[len(fields)-1] += " " + strings.TrimSpace(l)
		}
	}
	return fields
}

// isFieldName is RFC 5322 section 2.2: printable ASCII but the colon.
func isFieldName(name string) bool {
	return name != "" && strings.IndexFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// unreadable stands for a value that cannot be looked into.
const unreadable = "(in a character set that is not known)"

// field redacts the value of one header field. Encoded words (RFC 2047) are
// decoded to look into them, and encoded again if something was hidden.
func (r *redactor) field(name, value string) string {
	plain, ok := decodeWords(value)
	switch {
	case rcptFields[name]:
		return strings.Join(redactAll(plain), ", ")
	case !ok:
		return unreadable
	}
	hide := r.text
	if senderFields[name] {
		hide = r.known
	}
	if hidden := hide(plain); hidden != plain && plain != value {
		return mime.QEncoding.Encode("utf-8", line(hidden, maxHeaders))
	}
	return hide(value)
}

// subject decodes and redacts a subject.
func (r *redactor) subject(s string) string {
	plain, ok := decodeWords(line(s, 4*maxSubject))
	if !ok {
		return unreadable
	}
	return r.text(line(plain, maxSubject))
}

// redactAll returns every address of a text, redacted.
func redactAll(s string) (redacted []string) {
	for _, address := range addressLike.FindAllString(s, maxRcpts) {
		redacted = append(redacted, Redact(address))
	}
	return redacted
}

// decodeWords decodes encoded words; false if one has an unknown character set.
func decodeWords(s string) (string, bool) {
	decoder := mime.WordDecoder{CharsetReader: charset.Reader}
	decoded, err := decoder.DecodeHeader(s)
	if err != nil {
		return s, false
	}
	return decoded, true
}
