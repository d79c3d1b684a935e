package filter

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/filter/journal"
	"sluice/filter/wire"
)

const loginGroup = `
[group.login]
authenticated = true
policy = "login"
[group.rest]
policy = "rest"
[policy.login]
inherits = "authenticated"
max_connections = 1
[policy.rest]
inherits = "relayed"
connections = "1/1h"
`

func TestConnectionLimitsWaitForTheLogin(t *testing.T) {
	f := newFixture(t, loginGroup)
	log := func() *peer {
		p := f.connect("192.0.2.1")
		p.macros["auth_authen"] = "bob"
		return p
	}
	first, second := log(), log() // the group rest allows one connection an hour, and is not theirs
	f.expect("first", first.mail("a@example.net"), "")
	f.expect("second, at once", second.mail("a@example.net"), "421 4.7.0")
	if got := f.last().Verdict.Reason; got != "connections-at-once" {
		t.Errorf("reason %q", got)
	}
	first.Close()
	f.expect("after the first has gone", log().mail("a@example.net"), "")
	f.expect("without a login", f.connect("192.0.2.1").mail("a@example.net"), "")
	f.expect("without a login again", f.connect("192.0.2.1").mail("a@example.net"), "4")
	if got := f.last().Verdict.Detail; got != "connections-1h" {
		t.Errorf("detail %q", got)
	}
}

func TestConnectionIsCountedOnce(t *testing.T) {
	f := newFixture(t, loginGroup)
	p := f.connect("192.0.2.1")
	for range 3 {
		f.expect("message", p.send("a@example.net", "x@example.org"), "")
	}
}

// A refusal is not got round by saying MAIL again, nor does it cost anything.
func TestRefusedConnectionStaysRefused(t *testing.T) {
	f := newFixture(t, strings.Replace(loginGroup, "connections = \"1/1h\"", "connections = [\"1/1h\", \"3/2h\"]", 1)+
		"max_connections = 3\nreplies = { connections-at-once = \"450 4.7.0 Later\" }\n")
	f.expect("the first", f.connect("192.0.2.1").mail("a@example.net"), "")
	p := f.connect("192.0.2.1")
	for i := range 3 {
		f.expect(fmt.Sprint("MAIL ", i), p.mail("a@example.net"), "451 4.7.1")
		if v := f.last().Verdict; v.Detail != "connections-1h" {
			t.Errorf("verdict %+v", v)
		}
		p.Abort()
	}
	p.macros["auth_authen"] = "bob"
	f.expect("with a login it is another sender", p.mail("a@example.net"), "")
	f.now = f.now.Add(time.Hour)
	f.expect("an hour later", f.connect("192.0.2.1").mail("a@example.net"), "")
	f.now = f.now.Add(59 * time.Minute)
	f.expect("the refused ones have cost nothing", f.connect("192.0.2.1").mail("a@example.net"), "451 4.7.1 Too many connections, try again in 1m ")
	f.now = f.now.Add(time.Minute)
	f.expect("a third at once", f.connect("192.0.2.1").mail("a@example.net"), "")
	p = f.connect("192.0.2.1")
	for i := range 3 {
		f.expect(fmt.Sprint("a fourth at once, MAIL ", i), p.mail("a@example.net"), "450 4.7.0 Later")
	}
}

// While it observes, a policy records of each message what would have happened.
func TestObservedConnectionIsChargedOnce(t *testing.T) {
	f := newFixture(t, "mode = \"observe\"\n"+strings.Replace(loginGroup, "connections = \"1/1h\"", "connections = [\"1/1h\", \"9/2h\"]", 1))
	f.connect("192.0.2.1").send("a@example.net", "x@example.org")
	p := f.connect("192.0.2.1")
	for range 3 {
		f.expect("observed", p.send("a@example.net", "x@example.org"), "")
		if r := f.last(); r.Verdict.Action != "tempfail" || r.Applied != "accept" {
			t.Errorf("record %+v", r)
		}
	}
	f.connect("192.0.2.1").send("a@example.net", "x@example.org")
	for _, l := range f.last().Limits {
		if l.Name == "connections-2h" && l.Used != 2 {
			t.Errorf("%d used, want 2: %+v", l.Used, l)
		}
	}
}

func TestStoreDownAtMailIsAskedAgain(t *testing.T) {
	f := newFixture(t, loginGroup+"max_connections = 1\non_failure = \"tempfail\"\n")
	p := f.connect("192.0.2.1")
	f.store.down = true
	f.expect("down", p.mail("a@example.net"), "451 4.3.0")
	f.store.down = false
	f.expect("up again", p.mail("a@example.net"), "")
	f.expect("counted", f.connect("192.0.2.1").mail("a@example.net"), "421 4.7.0")
}

