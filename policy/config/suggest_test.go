package config

import (
	"strings"
	"testing"
)

func TestSuggest(t *testing.T) {
	known := []string{"recipients", "messages", "mode", "tag", "max_recipients_per_message"}
	for _, c := range []struct{ name, word, want string }{
		{"one letter missing", "recipient", "recipients"},
		{"two letters swapped", "recipeints", "recipients"},
		{"one letter wrong", "node", "mode"},
		{"case alone", "Mode", "mode"},
		{"short word, one letter wrong", "tog", "tag"},
		{"short word, two letters wrong", "tok", ""},
		{"nothing like it", "colour", ""},
		{"empty", "", ""},
		{"as long as is compared", strings.Repeat("m", maxSuggest), ""},
		{"too long to compare", strings.Repeat("m", maxSuggest+1), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Suggest(c.word, known); got != c.want {
				t.Errorf("Suggest(%q) = %q, want %q", c.word, got, c.want)
			}
		})
	}
}

func TestSuggestComparesUpToItsBound(t *testing.T) {
	for _, c := range []struct {
		length int
		want   bool
	}{{maxSuggest, true}, {maxSuggest + 1, false}} {
		word := strings.Repeat("a", c.length)
		typo := "b" + word[1:]
		if got := Suggest(typo, []string{word}) == word; got != c.want {
			t.Errorf("a word of %d bytes found: %v, want %v", c.length, got, c.want)
		}
	}
}

func TestSuggestTakesTheFirstOfEquallyClose(t *testing.T) {
	if got := Suggest("limit", []string{"limits", "limiti"}); got != "limits" {
		t.Errorf("got %q", got)
	}
}

func TestDidYouMeanListsFewNames(t *testing.T) {
	if got, want := didYouMean("xyz", []string{"relayed", "direct"}, "other"), "known: direct, relayed"; got != want {
		t.Errorf("few: got %q, want %q", got, want)
	}
	many := strings.Split("aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii", " ")
	if got := didYouMean("xyz", many, "other"); got != "other" {
		t.Errorf("many: got %q, want the other hint", got)
	}
	if got := didYouMean("xyz", nil, "other"); got != "other" {
		t.Errorf("none: got %q, want the other hint", got)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"kitten", "sitting", 3}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
