package reputation

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// How long answers are kept, whatever their own time to live says.
const (
	minTTL     = time.Second
	maxTTL     = time.Hour
	absentTTL  = 60 * time.Second // "not listed" without an SOA record (RFC 2308 section 5)
	failureTTL = 5 * time.Second  // no usable answer: ask again, and not for every message
)

// Bounds of what is kept of one answer, whatever a server sends.
const (
	maxRecords = 100     // records
	maxTexts   = 8 << 10 // bytes of TXT records together
)

// query is a name, with its final dot, and the type of its records.
type query struct {
	name string
	kind uint16
}

// answer is what is known about one query: its records, none if there are none,
// or why nothing is known.
type answer struct {
	addrs []netip.Addr // of A and AAAA records
	texts []string     // of TXT records, each in one piece
	hosts []host       // of MX and PTR records
	ttl   time.Duration
	err   error
}

// host is a name that a record leads to.
type host struct {
	name       string // with its final dot
	preference uint16 // of an MX record
}

// weight is how much room an answer takes in the cache: one with much text takes
// that of several.
func (a *answer) weight() uint32 {
	const usual = 256 // bytes
	n := 0
	for _, text := range a.texts {
		n += len(text)
	}
	for _, h := range a.hosts {
		n += len(h.name)
	}
	return uint32(1 + (n+16*len(a.addrs))/usual)
}

// read turns a response into an answer. Only NOERROR and NXDOMAIN say
// something about the name.
func read(r *dns.Msg, kind uint16) answer {
	if r.Rcode != dns.RcodeSuccess && r.Rcode != dns.RcodeNameError {
		return answer{ttl: failureTTL, err: fmt.Errorf("server answers %s", dns.RcodeToString[r.Rcode])}
	}
	a := answer{ttl: maxTTL}
	records, texts := 0, 0
	for _, rr := range r.Answer {
		if rr.Header().Rrtype != kind || rr.Header().Class != dns.ClassINET {
			continue
		}
		if txt, ok := rr.(*dns.TXT); ok {
			texts += len(strings.Join(txt.Txt, ""))
		}
		if records++; records > maxRecords || texts > maxTexts {
			return answer{ttl: failureTTL, err: errTooMuch}
		}
		a.add(rr)
		a.ttl = min(a.ttl, seconds(rr.Header().Ttl))
	}
	if records == 0 {
		a.ttl = absence(r)
	}
	a.ttl = max(a.ttl, minTTL)
	return a
}

var errTooMuch = errors.New("the answer is too large")

// add keeps one record.
func (a *answer) add(rr dns.RR) {
	switch rr := rr.(type) {
	case *dns.A:
		if addr, ok := netip.AddrFromSlice(rr.A); ok {
			a.addrs = append(a.addrs, addr.Unmap())
		}
	case *dns.AAAA:
		if addr, ok := netip.AddrFromSlice(rr.AAAA); ok {
			a.addrs = append(a.addrs, addr)
		}
	case *dns.TXT:
		a.texts = append(a.texts, text(rr))
	case *dns.MX:
		a.hosts = append(a.hosts, host{rr.Mx, rr.Preference})
	case *dns.PTR:
		a.hosts = append(a.hosts, host{name: rr.Ptr})
	}
}

// text is the strings of a TXT record in one piece (RFC 7208 section 3.3). The
// library writes them with escapes: \DDD for a byte, \ before a sign.
func text(rr *dns.TXT) string {
	var b strings.Builder
	for _, s := range rr.Txt {
		for i := 0; i < len(s); i++ {
			if s[i] != '\\' || i+1 == len(s) {
				b.WriteByte(s[i])
				continue
			}
			if n, err := strconv.ParseUint(s[i+1:min(i+4, len(s))], 10, 8); err == nil && i+4 <= len(s) {
				b.WriteByte(byte(n))
				i += 3
			} else {
				i++
				b.WriteByte(s[i])
			}
		}
	}
	return b.String()
}

// absence is how long a name stays away: the smaller of the SOA record's own
// time to live and its minimum field (RFC 2308 section 5).
func absence(r *dns.Msg) time.Duration {
	for _, rr := range r.Ns {
		if soa, ok := rr.(*dns.SOA); ok {
			return min(seconds(soa.Hdr.Ttl), seconds(soa.Minttl), maxTTL)
		}
	}
	return absentTTL
}

func seconds(ttl uint32) time.Duration { return time.Duration(ttl) * time.Second }

// question is the name to ask about something in a zone: a name as it is, an
// address by its octets in reverse (RFC 5782 section 2.1) or by its 32
// hexadecimal digits (section 2.4). The name ends in a dot.
func question(subject, domain string) string {
	if addr, err := netip.ParseAddr(subject); err == nil {
		return reversed(addr) + dns.Fqdn(domain)
	}
	return subject + "." + dns.Fqdn(domain)
}

func reversed(addr netip.Addr) string {
	var b strings.Builder
	bytes := addr.AsSlice()
	for i := len(bytes) - 1; i >= 0; i-- {
		if addr.Is4() {
			fmt.Fprintf(&b, "%d.", bytes[i])
		} else {
			fmt.Fprintf(&b, "%x.%x.", bytes[i]&0xf, bytes[i]>>4)
		}
	}
	return b.String()
}
