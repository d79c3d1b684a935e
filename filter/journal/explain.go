package journal

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Explain writes the path of the decision in plain words, for operators: who
// the client is, what held for it, what was checked and found, and what became
// of the message. What a client has chosen itself is written without control
// characters, so it can go to a terminal.
func (r *Record) Explain(w io.Writer) error {
	var e explanation
	e.heading(r)
	e.client(r.Client, r.Listener)
	e.standing(r)
	e.envelope(r)
	e.score(r)
	e.limits(r.Limits)
	e.evidence(r)
	e.verdict(r)
	_, err := io.WriteString(w, e.String())
	return err
}

// explanation is a text of lines, each with a label or, as a continuation,
// indented as deep.
type explanation struct {
	strings.Builder
}

// line adds a line of several parts; those that are empty are left out, and a
// line without any part too.
func (e *explanation) line(label string, parts ...string) {
	text := join(parts...)
	if text == "" {
		return
	}
	fmt.Fprintf(e, "%-12s%s\n", label, printable(text))
}

func (e *explanation) gap() { e.WriteByte('\n') }

func (e *explanation) heading(r *Record) {
	e.WriteString(printable(join(r.Ref, r.Time.UTC().Format("2006-01-02 15:04:05.000 UTC"), labelled("queue id ", r.QueueID))))
	e.gap()
	e.gap()
}

func (e *explanation) client(c Client, listener string) {
	if c.Addr == "" {
		e.line("Client", "local: mail without a network client")
	} else {
		port := ""
		if c.Port != 0 {
			port = " port " + strconv.Itoa(int(c.Port))
		}
		e.line("Client", c.Addr+port, clientName(c), labelled("HELO ", c.Helo))
	}
	e.line("", labelled("listener ", listener), either(c.TLS, c.TLS, "no TLS"), either(c.Auth, "logged in as "+c.Auth, "not logged in"))
	e.line("", labelled("behind the incoming relay ", c.Relay))
}

func clientName(c Client) string {
	switch {
	case c.Name == "":
		return "no name"
	case c.Verified:
		return c.Name + " (verified)"
	}
	return c.Name + " (not verified, so it counts for nothing)"
}

// standing says what held for the sender before anything was looked at.
func (e *explanation) standing(r *Record) {
	e.line("Sender", r.Sender, labelled("standing ", r.Standing))
	e.line("Group", r.Group, labelled("by the entry ", r.Match))
	e.line("Policy", r.Policy, labelled("mode ", r.Mode), labelled("score set ", r.Set))
}

// evidence says what the message left on its sender, and what it was excepted from.
func (e *explanation) evidence(r *Record) {
	label := "Evidence"
	for _, v := range r.Evidence {
		count := ""
		if v.Count > 1 {
			count = strconv.Itoa(v.Count) + " by then"
		}
		e.line(label, fmt.Sprintf("%+.2f %s", v.Points, v.Kind), count)
		label = ""
	}
	e.line("Exceptions", strings.Join(r.Exceptions, " "))
}

func (e *explanation) envelope(r *Record) {
	e.gap()
	if r.Stage == "connect" {
		e.line("Envelope", "none: it ended at connect")
		return
	}
	e.line("Envelope", "from <"+r.From+">", plural(r.RcptsTotal, "recipient"), refusedRcpts(r.RcptsRefused), unknownRcpts(r.RcptsUnknown), plural(int(r.Size), "byte"))
	for _, rcpt := range r.Rcpts {
		e.line("", "to <"+rcpt+">")
	}
	if more := r.RcptsTotal - len(r.Rcpts); more > 0 {
		e.line("", "and "+strconv.Itoa(more)+" more")
	}
	for _, refused := range r.Refused {
		e.line("", "refused <"+refused.Rcpt+">", strconv.Itoa(refused.Code)+" "+refused.Reason, refused.Detail)
	}
	e.line("Message-ID", r.MessageID)
	e.line("Kind", kindWords[r.Kind])
	e.returned(r.Returned)
	e.line("Author", labelled("at ", r.Author))
	e.authorisation(r.Authorisation)
}

// authorisation says whose the domains are that the message names.
func (e *explanation) authorisation(a *Authorisation) {
	if a == nil {
		return
	}
	outcome := "no: "
	if a.Allowed {
		outcome = "yes: "
	}
	e.line("Authorised", outcome+a.words(), labelled("let in by ", a.By))
}

// words says whose the domain is.
func (a *Authorisation) words() string {
	if a.Unclear != "" {
		return "it is not clear who the author is, " + a.Unclear
	}
	return either(a.Domain, a.Domain, "no domain") + " in the " + a.From + " belongs to " + either(a.Owner, "owner "+a.Owner, "no owner of this client")
}

