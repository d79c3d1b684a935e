package scoring

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"sluice/scoring/model"
)

// Bounds of what the model reads beside words.
const (
	maxModelLinks = 60 // links of a message
	maxLinkWords  = 6  // words of a link's text
	maxModelParts = 5  // MIME parts whose place counts
	maxMailboxes  = 20 // addresses in the text
)

// Features returns what the model weighs of a message, for training.
func (s *Scorer) Features(m *Message, in Input) (*model.Bag, error) {
	m.Parse()
	f := newFacts(m, in)
	var err error
	f.words, err = s.words.tallyUp(f.text)
	bag := new(model.Bag)
	f.features(bag)
	return bag, err
}

// features puts what a message is made of into a bag.
func (f *facts) features(bag *model.Bag) {
	to := f.firstRecipient()
	f.authorFeatures(bag)
	f.recipientFeatures(bag, to)
	f.linkFeatures(bag)
	f.markupFeatures(bag)
	f.headerFeatures(bag)
	f.structureFeatures(bag)
	for _, a := range f.files {
		if a.ext != "" {
			bag.Add(model.Attachment, "file ."+a.ext)
		}
		bag.Add(model.Attachment, "file of type "+a.Type)
		bag.Add(model.Attachment, "file name "+shape(a.Name))
	}
	f.textFeatures(bag, to)
}

// textFeatures come last: a long text leaves no room for others, and gets as
// much as there is.
func (f *facts) textFeatures(bag *model.Bag, to string) {
	name, _, _ := strings.Cut(to, "@")
	words := newWordReader(bag, name)
	words.read(withoutTags(f.m.Subject()), model.Subject, model.Subject)
	subject := words.topics.found(maxTopicPairs)
	words.read(f.ownText(), model.Word, model.Pair)
	f.topicFeatures(bag, words, subject)
	words.read(f.display, model.Author, model.Author)
}

// topicFeatures tells what a message speaks of, which topics go together, and
// which go with an author and links that do not belong together.
func (f *facts) topicFeatures(bag *model.Bag, words *wordReader, subject []int) {
	names := words.topics.names
	add := func(feature string) { bag.Add(model.Topic, feature) }
	for _, t := range subject {
		add("subject of " + names[t])
	}
	found := words.topics.found(maxTopicPairs)
	relation := f.relation()
	for i, t := range found {
		add("about " + names[t])
		if words.topics.counts[t] > 2 {
			add("much about " + names[t])
		}
		add(names[t] + ", " + relation)
		for _, other := range found[:i] {
			add(names[min(t, other)] + " and " + names[max(t, other)])
		}
	}
}

// relation says in one word how the author, his replies and his links belong
// together.
func (f *facts) relation() string {
	clickable, own := 0, 0
	for _, l := range f.links {
		if l.Tag != "img" {
			clickable++
			if l.domain != "" && l.domain == f.fromDomain {
				own++
			}
		}
	}
	switch {
	case f.replyTo != "" && f.replyDomain != f.fromDomain:
		return "replies elsewhere"
	case isFreemail(f.from):
		return "free mailbox"
	case clickable == 0:
		return "no link"
	case own == 0:
		return "links elsewhere"
	}
	return "own links"
}

// firstRecipient returns the first address in To, in lower case, or "" if it
// is too short to be told from a word.
func (f *facts) firstRecipient() string {
	for _, a := range f.m.Addresses("To") {
		if at := strings.LastIndexByte(a.Addr, '@'); at >= 3 {
			return strings.ToLower(a.Addr)
		}
	}
	return ""
}

// withoutTags removes what replies, lists and filters put before a subject.
func withoutTags(subject string) string {
	for {
		subject = strings.TrimSpace(subject)
		rest := subject
		if colon := strings.IndexByte(rest, ':'); colon >= 0 && slices.Contains(replyMarks, strings.ToLower(rest[:colon])) {
			rest = rest[colon+1:]
		} else if tag, after, closed := strings.Cut(rest, "]"); closed && strings.HasPrefix(tag, "[") {
			rest = after
		}
		if rest == subject {
			return subject
		}
		subject = rest
	}
}

var replyMarks = []string{"re", "fwd", "fw", "aw", "wg", "sv", "antw", "enc", "tr", "rv"}

func (f *facts) authorFeatures(bag *model.Bag) {
	add := func(feature string) { bag.Add(model.Author, feature) }
	if f.from == "" {
		add("no author")
		return
	}
	local, _, _ := strings.Cut(f.from, "@")
	name, top := splitDomain(f.fromDomain)
	add("author " + shape(local))
	add("author under ." + top)
	add("author's host " + shape(name))
	if f.display == "" {
		add("author without a name")
	}
}

// splitDomain splits a registered domain into its name and what comes behind
// the last dot.
func splitDomain(domain string) (name, top string) {
	dot := strings.LastIndexByte(domain, '.')
	return domain[:max(dot, 0)], domain[dot+1:]
}

// recipientFeatures tells how author, recipient and replies belong together.
// Strangers who write to many make up for not knowing them.
func (f *facts) recipientFeatures(bag *model.Bag, to string) {
	add := func(feature string) { bag.Add(model.Relation, feature) }
	if isFreemail(f.from) {
		add("author at a free mailbox")
		if f.display != "" && !namesMatch(f.display, f.from) {
			add("free mailbox of another name")
		}
	}
	if f.strangeMailbox() {
		add("another free mailbox in the text")
	}
	if f.replyTo != "" && f.replyDomain != f.fromDomain {
		add("replies to another domain")
		if isFreemail(f.replyTo) {
			add("replies to a free mailbox")
		}
	}
	local, host, found := strings.Cut(to, "@")
	if !found || host == domainOf(f.from) {
		return
	}
	domain := registered(host)
	name, _ := splitDomain(domain)
	own := len(name) >= 5 && !isFreemail(to)
	for _, in := range []struct{ place, text string }{{"subject", f.m.Subject()}, {"author's name", f.display}} {
		text := strings.ToLower(in.text)
		if strings.Contains(text, local) {
			add("recipient in the " + in.place)
		}
		if own && strings.Contains(text, name) {
			add("recipient's domain in the " + in.place)
		}
	}
	encoded := base64.RawStdEncoding.EncodeToString([]byte(to))
	for _, l := range f.links[:min(len(f.links), maxModelLinks)] {
		if strings.Contains(strings.ToLower(l.Raw), to) || strings.Contains(l.Raw, encoded[:len(encoded)-2]) {
			add("recipient's address in a link")
		}
		if own && domain != f.fromDomain && l.domain != domain && strings.Contains(l.Host, name) {
			add("recipient's domain in a link elsewhere")
		}
	}
}

// namesMatch says whether a part of the address could be made of a part of the
// name, or the name has no part that could stand in an address.
func namesMatch(name, addr string) bool {
	local, _, _ := strings.Cut(strings.ToLower(addr), "@")
	words := strings.FieldsFunc(strings.ToLower(foldLookalikes(name)), func(r rune) bool { return r < 'a' || r > 'z' })
	asked := false
	for _, w := range words {
		if len(w) < 3 {
			continue
		}
		asked = true
		if strings.Contains(local, w[:min(len(w), 4)]) {
			return true
		}
	}
	return !asked
}

// strangeMailbox says whether the text names a free mailbox that is neither
// author nor recipient.
func (f *facts) strangeMailbox() bool {
	for _, m := range address.FindAllString(cutString(f.ownText(), maxModelText), maxMailboxes) {
		if isFreemail(m) && !strings.EqualFold(m, f.from) && !strings.EqualFold(m, f.firstRecipient()) {
			return true
		}
	}
	return false
}

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
