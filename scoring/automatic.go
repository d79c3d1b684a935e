package scoring

import (
	"regexp"
	"slices"
	"strings"
)

// Kind is what kind of automatic message something is.
type Kind string

const (
	Ordinary  Kind = ""           // from a person, as far as can be seen
	Bounce    Kind = "bounce"     // a delivery report (RFC 3464), or one of the many that are in words only
	Receipt   Kind = "mdn"        // a disposition notification: somebody has read a message (RFC 8098)
	Feedback  Kind = "feedback"   // a report of abuse and the like (RFC 5965)
	AutoReply Kind = "auto-reply" // an answer that nobody has written for it (RFC 3834)
	List      Kind = "list"       // from a mailing list, or sent in bulk
)

// KindOf says what kind of automatic message one is, from its envelope sender, its
// header and its structure; the words that it is written in count only together with
// some of these. It is the only place that says so. Anybody can make a message look
// like any kind, so no kind is a reason to trust one.
func KindOf(m *Message, from string) Kind {
	own := func(types ...string) bool {
		return slices.ContainsFunc(m.Parts(), func(p Part) bool { return !p.Embedded && slices.Contains(types, p.Type) })
	}
	report := reportType(m)
	switch {
	case own("message/feedback-report") || report == "feedback-report":
		return Feedback
	case own("message/disposition-notification", "message/global-disposition-notification") || report == "disposition-notification":
		return Receipt
	case own("message/delivery-status", "message/global-delivery-status") || report == "delivery-status":
		return Bounce
	case plainReport(m, from):
		return Bounce
	case answered(m) || away(m, from):
		return AutoReply
	case listed(m) || bulk(m):
		return List
	}
	return Ordinary
}

// reportParameter is the parameter of multipart/report (RFC 6522 section 3).
var reportParameter = regexp.MustCompile(`(?i)^\s*multipart/report\b.*\breport-type\s*=\s*"?([a-z-]+)`)

func reportType(m *Message) string {
	field := strings.ReplaceAll(cutString(m.Get("Content-Type"), maxMediaType), "\n", " ")
	if found := reportParameter.FindStringSubmatch(field); found != nil {
		return strings.ToLower(found[1])
	}
	return ""
}

// listed says whether a message has the fields of a mailing list (RFC 2919, RFC
// 2369).
func listed(m *Message) bool {
	return m.Get("List-Id") != "" || m.Get("List-Unsubscribe") != "" || m.Get("List-Post") != ""
}

// precedence is that field in lower case; no standard says what may be in it.
func precedence(m *Message) string { return strings.ToLower(strings.TrimSpace(m.Get("Precedence"))) }

func bulk(m *Message) bool {
	switch precedence(m) {
	case "bulk", "list", "junk":
		return true
	}
	return false
}

// autoSubmitted is the keyword of Auto-Submitted in lower case (RFC 3834 section 5).
func autoSubmitted(m *Message) string {
	keyword, _, _ := strings.Cut(strings.ToLower(m.Get("Auto-Submitted")), ";")
	keyword, _, _ = strings.Cut(keyword, "(")
	return strings.TrimSpace(keyword)
}

// answerFields are what programs wrote into their answers before RFC 3834, and many
// still do.
var answerFields = []string{"X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Autoreply-From", "X-Auto-Reply-From", "X-Mail-Autoreply"}

// answered says whether the header says that a message is an automatic answer.
func answered(m *Message) bool {
	if strings.HasPrefix(autoSubmitted(m), "auto-replied") || precedence(m) == "auto_reply" {
		return true
	}
	return slices.ContainsFunc(answerFields, func(name string) bool {
		value := m.Get(name)
		return value != "" && !strings.EqualFold(value, "no")
	})
}

// absent is how answers of somebody who is away are called, at the beginning of
// their subject.
var absent = regexp.MustCompile(`(?i)^\W*(?:(?:re|aw|antw|sv|vs|odp|fwd?)\s*:\s*)?\W*(?:` + strings.Join([]string{
	`auto:.{0,80}\bout of (?:the )?office|auto(?:matic|mated|matisch|matische|matiche)?[ -]?(?:e-?mail[ -]?)?(?:repl(?:y|ies)|respon[sd]e?r?|antwor[td]|response)`,
	`out[ -]of[ -](?:the[ -])?office|ooo\b|away from (?:my|the) (?:office|desk|mail)|on (?:vacation|holiday|leave)|vacation (?:reply|notice|message)`,
	`abwesenheit|automatische antwort|nicht im (?:büro|haus)|au(?:ß|ss)er haus`,
	`r[ée]ponse automatique|absen(?:t|ce) du bureau|message d'absence`,
	`respuesta autom[áa]tica|fuera de (?:la )?oficina|resposta autom[áa]tica|fora do escrit[óo]rio|ausência`,
	`risposta automatica|fuori (?:sede|ufficio)|assenza dall'ufficio`,
	`automatisch antwoord|afwezig(?:heid)?|autosvar|automatiskt? svar|automaattinen vastaus|poissa`,
	`automatyczna odpowied|odpowied[zź] automatyczna|automatick[áa] odpov|automatikus v[áa]lasz|r[ăa]spuns automat`,
	`автоответ|автоматическ(?:ий|ое) (?:ответ|сообщение)|нет на работе|αυτόματη απάντηση|otomatik (?:yanıt|cevap)`,
	`自動(?:返信|応答|回覆)|自动(?:回复|答复)|不在|외출|부재중|자동 ?(?:응답|회신)|رد تلقائي|תשובה אוטומטית`,
}, "|") + `)`)

// away says whether a message is the answer of somebody who is away, by its subject
// and one more sign of a program.
func away(m *Message, from string) bool {
	if !absent.MatchString(cutString(m.Subject(), maxMarkLine)) {
		return false
	}
	keyword := autoSubmitted(m)
	return from == "" || bulk(m) || keyword != "" && keyword != "no" ||
		m.Get("X-Auto-Response-Suppress") != "" || m.Get("X-MS-Exchange-Inbox-Rules-Loop") != "" || m.Get("X-Loop") != ""
}
