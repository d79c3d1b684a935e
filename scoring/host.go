package scoring

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// maxHost is the longest host name that is read, in bytes (RFC 1035 section
// 2.3.4).
const maxHost = 255

// parseURL reads an address the way browsers do (WHATWG URL): white space
// inside is dropped and backslashes are slashes. ok is false for what leads
// nowhere outside of the message: relative addresses, mailto, cid and the
// like.
func parseURL(raw string) (u URL, ok bool) {
	clean := strings.TrimSpace(cutString(raw, 2*maxURLLength))
	if strings.ContainsAny(clean, "\t\r\n\x00") {
		clean = strings.NewReplacer("\t", "", "\r", "", "\n", "", "\x00", "").Replace(clean)
	}
	u.Raw = cutString(strings.ToValidUTF8(clean, "?"), maxURLLength)
	scheme, rest, found := strings.Cut(clean, ":")
	scheme = strings.ToLower(scheme)
	switch {
	case strings.HasPrefix(clean, "//") || strings.HasPrefix(clean, `\\`):
		scheme, rest = "http", clean
	case hasPrefixFold([]byte(clean[:min(len(clean), 4)]), "www."):
		scheme, rest = "http", clean
	case !found:
		return URL{}, false
	}
	u.Scheme = scheme
	switch scheme {
	case "http", "https", "ftp":
		u.Host = normalHost(authority(rest))
		return u, u.Host != ""
	case "javascript", "vbscript", "data", "blob", "file":
		return u, true
	}
	return URL{}, false
}

// authority returns the host in what follows a scheme: without user
// information and port.
func authority(rest string) string {
	rest = strings.TrimLeft(rest, `/\`)
	if end := strings.IndexAny(rest, `/\?#`); end >= 0 {
		rest = rest[:end]
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = rest[at+1:]
	}
	if strings.HasPrefix(rest, "[") { // IPv6
		host, _, _ := strings.Cut(rest[1:], "]")
		return host
	}
	host, _, _ := strings.Cut(rest, ":")
	return host
}

// hostProfile maps names the way browsers do (UTS 46), without refusing those
// that DNS would not have.
var hostProfile = idna.New(idna.MapForLookup(), idna.StrictDomainName(false), idna.Transitional(false))

// normalHost returns a host in its one form: lower case, in ASCII, without a
// final dot, and IPv4 addresses in four decimal parts. It is "" for one that
// is too long.
func normalHost(host string) string {
	if strings.Contains(host, "%") {
		if plain, err := url.PathUnescape(host); err == nil {
			host = plain
		}
	}
	if len(host) > maxHost {
		return ""
	}
	if ascii, err := hostProfile.ToASCII(host); err == nil {
		host = ascii
	}
	host = strings.TrimRight(strings.ToLower(strings.ToValidUTF8(host, "?")), ".")
	if addr, ok := numericHost(host); ok {
		return addr.String()
	}
	return host
}

// numericHost reads an address in any of the forms that browsers take:
// "0xC0A80101", "3232235777", "192.168.257", "0300.0250.1.1", IPv6.
func numericHost(host string) (netip.Addr, bool) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr, true
	}
	parts := strings.Split(host, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var value uint64
	for i, part := range parts {
		n, err := strconv.ParseUint(decimalPrefix(part), 0, 32)
		last := i == len(parts)-1
		if err != nil || strings.Contains(part, "_") || !last && n > 255 {
			return netip.Addr{}, false
		}
		if last {
			value = value<<(8*(4-i)) | n
		} else {
			value = value<<8 | n
		}
	}
	if value > 0xffffffff {
		return netip.Addr{}, false
	}
	return netip.AddrFrom4([4]byte{byte(value >> 24), byte(value >> 16), byte(value >> 8), byte(value)}), true
}

// decimalPrefix guards against the prefixes that Go has and browsers do not:
// "0b1" and "0o7" are no numbers.
func decimalPrefix(part string) string {
	if len(part) > 1 && part[0] == '0' && (part[1] == 'b' || part[1] == 'o') {
		return ""
	}
	return part
}
