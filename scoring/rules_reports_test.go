package scoring

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
