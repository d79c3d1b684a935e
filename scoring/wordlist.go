package scoring

import (
	"fmt"
	"slices"
	"strings"
)

// Fields of a message that patterns are looked for in. Those with several
// values have them one a line.
const (
	fieldSubject    = "subject"    // decoded
	fieldFrom       = "from"       // the field From, decoded
	fieldBody       = "body"       // Message.Text
	fieldURL        = "url"        // links as they stand there, and their hosts in the one form
	fieldAttachment = "attachment" // file names
	fieldRaw        = "raw"        // the body as it came
	fieldHeader     = "header:"    // followed by a name: all fields of that name

	fieldText = "text" // subject, and Message.Text without quoted lines; built-in phrases only
	fieldHTML = "html" // source of the HTML parts; built-in patterns only
)

// ownFields are those that own rules may name, beside header:NAME.
var ownFields = []string{fieldSubject, fieldFrom, fieldBody, fieldURL, fieldAttachment, fieldRaw}

// wordlist is a family of patterns in one field. Each that occurs, however
// often, adds its weight.
type wordlist struct {
	name  string
	field string
	words []word
}

// word is one pattern of a wordlist.
type word struct {
	expr   string // RE2
	weight int
}

// phrases makes words of plain phrases, one a line, in the form of the
// function phrase; a line may begin with its weight: "2 next of kin".
func phrases(lines string) []word {
	var words []word
	for line := range strings.Lines(lines) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		w := word{weight: 1}
		if rest, found := strings.CutPrefix(line, "2 "); found {
			w.weight, line = 2, rest
		}
		w.expr = phrase(line)
		words = append(words, w)
	}
	return words
}

// patterns makes words of regular expressions of weight 1.
func patterns(exprs ...string) []word {
	words := make([]word, len(exprs))
	for i, e := range exprs {
		words[i] = word{expr: e, weight: 1}
	}
	return words
}

// vocabulary is all wordlists of a scorer, compiled into one matcher for each
// field. It is immutable.
type vocabulary struct {
	fields []vocabularyField
}

type vocabularyField struct {
	field   string
	exprs   []string // that the matcher is made of
	matcher *matcher
	owners  []wordOwner // by index of the pattern in the matcher
}

type wordOwner struct {
	list   string
	weight int
}

// renew compiles wordlists whose patterns have been checked. It takes over the
// matchers of fields that have the same patterns in v, which may be nil.
func (v *vocabulary) renew(lists []wordlist) (*vocabulary, error) {
	exprs := make(map[string][]string)
	owners := make(map[string][]wordOwner)
	var order []string
	for _, l := range lists {
		if !slices.Contains(order, l.field) {
			order = append(order, l.field)
		}
		for _, w := range l.words {
			exprs[l.field] = append(exprs[l.field], w.expr)
			owners[l.field] = append(owners[l.field], wordOwner{l.name, w.weight})
		}
	}
	next := new(vocabulary)
	for _, field := range order {
		m, err := v.matcher(field, exprs[field])
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", field, err)
		}
		next.fields = append(next.fields, vocabularyField{field, exprs[field], m, owners[field]})
	}
	return next, nil
}

// matcher returns the one for these patterns in a field: that of v, or a new
// one.
func (v *vocabulary) matcher(field string, exprs []string) (*matcher, error) {
	if v != nil {
		for _, f := range v.fields {
			if f.field == field && slices.Equal(f.exprs, exprs) {
				return f.matcher, nil
			}
		}
	}
	return newMatcher(exprs)
}

// tally is what was found of one wordlist.
type tally struct {
	weight  int
	indices []int // of the patterns that occur, in the order of the list
	in      *vocabularyField
	text    string // where they were looked for
}

// tallyUp looks for all patterns in all fields, each text being passed over
// once. It goes on after an error, which says that a field was not searched.
func (v *vocabulary) tallyUp(text func(field string) string) (map[string]tally, error) {
	var failed error
	tallies := make(map[string]tally)
	for i := range v.fields {
		f := &v.fields[i]
		content := text(f.field)
		found, err := f.matcher.find(content)
		if err != nil {
			failed = fmt.Errorf("field %s: %w", f.field, err)
			continue
		}
		slices.Sort(found)
		for _, index := range found {
			owner := f.owners[index]
			t := tallies[owner.list]
			t.weight += owner.weight
			t.indices = append(t.indices, index)
			t.in, t.text = f, content
			tallies[owner.list] = t
		}
	}
	return tallies, failed
}

// maxExcerpts is how many of the patterns found a note quotes.
const maxExcerpts = 3

// note quotes what was found.
func (t tally) note() string {
	var quotes []string
	for _, index := range t.indices[:min(len(t.indices), maxExcerpts)] {
		quotes = append(quotes, strings.Join(strings.Fields(t.in.matcher.excerpt(index, t.text)), " "))
	}
	if more := len(t.indices) - len(quotes); more > 0 {
		quotes = append(quotes, fmt.Sprintf("%d more", more))
	}
	return strings.Join(quotes, ", ")
}
