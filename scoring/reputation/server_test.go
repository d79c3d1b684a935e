package reputation

import (
	"net"
	"sync"
	"testing"

	"github.com/miekg/dns"
)

// dnsServer is a real DNS server on loopback, UDP and TCP on one port, that
// counts what it is asked.
type dnsServer struct {
	addr   string
	answer func(w dns.ResponseWriter, q *dns.Msg)

	mu    sync.Mutex
	asked map[string]int // questions by name and network: "2.0.0.127.bl.test. udp"
}

// newServer starts a server; answer is called for each question, by several
// goroutines.
func newServer(t *testing.T, answer func(w dns.ResponseWriter, q *dns.Msg)) *dnsServer {
	t.Helper()
	s := &dnsServer{answer: answer, asked: map[string]int{}}
	packets, stream := samePort(t)
	s.addr = packets.LocalAddr().String()
	var started sync.WaitGroup
	started.Add(2)
	for _, server := range []*dns.Server{{PacketConn: packets}, {Listener: stream}} {
		server.Handler = s
		server.NotifyStartedFunc = started.Done
		done := make(chan error, 1)
		go func() { done <- server.ActivateAndServe() }()
		t.Cleanup(func() {
			server.Shutdown()
			<-done
		})
	}
	started.Wait()
	return s
}

// samePort listens for packets and connections at one port. One that is free
// for the former may be taken for the latter: then it tries another.
func samePort(t *testing.T) (net.PacketConn, net.Listener) {
	t.Helper()
	var err error
	for range 20 {
		packets, failed := net.ListenPacket("udp", "127.0.0.1:0")
		if failed != nil {
			t.Fatal(failed)
		}
		var stream net.Listener
		if stream, err = net.Listen("tcp", packets.LocalAddr().String()); err == nil {
			return packets, stream
		}
		packets.Close()
	}
	t.Fatal(err)
	return nil, nil
}

// ServeDNS counts and answers.
func (s *dnsServer) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	s.mu.Lock()
	s.asked[q.Question[0].Name+" "+w.RemoteAddr().Network()]++
	s.mu.Unlock()
	s.answer(w, q)
}

// questions returns a copy of what was asked.
func (s *dnsServer) questions() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := make(map[string]int, len(s.asked))
	for k, v := range s.asked {
		asked[k] = v
	}
	return asked
}

// zone answers from a table of names to zone file lines; all other names do
// not exist.
func zone(t *testing.T, records map[string][]string) func(dns.ResponseWriter, *dns.Msg) {
	return func(w dns.ResponseWriter, q *dns.Msg) {
		r := new(dns.Msg).SetReply(q)
		lines, ok := records[q.Question[0].Name]
		if !ok {
			r.Rcode = dns.RcodeNameError
		}
		for _, line := range lines {
			r.Answer = append(r.Answer, record(t, q.Question[0].Name+" "+line))
		}
		w.WriteMsg(r)
	}
}

// record reads one line of a zone file.
func record(t *testing.T, line string) dns.RR {
	rr, err := dns.NewRR(line)
	if err != nil {
		t.Errorf("record %q: %v", line, err)
	}
	return rr
}

// rcode answers everything with a failure.
func rcode(code int) func(dns.ResponseWriter, *dns.Msg) {
	return func(w dns.ResponseWriter, q *dns.Msg) { w.WriteMsg(new(dns.Msg).SetRcode(q, code)) }
}
