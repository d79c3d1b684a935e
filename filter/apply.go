package filter

import (
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"strconv"
	"strings"

	"sluice/filter/wire"
	"sluice/policy"
)

// Our header fields. Everything that begins with the prefix is ours: a copy
// that comes with a message is forged, or of another site, and is removed; the
// message with too many of them is refused.
const (
	headerPrefix  = "x-sluice-"
	headerVerdict = "X-Sluice-Verdict"
	headerReport  = "X-Sluice-Report"
	headerRef     = "X-Sluice-Ref"
)

// apply carries the verdict out at the end of a message: the message is edited
// if it goes on, and the answer says what becomes of it. What the MTA did not
// let us do is a failure of ours: if the message may go on all the same it does
// so as it came, and is held if it was to be and can be.
func (t *transaction) apply(e wire.Editor, log *slog.Logger) wire.Reply {
	if t.flow.Mode == policy.Off {
		e = noEdits{e}
	}
	reply, err := t.carryOut(e, t.action())
	if err == nil {
		return reply
	}
	log.Error("cannot change the message", "ref", t.ref, "err", err)
	t.propose(t.failed("apply", err))
	reply, err = t.carryOut(noEdits{e}, t.action())
	if err != nil { // the quarantine that cannot be had
		t.applied = policy.Accept.String()
		return wire.Reply{Action: wire.Accept}
	}
	return reply
}

// action is what is really done: when the policy only observes, nothing.
func (t *transaction) action() policy.Action {
	if !t.enforced() {
		return policy.Accept
	}
	return t.strongest().Action
}

func (t *transaction) carryOut(e wire.Editor, action policy.Action) (wire.Reply, error) {
	t.applied = action.String()
	switch action {
	case policy.Tempfail, policy.Reject:
		return refusal(t.decided()), nil
	case policy.Discard:
		return wire.Reply{Action: wire.Discard}, nil
	}
	if err := t.edit(e, action); err != nil {
		return wire.Reply{}, err
	}
	if action == policy.Quarantine {
		v := t.strongest()
		if err := e.Quarantine(fmt.Sprintf("%s (ref %s)", v.Reason, t.ref)); err != nil {
			return wire.Reply{}, err
		}
	}
	return wire.Reply{Action: wire.Accept}, nil
}

// edit removes forged header fields, highest index first because the MTA
// counts again after each, and writes ours at the top.
func (t *transaction) edit(e wire.Editor, action policy.Action) error {
	var errs []error
	for i := len(t.forged) - 1; i >= 0; i-- {
		errs = append(errs, e.DeleteHeader(t.forged[i].index, t.forged[i].name))
	}
	if action == policy.Tag {
		errs = append(errs, t.prefixSubject(e))
	}
	fields := t.fields(action)
	for i := len(fields) - 1; i >= 0; i-- {
		errs = append(errs, e.InsertHeader(fields[i].name, fields[i].value))
	}
	return errors.Join(errs...)
}

func (t *transaction) prefixSubject(e wire.Editor) error {
	prefix := t.flow.SubjectPrefix
	if prefix == "" || strings.HasPrefix(strings.TrimSpace(t.subject.value), prefix) {
		return nil
	}
	prefix = mime.QEncoding.Encode("utf-8", prefix)
	if t.subject.name == "" {
		return e.InsertHeader("Subject", prefix)
	}
	return e.ChangeHeader(1, t.subject.name, prefix+" "+strings.TrimSpace(t.subject.value))
}

// fields are the header fields that the policy wants in the message, in the
// order in which they are to be read.
func (t *transaction) fields(action policy.Action) []field {
	switch t.flow.Headers {
	case policy.HeadersFull:
		return []field{{name: headerVerdict, value: t.verdictField(action)}, {name: headerReport, value: t.reportField()}}
	case policy.HeadersVerdict:
		return []field{{name: headerVerdict, value: t.verdictField(action)}}
	case policy.HeadersRef:
		return []field{{name: headerRef, value: t.ref}}
	}
	return nil
}

// verdictField is "accept; group=home; policy=home; set=relayed; score=2.1;
// tag-at=4; reject-at=12; ref=7F3K9QX2": the action that was taken. When the
// policy observes, what would have been done follows it, with its reason:
// "accept; would=reject; reason=access; would-refuse=1; group=...", where the
// number is that of recipients.
func (t *transaction) verdictField(action policy.Action) string {
	var b strings.Builder
	b.WriteString(action.String())
	add := func(name, value string) { fmt.Fprintf(&b, "; %s=%s", name, value) }
	if v := t.strongest(); !t.enforced() {
		add("would", v.Action.String())
		if v.Reason != "" && v.Reason != policy.ReasonScore {
			add("reason", string(v.Reason))
		}
		if t.refusals > 0 {
			add("would-refuse", strconv.Itoa(t.refusals))
		}
	}
	for _, f := range t.fuse.fallen {
		add("fallen-back", f.Cause)
	}
	add("group", t.match.Group)
	add("policy", t.flow.Name)
	add("set", t.flow.Set.String())
	add("score", number(t.report.Score))
	at := t.flow.Thresholds
	for _, threshold := range []struct {
		name  string
		score float64
	}{{"tag-at", at.Tag}, {"quarantine-at", at.Quarantine}, {"tempfail-at", at.Tempfail}, {"reject-at", at.Reject}, {"discard-at", at.Discard}} {
		if threshold.score != 0 {
			add(threshold.name, number(threshold.score))
		}
	}
	add("ref", t.ref)
	return b.String()
}

// reportField is "HTML_ONLY=0.4 URL_SHORTENER=0.9; skipped=reputation(policy)".
func (t *transaction) reportField() string {
	hits := make([]string, 0, len(t.report.Hits))
	for _, h := range t.report.Hits {
		points := number(h.Points)
		if h.Observe {
			points = "(" + points + ")"
		}
		hits = append(hits, h.Rule+"="+points)
	}
	report := strings.Join(hits, " ")
	if report == "" {
		report = "none"
	}
	skipped := make([]string, 0, len(t.report.Skipped))
	for _, skip := range t.report.Skipped {
		skipped = append(skipped, skip.Check+"("+skip.Why+")")
	}
	if len(skipped) > 0 {
		report += "; skipped=" + strings.Join(skipped, ",")
	}
	return report
}

// number prints points without needless zeros: 2.1, 4, -0.5.
func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// refusal is the answer that gives the client a verdict's reply.
func refusal(v policy.Verdict) wire.Reply {
	action := wire.Tempfail
	if v.Action == policy.Reject {
		action = wire.Reject
	}
	return wire.Reply{Action: action, Text: fmt.Sprintf("%d %s %s", v.Code, v.Enhanced, v.Text)}
}

// noEdits is the editor of a message that is left as it came, but may be held.
type noEdits struct{ wire.Editor }

func (noEdits) InsertHeader(string, string) error      { return nil }
func (noEdits) ChangeHeader(int, string, string) error { return nil }
func (noEdits) DeleteHeader(int, string) error         { return nil }