func TestObservedConnectionLimitIsRecorded(t *testing.T) {
	f := newFixture(t, someGroups+"limits = [\"lines\"]\n[limit.lines]\ncount = \"connections\"\nper = \"client\"\nrate = \"1/1h\"\nmode = \"observe\"\n")
	f.connect("203.0.113.7")
	f.connect("203.0.113.7")
	if len(f.records) != 1 {
		t.Fatalf("%d records", len(f.records))
	}
	r := f.last()
	if r.Stage != "connect" || r.Applied != "accept" || !slices.ContainsFunc(r.Limits, func(l journal.Limit) bool { return l.Over && l.Observe }) {
		t.Errorf("record %+v", r)
	}
}

func TestTrueSizeAboveTheView(t *testing.T) {
	f := newFixture(t, someGroups+"max_message_size = \"2M\"\n")
	chunk := make([]byte, 60_000)
	send := func(p *peer, chunks int, args ...string) wire.Reply {
		if reply := p.mail("a@example.net", args...); reply.Action != wire.Continue {
			return reply
		}
		p.rcpt("x@example.org")
		p.Header("Subject", "Hello")
		p.EndOfHeaders(p.macros)
		for range chunks {
			if !p.Body(chunk) {
				break // the MTA skips the rest
			}
		}
		return p.End(&p.edits, p.macros)
	}
	p := f.connect("203.0.113.7")
	f.expect("above the view, within the policy", send(p, 30), "")
	if got := f.last().Size; got < 30*60_000 {
		t.Errorf("size %d", got)
	}
	f.expect("above the policy", send(p, 60), "552 5.3.4")
	f.expect("above the policy, declared smaller", send(p, 60, "SIZE=1000"), "552 5.3.4")

	f = newFixture(t, someGroups)
	p = f.connect("203.0.113.7")
	send(p, 60, "SIZE=3600000")
	if got := f.last().Size; got != 3_600_000 {
		t.Errorf("size of a message whose rest was skipped: %d", got)
	}
}

func TestByteLimitTakesTheTrueSize(t *testing.T) {
	f := newFixture(t, someGroups+"bytes = \"100k/1h\"\n")
	p := f.connect("203.0.113.7")
	send := func() wire.Reply {
		p.mail("a@example.net")
		p.rcpt("x@example.org")
		p.Header("Subject", "Hello")
		p.EndOfHeaders(p.macros)
		p.Body(make([]byte, 60_000))
		return p.End(&p.edits, p.macros)
	}
	f.expect("first", send(), "")
	f.expect("second", send(), "451 4.7.1")
	if got := f.last().Verdict.Detail; got != "bytes-1h" {
		t.Errorf("detail %q", got)
	}
	f.expect("one that can never fit", p.mail("a@example.net", "SIZE=200000"), "550 5.7.1")
}

