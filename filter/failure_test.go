package filter

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"sluice/filter/wire"
)

// TestFailureAtEveryStage breaks one event of a message: what happens to the
// rest of it is the policy's on_failure, never 5xx, there is one record that
// names the failure, and the next message is as ever.
func TestFailureAtEveryStage(t *testing.T) {
	client := wire.Peer{Family: "tcp4", Addr: netip.MustParseAddr("203.0.113.7"), Port: 4711}
	for _, stage := range []string{"connect", "mail", "rcpt", "header", "body", "end", "record"} {
		for setting, want := range map[string]string{"accept": "", "tempfail": "451 4.3.0"} {
			t.Run(stage+"/"+setting, func(t *testing.T) {
				f := newFixture(t, someGroups+"connections = \"100/1h\"\nmessages = \"100/1h\"\non_failure = \""+setting+"\"\n")
				f.scorer.score = 6
				p := f.open()
				var answers []wire.Reply
				broken := func(at string, event func() wire.Reply) {
					if at == stage {
						f.breakAt(stage, p)
						defer f.mend(p)
					}
					answers = append(answers, event())
				}
				broken("connect", func() wire.Reply { return p.Connect(client, p.macros) })
				if !refusedAlready(answers) {
					broken("mail", func() wire.Reply { return p.mail("a@example.net") })
				}
				if !refusedAlready(answers) {
					broken("rcpt", func() wire.Reply { return p.rcpt("1@example.org") })
					answers = append(answers, p.rcpt("2@example.org"))
					broken("header", func() wire.Reply { p.Header("Subject", "Hello"); return wire.Reply{} })
					p.EndOfHeaders(p.macros)
					broken("body", func() wire.Reply { p.Body([]byte("Hello.\r\n")); return wire.Reply{} })
					end := func() wire.Reply { return p.End(&p.edits, p.macros) }
					if stage == "record" {
						broken("record", end)
					} else {
						broken("end", end)
					}
				}
				p.Abort()
				if stage == "record" {
					want = "" // what failed came after the verdict
				}
				if got := answers[len(answers)-1]; (want == "") != (got.Text == "") || want != "" && got.Text[:len(want)] != want {
					t.Errorf("answers %v, want the last to be %q", answers, want)
				}
				if r := f.records[0]; stage != "record" && r.Failure == "" {
					t.Errorf("the record names no failure: %+v", r)
				}
				if stage != "connect" && len(f.records) != 1 {
					t.Errorf("%d records", len(f.records))
				}
				f.scorer.score = 20
				next := f.connect("203.0.113.7")
				f.expect("the next message", next.send("a@example.net", "x@example.org"), "550 5.7.1")
			})
		}
	}
}

func refusedAlready(answers []wire.Reply) bool {
	return answers[len(answers)-1].Action == wire.Tempfail
}

// breakAt makes the next event panic.
func (f *fixture) breakAt(stage string, p *peer) {
	switch stage {
	case "header", "body":
		tx := p.Handler.(*session).tx
		tx.rules, tx.message = nil, nil
	case "end":
		f.scorer.panics = true
	case "record":
		f.recorderPanics = true
	default:
		f.store.panics = true
	}
}

func (f *fixture) mend(p *peer) {
	f.scorer.panics, f.recorderPanics, f.store.panics = false, false, false
	if tx := p.Handler.(*session).tx; tx != nil {
		tx.rules = f.server.Rules()
	}
}

func TestBrokenMessageIsAnsweredToItsEnd(t *testing.T) {
	f := newFixture(t, someGroups+"on_failure = \"tempfail\"\n")
	p := f.connect("203.0.113.7")
	p.mail("a@example.net")
	f.store.panics = true
	f.expect("the recipient on which it broke", p.rcpt("1@example.org"), "451 4.3.0")
	f.store.panics = false
	f.expect("the next recipient", p.rcpt("2@example.org"), "451 4.3.0")
	f.expect("the end", p.finish(), "451 4.3.0")
	if len(f.records) != 1 || f.last().Failure == "" || f.last().Applied != "tempfail" {
		t.Errorf("records %+v", f.records)
	}
	f.expect("the next message", p.send("a@example.net", "x@example.org"), "")
}

// A message of which Sluice has lost count costs no recipients.
func TestBrokenMessageIsNotCharged(t *testing.T) {
	f := newFixture(t, someGroups+"on_failure = \"accept\"\n")
	p := f.connect("203.0.113.7")
	p.mail("a@example.net")
	f.store.panics = true
	f.expect("the recipient on which it broke", p.rcpt("1@example.org"), "")
	f.store.panics = false
	f.expect("the next recipient", p.rcpt("2@example.org"), "")
	f.expect("the end", p.finish(), "")
	f.expectUsed(p, 0)
}

