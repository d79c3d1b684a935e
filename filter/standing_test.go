package filter

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sluice/filter/wire"
	"sluice/policy/exception"
	"sluice/policy/standing"
)

// The spam of one host leads up step by step; honest mail meanwhile gets through
// until it is blocked, and no other sender is touched.
func TestStandingContainsAHost(t *testing.T) {
	f := newFixture(t, someGroups)
	f.scorer.score = 5
	for i, want := range []string{"clean", "clean", "clean", "watched", "watched", "restricted", "restricted", "blocked"} {
		p := f.open()
		reply := p.connectFrom("203.0.113.7")
		if (reply.Action == wire.Tempfail) != (want == "blocked") {
			t.Errorf("message %d: %v", i, reply)
		}
		if want != "blocked" {
			p.send("a@example.net", fmt.Sprintf("x%d@example.org", i))
			if got := f.last(); (got.Applied == "tempfail") != (want != "clean") || want != "clean" && got.Verdict.Reason != "standing" {
				t.Errorf("message %d of a %s sender: %s, %s", i, want, got.Applied, got.Verdict.Reason)
			}
			if got := f.last(); len(got.Evidence) != 1 || got.Evidence[0].Kind != "spam" {
				t.Errorf("message %d left %v", i, got.Evidence)
			}
		}
		if got := f.last().Standing; got != want {
			t.Errorf("message %d: %s, want %s", i, got, want)
		}
		p.Close()
	}
	last := f.last()
	if last.Stage != "connect" || last.Verdict.Code != 451 || !strings.Contains(last.Verdict.Text, "ref "+last.Ref) || len(last.Evidence) != 0 {
		t.Errorf("%+v", last.Verdict)
	}
	f.scorer.score = 0
	f.connect("203.0.113.8").send("b@example.net", "x@example.org")
	if got := f.last(); got.Applied != "accept" || got.Standing != "clean" {
		t.Errorf("the neighbour: %+v", got)
	}
}

// connectFrom begins a session of a client, whatever the answer is.
func (p *peer) connectFrom(addr string) wire.Reply {
	return p.Connect(wire.Peer{Name: "unknown", Family: "tcp4", Addr: netip.MustParseAddr(addr), Port: 4711}, p.macros)
}

func (f *fixture) block(key string) {
	f.server.Book.Block(key, "home", standing.Forever, standing.Act{At: f.now})
}

// A login is known at MAIL, and blocked there; the address it comes from is not.
func TestABlockedLoginIsRefusedAtMail(t *testing.T) {
	f := newFixture(t, "[group.logins]\nauthenticated = true\npolicy = \"authenticated\"\n"+someGroups)
	f.server.Book.Block("login:bob@example.net", "authenticated", standing.Forever, standing.Act{At: f.now})
	p := f.connect("203.0.113.7")
	p.macros["auth_authen"] = "Bob@example.net"
	if reply := p.mail("bob@example.net"); reply.Action != wire.Reject || !strings.HasPrefix(reply.Text, "550 5.7.1 ") {
		t.Errorf("%v", reply)
	}
	p.macros["auth_authen"] = "amy@example.net"
	if reply := p.mail("amy@example.net"); reply.Action != wire.Continue {
		t.Errorf("another login from the same address: %v", reply)
	}
}

// Where the reply is to reach the customer through every MTA, a block waits for RCPT.
func TestABlockWaitsForRcptIfThePolicySaysSo(t *testing.T) {
	f := newFixture(t, someGroups+"delay_reject = true\nstanding.help = \"https://help.example.net/blocked\"\n")
	f.block("ip:203.0.113.7")
	p := f.connect("203.0.113.7")
	if reply := p.mail("a@example.net"); reply.Action != wire.Continue {
		t.Errorf("at MAIL: %v", reply)
	}
	reply := p.rcpt("x@example.org")
	if reply.Action != wire.Reject || !strings.Contains(reply.Text, "see https://help.example.net/blocked (standing, ref ") {
		t.Errorf("%v", reply)
	}
}

