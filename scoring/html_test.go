package scoring

import (
	"fmt"
	"strings"
	"testing"
)

func TestHTMLAsShown(t *testing.T) {
	for _, c := range []struct{ name, html, shown, hidden string }{
		{"text", "<p>one <b>t</b>wo</p><p>three", "one two\nthree", ""},
		{"white space", "a  b\n\tc &nbsp; d", "a b c d", ""},
		{"pre keeps it", "<pre>a  b\nc</pre>", "a  b\nc", ""},
		{"cells", "<table><tr><td>a<td>b<tr><td>c</table>", "a b\nc", ""},
		{"entities", "&lt;a&gt; &#116;&#x65;xt &amp;", "<a> text &", ""},
		{"style, script and title", "<head><title>t</title><style>s</style></head><script>x</script>a", "a", ""},
		{"comments", "a<!-- no -->b<!--[if mso]>no<![endif]-->", "ab", ""},
		{"no script", "<noscript>a <b>b</b></noscript>", "a b", ""},
		{"display none", "a<div style='color:red;DISPLAY : none !important'>b<p>c</div>d", "a\nd", "b\nc"},
		{"the last display holds", "<div style='display:none;display:block'>a</div>", "a", ""},
		{"hidden attribute", "<div hidden>a</div>b", "b", "a"},
		{"void elements hide nothing", "<br style='display:none'>a", "a", ""},
		{"visibility", "<div style='visibility:hidden'>a<b style='visibility:visible'>b</b></div>", "b", "a"},
		{"font size 0", "<span style='font-size:0px'>a</span>b", "b", "a"},
		{"font size 0 undone inside", "<td style='font-size:0'><span style='font-size:14px'>a</span>", "a", ""},
		{"a part of nothing is nothing", "<td style='font-size:0'><span style='font-size:100%'>a</span>", "", "a"},
		{"font size of 1", "<span style='font-size:1pt'>a</span>", "", "a"},
		{"font size of 2", "<span style='font-size:2px'>a</span>", "a", ""},
		{"font size as a word", "<span style='font-size:small'>a</span>", "a", ""},
		{"opacity", "<span style='opacity:0'>a</span><span style='opacity:0.5'>b</span>", "b", "a"},
		{"white on white", "<font color=#FFF>a</font>b", "b", "a"},
		{"white on dark", "<td bgcolor='#000080'><font color=white>a</font>", "a", ""},
		{"text in the colour of its ground", "<td style='background:rgb(1,2,3)'><span style='color:#010203'>a</span>", "", "a"},
		{"black on black by default colour", "<td bgcolor=black>a", "", "a"},
		{"white over an image", "<td background='x.png'><font color=white>a</font>", "a", ""},
		{"white in a class", "<div class=dark><font color=white>a</font></div>", "a", ""},
		{"white under a style sheet", "<style>td{background:#000}</style><font color=white>a</font>", "a", ""},
		{"white on explicit white under a style sheet", "<style>td{background:#000}</style><td bgcolor=white><font color=white>a</font>", "", "a"},
		{"comments in CSS", "<div style='dis/* */play:none'>a</div>b", "b", "a"},
		{"colours that are none", "<font color='rgb(1,2)'>a</font><font color='rgb(300,0,0)'>b</font><font color=tomato>c</font>", "abc", ""},
		{"a ground that is no colour", "<td style='background:url(x.png)'><font color=white>a</font>", "a", ""},
		{"a ground by image", "<td style='background-image:url(x.png)'><font color=white>a</font>", "a", ""},
		{"the body's own colours", "<body text=white>a", "", "a"},
		{"half of nothing after all", "<td style='font-size:0'><span style='font-size:0.5em'>a</span><span style='font-size:0%'>b</span>", "", "ab"},
		{"unclosed comments in CSS", "<div style='color:red;/* display:none'>a</div>", "a", ""},
		{"no height", "<div style='max-height:0;overflow:hidden'>a</div>b", "b", "a"},
		{"unclosed elements", "<div><b>a<i>b</div>c", "ab\nc", ""},
		{"ends without beginning", "</p></div>a</b>", "a", ""},
		{"the first of two attributes holds", "<p style='display:none' style=''>a", "", "a"},
		{"broken markup", "a < b <", "a < b <", ""},
		{"empty", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := NewMessage(0)
			m.render(c.html)
			if got := strings.TrimSpace(m.rendered.String()); got != c.shown {
				t.Errorf("shown %q, want %q", got, c.shown)
			}
			if got := strings.TrimSpace(m.Hidden()); got != c.hidden {
				t.Errorf("hidden %q, want %q", got, c.hidden)
			}
		})
	}
}

func TestHTMLTokenBound(t *testing.T) {
	for _, n := range []int{0, maxHTMLTokens, maxHTMLTokens + 1} {
		m := NewMessage(0)
		m.render(strings.Repeat("<b>", n))
		if m.Odd(OddHTMLCut) != (n > maxHTMLTokens) {
			t.Errorf("%d tokens: %v", n, m.Oddities())
		}
	}
	m := NewMessage(0) // the bound is that of the message
	m.render(strings.Repeat("<b>", maxHTMLTokens/2))
	m.render(strings.Repeat("<b>", maxHTMLTokens/2) + "<i>x</i>")
	if !m.Odd(OddHTMLCut) || !strings.Contains(m.rendered.String(), "x") {
		t.Errorf("oddities %v, text %q", m.Oddities(), m.rendered.String())
	}
}

func TestHTMLDepthBound(t *testing.T) {
	for _, n := range []int{0, maxHTMLDepth - 1, maxHTMLDepth, 50 * maxHTMLDepth} {
		r := newRenderer(NewMessage(0), strings.Repeat("<div>", n)+"x")
		r.run()
		if len(r.stack) != min(n+1, maxHTMLDepth) || r.shown.String() != "x" {
			t.Errorf("%d elements: %d open, text %q", n, len(r.stack), r.shown.String())
		}
	}
}

func TestAttributeBound(t *testing.T) {
	for _, n := range []int{0, maxAttributes - 1, maxAttributes} {
		var attrs strings.Builder
		for i := range n {
			fmt.Fprintf(&attrs, " a%d=x", i)
		}
		m := NewMessage(0)
		m.render("<a" + attrs.String() + " href='http://example.com/'>x</a>")
		if got, want := len(m.URLs()) == 1, n < maxAttributes; got != want {
			t.Errorf("an address after %d attributes: %v, want %v", n, got, want)
		}
	}
}

func TestTextBound(t *testing.T) {
	for _, n := range []int{0, maxText, maxText + 1} {
		m := NewMessage(2 * maxText)
		m.Write([]byte(strings.Repeat("x", n)))
		m.Parse()
		if len(m.Text()) != min(n, maxText) || m.Odd(OddTextCut) != (n > maxText) {
			t.Errorf("%d bytes: %d kept, oddities %v", n, len(m.Text()), m.Oddities())
		}
	}
	var b textBuffer
	b.add(strings.Repeat("x", maxText-2))
	if b.add("é") || b.Len() > maxText {
		t.Errorf("half a character was added: %d bytes", b.Len())
	}
}
