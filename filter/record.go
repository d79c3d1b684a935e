package filter

import (
	"iter"
	"math"
	"slices"

	"sluice/filter/journal"
	"sluice/policy"
	"sluice/policy/standing"
	"sluice/policy/store"
	"sluice/scoring"
)

// maxRecorded is how many recipients a record names; it counts all.
const maxRecorded = 100

// notApplied is what a record says of a message on which nothing could be done.
const notApplied = "none"

// end settles how the transaction ended: a message whose recipients were all
// refused ended at RCPT, one that the client broke off has no verdict of ours.
func (t *transaction) end(stage Stage) {
	brokenOff := stage == StageAbort || stage == StageDisconnect
	refused := t.refusals > 0 && t.accepted == 0
	if !brokenOff || !refused || !t.enforced() {
		t.stage = stage
	}
	switch {
	case t.applied != "":
	case t.verdict.Reason == policy.ReasonOff:
		t.applied = policy.Accept.String()
	case brokenOff && !(refused && t.enforced()):
		t.applied = notApplied
		t.propose(policy.Verdict{Reason: policy.ReasonNotFinished})
	case !t.enforced():
		t.applied = policy.Accept.String()
	default:
		t.applied = t.strongest().Action.String()
	}
}

// remarkable says whether a connection that was let in is worth a record: one
// that met a used-up limit that only observes, or a failure of ours.
func (t *transaction) remarkable() bool {
	return t.failure != "" || slices.ContainsFunc(t.ledger.Levels(), func(l policy.Level) bool { return l.Over })
}

// cameThrough says whether what was charged for the message did happen.
func (t *transaction) cameThrough() bool {
	switch t.applied {
	case policy.Accept.String(), policy.Tag.String(), policy.Quarantine.String(), policy.Discard.String():
		return true
	}
	return false
}

// record writes the transaction down, with what was decided.
func (t *transaction) record(v policy.Verdict) *journal.Record {
	if v.Reason == "" {
		v.Reason = policy.ReasonScore
		if t.stage == StageConnect {
			v.Reason = policy.ReasonAccess
		}
	}
	return &journal.Record{
		Time:         t.begun.UTC(),
		Ref:          t.ref,
		QueueID:      t.queueID,
		MessageID:    t.messageID,
		Listener:     t.client.Listener,
		Port:         t.client.ListenerPort,
		Stage:        string(t.stage),
		Client:       recordClient(t.client),
		Sender:       t.sender(),
		Group:        t.match.Group,
		Match:        t.match.Entry,
		Policy:       t.flow.Name,
		From:         t.from,
		Author:       t.author,
		Rcpts:        slices.Clone(t.rcpts[:min(len(t.rcpts), maxRecorded)]),
		RcptsTotal:   t.total,
		RcptsRefused: t.refusals,
		RcptsUnknown: t.unknown,
		Refused:      recordRefused(t.refused),
		Size:         t.size(),
		Kind:         string(t.kind),
		Returned:     t.returned,
		Set:          t.flow.Set.String(),
		Score:        t.report.Score,
		Hits:         recordHits(t.report.Hits),
		Print:        t.report.Print,
		Skipped:      recordSkips(t.report.Skipped, t.unknownRelay),
		Thresholds:   t.recordThresholds(),
		Limits:       recordLimits(t.ledger.Levels()),
		Standing:     t.standing.Stage.String(),
		Evidence:     recordEvidence(t.evidence),
		Exceptions:   t.excepted.used,
		Breaker:      t.fuse.fallen,

		Authorisation: t.recordAuthorisation(),
		Verdict: journal.Verdict{
			Action:   v.Action.String(),
			Code:     v.Code,
			Enhanced: v.Enhanced,
			Text:     v.Text,
			Reason:   string(v.Reason),
			Detail:   v.Detail,
		},
		Applied: t.applied,
		Mode:    t.flow.Mode.String(),
		Failure: t.failure,
		Micros:  journal.Micros{Total: t.spent.Microseconds(), Score: t.scoring.Microseconds()},
	}
}

// recordThresholds are those of the policy, once there was a score.
func (t *transaction) recordThresholds() *journal.Thresholds {
	if t.stage != StageEnd {
		return nil
	}
	at := journal.Thresholds(t.flow.Thresholds)
	return &at
}

func recordClient(c policy.Client) journal.Client {
	r := journal.Client{
		Port:     c.Port,
		Name:     c.Name,
		Verified: c.Verified,
		Helo:     c.Helo,
		Auth:     c.Login,
		TLS:      c.TLS,
	}
	if c.Addr.IsValid() {
		r.Addr = c.Addr.String()
	}
	if c.Relay.IsValid() {
		r.Relay = c.Relay.String()
	}
	return r
}

func recordEvidence(evidence []standing.Evidence) []journal.Evidence {
	var out []journal.Evidence
	for _, e := range evidence {
		out = append(out, journal.Evidence{Kind: e.Kind.String(), Points: e.Points, Count: e.Count})
	}
	return out
}

func recordRefused(refused []refusedRcpt) []journal.Refused {
	var out []journal.Refused
	for _, r := range refused {
		out = append(out, journal.Refused{Rcpt: r.rcpt, Code: r.verdict.Code, Reason: string(r.verdict.Reason), Detail: r.verdict.Detail})
	}
	return out
}

func recordHits(hits []scoring.Hit) []journal.Hit {
	var out []journal.Hit
	for _, h := range hits {
		out = append(out, journal.Hit(h))
	}
	return out
}

func recordSkips(skips []scoring.Skip, unknownRelay string) []journal.Skip {
	var out []journal.Skip
	for _, skip := range skips {
		out = append(out, journal.Skip(skip))
	}
	if unknownRelay != "" {
		out = append(out, journal.Skip{Check: "relay", Why: unknownRelay})
	}
	return out
}

func recordLimits(levels []policy.Level) []journal.Limit {
	var out []journal.Limit
	for _, l := range levels {
		r := journal.Limit{
			Name:    l.Name,
			Key:     l.Key,
			Cost:    l.Cost,
			Used:    l.Used,
			Max:     l.Max,
			Over:    l.Over,
			Observe: l.Observe,
		}
		if l.Wait != store.Never {
			r.Wait = math.Ceil(l.Wait.Seconds())
		}
		out = append(out, r)
	}
	return out
}

// view is the message as far as it came; a message without a header and a body
// is one too.
func (t *transaction) view() *scoring.Message {
	if t.message == nil {
		t.message = scoring.NewMessage(t.rules.MaxView)
		t.message.Keep(t.rules.Keep)
		if t.relay != nil {
			t.message.KeepField(t.relay.Header())
		}
	}
	return t.message
}

// headers walks the message's header fields in order.
func (t *transaction) headers() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, h := range t.view().Headers() {
			if !yield(h.Name, h.Value) {
				return
			}
		}
	}
}
