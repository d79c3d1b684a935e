package scoring

import (
	"bytes"
	"cmp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Bounds of HTML.
const (
	maxHTMLTokens = 100_000 // of all parts of a message together
	maxHTMLDepth  = 200     // open elements; those beyond are not told apart
	maxLinkText   = 256     // bytes of a link's visible text that are kept
)

// render adds the text of an HTML document, as shown and as hidden, and its
// links.
func (m *Message) render(source string) {
	fits := m.markup.add(source)
	r := newRenderer(m, source)
	r.run()
	fits = m.rendered.add(m.readable(r.shown.String())) && fits
	fits = m.hidden.add(m.readable(r.hidden.String())) && fits
	if !fits {
		m.note(OddTextCut, "")
	}
}

// renderer turns HTML into text, token by token. Elements nest as they are
// written; of the repairs that browsers make, only the implied ends matter to
// text and are made.
type renderer struct {
	m       *Message
	source  string
	z       *html.Tokenizer
	offset  int       // of the current token's end in source
	stack   []element // open elements, below them the document's defaults
	shown   textLayout
	hidden  textLayout
	attrs   map[string]string
	styled  bool // a style sheet sets backgrounds, so colours prove nothing
	link    URL
	linked  bool // inside a link
	linkOut strings.Builder
}

// element is an open element and how its text looks.
type element struct {
	name atom.Atom
	look
	pre bool
}

func newRenderer(m *Message, source string) *renderer {
	return &renderer{
		m:      m,
		source: source,
		z:      html.NewTokenizer(strings.NewReader(source)),
		stack:  []element{{look: look{text: black, ground: white}}},
		attrs:  make(map[string]string),
	}
}

func (r *renderer) run() {
	for {
		kind := r.z.Next()
		if kind == html.ErrorToken {
			break
		}
		r.offset += len(r.z.Raw())
		if r.m.htmlTokens++; r.m.htmlTokens > maxHTMLTokens {
			r.m.breaks(OddHTMLCut, "")
			r.shown.write(stripTags(r.source[min(r.offset-len(r.z.Raw()), len(r.source)):]), false)
			break
		}
		switch kind {
		case html.TextToken:
			r.writeText(r.z.Text())
		case html.StartTagToken, html.SelfClosingTagToken:
			r.open()
		case html.EndTagToken:
			name, _ := r.z.TagName()
			r.close(atom.Lookup(name))
		}
	}
	r.endLink()
}

func (r *renderer) top() *element { return &r.stack[len(r.stack)-1] }

// writeText puts text where it belongs: shown, hidden or nowhere.
func (r *renderer) writeText(text []byte) {
	text = bytes.ReplaceAll(text, []byte("\u00a0"), []byte(" "))
	top := r.top()
	switch {
	case top.name == atom.Style:
		r.styled = r.styled || bytes.Contains(bytes.ToLower(text), []byte("background"))
	case top.name == atom.Script || top.name == atom.Title:
	case top.unseen(r.styled):
		r.hidden.write(string(text), top.pre)
	default:
		r.shown.write(string(text), top.pre)
		if r.linked && r.linkOut.Len() < maxLinkText {
			r.linkOut.Write(text[:min(len(text), maxLinkText)])
		}
	}
}

// open begins an element.
func (r *renderer) open() {
	raw, more := r.z.TagName()
	name := atom.Lookup(raw)
	attrs := r.attributes(more)
	r.breakLine(name)
	r.takeURLs(name, attrs)
	if isVoid(name) {
		return
	}
	if name == atom.Noscript {
		r.z.NextIsNotRawText() // mail readers run no scripts
	}
	if impliesEnd(name) && r.top().name == name {
		r.stack = r.stack[:len(r.stack)-1]
	}
	if len(r.stack) < maxHTMLDepth {
		next := *r.top()
		next.name = name
		next.pre = next.pre || name == atom.Pre || name == atom.Textarea || name == atom.Plaintext
		next.restyle(attrs)
		r.stack = append(r.stack, next)
	}
}

// attributes returns those of the current tag's attributes that matter. Of
// several of the same name the first holds. The map is valid up to the next
// call.
func (r *renderer) attributes(more bool) map[string]string {
	clear(r.attrs)
	var key, value []byte
	for n := 0; more && n < maxAttributes; n++ {
		key, value, more = r.z.TagAttr()
		switch string(key) {
		case "href", "xlink:href", "action", "formaction", "src", "data", "http-equiv", "content",
			"style", "class", "hidden", "color", "text", "bgcolor", "background":
			if _, seen := r.attrs[string(key)]; !seen {
				r.attrs[string(key)] = string(value)
			}
		}
	}
	return r.attrs
}

// close ends the innermost element of that name and all within it.
func (r *renderer) close(name atom.Atom) {
	r.breakLine(name)
	if name == atom.A {
		r.endLink()
	}
	for i := len(r.stack) - 1; i > 0; i-- {
		if r.stack[i].name == name {
			r.stack = r.stack[:i]
			return
		}
	}
}

// breakLine ends a line or a word where an element begins or ends.
func (r *renderer) breakLine(name atom.Atom) {
	switch {
	case isBlock(name):
		r.shown.newline()
		r.hidden.newline()
	case name == atom.Td || name == atom.Th:
		r.shown.write(" ", false)
		r.hidden.write(" ", false)
	}
}

// takeURLs records the link of an element; that of an anchor waits for its
// text.
func (r *renderer) takeURLs(name atom.Atom, attrs map[string]string) {
	raw := linkOf(name, attrs)
	if name == atom.A {
		r.endLink()
	}
	u, ok := parseURL(raw)
	if ok && name == atom.Img && u.Scheme == "data" {
		r.m.considerData(raw)
	}
	if !ok || name == atom.Img && u.Scheme == "data" {
		return
	}
	u.Source, u.Tag = SourceHTML, name.String()
	if name == atom.A {
		r.link, r.linked = u, true
		return
	}
	r.m.addURL(u)
}

// linkOf returns the address in an element's attributes, or "".
func linkOf(name atom.Atom, attrs map[string]string) string {
	switch name {
	case atom.A, atom.Area, atom.Base:
		return cmp.Or(attrs["href"], attrs["xlink:href"]) // the second in SVG
	case atom.Form:
		return attrs["action"]
	case atom.Button, atom.Input:
		return attrs["formaction"]
	case atom.Img, atom.Iframe, atom.Frame, atom.Embed, atom.Script:
		return attrs["src"]
	case atom.Object:
		return attrs["data"]
	case atom.Meta:
		if strings.EqualFold(attrs["http-equiv"], "refresh") {
			return refreshTarget(attrs["content"])
		}
	}
	return ""
}

// refreshTarget returns the address in `5; url=ADDRESS`.
func refreshTarget(content string) string {
	_, rest, _ := strings.Cut(content, ";")
	key, target, found := strings.Cut(rest, "=")
	if !found || !strings.EqualFold(strings.TrimSpace(key), "url") {
		return ""
	}
	return strings.Trim(target, " \t'\"")
}

// endLink records the open link with the text that it was given.
func (r *renderer) endLink() {
	if !r.linked {
		return
	}
	r.linked = false
	text, _ := readable(strings.ToValidUTF8(r.linkOut.String(), ""))
	r.link.Text = cutString(strings.Join(strings.Fields(text), " "), maxLinkText)
	r.linkOut.Reset()
	r.m.addURL(r.link)
}

// isVoid says whether an element has no content (HTML section 13.1.2).
func isVoid(name atom.Atom) bool {
	switch name {
	case atom.Area, atom.Base, atom.Br, atom.Col, atom.Embed, atom.Hr, atom.Img, atom.Input, atom.Link,
		atom.Meta, atom.Source, atom.Track, atom.Wbr:
		return true
	}
	return false
}

// impliesEnd says whether an element ends an open one of the same name.
func impliesEnd(name atom.Atom) bool {
	switch name {
	case atom.P, atom.Li, atom.Tr, atom.Td, atom.Th, atom.Dt, atom.Dd, atom.Option:
		return true
	}
	return false
}

// isBlock says whether an element stands on lines of its own.
func isBlock(name atom.Atom) bool {
	switch name {
	case atom.P, atom.Div, atom.Br, atom.Hr, atom.Table, atom.Tr, atom.Ul, atom.Ol, atom.Li, atom.Dl, atom.Dt, atom.Dd,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Pre, atom.Form, atom.Center,
		atom.Section, atom.Article, atom.Header, atom.Footer, atom.Body, atom.Option, atom.Address:
		return true
	}
	return false
}

// textLayout collects text with white space collapsed the way browsers do.
type textLayout struct {
	strings.Builder
	space bool // a space is due before the next word
	line  bool // a line has begun
}

// write adds text; pre keeps its lines and spaces.
func (l *textLayout) write(text string, pre bool) {
	if pre {
		l.WriteString(text)
		l.line = l.line || text != ""
		return
	}
	for text != "" {
		end := strings.IndexAny(text, " \t\r\n\f")
		if end < 0 {
			end = len(text)
		}
		if end > 0 {
			if l.space && l.line {
				l.WriteByte(' ')
			}
			l.WriteString(text[:end])
			l.space, l.line = false, true
		}
		if end < len(text) {
			l.space = true
			end++
		}
		text = text[end:]
	}
}

// newline ends the current line, if one has begun.
func (l *textLayout) newline() {
	if l.line {
		l.WriteByte('\n')
	}
	l.space, l.line = false, false
}

// stripTags removes what stands in angle brackets and keeps all else.
func stripTags(s string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "<")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, after, closed := strings.Cut(rest, ">")
		if !closed {
			b.WriteString(rest)
			return b.String()
		}
		b.WriteByte(' ')
		s = after
	}
}
