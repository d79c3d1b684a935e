package policy

import (
	"math"
	"strings"

	"sluice/policy/config"
	"sluice/policy/standing"
)

// Flow is a compiled mail flow policy. Nothing may be changed in it.
type Flow struct {
	Name string
	Mode Mode // with Config.Mode already applied

	Access      Access
	DelayReject bool

	Set        Set
	Reputation bool // only ever true with Direct
	Bulk       Bulk
	Thresholds Thresholds
	Standing   *standing.Rules
	SpamAt     float64 // score from which a message is evidence; 0: never
	Help       string  // where the blocked find out what to do

	Authorisation AuthorisationConfig

	Headers       Headers
	SubjectPrefix string

	Key                Key
	MaxConnections     int   // at once, per sender; 0: any number, here and below
	MaxMessagesPerConn int   // on one connection
	MaxRecipients      int   // of one message
	MaxSize            int64 // bytes of one message
	NullSender         NullSender

	OnFailure      OnFailure
	OnRelayFailure OnFailure

	replies map[Reason]reply
	windows []window
}

// maxPrefix bounds the subject prefix, in bytes, so that the subject stays within
// a line (RFC 5322 section 2.1.1).
const maxPrefix = 100

// compileFlow reads one [policy.NAME].
func compileFlow(name string, c FlowConfig, most Mode, limits map[string]limit, ps *config.Problems) *Flow {
	key := "policy." + name
	f := &Flow{
		Name:               name,
		Mode:               max(c.Mode, most),
		Access:             c.Access,
		DelayReject:        c.DelayReject,
		Set:                c.Set,
		Reputation:         c.Reputation && c.Set == Direct,
		Bulk:               c.Bulk,
		Thresholds:         c.Thresholds,
		SpamAt:             spamScore(c),
		Help:               c.Standing.Help,
		Authorisation:      c.Authorisation,
		Headers:            c.Headers,
		SubjectPrefix:      c.SubjectPrefix,
		Key:                c.Key,
		MaxConnections:     c.MaxConnections,
		MaxMessagesPerConn: c.MaxMessagesPerConn,
		MaxRecipients:      c.MaxRecipients,
		MaxSize:            int64(c.MaxSize),
		NullSender:         c.NullSender,
		OnFailure:          c.OnFailure,
		OnRelayFailure:     c.OnRelayFailure,
		replies:            compileReplies(key, c, ps),
	}
	f.Standing = compileStanding(key+".standing", c.Standing, f.Mode, ps)
	if c.Reputation && c.Set != Direct {
		ps.Warnf(key+".reputation", `reputation = false, or set = "direct"`,
			"the client's reputation is never asked with set %q", c.Set)
	}
	if strings.ContainsAny(c.SubjectPrefix, "\r\n\x00") || len(c.SubjectPrefix) > maxPrefix {
		ps.Errorf(key+".subject_prefix", "", "the prefix is one line of at most %d bytes", maxPrefix)
	}
	checkAuthorisation(key+".authorisation", c.Authorisation, ps)
	checkKey(key+".key", c.Key, ps)
	checkCounts(key, c, ps)
	checkThresholds(key+".thresholds", c.Thresholds, ps)
	f.windows = flowWindows(key, c, limits, ps)
	if f.Mode == Off {
		f.windows = nil
	}
	return f
}

// checkKey checks the prefix lengths; with 0 everybody would be one sender.
func checkKey(key string, k Key, ps *config.Problems) {
	if k.IPv4 < 1 || k.IPv4 > 32 {
		ps.Errorf(key+".ipv4", "", "prefix length %d is not between 1 and 32", k.IPv4)
	}
	if k.IPv6 < 1 || k.IPv6 > 128 {
		ps.Errorf(key+".ipv6", "", "prefix length %d is not between 1 and 128", k.IPv6)
	}
}

func checkCounts(key string, c FlowConfig, ps *config.Problems) {
	for _, n := range []struct {
		name  string
		value int
	}{
		{"max_connections", c.MaxConnections},
		{"max_messages_per_connection", c.MaxMessagesPerConn},
		{"max_recipients_per_message", c.MaxRecipients},
	} {
		if n.value < 0 {
			ps.Errorf(key+"."+n.name, "0 is any number", "%d is below 0", n.value)
		}
	}
}

// threshold is the score from which an action is taken.
type threshold struct {
	action Action
	score  float64
}

// usable says whether the score is one from which to act.
func (t threshold) usable() bool {
	return t.score >= 0 && !math.IsInf(t.score, 0) // and is a number
}

