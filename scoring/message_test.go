package scoring

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestViewBound(t *testing.T) {
	for _, c := range []struct {
		name      string
		view      int64
		chunks    []string
		more      []bool
		raw       string
		truncated bool
	}{
		{"below the bound", 4, []string{"ab", "c"}, []bool{true, true}, "abc", false},
		{"at the bound", 4, []string{"ab", "cd"}, []bool{true, true}, "abcd", false},
		{"one more", 4, []string{"ab", "cde"}, []bool{true, false}, "abcd", true},
		{"after the bound", 4, []string{"abcde", "f"}, []bool{false, false}, "abcd", true},
		{"zero", 0, []string{"", "a"}, []bool{true, false}, "", true},
		{"negative is zero", -1, []string{"a"}, []bool{false}, "", true},
		{"no body", 4, nil, nil, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := NewMessage(c.view)
			var more []bool
			size := 0
			for _, chunk := range c.chunks {
				more = append(more, m.Write([]byte(chunk)))
				size += len(chunk)
			}
			m.Parse()
			if diff := cmp.Diff(c.more, more); diff != "" {
				t.Errorf("more: %s", diff)
			}
			if string(m.Raw()) != c.raw || m.Truncated() != c.truncated || m.Size() != int64(size) {
				t.Errorf("got %q, truncated %v, size %d; want %q, %v, %d", m.Raw(), m.Truncated(), m.Size(), c.raw, c.truncated, size)
			}
		})
	}
}

func TestKeepBounds(t *testing.T) {
	for _, c := range []struct {
		name       string
		view, keep int64
		chunks     []string
		more       []bool
		raw, kept  string
		truncated  bool
	}{
		{"in the view", 2, 4, []string{"ab"}, []bool{true}, "ab", "ab", false},
		{"beyond the view", 2, 4, []string{"ab", "c"}, []bool{true, true}, "ab", "abc", true},
		{"at the bound", 2, 4, []string{"abcd"}, []bool{true}, "ab", "abcd", true},
		{"one more", 2, 4, []string{"abc", "de", "f"}, []bool{true, false, false}, "ab", "abcd", true},
		{"less than the view", 4, 2, []string{"abc", "d", "e"}, []bool{true, true, false}, "abcd", "abcd", true},
		{"no view", 0, 2, []string{"a", "bc"}, []bool{true, false}, "", "ab", true},
		{"negative", 1, -1, []string{"a", "b"}, []bool{true, false}, "a", "a", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := NewMessage(c.view)
			m.Keep(c.keep)
			var more []bool
			for _, chunk := range c.chunks {
				more = append(more, m.Write([]byte(chunk)))
			}
			m.Parse()
			if diff := cmp.Diff(c.more, more); diff != "" {
				t.Errorf("more: %s", diff)
			}
			if string(m.Raw()) != c.raw || string(m.kept) != c.kept || m.Truncated() != c.truncated {
				t.Errorf("got %q, kept %q, truncated %v", m.Raw(), m.kept, m.Truncated())
			}
			if want := len(strings.Join(c.chunks, "")); m.Size() != int64(want) {
				t.Errorf("size %d, want %d", m.Size(), want)
			}
		})
	}
}

func TestMemoryOfABodyIsBounded(t *testing.T) {
	const limit = 1_000_003
	m := NewMessage(1000)
	m.Keep(limit)
	for m.Write(make([]byte, 777)) {
	}
	if len(m.kept) != limit || cap(m.kept) != limit {
		t.Errorf("%d bytes in %d, want %d", len(m.kept), cap(m.kept), limit)
	}
}

// Who wants to know the true size gives what is no longer kept, too.
func TestSizeGoesOnAfterTheViewIsFull(t *testing.T) {
	m := NewMessage(2)
	m.AddHeader("A", "b")
	for range 1000 {
		m.Write([]byte("abc"))
	}
	if want := int64(len("A: b\r\n") + 3000); m.Size() != want || string(m.Raw()) != "ab" || cap(m.kept) > 2 {
		t.Errorf("size %d, want %d; view %q in %d bytes", m.Size(), want, m.Raw(), cap(m.kept))
	}
}

