package reputation

import (
	"fmt"
	"net/netip"
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

// answer is what is known about one name: its A records, none if it does not
// exist, or why nothing is known.
type answer struct {
	addrs []netip.Addr
	ttl   time.Duration
	err   error
}

// read turns a response into an answer. Only NOERROR and NXDOMAIN say
// something about the name.
func read(r *dns.Msg) answer {
	if r.Rcode != dns.RcodeSuccess && r.Rcode != dns.RcodeNameError {
		return answer{ttl: failureTTL, err: fmt.Errorf("server answers %s", dns.RcodeToString[r.Rcode])}
	}
	a := answer{ttl: maxTTL}
	for _, rr := range r.Answer {
		record, ok := rr.(*dns.A)
		if !ok {
			continue
		}
		if addr, ok := netip.AddrFromSlice(record.A); ok {
			a.addrs = append(a.addrs, addr.Unmap())
			a.ttl = min(a.ttl, seconds(record.Hdr.Ttl))
		}
	}
	if len(a.addrs) == 0 {
		a.ttl = absence(r)
	}
	a.ttl = max(a.ttl, minTTL)
	return a
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
