package mta

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-milter"
	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
)

// server is what Postfix and Sendmail have in common.
type server interface {
	Name() string
	Port() uint16
	Busy() (bool, error)
	Held() ([]string, error)
	Clear() error
	Log() string
	Stop() error
}

// holder is a filter that quarantines what a sender of the domain
// hold.example sends, and refuses its recipient nobody.
type holder struct {
	milter.NoOpMilter
	hold bool
}

func (h *holder) MailFrom(from string, _ *milter.Modifier) (milter.Response, error) {
	h.hold = strings.HasSuffix(from, "@hold.example")
	return milter.RespContinue, nil
}

func (h *holder) RcptTo(to string, _ *milter.Modifier) (milter.Response, error) {
	if strings.HasPrefix(to, "nobody@") {
		return milter.RespReject, nil
	}
	return milter.RespContinue, nil
}

func (h *holder) Body(m *milter.Modifier) (milter.Response, error) {
	if err := m.AddHeader("X-Seen", "yes"); err != nil {
		return nil, err
	}
	if h.hold {
		if err := m.Quarantine("held by a test"); err != nil {
			return nil, err
		}
	}
	return milter.RespAccept, nil
}

func TestPostfix(t *testing.T) {
	skipIf(t, PostfixMissing())
	testServer(t, func(dir string, s Setup) (server, error) { return StartPostfix(dir, s) })
}

func TestSendmail(t *testing.T) {
	skipIf(t, SendmailMissing())
	testServer(t, func(dir string, s Setup) (server, error) { return StartSendmail(dir, s) })
}

// skipIf skips a test for a reason, which continuous integration does not
// accept.
func skipIf(t *testing.T, reason string) {
	t.Helper()
	if reason != "" && os.Getenv("CI") != "" {
		t.Fatal(reason)
	}
	if reason != "" {
		t.Skip(reason)
	}
}

func testServer(t *testing.T, start func(string, Setup) (server, error)) {
	dir, err := NewDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	sink, err := StartSink()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sink.Stop)
	setup := Setup{Socket: dir + ".sock", SinkPort: sink.Port()}
	startHolder(t, setup.Socket)

	s, err := start(dir, setup)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(s.Log())
		}
	})
	t.Run("delivers to the sink", func(t *testing.T) { testDelivers(t, s, sink) })
	t.Run("refuses a recipient", func(t *testing.T) { testRefuses(t, s) })
	t.Run("holds", func(t *testing.T) { testHolds(t, s, sink) })
	if p, ok := s.(*Postfix); ok {
		t.Run("takes local mail", func(t *testing.T) { testLocal(t, p, sink) })
	}
	t.Run("logs in over TLS", func(t *testing.T) { testLogin(t, s) })
	t.Run("listens on ::1", func(t *testing.T) { dial(t, s, "::1").Close() })
	t.Run("keeps its log", func(t *testing.T) {
		if !strings.Contains(s.Log(), "nobody@example.org") {
			t.Error("the log does not name the refused recipient")
		}
	})
}

func startHolder(t *testing.T, socket string) {
	t.Helper()
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(socket, 0o666); err != nil {
		t.Fatal(err)
	}
	srv := &milter.Server{
		NewMilter: func() milter.Milter { return &holder{} },
		Actions:   milter.OptAddHeader | milter.OptQuarantine,
	}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
}

func testDelivers(t *testing.T, s server, sink *Sink) {
	sink.Clear()
	send(t, s, "a@example.net", "Subject: one\r\n\r\nbody\r\n..dot\r\n", "x@example.org", "y@example.org")
	settle(t, s)
	got := sink.Messages()
	if len(got) != 1 {
		t.Fatalf("%d messages at the sink, want 1", len(got))
	}
	m := got[0]
	slices.Sort(m.To) // Sendmail delivers in another order
	if want := []string{"x@example.org", "y@example.org"}; m.From != "a@example.net" || !cmp.Equal(m.To, want) {
		t.Errorf("envelope %s to %v", m.From, m.To)
	}
	if diff := cmp.Diff([]string{"yes"}, m.Header("x-seen")); diff != "" {
		t.Errorf("the filter's header (-want +got):\n%s", diff)
	}
	if m.Body() != "body\n.dot\n" {
		t.Errorf("body %q", m.Body())
	}
}

