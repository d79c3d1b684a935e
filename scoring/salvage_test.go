package scoring

import (
	"fmt"
	"strings"
	"testing"
)

func TestUnwrapBase64(t *testing.T) {
	text := strings.Repeat(secretPhrase+" ", 10)
	long := base64Of(text)
	noise := base64Of(strings.Repeat("\x00\xff\x10\x80", 60))
	for _, c := range []struct{ name, in, want string }{
		{"words", "one\ntwo\n", "one\ntwo\n\n"},
		{"a run between lines", "a b\n" + long[:76] + "\n" + long[76:] + "\nc d", "a b\n" + text + "\nc d\n\n"},
		{"a run at the end", base64Of(secretPhrase), secretPhrase + "\n\n"},
		{"one character too short a run", base64Of("x")[:4] + base64Of("yyyyyyy")[:11], "eA==eXl5eXl5eQ=\n"},
		{"a word of base64 digits", "unsubscribe/unsubscribe", "unsubscribe/unsubscribe\n"},
		{"an image", noise + "\nx y\n", "x y\n\n"},
		{"empty", "", "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := string(unwrapBase64([]byte(c.in))); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestSalvagedLinesAreNew(t *testing.T) {
	m := NewMessage(0)
	m.plain.add("known line\nother")
	s := salvager{m, m.knownLines()}
	s.add("known line\r\n  new line \nnew line\n<b>known line</b>\n\nabc\n")
	if got, want := m.salvaged.String(), "new line\nabc"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestKnownLinesBound(t *testing.T) {
	m := NewMessage(0)
	known := m.knownLines()
	if known.has("") || known.has("none") {
		t.Error("an empty set knows a line")
	}
	for i := range maxKnownLines + 1 {
		known.add(fmt.Sprintf("line %d", i))
	}
	if !known.has(fmt.Sprintf("line %d", maxKnownLines-1)) || known.has(fmt.Sprintf("line %d", maxKnownLines)) {
		t.Error("the set ends elsewhere than at its bound")
	}
	known = m.knownLines()
	known.add("abc")
	known.add("abcd")
	if known.has("abc") || !known.has("abcd") {
		t.Errorf("lines are remembered from %d bytes", minKnownLength)
	}
}

// enmime is asked only where it cannot be kept busy. A container that claims
// a boundary twice is broken and within all bounds unless the case says
// otherwise.
func TestSecondOpinionBounds(t *testing.T) {
	for _, c := range []struct {
		name  string
		parts int
		size  int
		asked bool
	}{
		{"nothing", 0, 0, true},
		{"as many parts as allowed", maxSecondParts, 0, true},
		{"one part more", maxSecondParts + 1, 0, false},
		{"as many bytes as allowed", 0, maxSecondSize, true},
		{"one byte more", 0, maxSecondSize + 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := strings.Repeat("\n--", c.parts)
			body += strings.Repeat("x", max(c.size-len(body), 0))
			s := salvager{m: NewMessage(0)}
			if got := s.affordable([]byte(body)); got != c.asked {
				t.Errorf("asked %v, want %v", got, c.asked)
			}
		})
	}
	for _, token := range []string{OddMIMEDepth, OddMIMEParts, OddContentTypeLong} {
		m := NewMessage(0)
		m.note(token, "")
		if (salvager{m: m}).affordable(nil) {
			t.Errorf("asked although %s", token)
		}
	}
}

func TestSecondOpinionAdds(t *testing.T) {
	m := NewMessage(0)
	m.AddHeader("Content-Type", "multipart/alternative; boundary=b")
	s := salvager{m, m.knownLines()}
	s.secondOpinion([]byte("--b\nContent-Type: text/plain\n\nplain words\n--b\nContent-Type: text/html\n\n<p>html <b>words</b></p>\n--b--\n"))
	for _, want := range []string{"plain words", "html words"} {
		if !strings.Contains(m.salvaged.String(), want) {
			t.Errorf("%q is not in %q", want, m.salvaged.String())
		}
	}
}
