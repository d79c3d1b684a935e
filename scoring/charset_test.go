package scoring

import (
	"strings"
	"testing"
)

func TestDecodeCharset(t *testing.T) {
	for _, c := range []struct{ name, charset, in, want, odd string }{
		{"undeclared UTF-8", "", "é", "é", ""},
		{"undeclared Latin-1", "", "\xe9", "é", ""},
		{"Windows quotes as ASCII", "us-ascii", "\x93x\x94", "“x”", ""},
		{"byte order mark", "utf-8", "\xef\xbb\xbfx", "\ufeffx", ""},
		{"quoted name", "'UTF-8'", "é", "é", ""},
		{"Latin-1 as UTF-8", "utf-8", "\xe9", "é", OddCharsetWrong},
		{"KOI8-R", "koi8-r", "\xd0\xd2", "пр", ""},
		{"GB2312", "gb2312", "\xc4\xe3", "你", ""},
		{"Shift JIS", "shift_jis", "\x93\xfa", "日", ""},
		{"ISO-2022-JP", "iso-2022-jp", "\x1b$BF|\x1b(B", "日", ""},
		{"unknown", "klingon", "é", "é", OddCharsetUnknown},
		{"UTF-16 with mark", "utf-16", "\xff\xfea\x00", "a", OddCharsetUTF16},
		{"UTF-16 big end first", "utf-16be", "\x00a\x00b", "ab", OddCharsetUTF16},
		{"Chinese in UTF-16", "utf-16le", "\xe5\x65", "日", OddCharsetUTF16},
		{"ASCII that claims UTF-16", "utf-16", "abcd", "abcd", OddCharsetWrong},
		{"UTF-7", "utf-7", "a +AOk- b +- c +-d", "a é b + c +d", OddCharsetUTF7},
		{"UTF-7 unclosed", "utf-7", "+AOk", "é", OddCharsetUTF7},
		{"UTF-7 malformed", "utf-7", "1 + 1", "1 + 1", OddCharsetUTF7},
		{"empty", "utf-8", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, odd := decodeCharset([]byte(c.in), c.charset)
			if got != c.want || odd != c.odd {
				t.Errorf("got %q, %q; want %q, %q", got, odd, c.want, c.odd)
			}
		})
	}
}

func TestMetaCharset(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`<meta charset="koi8-r">`, "koi8-r"},
		{`<META content="text/html; CHARSET=gb2312">`, "gb2312"},
		{`<meta charset=utf-8/>`, "utf-8"},
		{`<p>none`, ""},
		{strings.Repeat(" ", 1024) + `<meta charset="koi8-r">`, ""},
		{"", ""},
	} {
		if got := metaCharset([]byte(c.in)); got != c.want {
			t.Errorf("%.60q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestLooksText(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     bool
	}{
		{"words", "some words\r\n", true},
		{"UTF-8 cut within a character", strings.Repeat("é", 600)[:1023], true},
		{"Latin-1", "Gr\xfc\xdfe an alle", true},
		{"UTF-16", utf16Of("words"), true},
		{"an archive", "PK\x03\x04words", false},
		{"PDF", "%PDF-1.4\nwords", false},
		{"noise", "\x80\x91\xa2\xb3abc", false},
		{"empty", "", false},
	} {
		if got := looksText([]byte(c.in)); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestLooksHTML(t *testing.T) {
	for _, c := range []struct {
		in   string
		want bool
	}{
		{" \n<HTML><p>x", true}, {"<a href=x>y</a>", true}, {"<!DOCTYPE html>", true},
		{"<ann@example.com> wrote: <br", true}, {"<ann@example.com> wrote:", false},
		{"text, then <html>", false}, {"", false},
	} {
		if got := looksHTML(c.in); got != c.want {
			t.Errorf("%q: got %v, want %v", c.in, got, c.want)
		}
	}
}
