package scoring

import (
	"bytes"
	"compress/gzip"
)

// Bounds of what is looked at in attached pages, in bytes. What goes beyond is
// named in the report.
const (
	maxPages    = 2 << 20 // of all pages of a message
	maxPage     = 1 << 20 // of one
	maxPageTag  = 4 << 10 // of a tag
	maxPageLink = 200     // of a link that is quoted
)

// Page is what an attached file does when a browser opens it.
type Page struct {
	Kind     string // "html", "svg", or "" for other files
	Script   bool   // it runs a script, or opens a document that it carries
	Asks     bool   // it has a form, or fields, or leads to another page by itself
	Packed   bool   // its script unpacks itself
	Smuggles bool   // its script makes a file of what it carries
	Link     string // the first link to the web, or ""
}

// pageReader looks at the pages of one message.
type pageReader struct {
	read int  // bytes so far
	cut  bool // there was more than the bounds let it look at
}

// look finds out what a file does when a browser opens it.
func (r *pageReader) look(name, mediaType string, data []byte) Page {
	kind := pageKind(name, mediaType, data)
	if kind == "" {
		return Page{}
	}
	limit := min(maxPage, maxPages-r.read)
	if bytes.HasPrefix(data, []byte("\x1f\x8b")) { // .svgz
		if z, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
			data = readUpTo(z, limit+1)
		}
	}
	if len(data) > limit {
		r.cut = true
		data = data[:limit]
	}
	r.read += len(data)
	if isMHTML(name) {
		data = unpackMHTML(data)
	}
	p := readPage(plainLower(data))
	p.Kind = kind
	return p
}

// pageKind says whether a browser opens a file, by its name, the type that it
// claims or, where the name tells nothing, its first bytes: "html", "svg" or "".
func pageKind(name, mediaType string, data []byte) string {
	ext, _ := extensions(name)
	switch ext {
	case "htm", "html", "shtml", "xhtml", "xht", "mht", "mhtml":
		return "html"
	case "svg", "svgz":
		return "svg"
	}
	switch mediaType {
	case "text/html", "application/xhtml+xml":
		return "html"
	case "image/svg+xml":
		return "svg"
	}
	if ext != "" && ext != "xml" && ext != "xsl" {
		return ""
	}
	return pageStart(data)
}

// pageStart says what kind of page a file begins like.
func pageStart(data []byte) string {
	const probe = 1 << 10 // bytes
	head := bytes.TrimLeft(plainLower(data[:min(len(data), probe)]), "\xef\xbb\xbf\xfe\xff \t\r\n")
	if !bytes.HasPrefix(head, []byte("<")) {
		return ""
	}
	for _, tag := range []string{"<svg", "<!doctype svg"} {
		if bytes.Contains(head, []byte(tag)) {
			return "svg"
		}
	}
	for _, tag := range []string{"<html", "<!doctype html", "<script", "<body"} {
		if bytes.Contains(head, []byte(tag)) {
			return "html"
		}
	}
	return ""
}

func isMHTML(name string) bool {
	ext, _ := extensions(name)
	return ext == "mht" || ext == "mhtml"
}

// unpackMHTML returns the pages in a message that was saved as a file (RFC
// 2557), and the file itself, as some hide a plain page behind that name.
func unpackMHTML(data []byte) []byte {
	m := NewMessage(int64(len(data)))
	m.isInner = true
	if err := m.Read(bytes.NewReader(data)); err != nil {
		return data
	}
	return append([]byte(m.HTML()), data...)
}

// plainLower returns text with ASCII in lower case and without NUL bytes, which
// makes ASCII of UTF-16.
func plainLower(data []byte) []byte {
	out := make([]byte, 0, len(data))
	for _, c := range data {
		switch {
		case c == 0:
		case 'A' <= c && c <= 'Z':
			out = append(out, c|0x20)
		default:
			out = append(out, c)
		}
	}
	return out
}
