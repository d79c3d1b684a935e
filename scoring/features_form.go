package scoring

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"sluice/scoring/model"
)

// This file has what the model looks at of the form of a message: links, HTML,
// header, parts.

func (f *facts) linkFeatures(bag *model.Bag) {
	add := func(feature string) { bag.Add(model.Link, feature) }
	var domains []string
	clickable, own := 0, 0
	for _, l := range f.links[:min(len(f.links), maxModelLinks)] {
		isOwn := l.domain != "" && l.domain == f.fromDomain
		if !slices.Contains(domains, l.domain) {
			domains = append(domains, l.domain)
		}
		if l.Tag == "img" {
			f.hostFeatures(bag, l, "image")
			continue
		}
		clickable++
		f.hostFeatures(bag, l, "link")
		path, query, _ := strings.Cut(pathOf(l.Raw), "?")
		add("path of depth " + scale(strings.Count(path, "/")) + " and length " + scale(len(path)))
		if query != "" {
			add("query of length " + scale(len(query)))
		}
		target := ", elsewhere"
		if isOwn {
			own++
			target = ", to the author's domain"
		}
		if l.Tag == "a" && l.Text == "" {
			add("link on an image" + target)
		}
		for i, word := range strings.Fields(strings.ToLower(l.Text)) {
			word = strings.TrimFunc(word, func(r rune) bool { return !unicode.IsLetter(r) })
			if i < maxLinkWords && word != "" && len(word) <= maxWord {
				add("link " + word + target)
			}
		}
	}
	add("links: " + scale(clickable))
	add("domains: " + scale(len(domains)))
	switch {
	case clickable == 0:
	case own == 0:
		bag.Add(model.Relation, "no link to the author's domain")
	case own == clickable:
		bag.Add(model.Relation, "all links to the author's domain")
	default:
		bag.Add(model.Relation, "a link to the author's domain")
	}
}

// hostFeatures tells what kind of host a link or an image is on.
func (f *facts) hostFeatures(bag *model.Bag, l link, what string) {
	add := func(feature string) { bag.Add(model.Link, what+feature) }
	switch {
	case l.addr.IsValid():
		add(" to an address")
	case shorteners[l.Host]:
		add(" to a shortener")
	case isFreePage(l.Host):
		add(" to a free page")
	default:
		name, top := splitDomain(l.domain)
		add(" under ." + top)
		add(" host " + shape(name))
		add(" host of " + scale(strings.Count(l.Host, ".")) + " dots")
	}
}

// pathOf returns what follows the host of a link.
func pathOf(raw string) string {
	_, rest, _ := strings.Cut(raw, "://")
	_, path, _ := strings.Cut(rest, "/")
	return path
}

func (f *facts) markupFeatures(bag *model.Bag) {
	add := func(feature string) { bag.Add(model.Markup, feature) }
	source := f.m.HTML()
	if source == "" {
		add("no HTML")
		return
	}
	shown := len(f.m.Text()) - len(f.m.Plain())
	add("shown " + scale(shown/20))
	add("markup for a letter: " + scale(len(source)/max(shown, 1)))
	if hidden := len(f.m.Hidden()); hidden > 0 {
		add("hidden " + scale(hidden/20))
	}
	images := 0
	for _, l := range f.links {
		if l.Tag == "img" {
			images++
		}
	}
	add("images: " + scale(images))
	for _, list := range htmlPatterns {
		if f.weight(list.name) > 0 {
			add(list.name)
		}
	}
}

// modelFields are the header fields whose presence and order the model looks
// at. The others tell where a message has been rather than what it is.
var modelFields = set(`from to cc bcc subject date message-id reply-to sender in-reply-to references mime-version
	content-type content-transfer-encoding content-disposition content-language user-agent x-mailer x-priority
	x-msmail-priority importance x-mimeole thread-index thread-topic organization disposition-notification-to
	list-unsubscribe feedback-id x-php-originating-script auto-submitted priority`)

func (f *facts) headerFeatures(bag *model.Bag) {
	add := func(feature string) { bag.Add(model.Header, feature) }
	last := ""
	for _, h := range f.m.Headers() {
		name := strings.ToLower(h.Name)
		if !modelFields[name] {
			continue
		}
		add("field " + name)
		if last != "" {
			add(last + " before " + name)
		}
		last = name
	}
	for _, name := range []string{"User-Agent", "X-Mailer"} {
		if value := f.m.Get(name); value != "" {
			add("program " + programName(value))
		}
	}
	id := strings.Trim(f.m.Get("Message-ID"), "<>")
	left, right, _ := strings.Cut(id, "@")
	add("Message-ID " + shape(left))
	if right != "" && registered(strings.ToLower(right)) == f.fromDomain {
		add("Message-ID of the author's domain")
	}
	to := f.m.Addresses("To")
	add("recipients named: " + scale(len(to)))
	if len(to) == 0 {
		return
	}
	switch {
	case to[0].Addr == "":
		add("to nobody")
	case strings.EqualFold(to[0].Addr, f.from):
		add("to the author")
	case to[0].Display == "":
		add("to a bare address")
	}
}

// programName returns the name of a mail program without its version.
func programName(value string) string {
	end := strings.IndexFunc(value, func(r rune) bool { return !unicode.IsLetter(r) && r != ' ' && r != '-' && r != '.' })
	if end >= 0 {
		value = value[:end]
	}
	return strings.ToLower(strings.TrimSpace(cutString(value, 30)))
}

func (f *facts) structureFeatures(bag *model.Bag) {
	add := func(feature string) { bag.Add(model.Structure, feature) }
	parts := f.m.Parts()
	for i, p := range parts {
		if i < maxModelParts {
			add("part " + strconv.Itoa(i+1) + " is " + p.Type)
		}
		if p.Charset != "" {
			add("charset " + p.Charset)
		}
		if p.Encoding != "" {
			add(p.Type + " in " + p.Encoding)
		}
	}
	add("parts: " + scale(len(parts)))
	add("text " + scale(len(f.ownText())/20))
	for _, o := range f.m.Oddities() {
		add("oddity " + o.Token)
	}
}

// maxShape is how much of a name its shape tells.
const maxShape = 8

// shape says what a name looks like: its runs of letters, digits and other
// characters, and about how long it is.
func shape(s string) string {
	var b strings.Builder
	var last byte
	for i := 0; i < len(s) && b.Len() < maxShape; i++ {
		c := s[i]
		switch {
		case '0' <= c && c <= '9':
			c = '0'
		case 'a' <= c|0x20 && c|0x20 <= 'z':
			c = 'a'
		case c >= 0x80:
			c = '*'
		}
		if c != last {
			b.WriteByte(c)
			last = c
		}
	}
	return "like " + b.String() + ", " + scale(len(s))
}

// scale says about how large a number is.
func scale(n int) string {
	if n <= 3 {
		return strconv.Itoa(n)
	}
	for _, limit := range []int{5, 9, 15, 30, 60, 200} {
		if n <= limit {
			return "up to " + strconv.Itoa(limit)
		}
	}
	return "over 200"
}