func unknownRcpts(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n) + " refused by the mail server itself"
}

// kindWords say what kind of automatic message it is.
var kindWords = map[string]string{
	"bounce":     "a delivery report",
	"mdn":        "a notice that a message was read",
	"feedback":   "a report of abuse",
	"auto-reply": "an automatic reply",
	"list":       "mail of a list, or in bulk",
}

// returned says what a bounce brought back.
func (e *explanation) returned(r *Returned) {
	if r == nil {
		return
	}
	e.line("Returns", labelled("reference ", r.Ref), labelled("Message-ID ", r.MessageID), labelled("status ", r.Status))
	for _, rcpt := range r.Rcpts {
		e.line("", "not to <"+rcpt+">")
	}
}

func refusedRcpts(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n) + " refused"
}

// score says which checks were made, which not, and what they found.
func (e *explanation) score(r *Record) {
	if r.Stage == "end" {
		e.gap()
		e.line("Score", number(r.Score)+" from "+plural(len(r.Hits), "hit"))
	}
	for _, h := range r.Hits {
		observed := ""
		if h.Observe {
			observed = "observed only: not in the score"
		}
		e.line("", join(fmt.Sprintf("%+7.2f  %s", h.Points, h.Rule), h.Note, observed))
	}
	e.line("Print", r.Print)
	e.line("Thresholds", r.Thresholds.Words())
	for i, skip := range r.Skipped {
		e.line(head(i, "Not checked"), skip.Check+": "+why(skip.Why))
	}
}

// Words lists the thresholds that are set: "tag at 4, reject at 12".
func (t *Thresholds) Words() string {
	if t == nil {
		return ""
	}
	var list []string
	for _, at := range []struct {
		action string
		score  float64
	}{{"tag", t.Tag}, {"quarantine", t.Quarantine}, {"tempfail", t.Tempfail}, {"reject", t.Reject}, {"discard", t.Discard}} {
		if at.score != 0 {
			list = append(list, at.action+" at "+number(at.score))
		}
	}
	return strings.Join(list, ", ")
}

// skipWords say in words why a check was not made; the tokens are those of
// scoring.Skip.
var skipWords = map[string]string{
	"policy":         "the policy does not let it count",
	"set":            "it does not count in this score set",
	"deadline":       "it took too long",
	"size":           "the message is too large for it",
	"error":          "it failed",
	"not-configured": "it is not configured",
	"limit":          "there was more than is looked at",
}

func why(token string) string {
	if words, known := skipWords[token]; known {
		return words
	}
	return token
}

func (e *explanation) limits(limits []Limit) {
	if len(limits) > 0 {
		e.gap()
	}
	for i, l := range limits {
		outcome := fmt.Sprintf("%d used, %d more make %d of %d", l.Used, l.Cost, l.Used+l.Cost, l.Max)
		over, wait, observed := "", "", ""
		if l.Over {
			over = "over the limit"
		}
		if l.Wait > 0 {
			wait = "would have fitted after " + seconds(l.Wait)
		}
		if l.Observe {
			observed = "observed only"
		}
		e.line(head(i, "Limits"), join(l.Name+" of "+l.Key+": "+outcome, over, wait, observed))
	}
}

// stageWords say when a decision was made.
var stageWords = map[string]string{
	"connect":    "decided at connect",
	"mail":       "decided at MAIL",
	"rcpt":       "decided at RCPT",
	"end":        "decided at the end of the message",
	"abort":      "the message was given up before its end",
	"disconnect": "the connection ended before the message did",
}

func (e *explanation) verdict(r *Record) {
	v := r.Verdict
	e.gap()
	e.line("Verdict", v.Action, labelled("reason ", v.Reason), v.Detail, stageWords[r.Stage])
	if v.Code != 0 {
		e.line("Reply", spaced(strconv.Itoa(v.Code), v.Enhanced, v.Text))
	}
	e.line("Applied", applied(r))
	for i, f := range r.Breaker {
		e.line(head(i, "Fallen back"), f.words())
	}
	e.line("Failure", r.Failure)
	e.line("Time", micros(r.Micros.Total)+" spent by sluice", micros(r.Micros.Score)+" of it scoring")
}

// applied says what was really done, and why not what was decided.
func applied(r *Record) string {
	switch {
	case r.Applied == "none":
		return "none: there was no message to act on"
	case r.Applied == r.Verdict.Action:
		return r.Applied
	case r.Mode == "observe":
		return r.Applied + ": the policy only observes"
	}
	return r.Applied + " instead of " + r.Verdict.Action
}