func TestStoreDownAtConnectIsRecorded(t *testing.T) {
	f := newFixture(t, someGroups+"connections = \"1/1h\"\n")
	f.store.down = true
	f.connect("203.0.113.7")
	if len(f.records) != 1 || f.last().Failure == "" || f.last().Applied != "accept" || f.last().Stage != "connect" {
		t.Errorf("records %+v", f.records)
	}
}

// What was decided before a panic at the end counts on, in the reply as in the
// record; what cannot be done any more is in neither.
func TestBrokenEndAnswersWhatIsRecorded(t *testing.T) {
	for _, c := range []struct {
		name, policy string
		score        float64
		breaks       string
		want, action string
		applied      string
	}{
		{"too large, then the scorer", "max_message_size = \"10\"\non_failure = \"accept\"\n", 0, "scorer", "552 5.3.4", "reject", "reject"},
		{"too large, then the scorer, deferring", "max_message_size = \"10\"\non_failure = \"tempfail\"\n", 0, "scorer", "552 5.3.4", "reject", "reject"},
		{"too large, while it observes", "max_message_size = \"10\"\nmode = \"observe\"\n", 0, "scorer", "", "reject", "accept"},
		{"held, then the editor", "on_failure = \"accept\"\n", 9, "editor", "", "quarantine", "accept"},
		{"held, then the editor, deferring", "on_failure = \"tempfail\"\n", 9, "editor", "451 4.3.0", "tempfail", "tempfail"},
		{"accepted, then the editor", "on_failure = \"accept\"\n", 0, "editor", "", "accept", "accept"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t, someGroups+c.policy)
			f.scorer.score = c.score
			p := f.connect("203.0.113.7")
			p.mail("a@example.net")
			p.rcpt("x@example.org")
			p.Header("Subject", "Hello")
			p.EndOfHeaders(p.macros)
			p.Body([]byte("Hello.\r\n"))
			var e wire.Editor = &p.edits
			if f.scorer.panics = c.breaks == "scorer"; !f.scorer.panics {
				e = brokenEditor{}
			}
			f.expect("end", p.End(e, p.macros), c.want)
			r := f.last()
			if len(f.records) != 1 || r.Verdict.Action != c.action || r.Applied != c.applied || !strings.Contains(r.Failure, "panic") {
				t.Errorf("record %+v", r)
			}
		})
	}
}

// brokenEditor panics at every edit.
type brokenEditor struct{ wire.Editor }

func (brokenEditor) InsertHeader(string, string) error { panic("the editor broke") }

// limitedEditor is that of an MTA that offers less.
type limitedEditor struct {
	*edits
	header, quarantine error
}

func (e limitedEditor) InsertHeader(name, value string) error {
	return errors.Join(e.header, e.edits.InsertHeader(name, value))
}

func (e limitedEditor) Quarantine(reason string) error {
	if e.quarantine != nil {
		return e.quarantine
	}
	return e.edits.Quarantine(reason)
}

// A message that is to be held is held, even if its header cannot be changed.
func TestWhatTheMTADoesNotOffer(t *testing.T) {
	none := wire.ErrNotOffered
	for _, c := range []struct {
		name      string
		editor    limitedEditor
		score     float64
		onFailure string
		want      string
		applied   string
		held      bool
	}{
		{"everything", limitedEditor{}, 9, "accept", "", "quarantine", true},
		{"no headers", limitedEditor{header: none}, 9, "accept", "", "quarantine", true},
		{"no headers, deferring", limitedEditor{header: none}, 9, "tempfail", "451 4.3.0", "tempfail", false},
		{"no quarantine", limitedEditor{quarantine: none}, 9, "accept", "", "accept", false},
		{"no quarantine, deferring", limitedEditor{quarantine: none}, 9, "tempfail", "451 4.3.0", "tempfail", false},
		{"neither", limitedEditor{header: none, quarantine: none}, 9, "accept", "", "accept", false},
		{"no headers for what is accepted", limitedEditor{header: none}, 0, "accept", "", "accept", false},
		{"no headers for what is refused", limitedEditor{header: none}, 20, "accept", "550 5.7.1", "reject", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t, someGroups+"on_failure = \""+c.onFailure+"\"\n")
			f.scorer.score = c.score
			p := f.connect("203.0.113.7")
			p.mail("a@example.net")
			p.rcpt("x@example.org")
			p.Header("Subject", "Hello")
			p.EndOfHeaders(p.macros)
			c.editor.edits = &p.edits
			f.expect("end", p.End(c.editor, p.macros), c.want)
			if r := f.last(); r.Applied != c.applied {
				t.Errorf("record %+v", r)
			}
			held := slices.ContainsFunc(p.edits, func(e string) bool { return strings.HasPrefix(e, "quarantine ") })
			if held != c.held {
				t.Errorf("held: %v, edits %q", held, p.edits)
			}
		})
	}
}
