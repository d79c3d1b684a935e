package filter

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"sluice/filter/journal"
	"sluice/filter/wire"
	"sluice/policy"
	"sluice/scoring"
	"sluice/scoring/campaign"
)

func TestAcceptedMessageHasHeadersAndRecord(t *testing.T) {
	f := newFixture(t, someGroups)
	f.scorer.score = 2.1
	p := f.connect("203.0.113.7")
	f.expect("end", p.send("a@example.net", "x@example.org"), "")
	r := f.last()
	want := fmt.Sprintf("insert X-Sluice-Verdict: accept; group=home; policy=home; set=relayed; score=2.1; tag-at=4; quarantine-at=8; reject-at=12; ref=%s", r.Ref)
	if !slices.Contains(p.edits, want) {
		t.Errorf("edits %q lack %q", p.edits, want)
	}
	if !slices.Contains(p.edits, "insert X-Sluice-Report: TEST=2.1") {
		t.Errorf("edits %q lack the report", p.edits)
	}
	if r.Sender != "ip:203.0.113.7" || r.Group != "home" || r.Client.Helo != "PC" || r.QueueID != "4Xk1" ||
		r.From != "a@example.net" || !slices.Equal(r.Rcpts, []string{"x@example.org"}) || r.Applied != "accept" || r.Stage != "end" {
		t.Errorf("record %+v", r)
	}
}

func TestThresholdsBecomeActions(t *testing.T) {
	for _, c := range []struct {
		score   float64
		applied string
		reply   string
		edit    string
	}{
		{3.9, "accept", "", "insert X-Sluice-Verdict: accept"},
		{4, "tag", "", "insert X-Sluice-Verdict: tag"},
		{8, "quarantine", "", "quarantine score (ref "},
		{12, "reject", "550 5.7.1", ""},
	} {
		t.Run(c.applied, func(t *testing.T) {
			f := newFixture(t, someGroups)
			f.scorer.score = c.score
			p := f.connect("203.0.113.7")
			f.expect("end", p.send("a@example.net", "x@example.org"), c.reply)
			if got := f.last().Applied; got != c.applied {
				t.Errorf("applied %q, want %q", got, c.applied)
			}
			found := c.edit == "" && len(p.edits) == 0
			for _, e := range p.edits {
				found = found || c.edit != "" && strings.HasPrefix(e, c.edit)
			}
			if !found {
				t.Errorf("edits %q, want one that begins with %q", p.edits, c.edit)
			}
		})
	}
}

func TestDiscard(t *testing.T) {
	f := newFixture(t, "[group.others]\npolicy = \"sink\"\n[policy.sink]\ninherits = \"relayed\"\nthresholds = { discard = 5.0 }\n")
	f.scorer.score = 6
	p := f.connect("192.0.2.1")
	if reply := p.send("a@example.net", "x@example.org"); reply.Action != wire.Discard {
		t.Errorf("got %v", reply)
	}
	if got := f.last().Applied; got != "discard" {
		t.Errorf("applied %q", got)
	}
}

func TestSubjectPrefixOnTagOnly(t *testing.T) {
	f := newFixture(t, someGroups+"subject_prefix = \"[SPAM]\"\n")
	p := f.connect("203.0.113.7")
	for score, want := range map[float64]bool{1: false, 5: true} {
		f.scorer.score = score
		p.send("a@example.net", "x@example.org")
		if got := slices.Contains(p.edits, "change Subject[1]: [SPAM] Hello"); got != want {
			t.Errorf("score %g: prefixed %v, want %v (%q)", score, got, want, p.edits)
		}
	}
}

