package policy

import (
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strings"

	"sluice/policy/config"
	"sluice/policy/netlist"
)

// maxHop is the farthest Received header that is looked at; longer ways are loops
// (RFC 5321 section 6.3 counts to 100).
const maxHop = 100

// maxReceived is how much of a header is read, in bytes.
const maxReceived = 4096

// received is the header in which hops are counted (RFC 5321 section 4.4).
const received = "Received"

// Relay is an incoming relay: a host that passes on mail of others and says in
// a header whose it is. Only what a listed relay itself has written can be
// believed. With hop 1 that is its own Received header; an operator who counts
// further, or names another header, trusts the hosts in between to write it and
// the relay to remove copies that came with the message.
type Relay struct {
	Name    string
	clients *netlist.List
	hop     int    // counted from 1; 0 when the header is used
	header  string // canonical enough: compared without regard to case
	match   string
}

// Header returns the name of the header field in which the relay names its
// clients; empty if it is found by counting hops.
func (rl *Relay) Header() string { return rl.header }

// Hop is the client behind an incoming relay, as the relay tells it. Name and
// Helo are for the record: nothing says that the name was verified.
type Hop struct {
	Addr netip.Addr
	Name string
	Helo string
}

// compileRelay reads one [relay.NAME].
func compileRelay(name string, c RelayConfig, dir string, ps *config.Problems) *Relay {
	key := "relay." + name
	r := &Relay{Name: name, hop: c.Hop, header: c.Header, match: c.Match}
	switch {
	case c.Hop == 0 && c.Header == "":
		ps.Errorf(key, "hop = 1 is the header that the relay itself wrote", "neither hop nor header says where the client is found")
	case c.Hop != 0 && c.Header != "":
		ps.Errorf(key+".header", "keep one of them", "both hop and header are given")
	case c.Hop < 0 || c.Hop > maxHop:
		ps.Errorf(key+".hop", "", "%d is not between 1 and %d", c.Hop, maxHop)
	case strings.EqualFold(c.Header, received):
		ps.Errorf(key+".header", "hop = 1", "Received headers are counted by hop")
	case !isHeaderName(c.Header) && c.Hop == 0:
		ps.Errorf(key+".header", "", "%s is no name of a header", quoted(c.Header))
	}
	if len(c.Clients) == 0 {
		ps.Errorf(key+".clients", "", "the relay's own addresses are missing")
	}
	r.clients = netlist.Load(c.Clients, dir, key+".clients", netlist.Options{}, ps)
	return r
}

// isHeaderName checks a field name (RFC 5322 section 2.2).
func isHeaderName(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' || s[i] == ':' {
			return false
		}
	}
	return s != ""
}

// Client finds the true client in the header fields of a message, which come in
// order from the top. The error says what was missing.
func (rl *Relay) Client(headers iter.Seq2[string, string]) (Hop, error) {
	want, n := received, rl.hop
	if rl.hop == 0 {
		want, n = rl.header, 1
	}
	seen := 0
	for name, value := range headers {
		if !strings.EqualFold(name, want) {
			continue
		}
		if seen++; seen == n {
			return rl.parse(value[:min(len(value), maxReceived)])
		}
	}
	if rl.hop == 0 {
		return Hop{}, fmt.Errorf("header %s is missing", want)
	}
	return Hop{}, fmt.Errorf("received header %d is missing, there are %d", n, seen)
}

func (rl *Relay) parse(value string) (Hop, error) {
	switch {
	case rl.match != "":
		_, rest, found := strings.Cut(value, rl.match)
		if !found {
			return Hop{}, fmt.Errorf("header has no %s", quoted(rl.match))
		}
		addr, err := leadingAddr(rest)
		return Hop{Addr: addr}, err
	case rl.hop == 0:
		addr, err := leadingAddr(value)
		return Hop{Addr: addr}, err
	}
	return parseReceived(value)
}

// parseReceived reads "from HELO (NAME [ADDRESS]) by ..." (RFC 5321 section
// 4.4, Extended-Domain with TCP-info), as Postfix and Sendmail write it, and
// "from NAME ([ADDRESS] helo=HELO) by ..." as Exim does, without a name "from
// [ADDRESS] (helo=HELO) by ...".
//
// HELO, and the answer of an ident server that Sendmail writes before NAME, are
// the client's to choose, and may look like an address in brackets. So the
// address is the last word within the parentheses that is one.
func parseReceived(value string) (Hop, error) {
	from, found := cutFrom(value)
	if !found {
		return Hop{}, errors.New(`received header does not begin with "from"`)
	}
	head, rest, _ := strings.Cut(from, " ")
	hop := Hop{Helo: head}
	info := strings.Fields(tcpInfo(rest))
	address := addressWord(info)
	helo := slices.IndexFunc(info, func(word string) bool { return strings.HasPrefix(word, eximHelo) })
	switch {
	case address == 0 && helo > 0:
		hop.Name, hop.Helo = hostname(head), info[helo][len(eximHelo):]
	case address > 0:
		hop.Name = hostname(info[address-1])
	case address < 0 && helo == 0:
		hop.Helo = info[0][len(eximHelo):]
		info, address = []string{head}, addressWord([]string{head})
	}
	if address < 0 {
		return Hop{}, errors.New(`received header has no "[" before the client's address`)
	}
	var err error
	hop.Addr, err = leadingAddr(info[address])
	return hop, err
}

// eximHelo is what Exim writes before the HELO name.
const eximHelo = "helo="

// addressWord returns the index of the last word that is in brackets, maybe with
// a port behind them, -1 without one.
func addressWord(info []string) int {
	for i := len(info) - 1; i >= 0; i-- {
		_, behind, closed := strings.Cut(info[i], "]")
		if info[i][0] == '[' && closed && (behind == "" || behind[0] == ':') {
			return i
		}
	}
	return -1
}

// hostname is the PTR name in a Received header, "" if there is none; what
// stands before an @ is an ident answer.
func hostname(word string) string {
	name := strings.ToLower(strings.TrimSuffix(word[strings.LastIndexByte(word, '@')+1:], "."))
	if name == "unknown" {
		return ""
	}
	return name
}

// cutFrom unfolds the header and returns what stands behind "from".
func cutFrom(value string) (string, bool) {
	value = strings.Join(strings.Fields(value), " ")
	if len(value) < 5 || !strings.EqualFold(value[:5], "from ") {
		return "", false
	}
	return value[5:], true
}

// tcpInfo returns what is within the parentheses that rest begins with,
// "" without any; comments may nest (RFC 5322 section 3.2.2).
func tcpInfo(rest string) string {
	depth := 0
	for i := range len(rest) {
		switch rest[i] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			return strings.TrimPrefix(rest[:i], "(")
		}
	}
	return ""
}

// leadingAddr reads the address that s begins with: plain or in brackets, with
// "IPv6:" before it (RFC 5321 section 4.1.3) or not.
func leadingAddr(s string) (netip.Addr, error) {
	s = strings.TrimLeft(s, " \t\r\n[")
	if end := strings.IndexAny(s, "] \t\r\n,;)("); end >= 0 {
		s = s[:end]
	}
	const tag = "IPv6:"
	text := s
	if len(s) > len(tag) && strings.EqualFold(s[:len(tag)], tag) {
		text = s[len(tag):]
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("%s is no address", quoted(s))
	}
	return addr.Unmap().WithZone(""), nil
}
