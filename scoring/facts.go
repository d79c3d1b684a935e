package scoring

import (
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"
)

// facts is what the rules look at: the message and what several rules need of
// it, worked out once. It belongs to one goroutine.
type facts struct {
	whole *Message // for the operator's own rules
	m     *Message // without what a report returns
	in    Input
	words map[string]tally // by wordlist
	kinds kinds
	own   string // ownText, once it has been asked for

	display, from string // the first author with an address; a comma in the name does no harm
	fromDomain    string // registered domain of the author's address
	replyTo       string // address, if it is another than from
	replyDomain   string // its registered domain

	links []link // web links, of the links that readers follow
	files []file // attachments
}

// link is a web link (http, https) with its host taken apart.
type link struct {
	URL
	domain string     // registered domain; empty for an address
	addr   netip.Addr // valid if the host is an address
}

// newFacts prepares what the rules need. The words found are added later.
func newFacts(m *Message, in Input) *facts {
	f := &facts{whole: m, m: m, in: in}
	f.display, f.from = m.author()
	f.fromDomain = registered(domainOf(f.from))
	if f.kinds = newKinds(f); f.kinds.returns {
		f.m = m.withoutReturned()
	}
	m = f.m
	for _, a := range m.Addresses("Reply-To") {
		if a.Addr != "" && !strings.EqualFold(a.Addr, f.from) {
			f.replyTo, f.replyDomain = a.Addr, registered(domainOf(a.Addr))
			break
		}
	}
	for _, u := range m.URLs() {
		if u.Scheme == "http" || u.Scheme == "https" {
			l := link{URL: u}
			if addr, err := netip.ParseAddr(u.Host); err == nil {
				l.addr = addr
			} else {
				l.domain = registered(u.Host)
			}
			f.links = append(f.links, l)
		}
	}
	for _, a := range m.Attachments() {
		f.files = append(f.files, newFile(a))
	}
	return f
}

// text returns what is searched in a field.
func (f *facts) text(field string) string {
	switch field {
	case fieldSubject:
		return f.m.Subject()
	case fieldFrom:
		return f.m.Get("From")
	case fieldBody:
		return f.whole.Text()
	case fieldText:
		return f.m.Subject() + "\n" + f.ownText()
	case fieldHTML:
		return f.m.HTML()
	case fieldRaw:
		return strings.ToValidUTF8(string(f.m.Raw()), "\uFFFD")
	case fieldURL:
		return f.urlText()
	case fieldAttachment:
		return f.fileText()
	}
	return strings.Join(f.m.Values(strings.TrimPrefix(field, fieldHeader)), "\n")
}

// ownText is the text without what a reply quotes. It takes a message that
// says what it answers and has something to say itself; "> " before every line
// does not hide spam.
func (f *facts) ownText() string {
	if f.own == "" {
		f.own = f.m.Text()
		if f.kinds.reply && f.kinds.quotes {
			if own := unquoted(f.own); len(own) >= minOwnText {
				f.own = own
			}
		}
	}
	return f.own
}

// minOwnText is how much a reply must say itself for what it quotes not to
// count, in bytes.
const minOwnText = 20

func unquoted(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimLeft(line, " "), ">") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func (f *facts) urlText() string {
	var b strings.Builder
	for _, u := range f.whole.URLs() {
		b.WriteString(u.Raw)
		if u.Host != "" && !strings.Contains(u.Raw, u.Host) {
			b.WriteString("\n" + u.Scheme + "://" + u.Host)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (f *facts) fileText() string {
	var b strings.Builder
	for _, a := range f.files {
		b.WriteString(a.Name)
		b.WriteByte('\n')
	}
	return b.String()
}

// weight is what was found of a wordlist.
func (f *facts) weight(list string) int { return f.words[list].weight }

// atLeast makes a rule of a wordlist: that much of it must be found.
func atLeast(weight int, list string) func(*facts) (string, bool) {
	return func(f *facts) (string, bool) {
		if t := f.words[list]; t.weight >= weight {
			return t.note(), true
		}
		return "", false
	}
}

// anyOdd makes a rule of oddities: one of them must be there.
func anyOdd(tokens ...string) func(*facts) (string, bool) {
	return func(f *facts) (string, bool) {
		var found []string
		for _, token := range tokens {
			if f.m.Odd(token) {
				found = append(found, token)
			}
		}
		return strings.Join(found, " "), len(found) > 0
	}
}

// date returns the time of the field Date. ok is false if there is none or it
// cannot be read (RFC 5322 section 3.3).
func (f *facts) date() (t time.Time, ok bool) {
	t, err := parseDate(f.m.Get("Date"))
	return t, err == nil
}

// domainOf returns what follows the last "@", in lower case.
func domainOf(addr string) string {
	at := strings.LastIndexByte(addr, '@')
	if at < 0 {
		return ""
	}
	return strings.ToLower(strings.TrimSuffix(addr[at+1:], "."))
}

// registered returns the domain that somebody has registered, the public
// suffix and one label: "example.co.uk" for "www.shop.example.co.uk". A name
// that is a public suffix itself is returned as it is.
func registered(host string) string {
	if domain, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return domain
	}
	return host
}
