package scoring

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadMedia(t *testing.T) {
	for _, c := range []struct {
		name   string
		fields []Header
		want   media
		odd    []string
	}{
		{"nothing", nil, media{kind: "text/plain"}, nil},
		{"all of it", []Header{
			{"content-type", "TEXT/HTML;\n charset=\"UTF-8\"; name=a.html"},
			{"Content-Transfer-Encoding", "BASE64"},
			{"Content-Disposition", "Attachment; filename=\"=?utf-8?Q?=C3=A9?=.html\""},
		}, media{kind: "text/html", charset: "utf-8", encoding: "base64", disposition: "attachment", name: "é.html"}, nil},
		{"an unknown disposition", []Header{{"Content-Disposition", "text/plain"}},
			media{kind: "text/plain", disposition: "attachment"}, nil},
		{"a comment", []Header{{"Content-Type", "text/html (really); charset=utf-8"}},
			media{kind: "text/html", charset: "utf-8"}, []string{OddContentTypeMalformed}},
		{"a duplicate parameter", []Header{{"Content-Type", "multipart/mixed; boundary=a; boundary=b"}},
			media{kind: "multipart/mixed", boundaries: []string{"a", "b"}}, []string{OddContentTypeMalformed}},
		{"a name without quotes", []Header{{"Content-Type", "application/pdf; name=my file.pdf"}},
			media{kind: "application/pdf", name: "my file.pdf"}, []string{OddContentTypeMalformed}},
		{"no subtype", []Header{{"Content-Type", "text"}}, media{kind: "text"}, nil},
		{"two types", []Header{{"Content-Type", "text/html"}, {"Content-Type", "text/plain"}},
			media{kind: "text/html"}, []string{OddContentTypeDuplicate}},
		{"an encoding in quotes", []Header{{"Content-Transfer-Encoding", "\"base64\";"}},
			media{kind: "text/plain", encoding: "base64"}, []string{OddEncodingComment}},
		{"an encoding of nothing", []Header{{"Content-Transfer-Encoding", " "}}, media{kind: "text/plain"}, nil},
		{"equal encodings", []Header{{"Content-Transfer-Encoding", "7bit"}, {"Content-Transfer-Encoding", "7BIT"}},
			media{kind: "text/plain", encoding: "7bit"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := NewMessage(0)
			got := m.readMedia(entity{fields: c.fields, fallback: "text/plain"})
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(media{})); diff != "" {
				t.Error(diff)
			}
			var odd []string
			for _, o := range m.Oddities() {
				odd = append(odd, o.Token)
			}
			if diff := cmp.Diff(c.odd, odd); diff != "" {
				t.Errorf("oddities: %s", diff)
			}
		})
	}
}

func TestMediaTypeBound(t *testing.T) {
	const head = "text/html; x="
	for _, n := range []int{len(head) + 1, maxMediaType, maxMediaType + 1} {
		m := NewMessage(0)
		value := head + strings.Repeat("y", n-len(head))
		got := m.readMedia(entity{fields: []Header{{"Content-Type", value}}})
		if got.kind != "text/html" || m.Odd(OddContentTypeLong) != (n > maxMediaType) {
			t.Errorf("%d bytes: %+v, %v", n, got, m.Oddities())
		}
	}
}

func TestLooseBoundaries(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
	}{
		{`multipart/mixed; BOUNDARY="a b"; x`, []string{"a b"}},
		{`multipart/mixed; boundary==_1; boundary=2`, []string{"=_1", "2"}},
		{"\u0130\xff Boundary=a", []string{"a"}}, // lower case has another length
		{`boundary="open`, []string{"open"}},
		{`boundary=`, []string{""}},
		{`text/plain`, nil},
	} {
		if diff := cmp.Diff(c.want, looseBoundaries(c.in)); diff != "" {
			t.Errorf("%q: %s", c.in, diff)
		}
	}
}

func TestWithoutComments(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"a (b (c) d) e", "a  e"}, {`"(a)" b`, `"(a)" b`}, {"a (b", "a "}, {"a) b", "a) b"}, {"", ""},
	} {
		if got := withoutComments(c.in); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}
