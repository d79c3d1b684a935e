package scoring

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestLooseBase64(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		junk           bool
	}{
		{"clean", "YWJjZA==\r\n", "abcd", false},
		{"white space", " YW\tJj\n ZA = =", "abcd", false},
		{"no padding", "YWJjZA", "abcd", false},
		{"one digit too many", "YWJjZ", "abc", false},
		{"junk between", "Y.W-J!j", "abc", true},
		{"padding in the middle", "YQ==Yg==", "ab", true},
		{"padding alone", "====", "", false},
		{"empty", "", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, junk := looseBase64([]byte(c.in))
			if string(got) != c.want || junk != c.junk {
				t.Errorf("got %q, %v; want %q, %v", got, junk, c.want, c.junk)
			}
		})
	}
}

func TestLooseQuoted(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"hex", "a=3Db=c3=A9", "a=bé"},
		{"soft line break", "a=\r\nb=  \nc", "abc"},
		{"hard line break", "a \r\nb\n", "a\nb\n"},
		{"junk stays", "=ZZ =4 \x01", "=ZZ =4 \x01"},
		{"cut", "a=4", "a=4"},
		{"empty", "", ""},
	} {
		if got := looseQuoted([]byte(c.in)); string(got) != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// Where go-message decodes, the lenient decoder says the same.
func TestLooseBase64AgreesWithStrict(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOf(rapid.Byte()).Draw(t, "data")
		encoded := []byte(base64Of(string(data)))
		strict, err := strictDecode(encoded, "base64")
		loose, junk := looseBase64(encoded)
		if err != nil || junk || !bytes.Equal(strict, data) || !bytes.Equal(loose, data) {
			t.Fatalf("%q: strict %q, %v; loose %q, %v", data, strict, err, loose, junk)
		}
	})
}
