package scoring

import (
	"strings"
	"testing"
)

// kindCases are messages and what they are. Those without an envelope sender in the
// name come from one.
var kindCases = map[string]struct {
	text string
	from string
	want Kind
}{
	"a letter":               {letter("", prose), "ann@example.net", Ordinary},
	"a letter, null sender":  {letter("", prose), "", Ordinary},
	"a letter about bounces": {letter("Subject: Undelivered Mail Returned to Sender", "Why do I get this?\n\n"+prose), "ann@example.net", Ordinary},
	"a delivery report":      {report("", "message/delivery-status"), "", Bounce},
	"a delivery report with a sender": {
		report("", "message/delivery-status"), "mailer-daemon@example.net", Bounce},
	"a delivery report by its type only": {
		letter("Content-Type: MULTIPART/Report;\n boundary=b;\n Report-Type=\"delivery-status\"", "--b\n\nNo.\n--b--"), "", Bounce},
	"a forwarded delivery report": {
		letter("Content-Type: multipart/mixed; boundary=o", "--o\n\nLook at this.\n--o\nContent-Type: message/rfc822\n\n"+report("", "message/delivery-status")+"\n--o--"), "ann@example.net", Ordinary},
	"qmail": {letter("From: MAILER-DAEMON@mx.example.org\nSubject: failure notice", "Hi. This is the qmail-send program at mx.example.org.\n"), "", Bounce},
	"Exim":  {letter("X-Failed-Recipients: bob@example.net\nAuto-Submitted: auto-replied\nSubject: Mail delivery failed: returning message to sender", prose), "", Bounce},
	"Exchange": {letter("From: System Administrator <postmaster@example.org>\nSubject: Undeliverable: Lunch", "Your message did not reach some or all of the intended recipients.\n"),
		"", Bounce},
	"an unsigned gateway": {letter("From: gateway@example.org\nSubject: Mail could not be delivered\nContent-Type: multipart/mixed; boundary=b",
		"--b\n\nUnable to deliver.\n--b\nContent-Type: message/rfc822\n\nSubject: Lunch\n\n"+prose+"\n--b--"), "", Bounce},
	"the same from a sender": {letter("From: gateway@example.org\nSubject: Mail could not be delivered\nContent-Type: multipart/mixed; boundary=b",
		"--b\n\nUnable to deliver.\n--b\nContent-Type: message/rfc822\n\nSubject: Lunch\n\n"+prose+"\n--b--"), "gateway@example.org", Ordinary},
	"a parcel that could not be delivered": {letter("From: parcels@example.org\nSubject: Your parcel could not be delivered", prose), "", Ordinary},
	"a receipt":                            {report("", "message/disposition-notification"), "", Receipt},
	"an abuse report":                      {report("", "message/feedback-report"), "abuse@example.org", Feedback},
	"an answer":                            {letter("Auto-Submitted: auto-replied (vacation)", prose), "ann@example.net", AutoReply},
	"a notice of a program":                {letter("Auto-Submitted: auto-generated", prose), "ann@example.net", Ordinary},
	"an answer of an old program":          {letter("X-Autorespond: Lunch", prose), "ann@example.net", AutoReply},
	"one that says it is none":             {letter("X-Autoreply: no", prose), "ann@example.net", Ordinary},
	"precedence":                           {letter("Precedence: auto_reply", prose), "ann@example.net", AutoReply},
	"away, null sender":                    {letter("Subject: Out of office: Lunch", prose), "", AutoReply},
	"away, Exchange":                       {letter("Subject: Automatische Antwort: Lunch\nX-Auto-Response-Suppress: All", prose), "ann@example.net", AutoReply},
	"away, in another script":              {letter("Subject: =?utf-8?b?0JDQstGC0L7QvtGC0LLQtdGC?=: Lunch\nPrecedence: bulk", prose), "ann@example.net", AutoReply},
	"a person on it":                       {letter("Subject: Out of office: who has the key?", prose), "ann@example.net", Ordinary},
	"a mailing list":                       {letter("List-Id: <lake.example.net>", prose), "lake@example.net", List},
	"a newsletter":                         {letter("Precedence: bulk", prose), "news@example.net", List},
}

func TestKindOf(t *testing.T) {
	for name, tt := range kindCases {
		t.Run(name, func(t *testing.T) {
			m, err := ReadMessage(strings.NewReader(tt.text), 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			if got := KindOf(m, tt.from); got != tt.want {
				t.Errorf("kind %q, want %q", got, tt.want)
			}
		})
	}
}
