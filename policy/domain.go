package policy

import (
	"strings"

	"golang.org/x/net/idna"
)

// domainProfile maps a domain the way mail programs do before they ask DNS (UTS
// 46), without refusing what DNS would not have.
var domainProfile = idna.New(idna.MapForLookup(), idna.StrictDomainName(false), idna.Transitional(false))

// FoldDomain is a domain in the one form in which domains are compared: lower
// case, internationalised labels as A-labels (RFC 5890 section 2.3.2.1), no final
// dot. It is bounded, for a peer may have written it.
func FoldDomain(domain string) string {
	domain = strings.ToLower(domain[:min(len(domain), maxAddress)])
	if strings.ContainsFunc(domain, func(r rune) bool { return r > '~' }) {
		if ascii, err := domainProfile.ToASCII(domain); err == nil {
			domain = ascii
		}
	}
	return strings.TrimRight(domain, ".")
}

// AddressDomain is the domain of an address in the form of FoldDomain, empty for
// an address without one.
func AddressDomain(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return ""
	}
	return FoldDomain(address[at+1:])
}

// foldEntry is FoldDomain for an entry, which may begin with a dot.
func foldEntry(entry string) string {
	if below, found := strings.CutPrefix(entry, "."); found {
		return "." + FoldDomain(below)
	}
	return FoldDomain(entry)
}

const (
	maxDomain = 253 // bytes of a domain without its final dot (RFC 1035 section 2.3.4)
	maxLabel  = 63  // bytes of one label
)

// unusableDomain says why the word is no domain of a list of domains.
func unusableDomain(word string) (text, hint string) {
	_, host, isAddress := strings.Cut(word, "@")
	rest, starred := strings.CutPrefix(word, "*.")
	switch {
	case starred && !strings.Contains(rest, "*"):
		return noPattern, "write ." + plain(rest, maxQuoted) + " for all domains below"
	case strings.Contains(word, "*"):
		return noPattern, "write .example.net for all domains below"
	case strings.ContainsAny(word, " \t,"):
		return severalOne, "write each in quotes of its own, in a file one a line"
	case isAddress:
		return "is no domain", "write " + plain(host, maxQuoted)
	case !IsDomain(strings.TrimPrefix(foldEntry(word), ".")):
		return "is no domain", ""
	}
	return "", ""
}

// IsDomain says whether a folded name could be a domain of mail.
func IsDomain(name string) bool {
	if len(name) > maxDomain {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > maxLabel || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}