func TestHeaderBounds(t *testing.T) {
	value := func(n int) string { return strings.Repeat("v", n) }
	for _, c := range []struct {
		name   string
		count  int
		value  string
		kept   int
		length int // of the last value that is kept
		token  string
	}{
		{"no field", 0, "", 0, 0, ""},
		{"an empty value", 1, "", 1, 0, ""},
		{"all fields that fit", maxHeaders, "v", maxHeaders, 1, ""},
		{"one field more", maxHeaders + 1, "v", maxHeaders, 1, OddHeadersMany},
		{"the longest value", 1, value(maxHeaderValue), 1, maxHeaderValue, ""},
		{"a value of one byte more", 1, value(maxHeaderValue + 1), 1, maxHeaderValue, OddHeaderLong},
		{"all bytes that fit", 16, value(maxHeaderBytes/16 - 1), 16, maxHeaderBytes/16 - 1, ""},
		{"one byte more", 16, value(maxHeaderBytes / 16), 16, maxHeaderBytes/16 - 16, OddHeaderLong},
		{"a name beyond the bytes", 17, value(maxHeaderBytes/16 - 1), 16, maxHeaderBytes/16 - 1, OddHeadersMany},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := NewMessage(0)
			for range c.count {
				m.AddHeader("X", c.value)
			}
			if len(m.Headers()) != c.kept {
				t.Fatalf("%d fields kept, want %d", len(m.Headers()), c.kept)
			}
			if c.kept > 0 && len(m.Headers()[c.kept-1].Value) != c.length {
				t.Errorf("last value has %d bytes, want %d", len(m.Headers()[c.kept-1].Value), c.length)
			}
			if c.token != "" != (len(m.Oddities()) > 0) || c.token != "" && !m.Odd(c.token) {
				t.Errorf("oddities %v, want %q", m.Oddities(), c.token)
			}
			if want := int64(c.count * (len("X: \r\n") + len(c.value))); m.Size() != want {
				t.Errorf("size %d, want %d", m.Size(), want)
			}
		})
	}
}

func TestFieldsThatMatterAreKeptBehindOthers(t *testing.T) {
	for _, name := range []string{"Content-Type", "X-True-Client"} {
		for n, kept := range map[int]int{maxReserve: maxReserve, maxReserve + 1: maxReserve} {
			m := NewMessage(0)
			m.KeepField("x-true-client")
			for range maxHeaders {
				m.AddHeader("X", "y")
			}
			for range n {
				m.AddHeader(name, strings.Repeat("v", maxReserved+1))
			}
			m.AddHeader("X", "y")
			if got := len(m.Headers()) - maxHeaders; got != kept || m.dropped != n-kept+1 {
				t.Errorf("%d more %s: %d kept, %d dropped, want %d kept", n, name, got, m.dropped, kept)
			}
			if got := len(m.Headers()[maxHeaders].Value); got != maxReserved {
				t.Errorf("%s: %d bytes kept, want %d", name, got, maxReserved)
			}
		}
	}
}

func TestParseOnce(t *testing.T) {
	m := viewOf(t, "Subject: x\n\nSee http://example.com/\n")
	text, urls := m.Text(), len(m.URLs())
	m.Parse()
	if m.Text() != text || len(m.URLs()) != urls || len(m.Parts()) != 1 {
		t.Errorf("a second Parse changed the message: %q, %v, %v", m.Text(), m.URLs(), m.Parts())
	}
}

func TestNothingBeforeParse(t *testing.T) {
	m := NewMessage(100)
	m.AddHeader("Subject", "x")
	m.Write([]byte("text"))
	if m.Text() != "" || m.Parts() != nil || m.URLs() != nil || m.Attachments() != nil {
		t.Error("something was found before Parse")
	}
}

