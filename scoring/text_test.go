package scoring

import "testing"

func TestReadable(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		removed        removed
	}{
		{"plain", "two\n\twords", "two\n\twords", removed{}},
		{"controls", "a\x01b\x7fc\u0085", "abc", removed{}},
		{"NUL", "a\x00b", "ab", removed{nul: true}},
		{"zero width within a word", "via\u200bgra", "viagra", removed{zeroWidth: true}},
		{"several in a row", "via\u200b\u200c\ufeffgra", "viagra", removed{zeroWidth: true}},
		{"zero width between words", "a \u200b b\u200b", "a  b", removed{}},
		{"soft hyphen", "Donau\u00addampf", "Donaudampf", removed{softHyphen: true}},
		{"direction marks", "a\u202eb", "ab", removed{zeroWidth: true}},
		{"Persian uses joiners", "می\u200cخواهم", "میخواهم", removed{}},
		{"emoji use joiners", "👩\u200d💻", "👩💻", removed{}},
		{"spaces", "a\u00a0b\u2009c\u3000d\u2028e", "a b c d e", removed{}},
		{"other scripts", "Привет, 世界", "Привет, 世界", removed{}},
		{"empty", "", "", removed{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, out := readable(c.in)
			if got != c.want || out != c.removed {
				t.Errorf("got %q, %+v; want %q, %+v", got, out, c.want, c.removed)
			}
		})
	}
}

func TestCutString(t *testing.T) {
	for _, c := range []struct {
		s    string
		n    int
		want string
	}{
		{"abc", 0, ""}, {"abc", 2, "ab"}, {"abc", 3, "abc"}, {"abc", 4, "abc"}, {"aé", 2, "a"}, {"é", 1, ""}, {"", 0, ""},
	} {
		if got := cutString(c.s, c.n); got != c.want {
			t.Errorf("%q cut at %d is %q, want %q", c.s, c.n, got, c.want)
		}
	}
}

func TestOddityNote(t *testing.T) {
	for _, n := range []int{0, maxOddityNote, maxOddityNote + 1} {
		m := NewMessage(0)
		note := make([]byte, n)
		m.note(OddNUL, string(note))
		m.note(OddNUL, "again")
		if len(m.Oddities()) != 1 || len(m.Oddities()[0].Note) != min(n, maxOddityNote) {
			t.Errorf("a note of %d bytes: %v", n, m.Oddities())
		}
	}
	if got := printableNote("a\tb\xffc\ne"); got != "a?b?c?e" {
		t.Errorf("got %q", got)
	}
}
