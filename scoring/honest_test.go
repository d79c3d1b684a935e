package scoring

import (
	"fmt"
	"strings"
	"testing"
)

// maxHonest is what honest mail of any kind may score at most, half of the
// lowest threshold that is usual.
const maxHonest = 2.0

// honest is hand-written mail of the kinds that filters wrong most often.
var honest = map[string]string{
	"newsletter": letter(`From: Garden Shop <news@garden.example>
Reply-To: service@garden.example
List-Unsubscribe: <https://mail.garden.example/u?x=1>
Subject: Spring offers: 20% off all roses
Content-Type: text/html; charset=utf-8`, `<html><head><style>@media{.m{display:none}}</style></head><body>
<div style="display:none;font-size:1px">Roses, tools and free shipping until Sunday`+strings.Repeat("&zwnj;&nbsp;", 60)+`</div>
<table><tr><td><a href="https://click.mailer.example/c/1"><img src="https://cdn.mailer.example/1.png" alt="Roses"></a></td></tr>
<tr><td>Order now and save: limited time offer. <a href="https://click.mailer.example/c/2">www.garden.example</a></td></tr>
<tr><td>`+prose+`</td></tr><tr><td><a href="https://click.mailer.example/u/3">Unsubscribe</a></td></tr></table>
<img src="https://click.mailer.example/o.gif" width="1" height="1"></body></html>`),

	"password reset": letter(`From: Example Accounts <no-reply@accounts.example>
Subject: Reset your password
Content-Type: text/html; charset=utf-8`, `<p>Dear customer, we received a request to reset the password of your account. Click the button below
within 24 hours to choose a new one. If it was not you, ignore this message: your account is safe.</p>
<p><a href="https://accounts.example/reset?token=abc">Reset password</a></p>`),

	"sign-in notice": letter("From: Security <security@accounts.example>\nSubject: New sign-in to your account",
		`We noticed a new sign-in to your account from Firefox on Linux. If this was you, there is nothing to do.
If you see suspicious activity, verify your account at https://accounts.example/security`),

	"invoice": letter(`From: Billing <billing@host.example>
Subject: Invoice 2026-0417
Content-Type: multipart/mixed; boundary=b`, "--b\nContent-Type: text/plain; charset=utf-8\n\n"+
		"Dear customer, your invoice of $ 1,250.00 is attached. Please make the payment to the bank account below within 14 days.\n"+
		"--b\nContent-Type: application/pdf; name=\"invoice.2026-0417.pdf\"\nContent-Transfer-Encoding: base64\n"+
		"Content-Disposition: attachment; filename=\"invoice.2026-0417.pdf\"\n\nJVBERi0xLjcK\n--b--"),

	"form on a web site": letter(`From: Web site <www@shop.example>
Reply-To: jane.doe@gmail.com
To: office@shop.example
Subject: [Contact form] Opening hours`, "Name: Jane Doe\nMessage: I visited your website. When are you open on Saturday?"),

	"German": letter("Subject: =?UTF-8?Q?Einladung_zur_Mitgliederversammlung?=", `Sehr geehrte Mitglieder,
hiermit laden wir Sie herzlich zur Mitgliederversammlung am 12. Juni um 19 Uhr ein. Anträge richten Sie bitte bis
zum 1. Juni an den Vorstand. Die Kontonummer für den Beitrag finden Sie auf unserer Seite.`),

	"French": letter("Subject: =?ISO-8859-1?Q?R=E9union_de_jeudi?=\nContent-Type: text/plain; charset=iso-8859-1",
		"Chers coll\xe8gues,\nla r\xe9union est report\xe9e \xe0 vendredi. Votre compte rendu est attendu pour mercredi."),

	"Russian": letter("Subject: =?koi8-r?B?99PU0sXewQ==?=\nContent-Type: text/plain; charset=utf-8",
		"Добрый день! Встреча переносится на пятницу, десять часов. Отчёт пришлите, пожалуйста, до среды."),

	"Chinese": letter("Subject: =?UTF-8?B?5Lya6K6u6YCa55+l?=\nContent-Type: text/plain; charset=utf-8",
		"各位同事：会议改到星期五上午十点，请在星期三之前提交报告。详情见 https://www.example.cn/通知。谢谢！"),

	"Arabic": letter("Content-Type: text/html; charset=utf-8",
		`<div dir="rtl">السلام عليكم، تم تأجيل الاجتماع إلى يوم الجمعة الساعة العاشرة صباحا. شكرا لكم.</div>`),

	"Persian": letter("", "سلام، جلسه به روز جمعه موکول شد. لطفاً گزارش‌های خود را تا چهارشنبه بفرستید و می‌توانید تماس بگیرید."),

	"club, many recipients in Bcc": letter("To: undisclosed-recipients:;\nReply-To: secretary@club.example\nFrom: Secretary <secretary@club.example>", prose),

	"short note from a telephone": letter("-Subject\nContent-Type: text/html; charset=utf-8",
		`<div>On my way.</div><div><br></div><div>Sent from my telephone</div>`),

	"photo": letter("Subject: Beach\nContent-Type: multipart/related; boundary=b",
		"--b\nContent-Type: text/html\n\n<img src=\"cid:1\">\n--b\nContent-Type: image/jpeg; name=beach.jpg\n"+
			"Content-ID: <1>\nContent-Transfer-Encoding: base64\nContent-Disposition: inline; filename=beach.jpg\n\n/9j/4AAQ\n--b--"),

	"inheritance in the family": letter("", inheritance),
	"talk about security":       letter("", security),
	"loan from the bank":        letter("", bank),

	"reply that quotes spam": letter("Subject: Re: Fwd: is this real?\nIn-Reply-To: <1@example.net>",
		"No, it is spam. Delete it.\n\n> "+strings.ReplaceAll(harvest, "\n", "\n> ")),
}

