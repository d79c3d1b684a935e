package mta

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/miekg/dns"
)

// DNS is a name server that knows A records and answers NXDOMAIN to
// everything else.
type DNS struct {
	server *dns.Server
	addr   netip.AddrPort

	mu      sync.Mutex
	answers map[string][]netip.Addr
	queries []string
}

// StartDNS starts one on a UDP port of 127.0.0.1.
func StartDNS() (*DNS, error) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
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

// Answer replaces all records and forgets the queries. Names are without the
// final dot.
func (d *DNS) Answer(records map[string][]netip.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answers, d.queries = records, nil
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
	d.mu.Lock()
	defer d.mu.Unlock()
	d.queries = append(d.queries, name)
	if q.Qtype != dns.TypeA {
		return nil
	}
	var records []dns.RR
	for _, addr := range d.answers[name] {
		records = append(records, &dns.A{
			Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60},
			A:   addr.AsSlice(),
		})
	}
	return records
}
