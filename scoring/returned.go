package scoring

import (
	"maps"
	"regexp"
	"strings"
)

// Delivery reports and abuse reports return a message that is not their
// sender's: it is read, so that nothing hides in it from own rules, but the
// built-in rules and the model look at a view without it.

// Bounds of the search for a returnMark.
const (
	maxMarkLine  = 200  // bytes of a line
	maxMarkLines = 2000 // lines that could be one
)

// returnMark is the line after which a report returns the message, in the
// words of Postfix, Exim, qmail, Sendmail, Exchange and those who speak like
// them. It is looked for in single lines without the dashes before it.
var returnMark = regexp.MustCompile(`(?i)^(?:` + strings.Join([]string{
	`(?:this is|below (?:this line )?is|enclosed is|included is|here is|the following is) (?:a|the) copy of (?:the|your)(?: original)? (?:message|mail|e-mail)`,
	`(?:the |your )?(?:original|returned|unsent|undelivered|failed)[ -](?:message|mail|e-mail)(?: headers?)?(?: text)?(?: (?:follows|below|is (?:following|attached|as follows)|as received is as follows))?[ \t.:_*=-]*$`,
	`the header of the original message`,
	`(?:your )?message (?:headers? )?follows?`,
	`the first \d+ lines of (?:your|the) original message`,
	`a copy of (?:the|your)(?: original)? message`,
	`text of (?:the|your) (?:original )?message`,
	`begin (?:included|returned) message`,
}, "|") + `)`)

// cutReturned removes what follows a returnMark, and the mark.
func cutReturned(text string) string {
	own, _ := splitReturned(text)
	return own
}

// splitReturned parts a text at the first returnMark. What it returns begins with the
// mark, and is empty without one.
func splitReturned(text string) (own, returned string) {
	start, looked := 0, 0
	for line := range strings.Lines(text) {
		words := cutString(strings.TrimLeft(strings.TrimRight(line, "\r\n"), " \t>*=_-"), maxMarkLine)
		if mayBeMark(words) {
			if looked++; looked > maxMarkLines {
				break
			}
			if returnMark.MatchString(words) {
				return text[:start], text[start:]
			}
		}
		start += len(line)
	}
	return text, ""
}

// mayBeMark says whether a line has a word that every returnMark has.
func mayBeMark(line string) bool {
	line = strings.ToLower(line)
	return strings.Contains(line, "mail") || strings.Contains(line, "message")
}

// withoutReturned reads the message once more, without what a report returns.
func (m *Message) withoutReturned() *Message {
	own := NewMessage(m.maxView)
	own.headers, own.kept, own.body, own.size = m.headers, m.kept, m.body, m.size
	own.ownOnly, own.codes.known = true, maps.Clone(m.codes.known)
	own.Parse()
	return own
}

// returnedType says whether a part of a report is the message that it returns,
// or its header (RFC 6522 section 3).
func returnedType(kind string) bool {
	switch kind {
	case "message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers", "text/rfc822", "message/partial":
		return true
	}
	return false
}

// mailer is who signs the delivery reports that have no machine-readable part.
var mailer = regexp.MustCompile(`(?i)^(?:mailer[-_. ]?da?e?mon|mail[-_. ]?delivery|post-?master|mdaemon|ndr|bounces?|system administrator|(?:mmsc )?ndr administrator)`)

// undelivered is how such a report begins, in its subject or its text.
var undelivered = regexp.MustCompile(`(?i)(?:un|not |non[- ]?)deliver|delivery (?:status|failure|failed|report|notification|problem|error|warning|has failed|to the following)|failure delivery|` +
	`(?:returned|undeliverable) (?:mail|message|to sender)|failure notice|mail (?:system )?(?:error|failure)|mail failed|failed mail|delivery.{0,20}(?:suspended|delayed)|` +
	`(?:could not|unable to|has not (?:yet )?) ?(?:be |been )?deliver|couldn't be delivered|permanent (?:fatal )?error|user unknown|unknown user|not a valid user|mailbox (?:full|unavailable)|` +
	`qmail-send|unzustellbar|non remis|pas pu [eê]tre (?:d[ée]livr|remis)|no entregado|не (?:может быть )?доставлен|配信|エラー|送信できません|退信`)

// plainReport says whether a message is a delivery report without a
// machine-readable part: it says in its subject or at its beginning that something was
// not delivered, and is signed by a mail system, or returns a message without an
// envelope sender.
func plainReport(m *Message, from string) bool {
	display, author := m.author()
	local, _, _ := strings.Cut(author, "@")
	signed := mailer.MatchString(local) || mailer.MatchString(display) || author == "" ||
		m.Get("X-Failed-Recipients") != "" || strings.HasPrefix(autoSubmitted(m), "auto-")
	if !signed && from != "" {
		return false
	}
	says := undelivered.MatchString(m.Subject()) || undelivered.MatchString(cutString(m.Text(), 1000))
	return says && (signed || m.returned() != "")
}
