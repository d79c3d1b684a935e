package scoring

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitMultipart(t *testing.T) {
	for _, c := range []struct {
		name, body string
		preamble   string
		parts      []string
		closed     bool
		reopened   bool
	}{
		{"two parts", "pre\r\n--b\r\n\r\n1\r\n--b\r\n2\r\n--b--\r\npost", "pre\r\n", []string{"\r\n1", "2"}, true, false},
		{"LF", "--b\n\n1\n--b--", "", []string{"\n1"}, true, false},
		{"an empty part", "--b\n--b--\n", "", []string{""}, true, false},
		{"no end", "--b\n1\n2", "", []string{"1\n2"}, false, false},
		{"cut within a delimiter", "--b\n1\n-", "", []string{"1\n"}, false, false},
		{"parts after the end", "--b\n1\n--b--\nx\n--b\n2\n", "", []string{"1", "2\n"}, true, true},
		{"not at the beginning of a line", "--b\n1 --b\n--b--", "", []string{"1 --b"}, true, false},
		{"a longer boundary", "--b\n--bb\n--b--", "", []string{"--bb"}, true, false},
		{"text behind the boundary", "--b (comment)\n1\n--b--", "", []string{"1"}, true, false},
		{"none", "text", "", nil, false, false},
		{"empty", "", "", nil, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := splitMultipart([]byte(c.body), "b")
			var parts []string
			for _, p := range s.parts {
				parts = append(parts, string(p))
			}
			if diff := cmp.Diff(c.parts, parts); diff != "" {
				t.Error(diff)
			}
			if string(s.preamble) != c.preamble || s.closed != c.closed || s.reopened != c.reopened {
				t.Errorf("preamble %q, closed %v, reopened %v", s.preamble, s.closed, s.reopened)
			}
		})
	}
}

func TestPartBound(t *testing.T) {
	for _, n := range []int{1, maxParts - 1, maxParts} { // beside the container
		m := viewOf(t, mixed(strings.Repeat("--b\n\nx\n", n)+"--b--\n"))
		if len(m.Parts()) != min(n+1, maxParts) || m.Odd(OddMIMEParts) != (n+1 > maxParts) {
			t.Errorf("%d parts in a container: %d read, oddities %v", n, len(m.Parts()), m.Oddities())
		}
	}
}

func TestDepthBound(t *testing.T) {
	for _, n := range []int{0, maxDepth - 1, maxDepth} { // containers within the message's own
		m := viewOf(t, nested(n, "x"))
		if m.Odd(OddMIMEDepth) != (n+1 > maxDepth) || len(m.Parts()) != min(n+2, maxDepth+1) {
			t.Errorf("%d containers: %d parts, oddities %v", n, len(m.Parts()), m.Oddities())
		}
	}
}

func TestPreambleLineBound(t *testing.T) {
	for _, n := range []int{0, maxPreambleLine, maxPreambleLine + 1} {
		m := viewOf(t, mixed(strings.Repeat("x", n)+"\nshort\n"+plainPart("b", "text")))
		if m.Odd(OddPreambleLong) != (n > maxPreambleLine) {
			t.Errorf("a line of %d bytes: %v", n, m.Oddities())
		}
	}
}

func TestGuessBoundary(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{"text\n--guess\r\ncontent-type: text/plain\n", "guess"},
		{"--\nContent-Type: text/plain\n", ""},
		{"-- \nAnn\n", ""},
		{"--last", ""},
		{"", ""},
	} {
		if got := guessBoundary([]byte(c.body)); got != c.want {
			t.Errorf("%q: got %q, want %q", c.body, got, c.want)
		}
	}
}

func TestScanHeader(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     headerBlock
	}{
		{"LF", "A: 1\nB:2\n\nbody", headerBlock{fields: []Header{{"A", "1"}, {"B", "2"}}, length: 10, ended: true}},
		{"CRLF and folds", "A: 1\r\n\t2\r\n\r\n", headerBlock{fields: []Header{{"A", "1\n\t2"}}, length: 12, ended: true}},
		{"space before the colon", "A : 1\n\n", headerBlock{fields: []Header{{"A", "1"}}, length: 7, ended: true}},
		{"no body", "A: 1\n", headerBlock{fields: []Header{{"A", "1"}}, length: 5}},
		{"no header", "\nbody", headerBlock{length: 1, ended: true}},
		{"a From line", "From x\nA: 1\n\n", headerBlock{fields: []Header{{"A", "1"}}, length: 13, mbox: true, ended: true}},
		{"a line that is no field", "A: 1\nno field\n", headerBlock{fields: []Header{{"A", "1"}}, length: 5, malformed: true, ended: true}},
		{"a fold of nothing", " x\nA: 1\n", headerBlock{malformed: true, ended: true}},
		{"a name with spaces", "A B: 1\n", headerBlock{malformed: true, ended: true}},
		{"no name", ": 1\n", headerBlock{malformed: true, ended: true}},
		{"empty", "", headerBlock{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, scanHeader([]byte(c.in)), cmp.AllowUnexported(headerBlock{})); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, n := range []int{maxHeaders, maxHeaders + 1} {
		h := scanHeader([]byte(strings.Repeat("A: 1\n", n)))
		if len(h.fields) != maxHeaders || h.dropped != (n > maxHeaders) {
			t.Errorf("%d fields: %d kept, dropped %v", n, len(h.fields), h.dropped)
		}
	}
}

// Every reading of the body by the splitter moves on, whatever the boundary.
func TestSplitTerminates(t *testing.T) {
	for _, boundary := range []string{"-", "--", "", " ", "\n"} {
		t.Run(fmt.Sprintf("%q", boundary), func(t *testing.T) {
			s := splitMultipart([]byte(strings.Repeat("-", 1<<16)+"\n"+strings.Repeat("--\n", 1<<12)), boundary)
			if len(s.parts) > maxParts+1 {
				t.Errorf("%d parts", len(s.parts))
			}
		})
	}
}
