package scoring

import (
	"slices"
	"strings"
	"testing"
)

func TestPagesByName(t *testing.T) {
	for _, c := range []struct{ name, mediaType, data, want string }{
		{"a.HTM", octets, "", "html"},
		{"a.html.txt", octets, "<html>", ""},
		{"a.xhtml. ", octets, "", "html"},
		{"a.mhtml", octets, "", "html"},
		{"a.svgz", octets, "", "svg"},
		{"a.pdf", htmlType, "", "html"},
		{"a.png", svgType, "", "svg"},
		{"", octets, "\xef\xbb\xbf \n<HTML>", "html"},
		{"", octets, utf16Of("\ufeff<script>"), "html"},
		{"", octets, "<?xml version='1.0'?><svg>", "svg"},
		{"a.xml", octets, "<?xml version='1.0'?><svg>", "svg"},
		{"a.xml", octets, "<?xml version='1.0'?><order>", ""},
		{"", octets, "text of <html>", ""},
		{"", octets, "", ""},
	} {
		if got := pageKind(c.name, c.mediaType, []byte(c.data)); got != c.want {
			t.Errorf("%q, %s, %.20q: %q, want %q", c.name, c.mediaType, c.data, got, c.want)
		}
	}
}

// What a script hides behind is seen, and its words in a page without script
// are not held against anybody.
func TestPackedPages(t *testing.T) {
	for script, want := range map[string]bool{
		`document.write(unescape("%3Cform%3E"))`:                 true,
		`document.write(decodeURIComponent("%3Cform%3E"))`:       true,
		`window["eval"](atob ("cGFnZQ=="))`:                      true,
		`x = self['atob']; x("cGFnZQ==")`:                        true,
		`String.fromCharCode(60, 102)`:                           true,
		strings.Repeat(`\x3c`, minEscapes):                       true,
		strings.Repeat(`\x3c`, minEscapes-1):                     false,
		`medieval(1); re_eval(2); evaluate(3); "eval"; eval = 4`: false,
		`decodeURIComponent(location)`:                           false,
		`menu()`:                                                 false,
	} {
		for _, data := range []string{"<script>" + script + "</script>", utf16Of("<script>" + script + "</script>"), mhtml("<script>" + script + "</script>")} {
			var r pageReader
			name := "a.html"
			if strings.HasPrefix(data, "From:") {
				name = "a.mht"
			}
			if p := r.look(name, octets, []byte(data)); p.Packed != want {
				t.Errorf("%.40q: %v, want %v", data, p.Packed, want)
			}
		}
		if p := new(pageReader).look("a.html", octets, []byte("<p>"+script+"</p>")); p.Packed {
			t.Errorf("%.40q without script is packed", script)
		}
	}
}

func TestPageBounds(t *testing.T) {
	script := "<script>x()</script>"
	for name, c := range map[string]struct {
		sizes  []int // of pages that end in a script
		script bool  // the last one is seen
		cut    bool
	}{
		"one":              {[]int{maxPage}, true, false},
		"one byte more":    {[]int{maxPage + len(script)}, false, true},
		"all":              {[]int{maxPage, maxPages - maxPage}, true, false},
		"all and one more": {[]int{maxPage, maxPages - maxPage, len(script)}, false, true},
	} {
		var r pageReader
		var p Page
		for _, size := range c.sizes {
			p = r.look("a.html", octets, []byte(strings.Repeat("x", size-len(script))+script))
		}
		if p.Script != c.script || r.cut != c.cut || r.read > maxPages {
			t.Errorf("%s: script %v, cut %v, %d bytes read", name, p.Script, r.cut, r.read)
		}
	}
	s := withDefaults(t)
	r := scoreText(t, s, attachment("a.svgz", octets, gzipped(strings.Repeat("x", maxPage+1))), Input{})
	if !slices.Contains(r.Skipped, Skip{"page", "limit"}) {
		t.Errorf("the report does not say what was skipped: %v", r.Skipped)
	}
}

// hostilePages are made to keep a reader busy.
var hostilePages = map[string]string{
	"tags without end":  strings.Repeat("<", maxPage),
	"scripts":           strings.Repeat("<script>", maxPage/8),
	"attributes":        "<a " + strings.Repeat("on href ", maxPage/8),
	"names of handlers": strings.Repeat("<g on on on on on on on on on on on on on on on on on on on on>", maxPage/64),
	"functions":         "<script>" + strings.Repeat("eval ", maxPage/5),
	"letters":           "<script>" + strings.Repeat("createObjectUR", maxPage/14),
	"base64":            "<script>createObjectURL" + strings.Repeat(strings.Repeat("x", 999)+" ", maxPage/1000),
}

func BenchmarkPage(b *testing.B) {
	for name, page := range hostilePages {
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			for b.Loop() {
				new(pageReader).look("a.html", octets, []byte(page))
			}
		})
	}
}

// FuzzPage holds that no page makes its reader panic or quote too much.
func FuzzPage(f *testing.F) {
	f.Add("a.html", []byte(`<a href="javascript:x()"><iframe src=data:text/html,x><img onerror = x>`))
	f.Add("a.svg", []byte(svg(`<a xlink:href="https://example.org/"><foreignObject><input></foreignObject></a>`)))
	f.Add("a.mht", []byte(mhtml("<script>eval('x')</script>")))
	f.Add("a.svgz", []byte(gzipped(svg(""))))
	f.Add("", []byte("<:<"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		var r pageReader
		if p := r.look(name, octets, data); len(p.Link) > maxPageLink || r.read > maxPages {
			t.Errorf("%d bytes of a link, %d read", len(p.Link), r.read)
		}
	})
}
