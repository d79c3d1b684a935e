package netlist

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"go4.org/netipx"
)

// Bounds on names (RFC 1035 section 2.3.4).
const (
	maxName  = 253
	maxLabel = 63
)

// local stands for clients without an address.
const local = "local"

// mappedBits is the length of ::ffff:0:0/96, under which IPv4 addresses are
// written as IPv6 (RFC 4291 section 2.5.5.2).
const mappedBits = 96

// badEntry is what is wrong with an entry, and what to do about it. A doubtful
// one can be used, and is probably not what was meant.
type badEntry struct {
	text, hint string
	doubtful   bool
}

// parse reads one entry.
func parse(s Source, o Options) (Entry, *badEntry) {
	e := Entry{Source: s}
	var err *badEntry
	from, to, isRange := strings.Cut(s.Text, "-")
	switch {
	case s.Text == "":
		return e, &badEntry{text: "an entry is empty"}
	case strings.ContainsAny(s.Text, " \t"):
		return e, &badEntry{text: fmt.Sprintf("%s is more than one entry", quote(s.Text)), hint: "write one a line, and # before a comment"}
	case strings.EqualFold(s.Text, local):
		if !o.Local {
			return e, &badEntry{text: `"local" is not possible here`}
		}
		return e, nil
	case strings.Contains(s.Text, "/"):
		e.Range, err = parseNetwork(s.Text)
	case isRange && isAddr(from):
		e.Range, err = parseRange(from, to, s.Text)
	case isAddr(s.Text):
		addr := parseAddr(s.Text)
		e.Range = netipx.IPRangeFrom(addr, addr)
	case !o.Names:
		return e, &badEntry{text: fmt.Sprintf("%s is no network, address or range", quote(s.Text))}
	default:
		e.Name, err = parseName(s.Text)
	}
	return e, err
}

func isAddr(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

// parseAddr returns the address as it is looked up: unmapped and without zone.
func parseAddr(s string) netip.Addr {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}

func parseNetwork(s string) (netipx.IPRange, *badEntry) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netipx.IPRange{}, &badEntry{
			text: fmt.Sprintf("%s is no network", quote(s)),
			hint: "write 203.0.113.0/24 or 2001:db8::/32",
		}
	}
	if p.Addr().Is4In6() {
		if p.Bits() < mappedBits {
			return netipx.IPRange{}, &badEntry{
				text: fmt.Sprintf("%s is wider than IPv4", quote(s)),
				hint: "write the IPv4 network",
			}
		}
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mappedBits)
	}
	if p != p.Masked() {
		return netipx.RangeOfPrefix(p), &badEntry{
			text:     fmt.Sprintf("%s has bits behind its length", quote(s)),
			hint:     "taken as " + p.Masked().String(),
			doubtful: true,
		}
	}
	return netipx.RangeOfPrefix(p), nil
}

func parseRange(from, to, whole string) (netipx.IPRange, *badEntry) {
	r := netipx.IPRangeFrom(parseAddr(from), parseAddr(to))
	switch {
	case !r.To().IsValid() || r.From().BitLen() != r.To().BitLen():
		return netipx.IPRange{}, &badEntry{
			text: fmt.Sprintf("%s is no range", quote(whole)),
			hint: "write both addresses in full: 203.0.113.5-203.0.113.9",
		}
	case !r.IsValid():
		return netipx.IPRange{}, &badEntry{
			text: fmt.Sprintf("%s ends before it begins", quote(whole)),
			hint: to + "-" + from,
		}
	}
	return r, nil
}

// parseName reads "host.example.net" or ".example.net". The last label begins
// with a letter: what does not is rather a mistyped address.
func parseName(s string) (string, *badEntry) {
	bad := &badEntry{text: fmt.Sprintf("%s is no network, address, range or name", quote(s))}
	if rest, found := strings.CutPrefix(s, "*."); found {
		bad.hint = "write ." + rest + " for all names below"
		return "", bad
	}
	name := strings.ToLower(strings.TrimSuffix(s, "."))
	host := strings.TrimPrefix(name, ".")
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if !isLabel(label) {
			return "", bad
		}
	}
	last := labels[len(labels)-1]
	if len(host) > maxName || last[0] < 'a' || last[0] > 'z' {
		return "", bad
	}
	if slices.Contains(fileEndings, last) || len(labels) == 1 && name == host {
		return name, &badEntry{
			text:     fmt.Sprintf("%s is taken as the PTR name of a client", quote(s)),
			hint:     "write file:" + s + " for a list",
			doubtful: true,
		}
	}
	return name, nil
}

// fileEndings are the ends of names that are rather forgotten "file:" entries.
var fileEndings = []string{"txt", "list", "lst", "conf", "csv"}

// isLabel allows what is found in PTR records: letters, digits, hyphens and
// underscores.
func isLabel(s string) bool {
	if s == "" || len(s) > maxLabel {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
