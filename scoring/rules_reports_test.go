package scoring

import (
	"strings"
	"testing"
)

// report is a message with a machine-readable part of the given type.
func report(fields, mediaType string) string {
	return letter("Content-Type: multipart/report; boundary=b\n"+fields,
		"--b\nContent-Type: text/plain\n\n"+prose+"\n--b\nContent-Type: "+mediaType+"\n\nReporting-MTA: dns; mx.example.org\n--b--")
}

var reportCases = []ruleCase{
	{rule: "REPORT_DELIVERY", hit: report("", "message/delivery-status"), near: report("", "text/plain")},
	{rule: "REPORT_ABUSE", hit: report("", "message/feedback-report"), near: report("", "message/rfc822"), in: Input{From: "abuse@example.org"}},
	{rule: "REPORT_RECEIPT", hit: report("", "message/disposition-notification"), near: report("", "text/plain")},
	{rule: "AUTO_REPLY", hit: letter("Auto-Submitted: auto-replied (vacation)", prose), near: letter("Auto-Submitted: auto-generated", prose)},
	{rule: "REPLY_QUOTING", hit: letter("In-Reply-To: <1@example.net>", "Yes.\n\n> "+prose), near: letter("In-Reply-To: <1@example.net>", "Yes. -> "+prose)},
}

// Reports return spam, in every form that mail systems have for it; what they
// return is not theirs.
func TestWhatAReportReturnsIsNotJudged(t *testing.T) {
	spam := "Subject: Verify your mailbox\n\n" + harvest + "\nhttp://203.0.113.9/login\n"
	bounce := "From: MAILER-DAEMON@mx.example.org\nSubject: Undelivered Mail Returned to Sender\n"
	s := withDefaults(t)
	for name, text := range map[string]string{
		"a delivery report": letter(bounce+"Content-Type: multipart/report; boundary=b",
			"--b\n\nNo such user.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n--b\nContent-Type: message/rfc822\n\n"+spam+"\n--b--"),
		"a delivery report with the header only": letter(bounce+"Content-Type: multipart/report; boundary=b",
			"--b\n\nNo such user.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n--b\nContent-Type: text/rfc822-headers\n\n"+spam+"\n--b--"),
		"an abuse report": letter("Subject: abuse\nContent-Type: multipart/report; boundary=b",
			"--b\n\nThis came from you.\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n--b\nContent-Type: message/rfc822\n\n"+spam+"\n--b--"),
		"a report of qmail": letter("From: MAILER-DAEMON@mx.example.org\nSubject: failure notice",
			"Hi. This is the qmail-send program at mx.example.org.\n\n<bob@example.net>:\nNo such user.\n\n--- Below this line is a copy of the message.\n\n"+spam),
		"a report of Exim": letter("From: Mail Delivery System <Mailer-Daemon@mx.example.org>\nX-Failed-Recipients: bob@example.net\nSubject: Mail delivery failed: returning message to sender",
			"A message that you sent could not be delivered.\n\n------ This is a copy of the message, including all the headers. ------\n\n"+spam),
		"a report of an old Sendmail": letter("From: Mail Delivery Subsystem <MAILER-DAEMON>\nSubject: Returned mail: User unknown",
			"   ----- Transcript of session follows -----\n550 bob... User unknown\n\n   ----- Original message follows -----\n\n"+spam),
	} {
		t.Run(name, func(t *testing.T) {
			r := scoreText(t, s, text, Input{Set: Relayed})
			if r.Score > 0 {
				t.Errorf("from the null sender: score %v, hits %+v", r.Score, r.Hits)
			}
			if r := scoreText(t, s, text, Input{Set: Relayed, From: "ann@example.org"}); !has(r, "CREDENTIALS") {
				t.Errorf("from anybody else: hits %+v, want CREDENTIALS", r.Hits)
			}
		})
	}
}

func TestWhatAReportSaysItselfIsJudged(t *testing.T) {
	text := letter("From: MAILER-DAEMON@mx.example.org\nSubject: Undelivered Mail\nContent-Type: multipart/report; boundary=b",
		"--b\n\n"+harvest+"\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n--b--")
	if r := scoreText(t, withDefaults(t), text, Input{Set: Relayed}); !has(r, "CREDENTIALS") {
		t.Errorf("hits %+v, want CREDENTIALS", r.Hits)
	}
}

// What a reply quotes does not count, if it says anything else at all.
func TestQuoteMarksAloneHideNothing(t *testing.T) {
	quoted := "> " + strings.ReplaceAll(harvest, "\n", "\n> ")
	s := withDefaults(t)
	for text, want := range map[string]bool{quoted: true, "No, thank you, this is spam.\n\n" + quoted: false} {
		r := scoreText(t, s, letter("Subject: Re: yours\nIn-Reply-To: <1@example.net>", text), Input{Set: Relayed, From: "ann@example.org"})
		if has(r, "CREDENTIALS") != want {
			t.Errorf("%.40q: hits %+v, want CREDENTIALS %v", text, r.Hits, want)
		}
	}
}