func testRefuses(t *testing.T, s server) {
	c := dial(t, s, "127.0.0.1")
	defer c.Close()
	if err := c.Mail("a@example.net"); err != nil {
		t.Fatal(err)
	}
	if err := c.Rcpt("nobody@example.org"); err == nil || !strings.HasPrefix(err.Error(), "550") {
		t.Errorf("answer to a refused recipient: %v", err)
	}
}

func testHolds(t *testing.T, s server, sink *Sink) {
	sink.Clear()
	send(t, s, "a@hold.example", "Subject: two\r\n\r\nbody\r\n", "x@example.org")
	settle(t, s)
	held, err := s.Held()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a@hold.example"}, held); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
	if n := len(sink.Messages()); n != 0 {
		t.Errorf("%d messages at the sink", n)
	}
	if err := s.Clear(); err != nil {
		t.Fatal(err)
	}
	if held, err := s.Held(); err != nil || held != nil {
		t.Errorf("after Clear: %v, %v", held, err)
	}
}

func testLocal(t *testing.T, p *Postfix, sink *Sink) {
	sink.Clear()
	if err := p.Submit("a@example.net", []string{"x@example.org"}, []byte("Subject: local\n\nbody\n")); err != nil {
		t.Fatal(err)
	}
	settle(t, p)
	got := sink.Messages()
	if len(got) != 1 || len(got[0].Header("X-Seen")) != 1 {
		t.Errorf("at the sink: %q, want one message with the filter's header", got)
	}
}

func testLogin(t *testing.T, s server) {
	for password, good := range map[string]bool{Password: true, "wrong": false} {
		c := dial(t, s, "127.0.0.1")
		defer c.Close()
		if err := c.StartTLS(ClientTLS()); err != nil {
			t.Fatal(err)
		}
		if err := c.Auth(smtp.PlainAuth("", User, password, "127.0.0.1")); (err == nil) != good {
			t.Errorf("password %q: %v", password, err)
		}
	}
}

func dial(t *testing.T, s server, host string) *smtp.Client {
	t.Helper()
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(host, fmt.Sprint(s.Port())), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(time.Minute))
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func send(t *testing.T, s server, from, message string, to ...string) {
	t.Helper()
	c := dial(t, s, "127.0.0.1")
	defer c.Close()
	if err := c.Mail(from); err != nil {
		t.Fatal(err)
	}
	for _, rcpt := range to {
		if err := c.Rcpt(rcpt); err != nil {
			t.Fatal(err)
		}
	}
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(w, strings.ReplaceAll(message, "..dot", ".dot"))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Quit(); err != nil {
		t.Fatal(err)
	}
}