func TestLimitsOfARestrictedSenderAreDivided(t *testing.T) {
	f := newFixture(t, someGroups)
	f.scorer.score = 5
	for i := range 5 {
		f.connect("203.0.113.7").send("a@example.net", fmt.Sprintf("x%d@example.org", i))
	}
	f.scorer.score = 0
	p := f.connect("203.0.113.7")
	p.mail("a@example.net")
	var refused int
	for i := range 20 {
		if p.rcpt(fmt.Sprintf("y%d@example.org", i)).Action == wire.Tempfail {
			refused++
		}
	}
	if p.Abort(); f.last().Standing != "restricted" || refused != 20-(10-3) { // three got through before
		t.Errorf("%s, %d refused", f.last().Standing, refused)
	}
	if l := f.last().Limits[0]; l.Name != "recipients-1h" || l.Max != 10 {
		t.Errorf("%+v", l)
	}
}

func TestObservedStandingHasNoEffect(t *testing.T) {
	f := newFixture(t, someGroups+"standing.mode = \"observe\"\n")
	f.scorer.score = 5
	for i := range 12 {
		f.connect("203.0.113.7").send("a@example.net", fmt.Sprintf("x%d@example.org", i))
		if got := f.last(); got.Applied != "tag" {
			t.Errorf("message %d of a %s sender: %s", i, got.Standing, got.Applied)
		}
	}
	if got := f.last().Standing; got != "blocked" {
		t.Errorf("recorded is %s", got)
	}
}

func TestStandingOff(t *testing.T) {
	f := newFixture(t, someGroups+"standing.mode = \"off\"\n")
	f.scorer.score = 5
	for i := range 12 {
		f.connect("203.0.113.7").send("a@example.net", fmt.Sprintf("x%d@example.org", i))
	}
	if got := f.last(); got.Standing != "clean" || len(got.Evidence) != 0 || got.Applied != "tag" {
		t.Errorf("%+v", got)
	}
}

// Exceptions: from the standing nothing is noted, from limits nothing is counted or
// more fits, and the score holds nothing up; each is named in the record.
func TestExceptions(t *testing.T) {
	f := newFixture(t, someGroups)
	list, err := exception.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	f.server.Exceptions = list
	add := func(subject, scope string, factor int) string {
		e, err := list.Add(exception.Exception{Subject: subject, Scope: scope, Factor: factor, Owner: "o", Reason: "r"}, f.now)
		if err != nil {
			t.Fatal(err)
		}
		return e.ID
	}
	t.Run("standing", func(t *testing.T) {
		id := add("203.0.113.7", exception.Standing, 0)
		f.scorer.score = 5
		for i := range 12 {
			f.connect("203.0.113.7").send("a@example.net", fmt.Sprintf("x%d@example.org", i))
		}
		got := f.last()
		if got.Applied != "tag" || got.Standing != "clean" || len(got.Evidence) != 0 || len(got.Exceptions) != 1 || got.Exceptions[0] != id {
			t.Errorf("%+v", got)
		}
		if e := list.All()[0]; e.Hits != 12 || !e.LastHit.Equal(f.now) {
			t.Errorf("%+v", e)
		}
		f.block("ip:203.0.113.7")
		f.connect("203.0.113.7").send("a@example.net", "x@example.org")
	})
	t.Run("limits", func(t *testing.T) {
		add("203.0.113.8", exception.LimitScope("recipients-1h"), 2)
		add("203.0.113.9", exception.Limits, 0)
		f.scorer.score = 0
		for addr, want := range map[string]int{"203.0.113.8": 200, "203.0.113.9": 200 + 99} {
			p, n := f.connect(addr), 0
			for m := range 2 {
				p.mail("a@example.net")
				for i := range 150 {
					if p.rcpt(fmt.Sprintf("x%d-%d@example.org", m, i)).Action == wire.Continue {
						n++
					}
				}
				p.EndOfHeaders(p.macros)
				p.End(wire.NoEdits{}, p.macros)
			}
			if want = min(want, 300); addr == "203.0.113.9" && n != 300 || addr == "203.0.113.8" && n != want {
				t.Errorf("%s: %d recipients", addr, n)
			}
		}
	})
	t.Run("content", func(t *testing.T) {
		add("203.0.113.10", exception.Content, 0)
		f.scorer.score = 50
		for i := range 12 { // nor does it lead to a block
			f.connect("203.0.113.10").send("a@example.net", fmt.Sprintf("x%d@example.org", i))
			if got := f.last(); got.Applied != "tag" || got.Score != 50 || len(got.Evidence) != 0 {
				t.Errorf("message %d: %+v", i, got)
			}
		}
	})
}

