package scoring

import (
	"encoding/base64"
	"strings"

	"sluice/scoring/model"
)

// This file has what the model looks at of those who write and are written to.

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
