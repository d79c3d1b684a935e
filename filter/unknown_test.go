package filter

import (
	"context"
	"testing"

	"sluice/filter/wire"
)

// unknown tells of a recipient that the MTA refuses with the given status.
func (p *peer) unknown(to, status string) wire.Reply {
	p.macros["rcpt_mailer"], p.macros["rcpt_host"] = "error", status
	return p.Rcpt(wire.Address{Path: to, Rejected: true}, p.macros)
}

// Recipients that the MTA refuses cost nothing and get no mail; for now is not for good.
func TestUnknownRecipientsAreCountedAndCostNothing(t *testing.T) {
	f := newFixture(t, someGroups+"max_recipients_per_message = 1\n\n[policy.home.standing]\nevidence = { unknown-recipients = \"1 per 2/1h\" }\n")
	p := f.connect("203.0.113.7")
	p.mail("a@example.net")
	f.expect("unknown", p.unknown("1@example.org", "5.1.1"), "")
	f.expect("known", p.rcpt("x@example.org"), "")
	f.expect("unknown", p.unknown("2@example.org", "5.1.1"), "")
	f.expect("not known yet", p.unknown("3@example.org", "4.1.2"), "")
	f.expect("the end", p.finish(), "")
	r := f.last()
	if r.RcptsUnknown != 2 || r.RcptsTotal != 1 || r.RcptsRefused != 0 || len(r.Rcpts) != 1 || r.Stage != "end" {
		t.Errorf("record %+v", r)
	}
	for _, l := range r.Limits {
		if l.Name == "recipients-1h" && l.Cost != 1 {
			t.Errorf("limit %+v", l)
		}
	}
	if len(r.Evidence) != 1 || r.Evidence[0].Kind != "unknown-recipients" || r.Evidence[0].Count != 2 {
		t.Errorf("evidence %+v", r.Evidence)
	}
}

// A message whose recipients are all unknown leaves evidence too, and so does its
// record when it is replayed.
func TestOnlyUnknownRecipients(t *testing.T) {
	const config = someGroups + "\n[policy.home.standing]\nevidence = { unknown-recipients = \"1 per 2/1h\" }\n"
	f := newFixture(t, config)
	p := f.connect("203.0.113.7")
	p.mail("a@example.net")
	p.unknown("1@example.org", "5.1.1")
	p.unknown("2@example.org", "5.1.1")
	p.Abort()
	r := *f.last()
	if r.RcptsUnknown != 2 || r.Stage != "abort" || r.Applied != notApplied || len(r.Evidence) != 1 {
		t.Errorf("record %+v", r)
	}
	f = newFixture(t, config)
	f.server.Replay(context.Background(), &r)
	if again := f.last(); again.RcptsUnknown != 2 || len(again.Evidence) != 1 {
		t.Errorf("replayed %+v", again)
	}
	p = f.connect("203.0.113.7")
	f.expect("without a message", p.unknown("1@example.org", "5.1.1"), "")
}
