package scoring

import (
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"sluice/policy/config"
)

// nameServer is a DNS server on loopback that answers from a zone file, and
// notes what it is asked.
type nameServer struct {
	addr string
	zone []dns.RR

	mu    sync.Mutex
	asked []string // "name TYPE", without the final dot
	mute  bool
}

// newNameServer starts one that knows records, one a line: "evil.example.bl.test. A 127.0.0.2".
func newNameServer(t testing.TB, records string) *nameServer {
	t.Helper()
	s := new(nameServer)
	for line := range strings.Lines(records) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		rr, err := dns.NewRR("$TTL 60\n" + line)
		if err != nil {
			t.Fatal(err)
		}
		s.zone = append(s.zone, rr)
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = conn.LocalAddr().String()
	started, done := make(chan struct{}), make(chan struct{})
	server := &dns.Server{PacketConn: conn, Handler: s, NotifyStartedFunc: func() { close(started) }}
	go func() {
		server.ActivateAndServe()
		close(done)
	}()
	<-started
	t.Cleanup(func() {
		server.Shutdown()
		<-done
	})
	return s
}

// ServeDNS answers one question.
func (s *nameServer) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	name, kind := q.Question[0].Name, q.Question[0].Qtype
	s.mu.Lock()
	s.asked = append(s.asked, strings.TrimSuffix(name, ".")+" "+dns.TypeToString[kind])
	mute := s.mute
	s.mu.Unlock()
	if mute {
		return
	}
	r := new(dns.Msg).SetReply(q)
	r.Rcode = dns.RcodeNameError
	for _, rr := range s.zone {
		if strings.EqualFold(rr.Header().Name, name) {
			r.Rcode = dns.RcodeSuccess
			if rr.Header().Rrtype == kind {
				r.Answer = append(r.Answer, rr)
			}
		}
	}
	w.WriteMsg(r)
}

// questions returns what has been asked since the last call, sorted.
func (s *nameServer) questions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	slices.Sort(asked)
	return asked
}

// hush lets it answer nothing any more.
func (s *nameServer) hush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mute = true
}

// patient is a configuration that asks this server, and gives it time.
func (s *nameServer) patient(c *Config) {
	c.Resolver.Servers = []string{s.addr}
	c.Resolver.Timeout = config.Duration(30 * time.Second)
	c.Scoring.Timeout = config.Duration(30 * time.Second)
}
