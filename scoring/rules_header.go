package scoring

import (
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of what the rules about headers call odd.
const (
	maxClockAhead  = 48 * time.Hour // a Date further ahead is no wrong time zone
	minCapsLetters = 12             // letters that a subject in capitals must have
)

var headerRules = []rule{
	{"FROM_MISSING", always(1.5), "No From field (RFC 5322 section 3.6).", fromMissing},
	{"FROM_SEVERAL", always(2), "Several From fields: readers and filters may see different ones (RFC 5322 section 3.6).", fromSeveral},
	{"FROM_INVALID", always(1), "The From field has no address (RFC 5322 section 3.6.2).", fromInvalid},
	{"FROM_UNQUOTED", always(0.5), "A comma outside of quotes in the author's display name (RFC 5322 section 3.2.3).", fromUnquoted},
	{"FROM_OTHER_ADDRESS", always(1.2), "The author's display name is an address of another domain.", fromOtherAddress},
	{"FROM_BRAND", always(2), "The author's display name is that of a well-known company, the domain is not.", fromBrand},
	{"BRAND_OWN_LINKS", always(-1.5), "A well-known company writes from its own domain, and every link leads to one of its own.", brandOwnLinks},
	{"SUBJECT_LOOKALIKE", always(2.5), "Latin words with letters of another script in the subject or the author's name, which look the same to people only (UTS 39).", subjectLookalike},
	{"DATE_INVALID", always(0.5), "The Date field cannot be read (RFC 5322 section 3.3).", dateInvalid},
	{"DATE_FUTURE", always(1), "The Date field is more than two days ahead.", dateFuture},
	{"MESSAGE_ID_INVALID", always(0.6), "The Message-ID field is not of the form <left@right> (RFC 5322 section 3.6.4).", messageIDInvalid},
	{"HEADER_REPEATED", always(0.6), "A field that may occur only once occurs several times (RFC 5322 section 3.6).", headerRepeated},
	{"HEADER_FLOOD", always(6), "More than a thousand fields in a header, which hides what stands below them.", anyOdd(OddHeadersMany)},
	{"HEADER_LONG", always(0.5), "A header field of more than 32 KB.", anyOdd(OddHeaderLong)},
	{"HEADER_8BIT", always(0.4), "A header has raw characters that are not UTF-8 (RFC 5322 section 2.2, RFC 6532).", header8Bit},
	{"SUBJECT_EMPTY", always(0.2), "No subject, or an empty one.", subjectEmpty},
	{"SUBJECT_CAPITALS", always(0.5), "The subject is in capital letters throughout.", subjectCapitals},
	{"SUBJECT_FALSE_REPLY", always(0.3), "The subject claims to be a reply and nothing says to what (RFC 5322 section 3.6.4).", subjectFalseReply},
	{"TO_MISSING", always(0.3), "Neither To nor Cc nor Bcc.", toMissing},
	{"REPLY_TO_FREEMAIL", always(1), "Replies go to a free mailbox and not to the author's domain.", replyToFreemail},
	{"HIDDEN_RECIPIENTS_REPLY", always(1), "No recipient is named, and replies go to another domain than the author's.", hiddenRecipientsReply},
}

func (f *facts) count(name string) int {
	n := 0
	for _, h := range f.m.Headers() {
		if strings.EqualFold(h.Name, name) {
			n++
		}
	}
	return n
}

func fromMissing(f *facts) (string, bool) { return "", f.count("From") == 0 }

func fromSeveral(f *facts) (string, bool) { return "", f.count("From") > 1 }

func fromInvalid(f *facts) (string, bool) {
	// "<>" is how some mail systems sign their bounces.
	value := f.m.Get("From")
	return value, f.count("From") > 0 && f.from == "" && value != "<>"
}

func fromUnquoted(f *facts) (string, bool) {
	list := f.m.Addresses("From")
	return f.display, f.from != "" && list[0].Addr == ""
}

// address finds a mail address in a display name.
var address = regexp.MustCompile(`[A-Za-z0-9._+-]+@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)`)

func fromOtherAddress(f *facts) (string, bool) {
	found := address.FindStringSubmatch(f.display)
	if found == nil || f.fromDomain == "" {
		return "", false
	}
	return found[0], registered(strings.ToLower(found[1])) != f.fromDomain
}

func fromBrand(f *facts) (string, bool) {
	brand, own := claimedBrand(f.display, f.fromDomain)
	if brand == nil || own || f.kinds.reply {
		return "", false
	}
	return brand.words + " from " + f.fromDomain, true
}

// brandOwnLinks is what imitations cannot have: they lead elsewhere, or have
// nothing to click.
func brandOwnLinks(f *facts) (string, bool) {
	brand, own := claimedBrand(f.display, f.fromDomain)
	if !own {
		return "", false
	}
	clickable := 0
	for _, l := range f.links {
		if l.Tag == "img" {
			continue
		}
		clickable++
		if !brand.owns(l.domain) {
			return "", false
		}
	}
	return brand.words, clickable > 0 && f.replyTo == "" && len(f.files) == 0
}

func subjectLookalike(f *facts) (string, bool) {
	text := f.m.Subject() + " " + f.display
	if plain := strings.Map(withoutStrokes, text); len(plain) < len(text) {
		return plain, true
	}
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if folded, mixed := latinWord(word); mixed {
			return folded, true
		}
	}
	return "", false
}

