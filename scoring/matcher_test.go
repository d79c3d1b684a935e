package scoring

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustMatcher(t testing.TB, exprs ...string) *matcher {
	t.Helper()
	m, err := newMatcher(exprs)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMatcherFindsAllPatternsThatOccur(t *testing.T) {
	m := mustMatcher(t, `lottery`, `(?i)PRIZE`, `^claim`, `[0-9]+ dollars$`, `gr(ü|ue)n`, `a.c`)
	for text, want := range map[string][]int{
		"":                             nil,
		"nothing here":                 nil,
		"the lottery prize":            {0, 1},
		"first line\nclaim it":         {2},
		"first line, claim it":         nil,
		"win 100 dollars\nnow":         {3},
		"win 100 dollars now":          nil,
		"grün und gruen":               {4},
		"a\nc":                         nil,
		"aéc":                          {5},
		"lottery lottery lottery":      {0},
		"claim 5 dollars\nlottery abc": {0, 2, 3, 5},
	} {
		got, err := m.find(text)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%q: error %v (-want +got):\n%s", text, err, diff)
		}
	}
}

func TestMatcherExcerpt(t *testing.T) {
	m := mustMatcher(t, `x`, `(?i)lott\w+`)
	if got := m.excerpt(1, "The Lottery, the lotto"); got != "Lottery" {
		t.Errorf("excerpt %q", got)
	}
	if got := m.excerpt(1, "nothing"); got != "" {
		t.Errorf("excerpt %q of nothing", got)
	}
}

func TestMatcherIsSafeForConcurrentUse(t *testing.T) {
	m := mustMatcher(t, `a+b`, `(?i)word\s+word`, `\bc\b`)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 50 {
				text := strings.Repeat("word filler ", i) + "aab"
				if got, err := m.find(text); err != nil || !slices.Contains(got, 0) || m.excerpt(0, text) != "aab" {
					t.Errorf("found %v, error %v", got, err)
					return
				}
			}
		})
	}
	all.Wait()
}

func TestPatternsThatAreRefused(t *testing.T) {
	for pattern, want := range map[string]string{
		"":                                "empty",
		"(":                               "missing closing",
		"[z-a]":                           "invalid character class",
		`(a)\1`:                           "invalid escape",
		`a(?=b)`:                          "invalid or unsupported Perl syntax",
		"x*":                              "matches an empty text",
		"^$":                              "matches an empty text",
		"a|":                              "matches an empty text",
		"(?:a{1000}){1000}":               "repeat",
		"\xff":                            "UTF-8",
		strings.Repeat("a", maxPattern+1): "4097 bytes",
		`\pL{900}`:                        "too large",
	} {
		err := checkPattern(pattern)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: error %v, want one with %q", pattern, err, want)
		}
	}
}

func TestPatternsThatAreTaken(t *testing.T) {
	for _, pattern := range []string{"a", `(?i)b\b`, `^Re: \d+$`, `\x{e9}`, `[[:alpha:]]+`, strings.Repeat("a", maxPattern)} {
		if err := checkPattern(pattern); err != nil {
			t.Errorf("%.40q: %v", pattern, err)
		}
	}
}

func TestPhrase(t *testing.T) {
	for words, texts := range map[string]struct{ yes, no []string }{
		"next of kin":      {[]string{"next of kin", "Next\n  OF kin."}, []string{"next ofkin", "context of kin", "next of kinship"}},
		"foreign partner*": {[]string{"foreign partner", "foreign partners", "foreign partnership"}, []string{"foreign part"}},
		"is ... winner":    {[]string{"is winner", "is a b c d winner"}, []string{"is a b c d e f winner", "iswinner"}},
		"don't wait|now":   {[]string{"don't wait", "don’t wait", "now"}, []string{"dont wait", "know"}},
		"über alles":       {[]string{"ÜBER alles"}, []string{"uber alles"}},
		"100% free":        {[]string{"100% free"}, []string{"1100% free", "100 free"}},
	} {
		re := regexp.MustCompile(phrase(words))
		for _, s := range texts.yes {
			if !re.MatchString(s) {
				t.Errorf("%q does not match %q", words, s)
			}
		}
		for _, s := range texts.no {
			if re.MatchString(s) {
				t.Errorf("%q matches %q", words, s)
			}
		}
	}
}

func TestBuiltinPatterns(t *testing.T) {
	names := make(map[string]bool)
	for _, l := range builtinWords() {
		if names[l.name] {
			t.Errorf("wordlist %s is there twice", l.name)
		}
		names[l.name] = true
		for _, w := range l.words {
			if err := checkPattern(w.expr); err != nil {
				t.Errorf("%s: %q: %v", l.name, w.expr, err)
			}
		}
	}
}

func TestWordlistCountsEachPhraseOnce(t *testing.T) {
	v, err := new(vocabulary).renew([]wordlist{
		{"a", fieldBody, phrases("one\n2 two\nthree")},
		{"b", fieldSubject, phrases("two")},
		{"c", fieldBody, phrases("two")},
	})
	if err != nil {
		t.Fatal(err)
	}
	tallies, err := v.tallyUp(func(field string) string {
		return map[string]string{fieldBody: "one one one two", fieldSubject: "none"}[field]
	})
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]int)
	for name, tally := range tallies {
		got[name] = tally.weight
	}
	if diff := cmp.Diff(map[string]int{"a": 3, "c": 1}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNoteQuotesAFewPatterns(t *testing.T) {
	for n, want := range map[int]string{1: "w0", maxExcerpts: "w0, w1, w2", maxExcerpts + 1: "w0, w1, w2, 1 more"} {
		var words []word
		text := ""
		for i := range n {
			words = append(words, word{fmt.Sprintf("w%d", i), 1})
			text += fmt.Sprintf("w%d ", i)
		}
		v, err := new(vocabulary).renew([]wordlist{{"a", fieldBody, words}})
		if err != nil {
			t.Fatal(err)
		}
		tallies, err := v.tallyUp(func(string) string { return text })
		if got := tallies["a"].note(); got != want || err != nil {
			t.Errorf("%d patterns: %q, error %v; want %q", n, got, err, want)
		}
	}
}

// FuzzPattern holds that what checkPattern accepts can be compiled and used.
func FuzzPattern(f *testing.F) {
	for _, seed := range []string{"a", "(?i)b", "^x$", `\bword\b`, "[^é]{3}", "(?:a|b)+?", `\pL`, "(", `\C`, `(?U)a+`, `\x00`} {
		f.Add(seed, "some text with a word, b and é\n")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if checkPattern(pattern) != nil {
			return
		}
		m := mustMatcher(t, pattern)
		found, err := m.find(strings.ToValidUTF8(text, ""))
		if err != nil || len(found) > 1 {
			t.Errorf("found %v, error %v", found, err)
		}
	})
}

func BenchmarkMatcher(b *testing.B) {
	text := strings.Repeat("Dear Bob, here are the minutes of our meeting on Monday; the sum of dollars. ", 500)
	for _, list := range phraseWordlists {
		var exprs []string
		for _, w := range list.words {
			exprs = append(exprs, w.expr)
		}
		m := mustMatcher(b, exprs...)
		b.Run(list.name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := m.find(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