func settle(t *testing.T, s server) {
	t.Helper()
	if err := Settle(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

func TestDNS(t *testing.T) {
	d, err := StartDNS()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Stop)
	d.Answer(Zone{
		Addrs: map[string][]netip.Addr{"7.0.0.127.bl.example": {netip.MustParseAddr("127.0.0.10")}},
		Names: map[netip.Addr]string{netip.MustParseAddr("127.0.0.9"): "pc.example"},
	})
	for name, want := range map[string]struct {
		kind           uint16
		rcode, answers int
	}{
		"7.0.0.127.BL.example.":   {dns.TypeA, dns.RcodeSuccess, 1},
		"8.0.0.127.bl.example.":   {dns.TypeA, dns.RcodeNameError, 0},
		"9.0.0.127.in-addr.arpa.": {dns.TypePTR, dns.RcodeSuccess, 1},
		"7.0.0.127.in-addr.arpa.": {dns.TypePTR, dns.RcodeNameError, 0},
	} {
		reply, err := dns.Exchange(new(dns.Msg).SetQuestion(name, want.kind), d.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if reply.Rcode != want.rcode || len(reply.Answer) != want.answers {
			t.Errorf("%s: %v", name, reply)
		}
	}
	if n := len(d.Queries()); n != 4 {
		t.Errorf("%d queries kept, want 4", n)
	}
	d.Answer(Zone{})
	if n := len(d.Queries()); n != 0 {
		t.Errorf("%d queries kept after Answer", n)
	}
}

func TestResolversShareNoAddress(t *testing.T) {
	if os.Geteuid() != 0 {
		skipIf(t, "port 53 needs root")
	}
	seen := map[netip.Addr]bool{}
	for range 2 {
		d, err := StartResolver()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(d.Stop)
		if at := d.Addr(); at.Port() != nameServerPort || !at.Addr().IsLoopback() || seen[at.Addr()] {
			t.Errorf("one listens at %s; before: %v", at, seen)
		}
		seen[d.Addr().Addr()] = true
	}
}

func TestNamedWithoutResolver(t *testing.T) {
	dir := t.TempDir()
	if err := writeNames(dir, netip.Addr{}); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("files %v, %v; want none", files, err)
	}
	if diff := cmp.Diff([]string{"a", "b"}, named(dir, netip.Addr{}, "a", "b")); diff != "" {
		t.Errorf("the command (-want +got):\n%s", diff)
	}
}

// TestNamesStayInside starts a command with a name server of its own: it sees
// that, and the machine is left as it is.
func TestNamesStayInside(t *testing.T) {
	skipIf(t, SendmailMissing()) // root and unshare
	before, err := os.ReadFile("/etc/resolv.conf")
	if err != nil {
		t.Skip(err)
	}
	dir, resolver := t.TempDir(), netip.MustParseAddr("127.53.0.1")
	if err := writeNames(dir, resolver); err != nil {
		t.Fatal(err)
	}
	command := named(dir, resolver, "cat", "/etc/resolv.conf")
	inside, err := exec.Command(command[0], command[1:]...).Output()
	if err != nil || string(inside) != "nameserver 127.53.0.1\n" {
		t.Errorf("inside: %q, %v", inside, err)
	}
	if after, err := os.ReadFile("/etc/resolv.conf"); err != nil || !bytes.Equal(after, before) {
		t.Errorf("outside, /etc/resolv.conf has become %q, %v", after, err)
	}
}

func TestClamd(t *testing.T) {
	skipIf(t, ClamdMissing())
	c, err := StartClamd()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Stop() })
	for text, want := range map[string]string{
		"Good morning\n":             "stream: OK\x00",
		"...\n" + Infected + "...\n": "stream: Test-Signature.UNOFFICIAL FOUND\x00",
	} {
		conn, err := net.Dial("unix", c.Socket())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "zINSTREAM\x00\x00\x00\x00%c%s\x00\x00\x00\x00", len(text), text)
		if got, err := io.ReadAll(conn); err != nil || string(got) != want {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
		conn.Close()
	}
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(c.Socket()); err == nil {
		t.Error("its files are left")
	}
}

func TestNewDirIsPrivate(t *testing.T) {
	if os.Geteuid() != 0 {
		skipIf(t, "directories below /run need root")
	}
	a, err := NewDir()
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(a)
	b, err := NewDir()
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(b)
	if a == b {
		t.Error("two directories are one")
	}
	for dir := a; dir != "/"; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o022 != 0 {
			t.Errorf("%s can be written to by others", dir)
		}
	}
}

func TestMissingNamesTheCommand(t *testing.T) {
	if got := missing("sh"); got != "" {
		t.Errorf("sh: %q", got)
	}
	if got := missing("sh", "no-such-command"); !strings.Contains(got, "no-such-command") {
		t.Errorf("got %q", got)
	}
}
