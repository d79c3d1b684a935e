package scoring

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"sluice/scoring/campaign"
)

// How long a letter has to be. A short one that names a link or brings a file
// has a print of all that together, and one that says next to nothing has none:
// the thanks of many people are no campaign.
const (
	minPrintWords = 12 // for a print of the letter, alike to those of similar ones
	minFileWords  = 40 // the same for a letter with files: scanners send the same few words with all they scan
	minExactWords = 4  // for a print of letter, links and files
)

// Bounds of what a print reads, beside campaign.MaxWords.
const (
	maxPrintFiles = 20 // attachments
	maxNames      = 20 // recipients whose names are left out
)

// print is the fingerprint of a message, or none. Copies of a campaign have
// prints that are alike, whatever names, numbers, links and added words they
// have of their own; honest messages with the same quotation, signature,
// footer or disclaimer do not.
func (f *facts) print() campaign.Print {
	report := f.kinds.deliveryReport || f.kinds.abuseReport || f.kinds.receipt || f.kinds.autoReply
	if report && f.in.From == "" {
		return campaign.Print{} // machines repeat themselves
	}
	var words []string
	names := f.recipientNames()
	for text := range f.letters() {
		if words = printWords(text, names); len(words) >= minPrintWords {
			break
		}
	}
	files := f.fileHashes()
	switch {
	case len(words) >= minFileWords || len(words) >= minPrintWords && len(files) == 0:
		return campaign.Near(words)
	case len(words) < minExactWords:
		return campaign.Print{}
	}
	parts := append(f.foreignDomains(), files...)
	if len(parts) == 0 {
		return campaign.Print{}
	}
	return campaign.Exact(append(parts, words...)...)
}

// printWords returns the words of a text, at most campaign.MaxWords, in lower
// case, with look-alikes folded, and each number like any other. Links,
// addresses and the names given are left out. Of scripts that are written
// without spaces, each letter is a word with the one behind it.
func printWords(text string, names map[string]bool) []string {
	if !norm.NFKC.IsNormalString(text) {
		text = norm.NFKC.String(text)
	}
	text = strings.Map(withoutStrokes, strings.ToLower(text))
	var words []string
	for chunk := range strings.FieldsSeq(text) {
		if len(words) >= campaign.MaxWords {
			break
		}
		if !strings.Contains(chunk, "://") && !strings.HasPrefix(chunk, "www.") && !strings.Contains(chunk, "@") {
			words = appendWords(words, chunk, names)
		}
	}
	return words[:min(len(words), campaign.MaxWords)]
}

// anyNumber stands for each number, and for what has a digit in it.
const anyNumber = "0"

// appendWords adds the words of what stands between spaces.
func appendWords(words []string, chunk string, names map[string]bool) []string {
	for chunk != "" {
		c, size := utf8.DecodeRuneInString(chunk)
		if !isWordRune(c) {
			chunk = chunk[size:]
			continue
		}
		word := chunk[:wordEnd(chunk)]
		if isSpaceless(c) {
			chunk = chunk[size:]
			words = append(words, word)
			continue
		}
		chunk = chunk[len(word):]
		switch {
		case strings.ContainsAny(word, "0123456789"):
			if n := len(words); n > 0 && words[n-1] == anyNumber {
				continue
			}
			word = anyNumber
		case names[word]:
			continue
		default:
			word = foldWord(word)
		}
		words = append(words, word)
	}
	return words
}

// foldWord returns a word with its look-alikes folded.
func foldWord(word string) string {
	for i := range len(word) {
		if word[i] >= utf8.RuneSelf {
			word, _ = latinWord(word)
			break
		}
	}
	return word
}

func isWordRune(c rune) bool {
	if c < utf8.RuneSelf {
		return 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
	}
	return unicode.In(c, unicode.L, unicode.M, unicode.Nd)
}

// wordEnd is where the word ends that a text begins with: two letters of a
// script without spaces, else letters and digits.
func wordEnd(text string) int {
	if c, size := utf8.DecodeRuneInString(text); isSpaceless(c) {
		if next, more := utf8.DecodeRuneInString(text[size:]); isSpaceless(next) {
			size += more
		}
		return size
	}
	end := strings.IndexFunc(text, func(c rune) bool { return !isWordRune(c) || isSpaceless(c) })
	if end < 0 {
		return len(text)
	}
	return end
}

// recipientNames are words that may be names of recipients.
func (f *facts) recipientNames() map[string]bool {
	names := make(map[string]bool)
	add := func(text string) {
		for _, word := range appendWords(nil, strings.ToLower(text), nil) {
			if len(word) >= 3 {
				names[word] = true
			}
		}
	}
	to := f.m.Addresses("To")
	for _, a := range to[:min(len(to), maxNames)] {
		local, _, _ := strings.Cut(a.Addr, "@")
		add(a.Display)
		add(local)
	}
	for _, rcpt := range f.in.Rcpts[:min(len(f.in.Rcpts), maxNames)] {
		local, _, _ := strings.Cut(rcpt, "@")
		add(local)
	}
	return names
}

// foreignDomains are the registered domains that readers are led to, other than
// the author's own, sorted.
func (f *facts) foreignDomains() []string {
	var domains []string
	for _, l := range f.links {
		domain := l.domain
		if l.addr.IsValid() {
			domain = l.addr.String()
		}
		if l.Tag != "img" && domain != f.fromDomain {
			domains = append(domains, "link "+domain)
		}
	}
	slices.Sort(domains)
	return slices.Compact(domains)
}

// fileHashes tells attachments apart by size and beginning, in any order. Those
// that are shown within the text, and signatures, are the sender's dress.
func (f *facts) fileHashes() []string {
	var hashes []string
	attachments := f.m.Attachments()
	for _, a := range attachments[:min(len(attachments), maxPrintFiles)] {
		if a.Inline || strings.HasPrefix(a.Type, "image/") || strings.HasSuffix(a.Type, "-signature") {
			continue
		}
		head := campaign.Exact(string(a.Head))
		hashes = append(hashes, fmt.Sprint("file ", a.Size, head.ID()))
	}
	slices.Sort(hashes)
	return hashes
}