func dateInvalid(f *facts) (string, bool) {
	_, ok := f.date()
	return f.m.Get("Date"), f.count("Date") > 0 && !ok
}

func dateFuture(f *facts) (string, bool) {
	date, ok := f.date()
	return f.m.Get("Date"), ok && !f.in.Now.IsZero() && date.After(f.in.Now.Add(maxClockAhead))
}

// parseDate reads a date as RFC 5322 section 3.3 has it, with the slips of
// well-known programs: a name of the zone behind it, a one-digit hour.
func parseDate(value string) (time.Time, error) {
	t, err := mail.ParseDate(value)
	if err == nil {
		return t, nil
	}
	value, _, _ = strings.Cut(value, "(")
	value = strings.Join(strings.Fields(value), " ")
	for _, layout := range []string{
		"Mon, 2 Jan 2006 3:4:5 -0700", "Mon, 2 Jan 2006 15:4:5 -0700", "Mon, 2 Jan 2006 15:04:05 -0700 MST",
		"Mon, 2 Jan 2006 15:04:05", "Mon Jan 2 15:04:05 2006", "Mon Jan 2 15:04:05 2006 -0700",
		"Mon, 2 Jan 06 15:04:05 MST", "Mon, 2 Jan 2006 15:04:05 GMT-0700",
	} {
		if t, err := time.Parse(layout, value); err == nil {
			return t, nil
		}
	}
	return time.Time{}, err
}

func messageIDInvalid(f *facts) (string, bool) {
	if f.count("Message-ID") == 0 {
		return "", false
	}
	id := f.m.Get("Message-ID")
	inner, open := strings.CutPrefix(id, "<")
	inner, closed := strings.CutSuffix(inner, ">")
	left, right, at := strings.Cut(inner, "@")
	return id, !open || !closed || !at || left == "" || right == "" || strings.ContainsAny(inner, "<> ")
}

// once are the fields that may occur only once (RFC 5322 section 3.6); From
// has its own rule.
var once = []string{"Date", "Sender", "Reply-To", "To", "Cc", "Message-ID", "In-Reply-To", "References", "Subject"}

func headerRepeated(f *facts) (string, bool) {
	for _, name := range once {
		if f.count(name) > 1 {
			return name, true
		}
	}
	return "", false
}

func header8Bit(f *facts) (string, bool) {
	for _, h := range f.m.Headers() {
		switch strings.ToLower(h.Name) {
		case "subject", "from", "to", "cc", "reply-to":
			if !utf8.ValidString(h.Value) {
				return h.Name, true
			}
		}
	}
	return "", false
}

func subjectEmpty(f *facts) (string, bool) { return "", f.m.Subject() == "" }

func subjectCapitals(f *facts) (string, bool) {
	upper := 0
	for _, r := range f.m.Subject() {
		switch {
		case unicode.IsLower(r):
			return "", false
		case unicode.IsUpper(r):
			upper++
		}
	}
	return f.m.Subject(), upper >= minCapsLetters
}

func subjectFalseReply(f *facts) (string, bool) {
	subject := strings.ToLower(f.m.Subject())
	reply := strings.HasPrefix(subject, "re:") || strings.HasPrefix(subject, "aw:")
	return "", reply && !f.kinds.reply && f.m.Get("Thread-Index") == "" && !f.kinds.quotes
}

func toMissing(f *facts) (string, bool) {
	return "", f.count("To")+f.count("Cc")+f.count("Bcc") == 0
}

func replyToFreemail(f *facts) (string, bool) {
	return f.replyTo, isFreemail(f.replyTo) && f.replyDomain != f.fromDomain && f.from != "" && !f.kinds.list
}

func hiddenRecipientsReply(f *facts) (string, bool) {
	for _, name := range []string{"To", "Cc"} {
		for _, a := range f.m.Addresses(name) {
			if a.Addr != "" && a.Addr != f.from {
				return "", false
			}
		}
	}
	return f.replyTo, f.replyTo != "" && f.from != "" && f.replyDomain != f.fromDomain && !f.kinds.list
}
