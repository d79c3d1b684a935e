package scoring

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"sluice/scoring/model"
)

// Bounds of the words that the model reads.
const (
	maxModelText = 48 << 10 // bytes of a text
	maxWord      = 20       // letters of a word; longer ones are all the same
	minStemmed   = 7        // letters of a word that is read by its stem as well
	stemLength   = 5        // letters of a stem

	// Beyond so many features in a bag there are no more words: what the text
	// speaks of still has room.
	maxModelWords = model.MaxFeatures - 200
)

// wordReader takes words, and pairs of words in a row, out of texts and puts
// them into a bag. Links, addresses and numbers are each like any other of
// their kind. Scripts that are written without spaces are read by two letters
// at a time.
type wordReader struct {
	bag       *model.Bag
	recipient string // a word that stands for itself no longer: the recipient's name

	topics     topicReader
	word, pair model.Group
	text       string // lower case, in compatibility form (UAX 15)
	previous   uint64 // hash of the word before; 0 at the beginning of a line
	start      int    // where that word begins
}

func newWordReader(bag *model.Bag, recipient string) *wordReader {
	r := &wordReader{bag: bag, recipient: recipient}
	r.topics.topicIndex, _ = topics() // a test reads the built-in ones
	r.topics.counts = make([]int, len(r.topics.names))
	return r
}

// read adds what stands in a text, each line by itself.
func (r *wordReader) read(text string, word, pair model.Group) {
	text = cutString(text, maxModelText)
	if !norm.NFKC.IsNormalString(text) {
		text = norm.NFKC.String(text)
	}
	r.text = strings.ToLower(text)
	if struck := strings.Map(withoutStrokes, r.text); len(struck) < len(r.text) {
		r.bag.Add(model.Relation, "look-alike letters")
		r.text = struck
	}
	r.word, r.pair = word, pair
	for pos := 0; pos < len(r.text); {
		c, size := utf8.DecodeRuneInString(r.text[pos:])
		if unicode.IsSpace(c) {
			if c == '\n' {
				r.newline()
			}
			pos += size
			continue
		}
		end := strings.IndexFunc(r.text[pos:], unicode.IsSpace)
		if end < 0 {
			end = len(r.text) - pos
		}
		r.chunk(pos, pos+end)
		pos += end
	}
	r.newline()
}

// newline ends a row of words.
func (r *wordReader) newline() {
	r.previous = 0
	r.topics.opened = 0
}

// chunk reads what stands between spaces.
func (r *wordReader) chunk(start, end int) {
	chunk := r.text[start:end]
	switch {
	case strings.Contains(chunk, "://") || strings.HasPrefix(chunk, "www."):
		r.add(start, end, "(link)")
	case strings.Contains(chunk, "@") && strings.Contains(chunk, "."):
		r.add(start, end, "(address)")
	default:
		for pos := start; pos < end; {
			pos = r.token(pos, end)
		}
	}
}

// token reads one word, number or sign and returns where the next one begins.
func (r *wordReader) token(start, end int) int {
	c, size := utf8.DecodeRuneInString(r.text[start:end])
	pos := start + size
	switch {
	case isSpaceless(c):
		r.topics.spaceless(r.text[start:end])
		if next, n := utf8.DecodeRuneInString(r.text[pos:end]); n > 0 && isSpaceless(next) {
			r.add(start, pos+n, "")
			r.previous = 0
		}
	case unicode.IsLetter(c):
		pos = r.letters(start, pos, end)
	case c >= '0' && c <= '9':
		digits := 1
		for ; pos < end && strings.IndexByte("0123456789.,:", r.text[pos]) >= 0; pos++ {
			if r.text[pos] >= '0' && r.text[pos] <= '9' {
				digits++
			}
		}
		r.add(start, pos, "(number of "+strconv.Itoa(min(digits, 8))+")")
	case c == '!' || c == '%' || unicode.In(c, unicode.Sc, unicode.So):
		r.add(start, pos, "")
	}
	return pos
}

// letters reads a word whose first letter ends at pos.
func (r *wordReader) letters(start, pos, end int) int {
	count, stem, ascii := 1, 0, r.text[start] < utf8.RuneSelf
	for pos < end {
		c, size := utf8.DecodeRuneInString(r.text[pos:end])
		if isSpaceless(c) || !unicode.In(c, unicode.L, unicode.M, unicode.Nd) {
			break
		}
		if count == stemLength {
			stem = pos
		}
		pos += size
		count++
		ascii = ascii && size == 1
	}
	if !ascii {
		if folded, mixed := latinWord(r.text[start:pos]); mixed {
			r.bag.Add(model.Relation, "look-alike letters")
			r.add(start, pos, folded)
			return pos
		}
	}
	switch {
	case count > maxWord:
		r.add(start, pos, "(long word)")
	case r.recipient != "" && r.text[start:pos] == r.recipient:
		r.add(start, pos, "(recipient)")
	default:
		r.add(start, pos, "")
		if count >= minStemmed {
			r.bag.AddHash(r.word, model.Join(stemSeed, model.Hash(r.text[start:stem])), r.text[start:pos])
		}
	}
	return pos
}

// stemSeed tells a stem from a word of the same letters.
const stemSeed = 0x5354454d

// add puts in a word, or what it stands for, and the pair with the word
// before it.
func (r *wordReader) add(start, end int, standsFor string) {
	word := r.text[start:end]
	if standsFor != "" {
		word = standsFor
	}
	hash := model.Hash(word)
	if word[0] != '(' {
		r.topics.word(word, hash)
	}
	if r.bag.Len() >= maxModelWords {
		r.bag.Crowd()
		return
	}
	r.bag.AddHash(r.word, hash, word)
	if r.previous != 0 {
		r.bag.AddHash(r.pair, model.Join(r.previous, hash), r.text[r.start:end])
	}
	r.previous, r.start = hash, start
}

// isSpaceless says whether a letter is of a script that is written without
// spaces between words.
func isSpaceless(c rune) bool {
	return c >= 0x0e00 && unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai,
		unicode.Lao, unicode.Khmer, unicode.Myanmar)
}
