package scoring

import (
	"bytes"
	"strings"
)

// readPage looks through a page of plainLower, at each byte a fixed number of
// times.
func readPage(page []byte) (p Page) {
	foreign := false
	for rest := page; ; {
		open := bytes.IndexByte(rest, '<')
		if open < 0 {
			break
		}
		rest = rest[open+1:]
		if !isTag(rest) {
			continue
		}
		tag := rest[:min(len(rest), maxPageTag)]
		if end := bytes.IndexByte(tag, '>'); end >= 0 {
			tag = tag[:end]
		}
		p.readTag(tag, &foreign)
		rest = rest[len(tag):]
	}
	if p.Script {
		p.Packed = unpacksItself(page)
		p.Smuggles = makesFile(page)
	}
	return p
}

// isTag says whether what follows a "<" is a tag, a comment or the like; else it
// is text (HTML section 13.2.5.6).
func isTag(s []byte) bool {
	return len(s) > 0 && ('a' <= s[0] && s[0] <= 'z' || s[0] == '/' || s[0] == '!' || s[0] == '?')
}

func tagNameLen(tag []byte) int {
	end := bytes.IndexFunc(tag, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != ':' })
	if end < 0 {
		return len(tag)
	}
	return end
}

// readTag takes what a tag tells. foreign is whether the page of an SVG image
// has begun.
func (p *Page) readTag(tag []byte, foreign *bool) {
	name, attrs := tag[:tagNameLen(tag)], tag[tagNameLen(tag):]
	local := name[bytes.IndexByte(name, ':')+1:] // "svg:script"
	switch string(local) {
	case "script":
		p.Script = true
	case "foreignobject":
		*foreign = true
	case "form", "input":
		p.Asks = true
	case "meta":
		p.Asks = p.Asks || bytes.Contains(attrs, []byte("http-equiv")) && bytes.Contains(attrs, []byte("refresh"))
	case "iframe", "embed", "object", "frame":
		p.Script = p.Script || carriesDocument(attrs)
		p.Asks = p.Asks || *foreign
	case "a":
		if p.Link == "" {
			p.Link = webLink(attrs)
		}
	}
	if !p.Script && len(name) > 0 {
		p.Script = hasHandler(attrs) || bytes.Contains(attrs, []byte("href")) && runsScript(attrs)
	}
}

// carriesDocument says whether an element embeds a document that stands in its
// address, and may run scripts.
func carriesDocument(attrs []byte) bool {
	for _, start := range []string{"data:text/", "data:application/xhtml", "data:image/svg", "data:application/xml"} {
		if bytes.Contains(attrs, []byte(start)) {
			return true
		}
	}
	return false
}

// runsScript says whether a link runs a script that does something.
func runsScript(attrs []byte) bool {
	_, script, found := bytes.Cut(attrs, []byte("javascript:"))
	script = bytes.TrimLeft(script, " ")
	return found && len(script) > 0 && !bytes.HasPrefix(script, []byte("void")) && strings.IndexByte(`"';#`, script[0]) < 0
}

// startHandlers are the handlers that run without the reader's doing: they
// start what a script would.
var startHandlers = set(`onload onerror onpageshow onbegin onend onrepeat ontoggle onfocus onanimationstart onanimationend onhashchange onmessage`)

// hasHandler says whether attributes have a handler that runs by itself.
func hasHandler(attrs []byte) bool {
	for rest := attrs; ; {
		at := bytes.Index(rest, []byte("on"))
		if at < 0 {
			return false
		}
		word := rest[at:]
		word = word[:tagNameLen(word)]
		if at > 0 && strings.IndexByte(" \t\r\n/\"'", rest[at-1]) >= 0 && startHandlers[string(word)] {
			if after := bytes.TrimLeft(rest[at+len(word):], " \t\r\n"); bytes.HasPrefix(after, []byte("=")) {
				return true
			}
		}
		rest = rest[at+len("on"):]
	}
}

// webLink returns the link in the attributes of an element, if it leads to the
// web.
func webLink(attrs []byte) string {
	_, after, _ := bytes.Cut(attrs, []byte("href"))
	after = bytes.TrimLeft(after, " \t\r\n=\"'")
	if !bytes.HasPrefix(after, []byte("http://")) && !bytes.HasPrefix(after, []byte("https://")) {
		return ""
	}
	if end := bytes.IndexAny(after, " \t\r\n\"'"); end >= 0 {
		after = after[:end]
	}
	return string(after[:min(len(after), maxPageLink)])
}
