package invented

import (
	"html"
	"regexp"
	"strings"
)

// block is a paragraph and what it is.
type block struct {
	kind  blockKind
	text  string   // with marks
	cells []string // of a table's row
}

type blockKind int

const (
	paragraph blockKind = iota
	heading
	item
	quoted
	row
	small
	signature // everything after it is part of it
)

// blocks takes a body apart.
func blocks(body []string) []block {
	var all []block
	for _, line := range body {
		switch {
		case line == "":
		case line == "--":
			all = append(all, block{kind: signature})
		case strings.HasPrefix(line, "# "):
			all = append(all, block{kind: heading, text: line[2:]})
		case strings.HasPrefix(line, "- "):
			all = append(all, block{kind: item, text: line[2:]})
		case strings.HasPrefix(line, "~ "):
			all = append(all, block{kind: small, text: line[2:]})
		case strings.HasPrefix(line, ">"):
			all = append(all, block{kind: quoted, text: strings.TrimPrefix(line[1:], " ")})
		case strings.HasPrefix(line, "|") && strings.HasSuffix(line, "|") && len(line) > 2:
			var cells []string
			for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
				cells = append(cells, strings.TrimSpace(cell))
			}
			all = append(all, block{kind: row, cells: cells})
		default:
			all = append(all, block{kind: paragraph, text: line})
		}
	}
	return all
}

// mark is a link, button or image within a paragraph, or an address as it
// stands.
var mark = regexp.MustCompile(`!\[([^\]]*)\]\(([^)\s]*)\)|\[\[([^\]]*)\]\]\(([^)\s]*)\)|\[([^\]]*)\]\(([^)\s]*)\)|(https?://[^\s)>\]]+)`)

// span is a piece of a paragraph.
type span struct {
	kind spanKind
	text string
	url  string
}

type spanKind int

const (
	plainText spanKind = iota
	image
	button
	anchor
	bare
)

func spans(text string) []span {
	var all []span
	last := 0
	for _, at := range mark.FindAllStringSubmatchIndex(text, -1) {
		if at[0] > last {
			all = append(all, span{text: text[last:at[0]]})
		}
		for i, kind := range []spanKind{image, button, anchor} {
			if at[4*i+2] >= 0 {
				all = append(all, span{kind, text[at[4*i+2]:at[4*i+3]], text[at[4*i+4]:at[4*i+5]]})
			}
		}
		if at[14] >= 0 {
			all = append(all, span{kind: bare, text: text[at[14]:at[15]], url: text[at[14]:at[15]]})
		}
		last = at[1]
	}
	if last < len(text) {
		all = append(all, span{text: text[last:]})
	}
	return all
}

// plain writes the body as plain text.
func (d *dress) plain(all []block) string {
	var b strings.Builder
	for i, bl := range all {
		if i > 0 && !(bl.kind == all[i-1].kind && (bl.kind == item || bl.kind == quoted || bl.kind == row)) {
			b.WriteString("\n")
		}
		switch bl.kind {
		case signature:
			b.WriteString("-- \n")
			continue
		case item:
			b.WriteString(d.bullet)
		case quoted:
			b.WriteString("> ")
		case row:
			b.WriteString(strings.Join(bl.cells, "  ") + "\n")
			continue
		}
		var line strings.Builder
		for _, s := range spans(bl.text) {
			switch s.kind {
			case plainText:
				line.WriteString(s.text)
			case bare:
				line.WriteString(d.link(s.url))
			case image:
				line.WriteString("[" + s.text + "]")
			default:
				line.WriteString(s.text + " " + d.brackets[0] + d.link(s.url) + d.brackets[1])
			}
		}
		text := line.String()
		if d.wrap > 0 && bl.kind != quoted {
			text = wrap(text, d.wrap)
		}
		b.WriteString(text + "\n")
	}
	return b.String()
}

// wrap breaks a paragraph into lines.
func wrap(text string, width int) string {
	var b strings.Builder
	column := 0
	for i, word := range strings.Fields(text) {
		switch {
		case i > 0 && column+len(word) >= width:
			b.WriteByte('\n')
			column = 0
		case i > 0:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}

// inline writes a paragraph's pieces as HTML.
func (d *dress) inline(text string) string {
	var b strings.Builder
	for _, s := range spans(text) {
		words := html.EscapeString(s.text)
		switch s.kind {
		case plainText:
			b.WriteString(words)
		case image:
			b.WriteString(`<img src="` + d.imageURL(s.url) + `" alt="` + words + `"` + d.imageStyle + `>`)
		case button:
			b.WriteString(strings.NewReplacer("URL", html.EscapeString(d.tracked(s.url)), "TEXT", words).Replace(d.button))
		default:
			b.WriteString(`<a href="` + html.EscapeString(d.tracked(s.url)) + `"` + d.linkStyle + `>` + words + `</a>`)
		}
	}
	return b.String()
}
