package mta

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/miekg/dns"
)

// DNS is a name server that knows A, PTR and TXT records and answers NXDOMAIN to
// everything else.
type DNS struct {
	server *dns.Server
	addr   netip.AddrPort

	mu      sync.Mutex
	zone    Zone
	queries []string
}

// Zone is what a name server knows. Names are in lower case, without the final dot.
type Zone struct {
	Addrs map[string][]netip.Addr // A records, IPv4 only
	Names map[netip.Addr]string   // PTR records
	Texts map[string][]string     // TXT records, at most 255 bytes each
}

// StartDNS starts one on a UDP port of 127.0.0.1.
func StartDNS() (*DNS, error) { return startDNS("127.0.0.1:0") }

// nameServerPort is the only one that resolv.conf can mean.
const nameServerPort = 53

// StartResolver starts one that Setup.Resolver can name: at port 53 of a
// loopback address which nobody else has taken. That needs root.
func StartResolver() (*DNS, error) {
	const first, last = 1, 254
	var err error
	for host := first; host <= last; host++ {
		var d *DNS
		addr := netip.AddrFrom4([4]byte{127, 53, byte(os.Getpid()), byte(host)})
		if d, err = startDNS(netip.AddrPortFrom(addr, nameServerPort).String()); err == nil {
			return d, nil
		}
	}
	return nil, err
}

func startDNS(at string) (*DNS, error) {
	conn, err := net.ListenPacket("udp", at)
	if err != nil {
		return nil, fmt.Errorf("start the name server: %w", err)
	}
	d := &DNS{addr: netip.MustParseAddrPort(conn.LocalAddr().String())}
	started := make(chan struct{})
	d.server = &dns.Server{PacketConn: conn, Handler: d, NotifyStartedFunc: func() { close(started) }}
	go d.server.ActivateAndServe()
	<-started
	return d, nil
}

// Addr is where it listens.
func (d *DNS) Addr() netip.AddrPort { return d.addr }

// Answer replaces all records and forgets the queries.
func (d *DNS) Answer(z Zone) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.zone, d.queries = z, nil
}

// Queries are the names that were asked for since the last Answer, in order.
func (d *DNS) Queries() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.queries)
}

// Stop ends the server.
func (d *DNS) Stop() { d.server.Shutdown() }

// ServeDNS answers one query.
func (d *DNS) ServeDNS(w dns.ResponseWriter, query *dns.Msg) {
	reply := new(dns.Msg).SetReply(query)
	for _, q := range query.Question {
		reply.Answer = append(reply.Answer, d.lookup(q)...)
	}
	if len(reply.Answer) == 0 {
		reply.Rcode = dns.RcodeNameError
	}
	w.WriteMsg(reply)
}

func (d *DNS) lookup(q dns.Question) []dns.RR {
	name := strings.TrimSuffix(strings.ToLower(q.Name), ".")
	head := dns.RR_Header{Name: q.Name, Rrtype: q.Qtype, Class: dns.ClassINET, Ttl: 60}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.queries = append(d.queries, name)
	var records []dns.RR
	switch q.Qtype {
	case dns.TypeA:
		for _, addr := range d.zone.Addrs[name] {
			records = append(records, &dns.A{Hdr: head, A: addr.AsSlice()})
		}
	case dns.TypeTXT:
		for _, text := range d.zone.Texts[name] {
			records = append(records, &dns.TXT{Hdr: head, Txt: []string{text}})
		}
	case dns.TypePTR:
		for addr, host := range d.zone.Names {
			if reverse, err := dns.ReverseAddr(addr.String()); err == nil && reverse == name+"." {
				records = append(records, &dns.PTR{Hdr: head, Ptr: host + "."})
			}
		}
	}
	return records
}
