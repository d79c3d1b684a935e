package scoring

import "strings"

var headerCases = []ruleCase{
	{rule: "FROM_MISSING", hit: letter("-From", prose), near: letter("From: <>", prose)},
	{rule: "FROM_SEVERAL", hit: letter("From: a@example.org\nFrom: b@example.org", prose),
		near: letter("From: a@example.org, b@example.org\nSender: a@example.org", prose)},
	{rule: "FROM_INVALID", hit: letter("From: Ann Author", prose), near: letter("From: <>", prose)},
	{rule: "FROM_UNQUOTED", hit: letter("From: Author, Ann <ann@example.org>", prose),
		near: letter(`From: "Author, Ann" <ann@example.org>`, prose)},
	{rule: "FROM_OTHER_ADDRESS", hit: letter(`From: "service@bank.example" <x@example.org>`, prose),
		near: letter(`From: "ann@lists.example.org" <ann@example.org>`, prose)},
	{rule: "FROM_BRAND", hit: letter(`From: "PayPal Service" <service@mail.example>`, prose), near: letter("From: PayPal <service@paypal.de>", prose)},
	{rule: "BRAND_OWN_LINKS", hit: letter("From: PayPal <service@paypal.de>", prose+"\nhttps://www.paypal.com/receipt"),
		near: letter("From: PayPal <service@paypal.de>", prose+"\nhttps://www.paypal.com/receipt https://paypal.example.net/")},
	{rule: "SUBJECT_LOOKALIKE", hit: letter("Subject: Yоur pаrcel", prose), near: letter("Subject: заказ cегодня 5 μm", prose)},
	{rule: "DATE_INVALID", hit: letter("Date: yesterday", prose), near: letter("Date: Mon, 4 May 2026 9:05:00 +0200 (CEST)", prose)},
	{rule: "DATE_FUTURE", hit: letter("Date: Thu, 7 May 2026 10:00:01 +0000", prose),
		near: letter("Date: Thu, 7 May 2026 10:00:00 +0000", prose)},
	{rule: "MESSAGE_ID_INVALID", hit: letter("Message-ID: 12345@example.org", prose),
		near: letter("Message-ID: <12345@localhost>", prose)},
	{rule: "HEADER_REPEATED", hit: letter("Subject: a\nSubject: b", prose), near: letter("Comments: a\nComments: b", prose)},
	{rule: "HEADER_FLOOD", hit: letter(manyFields(maxHeaders), prose), near: letter(manyFields(maxHeaders/2), prose)},
	{rule: "HEADER_LONG", hit: letter("X-Note: "+strings.Repeat("x", maxHeaderValue+1), prose), near: letter("X-Note: "+strings.Repeat("x", maxHeaderValue-10), prose)},
	{rule: "HEADER_8BIT", hit: letter("Subject: Gr\xfc\xdfe", prose), near: letter("Subject: Grüße", prose)},
	{rule: "SUBJECT_EMPTY", hit: letter("Subject: ", prose), near: letter("Subject: .", prose)},
	{rule: "SUBJECT_CAPITALS", hit: letter("Subject: READ THIS NOW, BOB!", prose), near: letter("Subject: RFC 5321 ERRATA?", prose)},
	{rule: "SUBJECT_FALSE_REPLY", hit: letter("Subject: Re: Your order", prose),
		near: letter("Subject: Re: Your order\nIn-Reply-To: <1@example.net>", prose)},
	{rule: "TO_MISSING", hit: letter("-To", prose), near: letter("-To\nCc: bob@example.net", prose)},
	{rule: "REPLY_TO_FREEMAIL", hit: letter("Reply-To: mr.smith@gmail.com", prose),
		near: letter("From: ann@gmail.com\nReply-To: ann.author@gmail.com", prose)},
	{rule: "HIDDEN_RECIPIENTS_REPLY", hit: letter("To: undisclosed-recipients:;\nReply-To: office@example.com", prose),
		near: letter("To: undisclosed-recipients:;\nReply-To: office@example.org", prose)},
}

func manyFields(n int) string {
	var b []byte
	for range n {
		b = append(b, "X-Field: value\n"...)
	}
	return string(b)
}