func TestPartsAndAttachments(t *testing.T) {
	m := viewOf(t, "Subject: x\nContent-Type: multipart/mixed; boundary=o\n\n"+
		"--o\nContent-Type: multipart/alternative; boundary=i\n\n"+
		"--i\nContent-Type: text/plain; charset=UTF-8\n\nplain words\n"+
		"--i\nContent-Type: text/html\nContent-Transfer-Encoding: Quoted-Printable\n\n<p>html =77ords</p>\n--i--\n"+
		"--o\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n"+
		"Content-Disposition: attachment; filename*=utf-8''%C3%A9.pdf\n\nJVBERi0xLjQ=\n"+
		"--o\nContent-Type: image/png\nContent-Disposition: inline\n\n\x89PNG\n"+
		"--o\nContent-Type: message/rfc822\n\nSubject: inner\n\ninner words\n"+
		"--o--\n")
	wantParts := []Part{
		{Type: "multipart/mixed"},
		{Type: "multipart/alternative", Depth: 1},
		{Type: "text/plain", Charset: "utf-8", Depth: 2, Size: 11},
		{Type: "text/html", Encoding: "quoted-printable", Depth: 2, Size: 17},
		{Type: "application/pdf", Encoding: "base64", Disposition: "attachment", Name: "é.pdf", Depth: 1, Size: 8},
		{Type: "image/png", Disposition: "inline", Depth: 1, Size: 4},
		{Type: "message/rfc822", Depth: 1, Size: 29},
		{Type: "text/plain", Depth: 2, Size: 11, Embedded: true},
	}
	if diff := cmp.Diff(wantParts, m.Parts()); diff != "" {
		t.Errorf("parts: %s", diff)
	}
	wantFiles := []Attachment{
		{Name: "é.pdf", Type: "application/pdf", Size: 8, Head: []byte("%PDF-1.4")},
		{Type: "image/png", Size: 4, Head: []byte("\x89PNG"), Inline: true},
	}
	if diff := cmp.Diff(wantFiles, m.Attachments()); diff != "" {
		t.Errorf("attachments: %s", diff)
	}
	if want := "plain words\ninner\ninner words\nhtml words\n"; m.Text() != want {
		t.Errorf("text %q, want %q", m.Text(), want)
	}
	if want := "<p>html words</p>"; m.HTML() != want {
		t.Errorf("HTML %q, want %q", m.HTML(), want)
	}
	if len(m.Oddities()) > 0 {
		t.Errorf("oddities %v, want none", m.Oddities())
	}
}

func TestAttachmentHeadBound(t *testing.T) {
	for _, size := range []int{0, maxHead, maxHead + 1} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			m := viewOf(t, "Content-Type: application/zip; name=a.zip\n\n"+strings.Repeat("P", size))
			a := m.Attachments()[0]
			if a.Size != int64(size) || len(a.Head) != min(size, maxHead) {
				t.Errorf("size %d, head %d; want %d, %d", a.Size, len(a.Head), size, min(size, maxHead))
			}
		})
	}
}

// A view that ends within a structure is not the sender's fault.
func TestTruncationIsNoOddity(t *testing.T) {
	body := "--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64Of(secretPhrase) + "\r\n--b--\r\n"
	for view := 1; view < len(body); view++ {
		m := NewMessage(int64(view))
		m.AddHeader("Content-Type", "multipart/mixed; boundary=b")
		m.Write([]byte(body))
		m.Parse()
		for _, o := range m.Oddities() {
			if o.Token != OddBoundaryMissing || view >= len("--b") {
				t.Errorf("a view of %d bytes: %v", view, o)
			}
		}
	}
}

func TestParserFailureEndsOneStep(t *testing.T) {
	m := NewMessage(0)
	m.guard(func() { panic("in a parser") })
	if !m.Odd(OddParserFailed) || !m.broken {
		t.Error("a panic was not noted")
	}
}
