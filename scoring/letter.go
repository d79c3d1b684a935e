package scoring

import (
	"iter"
	"regexp"
	"slices"
	"strings"
)

// What a writer has to say himself is his letter: without what he quotes, his
// signature, the footer of a list and what his company puts under all mail.
// Honest messages have these in common with others. What is taken away is
// bounded, so that no text can be declared a signature, and each copy of the
// same text loses the same.

// Bounds of a letter.
const (
	maxLetter      = 16 << 10  // bytes of a text
	maxSignature   = 15        // lines behind a separator, empty ones not counted
	maxSignWords   = 80        // words of them
	maxClosing     = 250       // words of closing paragraphs
	maxLooked      = 400       // bytes of one that are looked at
	maxAttribution = 3         // lines before a quotation that say who wrote it
	maxQuotingHTML = 256 << 10 // bytes of HTML that are read once more without its quotations
)

// letters yields the texts in which the letter may stand, the best first: what
// a reader of HTML sees, the plain text, and all that there is.
func (f *facts) letters() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, text := range []func() string{f.shown, f.m.Plain, f.m.Text} {
			letter := cutString(text(), maxLetter)
			if f.kinds.reply {
				letter = withoutQuotations(letter)
			}
			if !yield(withoutClosing(withoutSignature(letter))) {
				return
			}
		}
	}
}

// shown is the text of HTML parts; that of a reply has ">" in place of what it
// quotes.
func (f *facts) shown() string {
	if f.kinds.reply {
		return f.m.renderedOwn()
	}
	return f.m.rendered.String()
}

// quotation is an element of HTML that quotes.
var quotation = regexp.MustCompile(`(?is)<blockquote\b.*</blockquote\s*>`)

// renderedOwn is the text of HTML parts with a line ">" in place of what is
// quoted: from the first quotation to the end of the last.
func (m *Message) renderedOwn() string {
	source := cutString(m.HTML(), maxQuotingHTML)
	if !quotation.MatchString(source) {
		return m.rendered.String()
	}
	own := NewMessage(0)
	own.isInner = true
	own.render(quotation.ReplaceAllString(source, "<br>&gt;<br>"))
	return own.rendered.String()
}

// originalMark is a line before a message that is quoted whole, as Outlook has
// it in any language.
var originalMark = regexp.MustCompile(`^[ >]*(?:-{3,}[^-]{3,60}-{3,}|_{20,})[ ]*$`)

// headerLine is the first line of the header that Outlook and others put before
// what they quote, and fieldLine one that follows.
var (
	headerLine = regexp.MustCompile(`^[ *]*(?:From|Von|De|Da|Van|Från|Fra|Od|Lähettäjä|Feladó|Kimden|Gönderen|Από|От|От кого|Від|发件人|寄件者|差出人|보낸 사람|من)[ *]*[:：]`)
	fieldLine  = regexp.MustCompile(`^[ *]*[\p{L} ]{2,20}[ *]*[:：]`)
)

// withoutQuotations removes what a reply quotes, and the lines before it that
// say who wrote it.
func withoutQuotations(text string) string {
	var own []string
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		header := i+1 < len(lines) && headerLine.MatchString(line) && fieldLine.MatchString(lines[i+1])
		if header || originalMark.MatchString(line) {
			break
		}
		if !strings.HasPrefix(strings.TrimLeft(line, " "), ">") {
			own = append(own, line)
		} else if i > 0 && !strings.HasPrefix(strings.TrimLeft(lines[i-1], " "), ">") {
			own = withoutAttribution(own)
		}
	}
	return strings.Join(own, "\n")
}

// withoutAttribution removes a last paragraph that ends in a colon.
func withoutAttribution(lines []string) []string {
	end := len(lines)
	for end > 0 && strings.TrimSpace(lines[end-1]) == "" {
		end--
	}
	if end == 0 || !strings.HasSuffix(strings.TrimSpace(lines[end-1]), ":") {
		return lines
	}
	begin := end - 1
	for begin > 0 && end-begin < maxAttribution && strings.TrimSpace(lines[begin-1]) != "" && !strings.HasSuffix(lines[begin-1], ".") {
		begin--
	}
	return lines[:begin]
}

// withoutSignature cuts a text at a separator behind which little follows. One
// that is not that of a signature (RFC 3676 section 4.3) has to have a letter
// before it.
func withoutSignature(text string) string {
	lines := strings.Split(text, "\n")
	cut, below, words := len(lines), 0, 0
	for i := len(lines) - 1; i >= 0 && below <= maxSignature && words <= maxSignWords; i-- {
		line := strings.TrimSpace(lines[i])
		if line == "--" || isRule(line) && countWords(lines[:i]) >= minPrintWords {
			cut = i
		}
		if line != "" {
			below++
		}
		words += len(strings.Fields(line))
	}
	return strings.Join(lines[:cut], "\n")
}

// isRule says whether a line is drawn with characters.
func isRule(line string) bool {
	return len(line) >= 10 && (strings.Trim(line, "_") == "" || strings.Trim(line, "-") == "" || strings.Trim(line, "=") == "" || strings.Trim(line, "*") == "")
}

// countWords counts words up to minPrintWords.
func countWords(lines []string) int {
	n := 0
	for _, line := range lines {
		if n += len(strings.Fields(line)); n >= minPrintWords {
			break
		}
	}
	return n
}

// A closing paragraph is a disclaimer, or what a telephone, a list, a company or
// a scanner for viruses adds: it has one of the words, or begins with one of
// the others.
var (
	closingWords = []string{
		"confidential", "intended recipient", "intended only for", "intended solely", "privileged", "disclaimer", "save paper",
		"before printing", "virus", "vertraulich", "vorgesehene adressat", "vorgesehene empfänger", "richtige adressat", "confidentiel",
		"confidencial", "destinatari", "riservat", "vertrouwelijk", "poufn", "конфиденциал", "機密", "保密",
		"unsubscribe", "abbestell", "abmelden", "désabonner", "désinscri", "cancelar la suscripción", "cancelar suscripción", "disiscri",
		"afmelden", "receiving this message", "receiving this email", "received this message because", "received this email because",
		"registered office", "registered in england", "registergericht", "amtsgericht", "geschäftsführer", "handelsregister",
	}
	closingStarts = []string{
		"sent from", "sent via", "sent with", "get outlook", "gesendet von", "gesendet mit", "von meinem", "envoyé de", "envoyé à partir",
		"enviado desde", "enviado do", "enviado de", "enviada do", "inviato da", "verzonden vanaf", "verzonden met", "wysłane z",
		"отправлено с", "skickat från", "sendt fra",
	}
)

// isClosing says whether a paragraph closes many letters.
func isClosing(paragraph string) bool {
	start := strings.ToLower(cutString(paragraph, maxLooked))
	return slices.ContainsFunc(closingWords, func(word string) bool { return strings.Contains(start, word) }) ||
		slices.ContainsFunc(closingStarts, func(word string) bool { return strings.HasPrefix(start, word) })
}

// withoutClosing removes closing paragraphs from the end. Paragraphs are parted
// by empty lines, or are lines where there is no empty one.
func withoutClosing(text string) string {
	part := "\n"
	if strings.Contains(text, "\n\n") {
		part = "\n\n"
	}
	for words := 0; ; {
		text = strings.TrimRight(text, " \t\n")
		begin := max(strings.LastIndex(text, part), 0)
		last := strings.TrimSpace(text[begin:])
		words += len(strings.Fields(last))
		if last == "" || words > maxClosing || !isClosing(last) {
			return text
		}
		text = text[:begin]
	}
}
