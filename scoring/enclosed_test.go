package scoring

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// dsn is a delivery report with the given blocks about recipients, which returns the
// given header.
func dsn(header string, recipients ...string) string {
	return letter("From: MAILER-DAEMON@mx.example.org\nContent-Type: multipart/report; report-type=delivery-status; boundary=b",
		"--b\n\nNo.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n"+
			strings.Join(recipients, "\n\n")+"\n--b\nContent-Type: text/rfc822-headers\n\n"+header+"\n--b--")
}

func TestFailed(t *testing.T) {
	const daemon = "From: MAILER-DAEMON@mx.example.org\nSubject: failure notice"
	for name, tt := range map[string]struct {
		text   string
		status string // empty: it is none
		rcpts  []string
	}{
		"one of two": {dsn("", "Final-Recipient: rfc822; x@example.org\nAction: delivered\nStatus: 2.0.0",
			"Final-Recipient: rfc822; <y@example.org>\nAction: Failed\nStatus: 5.1.1 (unknown)"), "5.1.1", []string{"y@example.org"}},
		"both, as they were written to": {dsn("", "Original-Recipient: rfc822;x@example.org\nFinal-Recipient: rfc822; x@mail.example.net\nAction: failed\nStatus: 5.1.1",
			"Original-Recipient: \nFinal-Recipient: rfc822;y@example.org\nAction: failed\nStatus: 5.7.1"), "5.1.1", []string{"x@example.org", "y@example.org"}},
		"late":                   {dsn("", "Final-Recipient: rfc822; x@example.org\nAction: delayed\nStatus: 5.1.1"), "", nil},
		"given up":               {dsn("", "Final-Recipient: rfc822; x@example.org\nAction: failed\nStatus: 4.4.1"), "", nil},
		"status in the reply":    {dsn("", "Final-Recipient: rfc822; x@example.org\nAction: failed\nDiagnostic-Code: smtp; 550 no such user"), "5.0.0", []string{"x@example.org"}},
		"CRLF":                   {strings.ReplaceAll(dsn("", "Final-Recipient: rfc822; x@example.org\nAction: failed\nStatus: 5.1.1"), "\n", "\r\n"), "5.1.1", []string{"x@example.org"}},
		"qmail":                  {letter(daemon, "Hi. This is the qmail-send program at mx.example.org.\n\n<x@example.org>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\nTo: other@example.org\n"), "5.1.1", []string{"x@example.org"}},
		"Exim":                   {letter(daemon+"\nX-Failed-Recipients: x@example.org, y@example.org", "  z@example.org\n    550 Unrouteable address\n"), "5.0.0", []string{"x@example.org", "y@example.org"}},
		"words only":             {letter(daemon, "x@example.org: user unknown\n"), "5.0.0", []string{"x@example.org"}},
		"a warning in words":     {letter("From: MAILER-DAEMON@mx.example.org\nSubject: Delivery delayed", "x@example.org: 550 user unknown\n"), "", nil},
		"no reason in words":     {letter(daemon, "It did not work: x@example.org\n"), "", nil},
		"an address is no reply": {letter(daemon, "550.example.org [198.51.100.55] x@example.org did not answer\n"), "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := ReadMessage(strings.NewReader(tt.text), 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			f, ok := m.Failed()
			if ok != (tt.status != "") || f.Status != tt.status {
				t.Errorf("status %q, %v; want %q", f.Status, ok, tt.status)
			}
			if diff := cmp.Diff(tt.rcpts, f.Rcpts); ok && diff != "" {
				t.Errorf("recipients (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFailedBoundsRecipients(t *testing.T) {
	one := "Final-Recipient: rfc822; x@example.org\nAction: failed\nStatus: 5.1.1"
	for _, n := range []int{maxFailed, maxFailed + 1} {
		blocks := make([]string, n)
		for i := range blocks {
			blocks[i] = one
		}
		m, err := ReadMessage(strings.NewReader(dsn("", blocks...)), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if f, _ := m.Failed(); len(f.Rcpts) != maxFailed {
			t.Errorf("%d recipients of %d, want %d", len(f.Rcpts), n, maxFailed)
		}
	}
}

// What came back is found whatever it was packed in, and only in its header.
func TestFailedField(t *testing.T) {
	const header = "Received: from pc\n\tby mx\nX-Sluice-Verdict: accept; group=home;\n\tref=7F3K9QX2\nMessage-Id: <1@home.example>\n"
	const failed = "Final-Recipient: rfc822; x@example.org\nAction: failed\nStatus: 5.1.1"
	const daemon = "From: MAILER-DAEMON@mx.example.org\nSubject: failure notice"
	for name, text := range map[string]string{
		"a header":    dsn(header, failed),
		"a message":   strings.Replace(dsn(header+"\nMessage-ID: <2@home.example>", failed), "text/rfc822-headers", "message/rfc822", 1),
		"text":        letter(daemon, "550 no\n\n--- Below this line is a copy of the message.\n\n"+header+"\nX-Sluice-Ref: AAAAAAAA\n"),
		"quoted text": letter(daemon, "550 no\n\n--- Below this line is a copy of the message.\n\n> "+strings.ReplaceAll(header, "\n", "\n> ")),
		"indented":    letter(daemon, "550 no\n\nOriginal message follows:\n\n   "+strings.ReplaceAll(header, "\n", "\n   ")),
	} {
		t.Run(name, func(t *testing.T) {
			m, err := ReadMessage(strings.NewReader(text), 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			f, _ := m.Failed()
			for field, want := range map[string]string{
				"X-Sluice-Verdict": "accept; group=home; ref=7F3K9QX2", "Message-ID": "<1@home.example>", "X-Sluice-Ref": "", "Subject": "",
			} {
				if got := f.Field(field); got != want {
					t.Errorf("%s is %q, want %q", field, got, want)
				}
			}
		})
	}
}
