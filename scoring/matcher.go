package scoring

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/wasilibs/go-re2"
	"github.com/wasilibs/go-re2/experimental"
)

// Bounds of matchers, in bytes.
const (
	maxMatcherMemory = 64 << 20 // for the automaton of one; five hundred phrases need about a tenth of it
	maxPatternMemory = 1 << 20  // for that of one pattern
	maxPattern       = 4096     // a pattern's length
)

// A matcher finds which of many patterns occur in a text, in one pass over it.
//
// It is an RE2 set: its time is linear in the text whatever the patterns and
// the text are, and hardly depends on how many patterns there are: 160 to 340
// MB/s and core were measured with 50 as with 300 phrases, where one
// alternation in the standard library takes a thousand times as long. To
// compile all built-in patterns takes 90 ms and 3 MB. A matcher is safe for
// concurrent use; its memory, which is outside of Go's heap, is given back
// after the garbage collector has found it unused.
type matcher struct {
	set    *experimental.Set
	single []func() (*re2.Regexp, error) // each pattern by itself, compiled when it is first asked for
}

// newMatcher compiles patterns that checkPattern has accepted. Its indices are
// those of exprs.
func newMatcher(exprs []string) (*matcher, error) {
	m := &matcher{single: make([]func() (*re2.Regexp, error), len(exprs))}
	wrapped := make([]string, len(exprs))
	for i, e := range exprs {
		wrapped[i] = lines(e)
		m.single[i] = sync.OnceValues(func() (*re2.Regexp, error) { return re2.Compile(wrapped[i]) })
	}
	opts := experimental.CompileOptions{MaxMem: maxMatcherMemory}
	var err error
	if m.set, err = experimental.CompileSetWithOptions(wrapped, opts); err != nil {
		return nil, fmt.Errorf("compile %d patterns: %w", len(exprs), err)
	}
	return m, nil
}

// find returns the indices of the patterns that occur in text, in no
// particular order. An error means that it is not known what occurs.
func (m *matcher) find(text string) ([]int, error) {
	if text == "" {
		return nil, nil
	}
	found, err := m.set.FindAllStringWithError(text, -1)
	if err != nil {
		return nil, fmt.Errorf("match %d bytes: %w", len(text), err)
	}
	return found, nil
}

// excerpt returns what the i-th pattern matched first: a set does not know
// places, so this is a second pass, for the few patterns that are found.
func (m *matcher) excerpt(i int, text string) string {
	re, err := m.single[i]()
	if err != nil {
		return ""
	}
	return re.FindString(text)
}

// lines makes ^ and $ match at the ends of lines: a field may hold several
// values, one a line.
func lines(expr string) string { return "(?m:" + expr + ")" }

// checkPattern says what is wrong with a pattern, in the words of the standard
// library, whose syntax is RE2's.
func checkPattern(expr string) error {
	switch {
	case expr == "":
		return errors.New("the pattern is empty")
	case len(expr) > maxPattern:
		return fmt.Errorf("the pattern has %d bytes, %d at most", len(expr), maxPattern)
	case !utf8.ValidString(expr):
		return errors.New("the pattern is not valid UTF-8")
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		var bad *syntax.Error
		if errors.As(err, &bad) {
			return fmt.Errorf("%s: %q", bad.Code, bad.Expr)
		}
		return err
	}
	if re.MatchString("") {
		return errors.New("the pattern matches an empty text, so it would match every message")
	}
	opts := experimental.CompileOptions{MaxMem: maxPatternMemory}
	if _, err := experimental.CompileSetWithOptions([]string{lines(expr)}, opts); err != nil {
		return errors.New("the pattern is too large")
	}
	return nil
}

// phrase turns the plain words of a built-in phrase into a pattern: either
// case, any white space between words, whole words only. "|" separates
// alternatives, "*" stands for any rest of a word, "..." for up to five words.
func phrase(words string) string {
	var alternatives []string
	for alternative := range strings.SplitSeq(words, "|") {
		alternatives = append(alternatives, phraseWords(strings.Fields(alternative)))
	}
	return "(?i)(?:" + strings.Join(alternatives, "|") + ")"
}

const (
	phraseSpace = `\s+` // Message.Text has no other spaces
	phraseFew   = `(?:\S+\s+){0,5}`
)

// phraseMarks puts in what a phrase says in short: the rest of a word, and
// apostrophes of either kind.
var phraseMarks = strings.NewReplacer(`\*`, `\pL*`, `'`, `['\x{2019}]`)

func phraseWords(words []string) string {
	var b strings.Builder
	for i, w := range words {
		if w == "..." {
			b.WriteString(phraseFew)
			continue
		}
		word := phraseMarks.Replace(regexp.QuoteMeta(w))
		if i == 0 && wordByte(w[0]) {
			b.WriteString(`\b`)
		}
		b.WriteString(word)
		switch {
		case i < len(words)-1:
			b.WriteString(phraseSpace)
		case wordByte(w[len(w)-1]):
			b.WriteString(`\b`)
		}
	}
	return b.String()
}

// wordByte says whether \b sees a letter in c: it knows ASCII only, so a
// phrase that begins or ends with another letter goes without.
func wordByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}
