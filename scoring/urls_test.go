package scoring

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestURLsInText(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string // scheme, host and raw
	}{
		{"see http://Example.COM/a?b=c#d.", []string{"http example.com http://Example.COM/a?b=c#d"}},
		{"HTTPS://user:pw@example.com:8443/", []string{"https example.com HTTPS://user:pw@example.com:8443/"}},
		{"(http://example.com/x)", []string{"http example.com http://example.com/x"}},
		{"http://example.com/x_(y)", []string{"http example.com http://example.com/x_(y)"}},
		{"<http://example.com/>", []string{"http example.com http://example.com/"}},
		{"link:http://example.com", []string{"http example.com http://example.com"}},
		{"http://a.com,http://b.com", []string{"http a.com http://a.com", "http b.com http://b.com"}},
		{"http://a.com/?u=http://b.com", []string{"http a.com http://a.com/?u=http://b.com"}},
		{"go to www.example.org!", []string{"http www.example.org www.example.org"}},
		{"ftp.example.org/pub", []string{"ftp ftp.example.org ftp.example.org/pub"}},
		{"ftp://example.org/", []string{"ftp example.org ftp://example.org/"}},
		{"at example.com/path, or", []string{"http example.com example.com/path"}},
		{"example.com:8080", []string{"http example.com example.com:8080"}},
		{"http://3232235777/", []string{"http 192.168.1.1 http://3232235777/"}},
		{"http://[2001:db8::1]/", []string{"http 2001:db8::1 http://[2001:db8::1]/"}},
		{"请点击http://example.cn/a，谢谢", []string{"http example.cn http://example.cn/a"}},
		{"http://пример.рф/", []string{"http xn--e1afmkfd.xn--p1ai http://пример.рф/"}},
		{"a@example.com mailto:a@example.com", nil},
		{"report.zip main.go end.The e.g. 3.14 ... .com a..com -", nil},
		{"hxxp://example.com/ http:// http://localhost/", nil},
		{"", nil},
	} {
		t.Run(c.text, func(t *testing.T) {
			m := NewMessage(0)
			m.scanURLs(c.text, SourceText)
			var got []string
			for _, u := range m.URLs() {
				got = append(got, u.Scheme+" "+u.Host+" "+u.Raw)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestURLsInHTML(t *testing.T) {
	for _, c := range []struct {
		html string
		want []URL
	}{
		{`<a href="http://evil.example/">www.<b>bank</b>.example</a>`, []URL{{"http://evil.example/", "http", "evil.example", "www.bank.example", SourceHTML, "a"}}},
		{`<a href=" java&#10;script:alert(1) ">x</a>`, []URL{{"javascript:alert(1)", "javascript", "", "x", SourceHTML, "a"}}},
		{`<a href="data:text/html;base64,eA==">x</a>`, []URL{{"data:text/html;base64,eA==", "data", "", "x", SourceHTML, "a"}}},
		{`<a href="\\evil.example\x">x</a>`, []URL{{`\\evil.example\x`, "http", "evil.example", "x", SourceHTML, "a"}}},
		{`<a href=http://one.example/>a<a href=http://two.example/>b`, []URL{
			{"http://one.example/", "http", "one.example", "a", SourceHTML, "a"},
			{"http://two.example/", "http", "two.example", "b", SourceHTML, "a"}}},
		{`<img src=https://i.example/p.png><img src="data:image/png;base64,AA">`, []URL{{"https://i.example/p.png", "https", "i.example", "", SourceHTML, "img"}}},
		{`<form action=https://f.example/>`, []URL{{"https://f.example/", "https", "f.example", "", SourceHTML, "form"}}},
		{`<meta http-equiv=Refresh content="0; URL='http://r.example/'">`, []URL{{"http://r.example/", "http", "r.example", "", SourceHTML, "meta"}}},
		{`<base href=//b.example/><area href=ftp://a.example><iframe src=HTTP://i.example></iframe>`, []URL{
			{"//b.example/", "http", "b.example", "", SourceHTML, "base"},
			{"ftp://a.example", "ftp", "a.example", "", SourceHTML, "area"},
			{"HTTP://i.example", "http", "i.example", "", SourceHTML, "iframe"}}},
		{`<button formaction=http://f.example></button><object data=http://o.example></object>`, []URL{
			{"http://f.example", "http", "f.example", "", SourceHTML, "button"},
			{"http://o.example", "http", "o.example", "", SourceHTML, "object"}}},
		{`<a href="blob:https://x.example/1">b</a>`, []URL{{"blob:https://x.example/1", "blob", "", "b", SourceHTML, "a"}}},
		{`<a href=http://u.example/>unclosed`, []URL{{"http://u.example/", "http", "u.example", "unclosed", SourceHTML, "a"}}},
		{`<meta http-equiv=refresh content=5><meta name=x content="0;url=http://n.example">`, nil},
		{`<a href="mailto:a@example.com">m</a><a href="#top">t</a><a href=x.html>r</a><img src=cid:1><a>`, nil},
	} {
		t.Run(c.html, func(t *testing.T) {
			m := NewMessage(0)
			m.render(c.html)
			if diff := cmp.Diff(c.want, m.URLs()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestURLInSubject(t *testing.T) {
	m := viewOf(t, "Subject: visit www.example.com now\n\ntext\n")
	want := []URL{{Raw: "www.example.com", Scheme: "http", Host: "www.example.com", Source: SourceHeader}}
	if diff := cmp.Diff(want, m.URLs()); diff != "" {
		t.Error(diff)
	}
}

func TestURLBounds(t *testing.T) {
	for _, n := range []int{0, maxURLs, maxURLs + 1} {
		m := NewMessage(0)
		for i := range n {
			m.scanURLs(fmt.Sprintf("http://h%d.example.com/", i), SourceText)
		}
		if len(m.URLs()) != min(n, maxURLs) || m.Odd(OddURLsMany) != (n > maxURLs) {
			t.Errorf("%d links: %d kept, oddities %v", n, len(m.URLs()), m.Oddities())
		}
	}
	for _, n := range []int{maxURLLength, maxURLLength + 1, 1 << 20} {
		m := NewMessage(0)
		raw := "http://example.com/"
		m.scanURLs(raw+strings.Repeat("x", n-len(raw)), SourceText)
		if got := len(m.URLs()[0].Raw); got != min(n, maxURLLength) {
			t.Errorf("a link of %d bytes is kept with %d", n, got)
		}
	}
	for _, n := range []int{0, maxLinkText, maxLinkText + 1} {
		m := NewMessage(0)
		m.render("<a href=http://example.com/>" + strings.Repeat("x", n) + "</a>")
		if got := len(m.URLs()[0].Text); got != min(n, maxLinkText) {
			t.Errorf("a link's text of %d bytes is kept with %d", n, got)
		}
	}
}

func TestHosts(t *testing.T) {
	long := strings.Repeat("a.", maxHost/2)
	for _, c := range []struct{ host, want string }{
		{"Example.COM.", "example.com"},
		{"b%61nk.example", "bank.example"},
		{"MÜNCHEN.example", "xn--mnchen-3ya.example"},
		{"ｂａｎｋ。example", "bank.example"},
		{"under_score.example", "under_score.example"},
		{"0xC0A80101", "192.168.1.1"},
		{"0300.0250.1.1", "192.168.1.1"},
		{"192.168.257", "192.168.1.1"},
		{"127.1", "127.0.0.1"},
		{"1.2.3.4.5", "1.2.3.4.5"},
		{"256.1.1.1", "256.1.1.1"},
		{"4294967296", "4294967296"},
		{"0b1.0o7", "0b1.0o7"},
		{"2001:DB8::1", "2001:db8::1"},
		{long + "a", long + "a"},
		{long + "ab", ""},
		{"", ""},
	} {
		if got := normalHost(c.host); got != c.want {
			t.Errorf("%q is %q, want %q", c.host, got, c.want)
		}
	}
}