func TestRefusedRecipientsAreOnRecord(t *testing.T) {
	f := newFixture(t, "mode = \"observe\"\n"+someGroups+"max_recipients_per_message = 1\n")
	p := f.connect("203.0.113.7")
	p.send("a@example.net", "1@example.org", "2@example.org")
	want := []journal.Refused{{Rcpt: "2@example.org", Code: 452, Reason: "recipients-per-message"}}
	if got := f.last().Refused; !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestRecipientsAtTheHardBound(t *testing.T) {
	for mode, beyond := range map[string]string{"enforce": "452 4.5.3", "observe": ""} {
		f := newFixture(t, "mode = \""+mode+"\"\n[group.others]\npolicy = \"open\"\n[policy.open]\ninherits = \"direct\"\nmax_recipients_per_message = 0\nrecipients = \"20000/1h\"\n")
		p := f.connect("192.0.2.1")
		p.mail("a@example.net")
		for i := range maxRecipients {
			if reply := p.rcpt(fmt.Sprintf("%d@example.org", i)); reply.Action != wire.Continue {
				t.Fatalf("recipient %d: %v", i, reply)
			}
		}
		f.expect(mode+": one more", p.rcpt("more@example.org"), beyond)
		f.expect(mode+": end", p.finish(), "")
		want := maxRecipients
		if mode == "observe" {
			want++
		}
		if r := f.last(); r.RcptsTotal != want || len(r.Rcpts) != maxRecorded || r.RcptsRefused != 1 {
			t.Errorf("%s: %d recipients, %d named, %d refused", mode, r.RcptsTotal, len(r.Rcpts), r.RcptsRefused)
		}
		f.expectUsed(p, maxRecipients)
	}
}

// A blocked client is told so, however many recipients it has named.
func TestAccessComesBeforeTheHardBound(t *testing.T) {
	f := newFixture(t, "mode = \"observe\"\n"+someGroups)
	p := f.connect("203.0.113.66")
	p.mail("a@example.net")
	for range maxRecipients + 1 {
		p.rcpt("x@example.org")
	}
	p.finish()
	if r := f.last(); r.Verdict.Reason != "access" || r.Verdict.Action != "reject" {
		t.Errorf("verdict %+v", r.Verdict)
	}
}

// received is what the relay of behindRelay writes above a header of its own.
func received(addr string) []string {
	return []string{
		"Received: from mx.example.net (mx.example.net [198.51.100.25]) by relay.example.net; Mon, 4 May 2026 10:00:00 +0000",
		"Received: from PC (unknown [" + addr + "]) by mx.example.net; Mon, 4 May 2026 09:59:59 +0000",
	}
}

func TestConnectionOfARelayIsNotThatOfItsClients(t *testing.T) {
	f := newFixture(t, strings.Replace(behindRelay, "[relay.mx]", "max_messages_per_connection = 1\nmax_connections = 1\nconnections = \"1/1h\"\n[relay.mx]", 1))
	p := f.connect("198.51.100.25")
	for i := range 4 {
		p.mail("a@example.net")
		p.rcpt("x@example.org")
		p.rcpt("y@example.org")
		f.expect(fmt.Sprint("message ", i), p.finish(received(fmt.Sprintf("203.0.113.%d", i+1))...), "")
		if r := f.last(); r.Sender != fmt.Sprintf("ip:203.0.113.%d", i+1) || r.RcptsTotal != 2 {
			t.Errorf("record %+v", r)
		}
	}
}

func TestRelayClientsAreChargedForAllRecipientsAtOnce(t *testing.T) {
	f := newFixture(t, strings.Replace(behindRelay, "100/1h", "2/1h", 1))
	p := f.connect("198.51.100.25")
	p.mail("a@example.net")
	for _, to := range []string{"1@example.org", "2@example.org", "3@example.org"} {
		f.expect(to, p.rcpt(to), "")
	}
	f.expect("end", p.finish(received("203.0.113.7")...), "451 4.7.1")
	if r := f.last(); r.RcptsRefused != 1 || r.Applied != "tempfail" {
		t.Errorf("record %+v", r)
	}
	p.mail("a@example.net")
	p.rcpt("1@example.org")
	p.rcpt("2@example.org")
	f.expect("two fit, as the three were given back", p.finish(received("203.0.113.7")...), "")
}

func TestRelayClientWhosePolicyIsOffOrObserves(t *testing.T) {
	for mode, wantEdits := range map[string]int{"off": 0, "observe": 2} {
		f := newFixture(t, strings.Replace(behindRelay, "[relay.mx]", "mode = \""+mode+"\"\n[relay.mx]", 1))
		f.scorer.score = 20
		p := f.connect("198.51.100.25")
		p.mail("a@example.net")
		p.rcpt("x@example.org")
		f.expect(mode, p.finish(received("203.0.113.7")...), "")
		if r := f.last(); len(p.edits) != wantEdits || r.Applied != "accept" || r.Mode != mode {
			t.Errorf("%s: edits %q, record %+v", mode, p.edits, r)
		}
		if r := f.last(); mode == "off" && r.Verdict.Reason != "off" {
			t.Errorf("reason %q", r.Verdict.Reason)
		}
	}
}

func TestRelayWhoseOwnGroupIsOffStillTellsItsClients(t *testing.T) {
	f := newFixture(t, "[group.gateways]\nclients = [\"198.51.100.25\"]\npolicy = \"quiet\"\n[policy.quiet]\ninherits = \"relayed\"\nmode = \"off\"\n"+behindRelay)
	p := f.connect("198.51.100.25")
	f.expect("mail", p.mail("a@example.net"), "")
	p.rcpt("x@example.org")
	f.expect("end", p.finish(received("203.0.113.66")...), "550 5.7.1")
}

func TestConnectionsAtOnceOfAddressesApart(t *testing.T) {
	f := newFixture(t, someGroups+"max_connections = 1\n")
	f.connect("203.0.113.7")
	if reply := f.open().Connect(wire.Peer{Family: "tcp4", Addr: netip.MustParseAddr("203.0.113.8"), Port: 1}, macros{}); reply.Action != wire.Continue {
		t.Errorf("a neighbour was refused: %v", reply)
	}
}