// strongestFirst lists the thresholds that are set.
func (t Thresholds) strongestFirst() []threshold {
	var set []threshold
	for _, at := range []threshold{
		{Discard, t.Discard}, {Reject, t.Reject}, {Tempfail, t.Tempfail}, {Quarantine, t.Quarantine}, {Tag, t.Tag},
	} {
		if at.score != 0 {
			set = append(set, at)
		}
	}
	return set
}

// checkThresholds reports scores that are none, and actions that never happen
// because a stronger one comes at the same score or earlier.
func checkThresholds(key string, t Thresholds, ps *config.Problems) {
	set := t.strongestFirst()
	for i, weak := range set {
		at := key + "." + weak.action.String()
		if !weak.usable() {
			ps.Errorf(at, "0 is never", "%v is no score from which to act", weak.score)
			continue
		}
		for _, strong := range set[:i] {
			if strong.usable() && strong.score <= weak.score {
				ps.Warnf(at, "", "never happens: %s comes at %v already", strong.action, strong.score)
				break
			}
		}
	}
}

// Judge holds a score against the thresholds: the strongest that is reached.
func (f *Flow) Judge(score float64) Verdict {
	t := f.Thresholds
	action := Accept
	switch {
	case reached(t.Discard, score):
		action = Discard
	case reached(t.Reject, score):
		action = Reject
	case reached(t.Tempfail, score):
		action = Tempfail
	case reached(t.Quarantine, score):
		action = Quarantine
	case reached(t.Tag, score):
		action = Tag
	}
	return Verdict{Action: action, Reason: ReasonScore}
}

func reached(at, score float64) bool { return at != 0 && score >= at }

// Refuse returns the verdict of a policy that lets nobody in, and whether it is
// one.
func (f *Flow) Refuse() (Verdict, bool) {
	switch f.Access {
	case AccessReject:
		return Verdict{Action: Reject, Reason: ReasonAccess}, true
	case AccessTempfail:
		return Verdict{Action: Tempfail, Reason: ReasonAccess}, true
	}
	return Verdict{}, false
}

// Contain returns the verdict on all mail of a sender at a stage, and whether
// there is one: it is refused for now, or if only a release ends that, for good.
func (f *Flow) Contain(s standing.Standing) (Verdict, bool) {
	if !f.Standing.Refuses(s.Stage) && !(s.Stage == standing.Blocked && s.ByHand) {
		return Verdict{}, false
	}
	v := Verdict{Action: Tempfail, Reason: ReasonStanding, Detail: s.Stage.String()}
	if s.Until.IsZero() {
		v.Action = Reject
	}
	return v, true
}

// JudgeFrom is Judge for a sender at a stage: from some of them on, spam is
// deferred until it is known whether there is more of it.
func (f *Flow) JudgeFrom(s standing.Standing, score float64) Verdict {
	v := f.Judge(score)
	if f.Spam(score) && f.Standing.Defers(s.Stage) {
		v = Stronger(v, Verdict{Action: Tempfail, Reason: ReasonStanding, Detail: s.Stage.String()})
	}
	return v
}

// Spam says whether a message with this score is evidence against its sender.
func (f *Flow) Spam(score float64) bool { return reached(f.SpamAt, score) }

// Failure is the verdict when Sluice itself could not decide; never 5xx.
func (f *Flow) Failure() Verdict {
	return Verdict{Action: f.OnFailure.action(), Reason: ReasonFailure}
}

// RelayFailure is the verdict when an incoming relay does not say whose a message
// is; the detail says what was missing.
func (f *Flow) RelayFailure(detail string) Verdict {
	return Verdict{Action: f.OnRelayFailure.action(), Reason: ReasonRelayHeader, Detail: detail}
}

func (o OnFailure) action() Action {
	if o == FailTempfail {
		return Tempfail
	}
	return Accept
}

// TooManyConnections is the verdict on a connection beyond MaxConnections.
func (f *Flow) TooManyConnections() Verdict {
	return Verdict{Action: Tempfail, Reason: ReasonConnections}
}

// TooManyMessages is the verdict on a message beyond MaxMessagesPerConn.
func (f *Flow) TooManyMessages() Verdict {
	return Verdict{Action: Tempfail, Reason: ReasonMessages}
}

// TooManyRecipients is the verdict on a recipient beyond MaxRecipients.
func (f *Flow) TooManyRecipients() Verdict {
	return Verdict{Action: Tempfail, Reason: ReasonRecipients}
}

// TooLarge is the verdict on a message of more than MaxSize bytes.
func (f *Flow) TooLarge() Verdict {
	return Verdict{Action: Reject, Reason: ReasonSize}
}

// Forged is the verdict on a message with more X-Sluice- header fields than are
// removed: whoever sends such a one wants some of them to be believed.
func (f *Flow) Forged() Verdict {
	return Verdict{Action: Reject, Reason: ReasonForged}
}
