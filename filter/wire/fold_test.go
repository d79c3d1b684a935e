package wire

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestUnfold(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"one line":               {"a b", "a b"},
		"folded":                 {"a\n\tb\r\n c", "a\tb c"},
		"newline begins a field": {"a\nBcc: b", "a Bcc: b"},
		"CRLF begins a field":    {"a\r\n\r\nbody", "a body"},
		"CR alone":               {"a\rb", "a b"},
		"at the end":             {"a\r\n", "a"},
		"NUL":                    {"a\x00b", "ab"},
		"NUL between newlines":   {"a\n\x00\nb", "a b"},
		"nothing but newlines":   {"\r\n\n", ""},
		"empty":                  {"", ""},
		"8-bit stays":            {"gr\xfc\xdfe", "gr\xfc\xdfe"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := unfold(tt.in); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestFold(t *testing.T) {
	word := strings.Repeat("x", 40)
	tests := map[string]struct {
		in     string
		indent int
		want   string
	}{
		"empty":                       {"", 10, ""},
		"up to the width":             {strings.Repeat("x ", 34) + "y", 9, strings.Repeat("x ", 34) + "y"},
		"one more":                    {strings.Repeat("x ", 34) + "y", 10, strings.Repeat("x ", 33) + "x\n y"},
		"two words":                   {word + " " + word, 10, word + "\n " + word},
		"the name counts":             {word + " y", 37, word + "\n y"},
		"tabs stay":                   {word + "\t" + word, 10, word + "\n\t" + word},
		"several spaces stay":         {word + "   " + word, 10, word + "\n   " + word},
		"a word longer than a line":   {word + word + word + " y", 10, word + word + word + "\n y"},
		"a word as long as a line":    {strings.Repeat("x", maxLine-10), 10, strings.Repeat("x", maxLine-10)},
		"and one more":                {strings.Repeat("x", maxLine-9), 10, strings.Repeat("x", maxLine-10) + "\n\tx"},
		"a character is not divided":  {strings.Repeat("x", maxLine-11) + "üy", 10, strings.Repeat("x", maxLine-11) + "ü\n\ty"},
		"Latin-1 is divided anywhere": {strings.Repeat("\xa0", maxLine), 10, strings.Repeat("\xa0", maxLine-10+utf8.UTFMax) + "\n\t" + strings.Repeat("\xa0", 10-utf8.UTFMax)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := fold(tt.in, tt.indent); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestFoldMakesNoEmptyLine(t *testing.T) {
	for _, blanks := range []int{foldWidth, maxLine, 3 * maxLine} {
		for _, value := range []string{"x" + strings.Repeat(" ", blanks) + "y", strings.Repeat("\t", blanks) + "y"} {
			checkLines(t, fold(value, 10), 10)
		}
	}
}

// checkLines tells what is wrong with a folded value.
func checkLines(t interface{ Errorf(string, ...any) }, folded string, indent int) {
	for i, line := range strings.Split(folded, "\n") {
		if i == 0 {
			line = strings.Repeat("-", indent) + line
		} else if line == "" || !isBlank(line[0]) {
			t.Errorf("line %d begins a field: %q", i, line)
		} else if strings.TrimLeft(line, " \t") == "" {
			t.Errorf("line %d is empty", i)
		}
		if len(line) > 998 {
			t.Errorf("line %d has %d bytes", i, len(line))
		}
	}
}

func TestFoldKeepsTheValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[a-zü]{1,120}[ \t]{1,3}`), 1, 20).Draw(t, "words")
		value := strings.TrimRight(strings.Join(words, ""), " \t")
		indent := rapid.IntRange(3, 100).Draw(t, "indent")
		folded := fold(value, indent)
		checkLines(t, folded, indent)
		if got := unfold(folded); got != value {
			t.Errorf("unfolded to %q", got)
		}
	})
}

func FuzzHeaderValue(f *testing.F) {
	f.Add("plain", 10)
	f.Add("a\r\n\r\nbody", 10)
	f.Add("x"+strings.Repeat(" ", 2000)+"y", 10)
	f.Add(strings.Repeat("ü", 1000), 998)
	f.Fuzz(func(t *testing.T, value string, indent int) {
		if indent < 3 || indent > maxLine {
			t.Skip()
		}
		folded := fold(strings.TrimRight(unfold(value), " \t"), indent)
		if strings.ContainsAny(folded, "\r\x00") {
			t.Errorf("CR or NUL in %q", folded)
		}
		checkLines(t, folded, indent)
		if utf8.ValidString(value) && !utf8.ValidString(folded) {
			t.Errorf("a character is divided in %q", folded)
		}
	})
}
