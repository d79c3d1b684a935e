package filter

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/filter/journal"
	"sluice/filter/wire"
)

const bouncy = someGroups + `
bounces      = "2/1h"
auto_replies = "1/1h"
`

var (
	asBounce = []string{"Auto-Submitted: auto-replied", "Content-Type: multipart/report; report-type=delivery-status; boundary=b"}
	asReply  = []string{"Auto-Submitted: auto-replied"}
)

// sendAs takes a message with these header fields through to the end.
func (p *peer) sendAs(from string, headers ...string) wire.Reply {
	p.Helper()
	if reply := p.mail(from); reply.Action != wire.Continue {
		return reply
	}
	if reply := p.rcpt("x@example.org"); reply.Action != wire.Continue {
		return reply
	}
	return p.finish(headers...)
}

// Bounces count whatever their sender is, and what has the null sender is one unless
// it is an automatic reply.
func TestBouncesAreLimited(t *testing.T) {
	f := newFixture(t, bouncy)
	p := f.connect("203.0.113.7")
	f.expect("a bounce", p.sendAs("", asBounce...), "")
	f.expect("one with a sender", p.sendAs("mailer-daemon@example.net", asBounce...), "")
	if got := f.last().Kind; got != "bounce" {
		t.Errorf("kind %q", got)
	}
	f.expect("anything", p.sendAs(""), "451 4.7.1 Too many bounces")
	if r := f.last(); r.Kind != "" || r.Verdict.Detail != "bounces-1h" || r.Stage != "end" {
		t.Errorf("record %+v", r)
	}
	f.expect("a reply", p.sendAs("", asReply...), "")
	f.expect("another reply", p.sendAs("ann@example.net", asReply...), "451 4.7.1 Too many automatic replies")
	f.expect("a letter", p.sendAs("ann@example.net"), "")
	f.expect("another sender's", f.connect("203.0.113.8").sendAs("", asBounce...), "")
}

func TestNullSenderIsRefused(t *testing.T) {
	for setting, want := range map[string]struct{ rcpt, bounce, other string }{
		"reject":   {rcpt: "550 5.7.1 Mail without a sender address"},
		"tempfail": {rcpt: "451 4.7.1 Mail without a sender address"},
		"reports":  {other: "550 5.7.1 Mail without a sender address"},
	} {
		f := newFixture(t, someGroups+"null_sender = \""+setting+"\"\n")
		p := f.connect("203.0.113.7")
		f.expect("a letter", p.sendAs("ann@example.net"), "")
		if want.rcpt != "" {
			f.expect(setting+" at MAIL", p.mail(""), "")
			f.expect(setting+" at RCPT", p.rcpt("x@example.org"), want.rcpt)
			p.Abort()
		} else {
			f.expect(setting+", a bounce", p.sendAs("", asBounce...), want.bounce)
			f.expect(setting+", something else", p.sendAs(""), want.other)
		}
		if r := f.last(); r.Verdict.Reason != "null-sender" || len(r.Limits) > 1 && r.Limits[1].Cost > 0 && r.Applied == "accept" {
			t.Errorf("%s: record %+v", setting, r)
		}
	}
}

// The machine's own notices have the null sender: nothing is to hold them up.
func TestNoticesOfTheMachinePass(t *testing.T) {
	f := newFixture(t, "[group.relay]\nclients = [\"local\", \"127.0.0.1\"]\npolicy = \"local\"\n")
	for range 100 {
		p := f.connect("127.0.0.1")
		f.expect("a notice", p.sendAs("", "Auto-Submitted: auto-generated"), "")
		p.Close()
	}
}

// A record is replayed as what it was, for its message is gone.
func TestReplayKeepsTheKind(t *testing.T) {
	f := newFixture(t, bouncy)
	f.connect("203.0.113.7").sendAs("ann@example.net", asReply...)
	r := *f.last()
	f = newFixture(t, bouncy)
	f.server.Replay(context.Background(), &r)
	if got := f.last().Kind; got != "auto-reply" {
		t.Errorf("kind %q", got)
	}
	f.server.Replay(context.Background(), &r)
	if got := f.last().Verdict.Detail; got != "auto-replies-1h" {
		t.Errorf("verdict %+v", f.last().Verdict)
	}
}

// A bounce brings back whose message it was, if it has the null sender.
func TestBouncesBringBack(t *testing.T) {
	const status = "\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n" +
		"Final-Recipient: rfc822; gone@elsewhere.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
	rcpts := []string{"gone@elsewhere.example"}
	for name, tt := range map[string]struct {
		from, header string
		want         *journal.Returned
	}{
		"verdict":       {"", "X-Sluice-Verdict: accept; group=home;\r\n\tscore=2; ref=7F3K9QX2\r\nMessage-ID: <1@home.example>\r\n", &journal.Returned{Ref: "7F3K9QX2", MessageID: "<1@home.example>", Status: "5.1.1", Rcpts: rcpts}},
		"reference":     {"", "X-Sluice-Ref: 7F3K9QX2\r\n", &journal.Returned{Ref: "7F3K9QX2", Status: "5.1.1", Rcpts: rcpts}},
		"no reference":  {"", "X-Sluice-Ref: 7F3K9QX2X\r\nMessage-ID: <1@home.example>\r\n", &journal.Returned{MessageID: "<1@home.example>", Status: "5.1.1", Rcpts: rcpts}},
		"a long id":     {"", "Message-ID: <" + strings.Repeat("x", maxMessageID) + "\r\n", &journal.Returned{MessageID: "<" + strings.Repeat("x", maxMessageID-1), Status: "5.1.1", Rcpts: rcpts}},
		"nothing":       {"", "Subject: Hello\r\n", nil},
		"with a sender": {"mailer-daemon@example.org", "X-Sluice-Ref: 7F3K9QX2\r\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, someGroups)
			p := f.connect("203.0.113.7")
			p.mail(tt.from)
			p.rcpt("ann@home.example")
			p.Header("Content-Type", " multipart/report; report-type=delivery-status; boundary=b")
			p.EndOfHeaders(p.macros)
			p.Body([]byte("--b\r\n\r\nNo." + status + tt.header + "\r\n--b--\r\n"))
			p.End(&p.edits, p.macros)
			if diff := cmp.Diff(tt.want, f.last().Returned); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