func TestForgedHeadersAreRemovedHighestIndexFirst(t *testing.T) {
	f := newFixture(t, someGroups)
	p := f.connect("203.0.113.7")
	p.mail("a@example.net")
	p.rcpt("x@example.org")
	p.finish("X-Sluice-Verdict: accept; forged", "x-sluice-verdict: accept", "X-SLUICE-Anything: 1", "X-Sluicegate: mine")
	got := slices.DeleteFunc(slices.Clone(p.edits), func(e string) bool { return !strings.HasPrefix(e, "delete") })
	want := []string{"delete X-SLUICE-Anything[1]", "delete x-sluice-verdict[2]", "delete X-Sluice-Verdict[1]"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// At the bound every copy is removed, whatever their names are; one more, and the
// message is refused, even by a policy that lets pass what Sluice fails on.
func TestForgedHeadersAtTheBound(t *testing.T) {
	many := func(n int) (headers []string) {
		for i := range n {
			headers = append(headers, fmt.Sprintf("X-Sluice-Verdict%d: accept", i%3))
		}
		return headers
	}
	for n, want := range map[int]string{maxForged: "", maxForged + 1: "550 5.7.1", 3 * maxForged: "550 5.7.1"} {
		for _, panics := range []bool{false, true} {
			f := newFixture(t, someGroups+"headers = \"none\"\non_failure = \"accept\"\n")
			f.scorer.panics = panics
			p := f.connect("203.0.113.7")
			p.mail("a@example.net")
			p.rcpt("x@example.org")
			f.expect(fmt.Sprint(n, " copies"), p.finish(many(n)...), want)
			if r := f.last(); (r.Verdict.Reason == "forged-headers") != (want != "") || (r.Applied == "reject") != (want != "") {
				t.Errorf("%d copies, panic %v: record %+v", n, panics, r)
			}
			if deleted := len(p.edits); want == "" && !panics && deleted != n || want != "" && deleted != 0 {
				t.Errorf("%d copies: %d deleted", n, deleted)
			}
		}
	}
}

func TestForgedHeadersWhileObserving(t *testing.T) {
	f := newFixture(t, "mode = \"observe\"\n"+someGroups)
	p := f.connect("203.0.113.7")
	p.mail("a@example.net")
	p.rcpt("x@example.org")
	f.expect("end", p.finish(slices.Repeat([]string{"X-Sluice-Verdict: accept"}, maxForged+1)...), "")
	if r := f.last(); r.Verdict.Reason != "forged-headers" || r.Applied != "accept" || len(p.edits) != maxForged+2 {
		t.Errorf("record %+v, %d edits", r, len(p.edits))
	}
}

func TestHeadersSetting(t *testing.T) {
	for setting, want := range map[string]int{"full": 2, "verdict": 1, "ref": 1, "none": 0} {
		f := newFixture(t, someGroups+"headers = \""+setting+"\"\n")
		p := f.connect("203.0.113.7")
		p.send("a@example.net", "x@example.org")
		if len(p.edits) != want {
			t.Errorf("%s: %q", setting, p.edits)
		}
	}
}

func TestTwoMessagesOfOneConnectionAreTwoTransactions(t *testing.T) {
	f := newFixture(t, someGroups)
	p := f.connect("203.0.113.7")
	p.send("first@example.net", "x@example.org")
	p.send("second@example.net", "y@example.org") // Sendmail: no ABORT between
	if len(f.records) != 2 {
		t.Fatalf("%d records", len(f.records))
	}
	a, b := f.records[0], f.records[1]
	if a.From != "first@example.net" || b.From != "second@example.net" || b.Rcpts[0] != "y@example.org" || a.Ref == b.Ref || b.Client.Addr != "203.0.113.7" {
		t.Errorf("records %+v and %+v", a, b)
	}
}

func TestResetGivesBackAndRecords(t *testing.T) {
	f := newFixture(t, someGroups)
	p := f.connect("203.0.113.7")
	p.mail("a@example.net")
	p.rcpt("x@example.org")
	p.Abort()
	p.Abort() // Postfix sends it twice
	if len(f.records) != 1 || f.last().Stage != "abort" || f.last().Applied != "none" || f.last().Verdict.Reason != string(policy.ReasonNotFinished) {
		t.Fatalf("records %+v", f.records)
	}
	f.expectUsed(p, 0)
}

// expectUsed sends a message and looks what its sender had used before.
func (f *fixture) expectUsed(p *peer, want int64) {
	f.Helper()
	p.send("probe@example.net", "probe@example.org")
	for _, l := range f.last().Limits {
		if l.Name == "recipients-1h" {
			if l.Used != want {
				f.Errorf("used %d recipients, want %d", l.Used, want)
			}
			return
		}
	}
	f.Errorf("no recipients-1h in %+v", f.last().Limits)
}

func TestFiveRecipientsAreChargedFive(t *testing.T) {
	f := newFixture(t, someGroups)
	p := f.connect("203.0.113.7")
	p.send("a@example.net", "1@example.org", "2@example.org", "3@example.org", "4@example.org", "5@example.org")
	f.expectUsed(p, 5)
}

func TestRefusedMessageIsNotCharged(t *testing.T) {
	f := newFixture(t, someGroups)
	p := f.connect("203.0.113.7")
	f.scorer.score = 20
	f.expect("end", p.send("a@example.net", "x@example.org"), "550 5.7.1")
	f.scorer.score = 0
	f.expectUsed(p, 0)
}

func TestFourthOfFiveRecipientsIsDeferred(t *testing.T) {
	f := newFixture(t, strings.Replace(someGroups, "100/1h", "3/1h", 1))
	p := f.connect("203.0.113.7")
	p.mail("a@example.net")
	for i := 1; i <= 5; i++ {
		want := ""
		if i > 3 {
			want = "451 4.7.1"
		}
		f.expect(fmt.Sprint("recipient ", i), p.rcpt(fmt.Sprintf("%d@example.org", i)), want)
	}
	f.expect("end", p.finish(), "")
	r := f.last()
	if r.RcptsTotal != 3 || r.RcptsRefused != 2 || r.Applied != "accept" {
		t.Errorf("record %+v", r)
	}
	if !slices.ContainsFunc(r.Limits, func(l journal.Limit) bool { return l.Name == "recipients-1h" && l.Over }) {
		t.Errorf("no limit is over in %+v", r.Limits)
	}
}

func TestAllRecipientsRefusedEndsAtRcpt(t *testing.T) {
	f := newFixture(t, strings.Replace(someGroups, "100/1h", "1/1h", 1))
	p := f.connect("203.0.113.7")
	p.send("a@example.net", "x@example.org")
	p.mail("a@example.net")
	f.expect("rcpt", p.rcpt("y@example.org"), "451 4.7.1")
	p.Close()
	r := f.last()
	if r.Stage != "rcpt" || r.Applied != "tempfail" || r.Verdict.Reason != "limit" || !strings.Contains(r.Verdict.Text, r.Ref) {
		t.Errorf("record %+v", r)
	}
}

func TestPostmasterDoesNotExemptTheMessage(t *testing.T) {
	f := newFixture(t, someGroups)
	f.scorer.score = 20
	p := f.connect("203.0.113.7")
	f.expect("end", p.send("a@example.net", "postmaster@example.org", "mailer-daemon@example.org", "x@example.org"), "550 5.7.1")
}

func TestBlockedClientIsRefusedAtRcptWithTheReference(t *testing.T) {
	f := newFixture(t, someGroups)
	p := f.connect("203.0.113.66")
	f.expect("mail", p.mail("a@example.net"), "")
	reply := p.rcpt("x@example.org")
	f.expect("rcpt", reply, "550 5.7.1")
	p.Close()
	r := f.last()
	if !strings.Contains(reply.Text, r.Ref) || r.From != "a@example.net" || r.Applied != "reject" || r.Verdict.Reason != "access" || r.RcptsRefused != 1 {
		t.Errorf("reply %q, record %+v", reply.Text, r)
	}
}

func TestAccessAtConnectWaitsForWhatMayStillMatch(t *testing.T) {
	const closed = "\n[policy.closed]\ninherits = \"blocked\"\ndelay_reject = false\n[group.rest]\npolicy = \"closed\"\n"
	connect := func(f *fixture) (*peer, wire.Reply) {
		p := f.open()
		return p, p.Connect(wire.Peer{Family: "tcp4", Addr: netip.MustParseAddr("192.0.2.1")}, p.macros)
	}
	f := newFixture(t, someGroups+closed)
	_, reply := connect(f)
	f.expect("connect, nothing else can match", reply, "550 5.7.1")
	if r := f.last(); r.Stage != "connect" || r.Applied != "reject" {
		t.Errorf("record %+v", r)
	}

	f = newFixture(t, "[group.login]\nauthenticated = true\npolicy = \"authenticated\"\n"+closed)
	p, reply := connect(f)
	f.expect("connect, a login could", reply, "")
	f.expect("mail without a login", p.mail("a@example.net"), "550 5.7.1")
	p.macros["auth_authen"] = "bob"
	f.expect("mail with a login", p.mail("a@example.net"), "")
	p.rcpt("x@example.org")
	p.finish()
	if got := f.last().Sender; got != "login:bob" {
		t.Errorf("sender %q", got)
	}
}

func TestObserveDecidesRecordsAndDoesNotAct(t *testing.T) {
	f := newFixture(t, "mode = \"observe\"\n"+strings.Replace(someGroups, "100/1h", "1/1h", 1))
	f.scorer.score = 20
	p := f.connect("203.0.113.7")
	f.expect("end", p.send("a@example.net", "x@example.org", "y@example.org"), "")
	r := f.last()
	if r.Verdict.Action != "reject" || r.Applied != "accept" || r.Mode != "observe" || r.RcptsRefused != 1 || r.RcptsTotal != 2 {
		t.Errorf("record %+v", r)
	}
	if !strings.HasPrefix(p.edits[len(p.edits)-1], "insert X-Sluice-Verdict: accept; would=reject; ") {
		t.Errorf("edits %q", p.edits)
	}
	blocked := f.connect("203.0.113.66")
	f.expect("blocked", blocked.send("a@example.net", "x@example.org"), "")
	if r := f.last(); r.Verdict.Action != "reject" || r.Verdict.Reason != "access" || r.Applied != "accept" {
		t.Errorf("record %+v", r)
	}
}

func TestOffLetsMailPassUnseen(t *testing.T) {
	f := newFixture(t, someGroups+"mode = \"off\"\n")
	p := f.connect("203.0.113.7")
	if reply := p.mail("a@example.net"); reply.Action != wire.Accept {
		t.Errorf("got %v", reply)
	}
	if r := f.last(); r.Verdict.Reason != "off" || r.Applied != "accept" || len(f.scorer.inputs) != 0 {
		t.Errorf("record %+v", r)
	}
}

func TestReloadDuringDataChangesNothingForThatMessage(t *testing.T) {
	f := newFixture(t, someGroups)
	f.scorer.score = 6
	p := f.connect("203.0.113.7")
	p.mail("a@example.net")
	p.rcpt("x@example.org")
	p.Header("Subject", "Hello")
	f.server.Swap(f.compile(strings.Replace(someGroups, "reject = 12.0", "reject = 5.0", 1)))
	f.expect("end of the message in flight", p.finish(), "")
	f.expect("the next", p.send("a@example.net", "x@example.org"), "550 5.7.1")
}

func TestMessagesPerConnection(t *testing.T) {
	f := newFixture(t, someGroups+"max_messages_per_connection = 1\n")
	p := f.connect("203.0.113.7")
	f.expect("first", p.send("a@example.net", "x@example.org"), "")
	f.expect("second", p.mail("a@example.net"), "4")
	if got := f.last().Verdict.Reason; got != "messages-per-connection" {
		t.Errorf("reason %q", got)
	}
}

func TestConnectionsAtOnce(t *testing.T) {
	f := newFixture(t, someGroups+"max_connections = 1\n")
	first := f.connect("203.0.113.7")
	second := f.open()
	peer := wire.Peer{Family: "tcp4", Addr: netip.MustParseAddr("203.0.113.7")}
	f.expect("second", second.Connect(peer, second.macros), "4")
	if got := f.last().Verdict.Reason; got != "connections-at-once" {
		t.Errorf("reason %q", got)
	}
	second.Close()
	first.Close()
	f.expect("after the first has gone", f.open().Connect(peer, macros{}), "")
}

func TestMessageSizeDeclaredAndTrue(t *testing.T) {
	f := newFixture(t, someGroups+"max_message_size = \"1k\"\n")
	p := f.connect("203.0.113.7")
	f.expect("declared", p.mail("a@example.net", "SIZE=2000"), "552 5.3.4")
	f.expect("not declared", p.mail("a@example.net"), "")
	p.rcpt("x@example.org")
	p.Header("Subject", "Hello")
	p.EndOfHeaders(p.macros)
	p.Body(make([]byte, 2000))
	f.expect("end", p.End(&p.edits, p.macros), "552 5.3.4")
}

func TestRecipientsPerMessage(t *testing.T) {
	f := newFixture(t, someGroups+"max_recipients_per_message = 2\n")
	p := f.connect("203.0.113.7")
	p.mail("a@example.net")
	f.expect("first", p.rcpt("1@example.org"), "")
	f.expect("second", p.rcpt("2@example.org"), "")
	f.expect("third", p.rcpt("3@example.org"), "452 4.5.3")
}

func TestOwnFailureFollowsThePolicyAndIsNeverPermanent(t *testing.T) {
	breaks := map[string]func(*fixture){
		"store":   func(f *fixture) { f.store.down = true },
		"scoring": func(f *fixture) { f.scorer.err = errors.New("clamd is gone") },
		"panic":   func(f *fixture) { f.scorer.panics = true },
	}
	for what, breakIt := range breaks {
		for setting, want := range map[string]string{"accept": "", "tempfail": "451 4.3.0"} {
			t.Run(what+"/"+setting, func(t *testing.T) {
				f := newFixture(t, someGroups+"on_failure = \""+setting+"\"\n")
				p := f.connect("203.0.113.7")
				breakIt(f)
				reply := p.mail("a@example.net")
				if reply.Action == wire.Continue {
					if reply = p.rcpt("x@example.org"); reply.Action == wire.Continue {
						reply = p.finish()
					}
				}
				f.expect("answer", reply, want)
				p.Close()
				if r := f.last(); r.Failure == "" || (want == "") != (r.Applied == "accept") {
					t.Errorf("record %+v", r)
				}
			})
		}
	}
}

func TestPanicLeavesTheConnectionUsable(t *testing.T) {
	f := newFixture(t, someGroups)
	p := f.connect("203.0.113.7")
	f.scorer.panics = true
	f.expect("the message that panics", p.send("a@example.net", "x@example.org"), "")
	if r := f.last(); r.Failure != "panic: the scorer broke" || r.Applied != "accept" || r.Verdict.Reason != "failure" {
		t.Errorf("record %+v", r)
	}
	f.scorer.panics = false
	f.scorer.score = 20
	f.expect("the next message", p.send("a@example.net", "x@example.org"), "550 5.7.1")
	if got := f.server.Stats.Panics.Load(); got != 1 {
		t.Errorf("%d panics counted", got)
	}
}

func TestScoreSetOfTheGroup(t *testing.T) {
	f := newFixture(t, someGroups)
	f.connect("203.0.113.7").send("a@example.net", "x@example.org")
	f.connect("192.0.2.1").send("a@example.net", "x@example.org")
	relayed, direct := f.scorer.inputs[0], f.scorer.inputs[1]
	if relayed.Set != "relayed" || relayed.Reputation || direct.Set != "direct" || !direct.Reputation {
		t.Errorf("inputs %+v and %+v", relayed, direct)
	}
}

const behindRelay = someGroups + `
[relay.mx]
clients = ["198.51.100.25"]
hop     = 2
`

func TestIncomingRelayGivesTheTrueClient(t *testing.T) {
	f := newFixture(t, behindRelay)
	received := []string{
		"Received: from mx.example.net (mx.example.net [198.51.100.25]) by relay.example.net; Mon, 4 May 2026 10:00:00 +0000",
		"Received: from PC (h7.dyn.example.net [203.0.113.66]) by mx.example.net; Mon, 4 May 2026 09:59:59 +0000",
	}
	p := f.connect("198.51.100.25")
	p.mail("a@example.net")
	p.rcpt("x@example.org")
	f.expect("end", p.finish(received...), "550 5.7.1")
	r := f.last()
	if r.Client.Addr != "203.0.113.66" || r.Client.Relay != "198.51.100.25" || r.Group != "infected" || r.Sender != "ip:203.0.113.66" {
		t.Errorf("record %+v", r)
	}
	p.mail("a@example.net")
	p.rcpt("x@example.org")
	f.expect("a clean one on the same connection", p.finish(received[0], strings.Replace(received[1], ".66", ".7", 1)), "")
	if r := f.last(); r.Group != "home" || len(r.Limits) == 0 {
		t.Errorf("record %+v", r)
	}
}

func TestIncomingRelayThatDoesNotTell(t *testing.T) {
	for setting, want := range map[string]string{"accept": "", "tempfail": "451 4"} {
		f := newFixture(t, behindRelay+"[policy.direct]\non_relay_failure = \""+setting+"\"\n")
		p := f.connect("198.51.100.25")
		p.mail("a@example.net")
		p.rcpt("x@example.org")
		f.expect(setting, p.finish(), want)
		r := f.last()
		if !slices.ContainsFunc(r.Skipped, func(s journal.Skip) bool { return s.Check == "relay" && s.Why != "" }) {
			t.Errorf("%s: record %+v", setting, r)
		}
		if f.server.Stats.RelayFailures.Load() != 1 {
			t.Errorf("%s: not counted", setting)
		}
	}
}

// What the scorer needs to count copies comes from the policy, and what it says
// of them is in the record.
func TestCopiesOfAMessage(t *testing.T) {
	f := newFixture(t, someGroups+"bulk = \"lists\"\n")
	f.server.Campaigns = nobodyCounts{}
	f.connect("203.0.113.7").send("a@example.net", "x@example.org")
	f.connect("192.0.2.1").send("a@example.net", "x@example.org")
	home, other := f.scorer.inputs[0], f.scorer.inputs[1]
	if home.Sender != "ip:203.0.113.7" || home.Bulk != scoring.BulkLists || home.Campaigns != f.server.Campaigns || !home.Now.Equal(f.now) {
		t.Errorf("input %+v", home)
	}
	if other.Bulk != scoring.BulkNone {
		t.Errorf("input of another policy %+v", other)
	}
	if r := f.last(); r.Print != "3f9a0c12be77" {
		t.Errorf("print %q", r.Print)
	}
}

type nobodyCounts struct{}

func (nobodyCounts) See(campaign.Sighting) campaign.Seen { return campaign.Seen{} }
