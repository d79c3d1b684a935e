package scoring

import (
	"net/netip"
	"strings"
)

// What of a message a URL list can be asked about.
const (
	askDomains   = "domains"   // registered domains of links
	askHosts     = "hosts"     // hosts of links, as they stand there
	askAddresses = "addresses" // public IP addresses in links
	askAuthor    = "author"    // the domain of the first author
	askReplyTo   = "reply-to"  // the domain that replies go to
	askMailboxes = "mailboxes" // the domains of mail addresses in the text
)

// askables are all of them.
var askables = []string{askDomains, askHosts, askAddresses, askAuthor, askReplyTo, askMailboxes}

// Bounds of what is looked through for names.
const (
	maxAtSigns   = 200 // "@" in the text
	maxLocalPart = 64  // bytes before it (RFC 5321 section 4.5.3.1.1)
)

// mention is a domain or address that a message mentions.
type mention struct {
	ask  string // what it is, one of askables
	name string
}

// mentions returns everything that a list could be asked about, each once: what
// is most suspicious first, then in the order of the message.
func (f *facts) mentions() []mention {
	var all []mention
	seen := make(map[mention]bool)
	add := func(ask, name string) {
		if m := (mention{ask, name}); name != "" && !seen[m] {
			seen[m] = true
			all = append(all, m)
		}
	}
	links := suspiciousFirst(f.links)
	for _, l := range links {
		if l.Tag != "img" {
			l.mention(add)
		}
	}
	add(askReplyTo, domainOf(f.replyTo))
	add(askAuthor, domainOf(f.from))
	for _, l := range links {
		l.mention(add)
	}
	for _, domain := range mailboxes(f.ownText()) {
		add(askMailboxes, domain)
	}
	return all
}

// mention adds what a link mentions.
func (l *link) mention(add func(ask, name string)) {
	if l.addr.IsValid() {
		if isPublic(l.addr) {
			add(askAddresses, l.addr.Unmap().WithZone("").String())
		}
		return
	}
	add(askDomains, l.domain)
	add(askHosts, l.Host)
}

// suspiciousFirst orders links; those of equal suspicion stay in their order.
func suspiciousFirst(links []link) []link {
	var first, then []link
	for _, l := range links {
		if l.isSuspicious() {
			first = append(first, l)
		} else {
			then = append(then, l)
		}
	}
	return append(first, then...)
}

// isSuspicious says whether a link is made to deceive, or asks for something.
func (l *link) isSuspicious() bool {
	shown := shownHost(l.Text)
	return l.Tag == "form" || l.Source == SourceCode || strings.Contains(hostPart(l.Raw), "@") || strings.Contains(l.Host, "xn--") ||
		shown != "" && registered(shown) != l.domain
}

// isPublic says whether an address means the same host for everybody.
func isPublic(a netip.Addr) bool { return a.IsGlobalUnicast() && !a.IsPrivate() }

// mailboxes returns the domains of the mail addresses in a text.
func mailboxes(text string) (domains []string) {
	for range maxAtSigns {
		at := strings.IndexByte(text, '@')
		if at < 0 {
			break
		}
		end := at + 1
		for end < len(text) && end-at <= maxHost && isNameByte(text[end]) {
			end++
		}
		before, domain := text[max(at-maxLocalPart, 0):at], strings.TrimRight(text[at+1:end], ".-")
		if before != "" && before[len(before)-1] > ' ' && strings.Contains(domain, ".") {
			domains = append(domains, strings.ToLower(domain))
		}
		text = text[end:]
	}
	return domains
}
