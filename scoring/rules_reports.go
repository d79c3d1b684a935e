package scoring

import "strings"

var reportRules = []rule{
	{"REPORT_DELIVERY", always(-1), "A delivery report from the null sender; the message that it returns is not judged (RFC 3464).", func(f *facts) (string, bool) {
		return "", f.kinds.deliveryReport
	}},
	{"REPORT_ABUSE", always(-4), "An abuse report, which has spam in it by its nature; from the null sender that is not judged (RFC 5965).", func(f *facts) (string, bool) {
		return "", f.kinds.abuseReport
	}},
	{"REPORT_RECEIPT", always(-1), "A receipt that somebody has read a message (RFC 8098).", func(f *facts) (string, bool) {
		return "", f.kinds.receipt
	}},
	{"AUTO_REPLY", always(-0.5), "An automatic reply (RFC 3834).", func(f *facts) (string, bool) {
		return f.m.Get("Auto-Submitted"), f.kinds.autoReply
	}},
	{"REPLY_QUOTING", always(-1), "A reply that names what it answers and quotes from it.", func(f *facts) (string, bool) {
		return "", f.kinds.reply && f.kinds.quotes
	}},
}

// kinds says what kind of message it is, where that changes what the rules
// think of it.
type kinds struct {
	reply          bool // names what it answers (RFC 5322 section 3.6.4)
	quotes         bool // has quoted lines
	list           bool // from a mailing list
	deliveryReport bool
	abuseReport    bool
	receipt        bool
	autoReply      bool
	returns        bool // a report of a mail system, which may have somebody else's message in it
}

func newKinds(f *facts) kinds {
	m := f.m
	var k kinds
	k.reply = m.Get("In-Reply-To") != "" || m.Get("References") != ""
	k.quotes = quotes(m.Text())
	k.list = listed(m)
	kind := KindOf(m, f.in.From)
	// Anybody can make spam look like a report: only what it returns goes
	// without judgement, and only from the null sender (RFC 5321 section 4.5.5).
	k.deliveryReport = kind == Bounce && f.in.From == ""
	k.abuseReport = kind == Feedback
	k.receipt = kind == Receipt
	k.returns = f.in.From == "" && (k.deliveryReport || k.abuseReport)
	k.autoReply = kind == AutoReply || answered(m)
	return k
}

// quotes says whether a text has lines that begin with ">", or ends with an
// earlier message under its header, as Outlook has it.
func quotes(text string) bool {
	return strings.HasPrefix(text, ">") || strings.Contains(text, "\n>") || strings.Contains(text, "\n >") ||
		strings.Contains(text, "-----Original Message-----")
}
