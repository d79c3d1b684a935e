package scoring

import (
	"net/url"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// usualPorts are the ports that links in ordinary mail have, the empty one being
// none at all.
var usualPorts = []string{"", "80", "443", "8080", "8443"}

var urlRules = []rule{
	{"URL_ADDRESS", always(1), "A link to a bare public IP address.", urlAddress},
	{"URL_NUMBER", always(2), "A link to an address written so that nobody sees it is one: one number, octal or hexadecimal.", urlNumber},
	{"URL_USER", always(1.5), "A link with user information, which looks like a host: http://bank.example@evil.example/.", urlUser},
	{"URL_SHORTENER", always(0.4), "A link to a URL shortener, which hides where it leads.", urlShortener},
	{"URL_FREE_PAGE", always(0.3), "A link to a page that anybody can set up for nothing within a minute.", urlFreePage},
	{"URL_MIXED_SCRIPT", always(2), "A host name that mixes letters of several scripts in one label (UTS 39).", urlMixedScript},
	{"URL_SCRIPT", always(2), "A link that runs a script or carries a document: javascript:, vbscript:, data:, blob:.", urlScript},
	{"QR_LINK", always(0.5), "A QR code, in an image that the message brings along, with a link.", qrLink},
	{"URL_TEXT_DIFFERS", always(0.7), "A link whose visible text is another host than the one it leads to.", urlTextDiffers},
	{"URL_PORT", always(0.4), "A link to an unusual port.", urlPort},
	{"URL_DEEP_HOST", always(0.5), "A host name of more than five labels before its domain, as imitations of others have.", urlDeepHost},
	{"URL_ENCODED_HOST", always(1.5), "A host name with percent signs.", urlEncodedHost},
}

// follow is the links that a reader may follow by clicking: not images.
func (f *facts) follow(test func(link) bool) (string, bool) {
	for _, l := range f.links {
		if l.Tag != "img" && test(l) {
			return l.Raw, true
		}
	}
	return "", false
}

func urlAddress(f *facts) (string, bool) {
	return f.follow(func(l link) bool {
		return l.addr.IsValid() && !l.addr.IsPrivate() && !l.addr.IsLoopback() && !l.addr.IsLinkLocalUnicast()
	})
}

func urlNumber(f *facts) (string, bool) {
	return f.follow(func(l link) bool {
		return l.addr.Is4() && !strings.Contains(l.Raw, l.Host)
	})
}

func urlUser(f *facts) (string, bool) {
	return f.follow(func(l link) bool {
		user, _, found := strings.Cut(hostPart(l.Raw), "@")
		return found && strings.Contains(user, ".")
	})
}

// hostPart returns the authority of a link as it stands there, with user
// information and port (RFC 3986 section 3.2).
func hostPart(raw string) string {
	if _, rest, found := strings.Cut(raw, "://"); found {
		raw = rest
	}
	if end := strings.IndexAny(raw, `/\?#`); end >= 0 {
		raw = raw[:end]
	}
	return raw
}

func qrLink(f *facts) (string, bool) {
	return f.follow(func(l link) bool { return l.Source == SourceCode })
}

func urlShortener(f *facts) (string, bool) {
	return f.follow(func(l link) bool { return shorteners[l.Host] })
}

func urlFreePage(f *facts) (string, bool) {
	return f.follow(func(l link) bool { return isFreePage(l.Host) })
}

func urlMixedScript(f *facts) (string, bool) {
	return f.follow(func(l link) bool {
		return strings.Contains(l.Host, "xn--") && slices.ContainsFunc(strings.Split(l.Host, "."), mixedLabel)
	})
}

// mixedLabel says whether a label of a host name has Latin letters together
// with look-alikes of them from another script.
func mixedLabel(label string) bool {
	label, err := idna.Punycode.ToUnicode(label)
	if err != nil {
		return false
	}
	latin, other := false, false
	for _, r := range label {
		latin = latin || unicode.Is(unicode.Latin, r)
		other = other || unicode.In(r, unicode.Cyrillic, unicode.Greek, unicode.Armenian)
	}
	return latin && other
}

func urlScript(f *facts) (string, bool) {
	for _, u := range f.m.URLs() {
		switch u.Scheme {
		case "javascript":
			// An empty one is how templates write a link without target.
			if rest := strings.Trim(strings.ToLower(u.Raw), " ;"); rest != "javascript:void(0)" && rest != "javascript:" {
				return u.Raw, true
			}
		case "vbscript":
			return u.Raw, true
		case "data":
			if u.Tag != "img" && !isImageData(u.Raw) {
				return u.Raw, true
			}
		case "blob":
			if u.Tag != "img" { // pictures that were pasted into a web mailer
				return u.Raw, true
			}
		}
	}
	return "", false
}

// isImageData says whether a data: link carries an image that is nothing more
// (RFC 2397); SVG may carry a script.
func isImageData(raw string) bool {
	raw = strings.ToLower(raw)
	return strings.HasPrefix(raw, "data:image/") && !strings.HasPrefix(raw, "data:image/svg")
}

func urlTextDiffers(f *facts) (string, bool) {
	for _, l := range f.links {
		shown := shownHost(l.Text)
		if l.Tag == "a" && shown != "" && registered(shown) != l.domain && shown != l.Host {
			return shown + " leads to " + l.Host, true
		}
	}
	return "", false
}

// shownHost returns the host if the visible text of a link is nothing but an
// address of the web.
func shownHost(text string) string {
	text = strings.TrimSpace(text)
	if strings.ContainsAny(text, " \t\n@") || !strings.Contains(text, ".") {
		return ""
	}
	u, ok := parseURL(text)
	if !ok && isBareName(text) {
		u, ok = parseURL("http://" + text)
	}
	if !ok || u.Scheme != "http" && u.Scheme != "https" || !strings.Contains(u.Host, ".") {
		return ""
	}
	return u.Host
}

func urlPort(f *facts) (string, bool) {
	return f.follow(func(l link) bool {
		u, err := url.Parse(l.Raw)
		return err == nil && !slices.Contains(usualPorts, u.Port())
	})
}

// maxHostLabels is how many labels a host may have beside its domain.
const maxHostLabels = 5

func urlDeepHost(f *facts) (string, bool) {
	return f.follow(func(l link) bool {
		return l.domain != "" && strings.Count(l.Host, ".")-strings.Count(l.domain, ".") > maxHostLabels
	})
}

func urlEncodedHost(f *facts) (string, bool) {
	return f.follow(func(l link) bool { return strings.Contains(hostPart(l.Raw), "%") })
}