func TestHonestMailStaysLow(t *testing.T) {
	s := withDefaults(t)
	for name, text := range honest {
		for _, set := range []Set{Direct, Relayed, Authenticated} {
			t.Run(fmt.Sprintf("%s, %s", name, set), func(t *testing.T) {
				r := scoreText(t, s, text, Input{Set: set, From: "ann@example.org"})
				if r.Score >= maxHonest {
					t.Errorf("score %v, hits %+v", r.Score, r.Hits)
				}
			})
		}
	}
}

func TestReportsThatQuoteSpamPass(t *testing.T) {
	s := withDefaults(t)
	for name, kind := range map[string]string{"delivery report": "message/delivery-status", "abuse report": "message/feedback-report"} {
		text := letter("From: <>\nSubject: Undelivered Mail Returned to Sender\nContent-Type: multipart/report; boundary=b",
			"--b\nContent-Type: text/plain\n\nYour message could not be delivered.\n"+
				"--b\nContent-Type: "+kind+"\n\nReporting-MTA: dns; mx.example.org\n"+
				"--b\nContent-Type: message/rfc822\n\nSubject: URGENT: VERIFY NOW\n\n"+harvestMany+" http://203.0.113.7/\n--b--")
		if r := scoreText(t, s, text, Input{Set: Relayed}); r.Score >= maxHonest {
			t.Errorf("%s: score %v, hits %+v", name, r.Score, r.Hits)
		}
	}
}

func TestQuotingHidesSpamOnlyInReplies(t *testing.T) {
	s := withDefaults(t)
	quoted := "> " + strings.ReplaceAll(harvest, "\n", "\n> ")
	for fields, want := range map[string]bool{"": true, "In-Reply-To: <1@example.net>": false} {
		if r := scoreText(t, s, letter(fields, prose+"\n"+quoted), Input{}); has(r, "CREDENTIALS") != want {
			t.Errorf("%q: hits %+v, want CREDENTIALS: %v", fields, r.Hits, want)
		}
	}
}

func TestDeliveryReportWithASenderIsNone(t *testing.T) {
	s := withDefaults(t)
	text := report("", "message/delivery-status")
	if r := scoreText(t, s, text, Input{From: "spammer@example.org"}); has(r, "REPORT_DELIVERY") {
		t.Errorf("hits %+v", r.Hits)
	}
}

func TestSpamIsTagged(t *testing.T) {
	const tag = 4.0
	s := withDefaults(t)
	for name, text := range map[string]string{
		"advance fee":        letter("To: undisclosed-recipients:;\nReply-To: barrister@yahoo.com", fortune),
		"extortion":          letter("Subject: I KNOW EVERYTHING ABOUT YOU", threat+" "+wallet),
		"credentials":        letter("From: Webmail <x@example.org>", harvestMany+" https://bit.ly/3xYz"),
		"malware":            attachment("invoice.pdf.exe", "application/pdf", program),
		"page with password": page(`<form action="https://evil.example/"><input type=password></form><a href="https://bank.example@evil.example/">x</a>`),
		"pharmacy":           letter("Subject: CHEAP PILLS FOR YOU\n-To\nReply-To: x@gmail.com", pills),
	} {
		if r := scoreText(t, s, text, Input{Set: Relayed, From: "x@example.org"}); r.Score < tag {
			t.Errorf("%s: score %v, hits %+v", name, r.Score, r.Hits)
		}
	}
}
