package scoring

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadMessage(t *testing.T) {
	for _, c := range []struct{ name, eml, subject, text, token string }{
		{"LF", "Subject: a\n b\n\ntext\n", "a b", "text\n", ""},
		{"CRLF", "Subject: a\r\n b\r\n\r\ntext\r\n", "a b", "text\n", ""},
		{"CR only", "Subject: a\r\rtext\r", "a", "text\n", OddBareCR},
		{"a From line", "From a@example.com Thu Jan  1\nSubject: a\n\ntext\n", "a", "text\n", OddMboxFromLine},
		{"a line that is no field", "Subject: a\nno field\nmore\n", "a", "no field\nmore\n", OddHeaderMalformed},
		{"header alone", "Subject: a", "a", "", ""},
		{"body alone", "\ntext\n", "", "text\n", ""},
		{"too many fields", strings.Repeat("A: 1\n", maxHeaders+1) + "\ntext\n", "", "text\n", OddHeadersMany},
		{"empty", "", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := ReadMessage(iotest.OneByteReader(strings.NewReader(c.eml)), 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			if m.Subject() != c.subject || !strings.HasPrefix(m.Text(), c.text) {
				t.Errorf("subject %q, text %q; want %q, %q", m.Subject(), m.Text(), c.subject, c.text)
			}
			if c.token != "" && !m.Odd(c.token) || c.token == "" && len(m.Oddities()) > 0 {
				t.Errorf("oddities %v, want %q", m.Oddities(), c.token)
			}
		})
	}
}

func TestReadMessageCountsAll(t *testing.T) {
	const header = "A: 1\r\n"
	m, err := ReadMessage(strings.NewReader(header+"\r\n"+strings.Repeat("x", maxFileHeader)), 10)
	if err != nil {
		t.Fatal(err)
	}
	if m.Size() != int64(len(header)+maxFileHeader) || len(m.Raw()) != 10 || !m.Truncated() {
		t.Errorf("size %d, %d kept, truncated %v", m.Size(), len(m.Raw()), m.Truncated())
	}
}

func TestReadMessageFails(t *testing.T) {
	broken := errors.New("broken")
	for _, size := range []int{0, maxFileHeader} {
		r := io.MultiReader(strings.NewReader(strings.Repeat("\n", size)), iotest.ErrReader(broken))
		if _, err := ReadMessage(r, 10); !errors.Is(err, broken) {
			t.Errorf("after %d bytes: %v, want %v", size, err, broken)
		}
	}
}