// A message behind a relay that does not say whose it is is nobody's evidence.
func TestAnUnknownClientBehindARelayIsNoEvidence(t *testing.T) {
	f := newFixture(t, someGroups+"[relay.gw]\nclients = [\"203.0.113.50\"]\nhop = 1\n")
	f.scorer.score = 5
	for i := range 10 {
		f.connect("203.0.113.50").send("a@example.net", fmt.Sprintf("x%d@example.org", i))
	}
	if _, known := f.server.Book.Info("ip:203.0.113.50", f.now); known {
		t.Error("the relay is held responsible")
	}
}

// A block that ends leads to probation, with a quarter of the limits.
func TestProbation(t *testing.T) {
	f := newFixture(t, someGroups)
	f.server.Book.Block("ip:203.0.113.7", "home", standing.Term(time.Hour), standing.Act{At: f.now})
	p := f.open()
	if reply := p.connectFrom("203.0.113.7"); reply.Action != wire.Tempfail {
		t.Errorf("%v", reply)
	}
	f.now = f.now.Add(time.Hour)
	f.connect("203.0.113.7").send("a@example.net", "x@example.org")
	got := f.last()
	if got.Standing != "probation" || got.Applied != "accept" || got.Limits[0].Max != 25 {
		t.Errorf("%+v", got)
	}
}

func TestAnExceptionFromAuthorisation(t *testing.T) {
	f := newFixture(t, authorising(`action = "refuse"`))
	list, err := exception.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	f.server.Exceptions = list
	if reply := f.as("").write("a@acme.example"); !strings.HasPrefix(reply, "MAIL 550") {
		t.Fatal(reply)
	}
	if _, err := list.Add(exception.Exception{Subject: "203.0.113.7", Scope: exception.Authorisation, Owner: "o", Reason: "r"}, f.now); err != nil {
		t.Fatal(err)
	}
	if reply := f.as("").write("a@acme.example"); reply != "" {
		t.Error(reply)
	}
	if list.All()[0].Hits != 1 {
		t.Errorf("%+v", list.All())
	}
}

// What an operator has blocked is refused whatever the policy keeps of its senders.
func TestABlockByHandHoldsWithoutAStanding(t *testing.T) {
	for name, toml := range map[string]string{
		"off": "standing.mode = \"off\"\n", "observed": "standing.mode = \"observe\"\n", "blocks observed": "standing.observe = [\"blocked\"]\n",
	} {
		f := newFixture(t, someGroups+toml)
		f.block("ip:203.0.113.7")
		if reply := f.open().connectFrom("203.0.113.7"); reply.Action != wire.Reject {
			t.Errorf("%s: %v", name, reply)
		}
		f.server.Book.Release("ip:203.0.113.7", standing.Act{At: f.now})
		if reply := f.open().connectFrom("203.0.113.7"); reply.Action != wire.Continue {
			t.Errorf("%s, released: %v", name, reply)
		}
	}
}

// Whoever tries foreign domains again and again is not a stranger for long.
func TestUnauthorisedAtMailIsEvidence(t *testing.T) {
	f := newFixture(t, authorising(`action = "refuse"`))
	f.as("").write("a@acme.example")
	got := f.last()
	if got.Stage != "mail" || len(got.Evidence) != 1 || got.Evidence[0].Kind != "unauthorised" {
		t.Errorf("%s: %+v", got.Stage, got.Evidence)
	}
}
