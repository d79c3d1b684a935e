package filter

import (
	"strings"
	"time"

	"sluice/filter/journal"
	"sluice/policy"
	"sluice/policy/exception"
	"sluice/policy/standing"
	"sluice/scoring"
)

// maxRecipients is the hard bound on the recipients of one message, whatever
// its policy says: their addresses are kept until the message has ended.
const maxRecipients = 10_000

// maxForged bounds how many forged header fields of one message are removed. No
// honest message has more than a few, from a site that runs Sluice too; Postfix
// bounds each field but not their number, and takes longer for each that is to
// be deleted. One more is an attack, and the message is refused as one.
const maxForged = 200

// maxMessageID bounds the Message-ID that is recorded.
const maxMessageID = 250

// transaction is one message, from MAIL to its end, or one refused connection.
// All of it goes when the message goes.
type transaction struct {
	ref   string
	begun time.Time
	stage Stage

	rules    *Rules // pinned: one message, one rule set, even across a reload
	client   policy.Client
	match    policy.Match
	flow     *policy.Flow
	ledger   *policy.Ledger
	standing standing.Standing // of the sender, before the message
	excepted exempt            // what it is excepted from
	fuse     fuse              // and from what falls back to observe
	relay    *policy.Relay     // the client is an incoming relay; nil once its client is known

	from     string
	declared int64    // SIZE= of MAIL
	rcpts    []string // those that the MTA was told to go on with, at most maxRecipients
	total    int      // how many those are
	accepted int      // recipients that the policy lets through
	unknown  int      // recipients that the MTA itself refused; they are none of these
	refused  []refusedRcpt
	refusals int // how many those are: refused, or when observing would have been

	message   *scoring.Message
	skipped   bool           // the MTA was told to keep the rest of the body
	forged    []field        // header fields of our names that came with the message, at most maxForged
	forgeries int            // how many those are
	ours      map[string]int // how many of forged have each name
	subject   field          // the first; without a name if there is none
	messageID string         // as written, at most maxMessageID bytes
	author    string         // domain of the first author, once the message has ended

	finding *policy.Finding // on the domains that the message names; nil if there is nothing to say

	kind         scoring.Kind      // what kind of automatic message it is
	returned     *journal.Returned // what it brings back, if it is a bounce
	report       scoring.Report
	judged       bool                // the content has its score
	evidence     []standing.Evidence // that the message left
	refusal      policy.Verdict      // the last that a recipient met
	verdict      policy.Verdict      // the strongest so far
	applied      string              // the action that was really taken
	failure      string              // what of ours failed
	broken       bool                // our own state cannot be trusted any more
	unknownRelay string              // why an incoming relay's client is not known
	queueID      string
	spent        time.Duration // by us, over all events
	scoring      time.Duration
}

// refusedRcpt is a recipient and the verdict that it met.
type refusedRcpt struct {
	rcpt    string
	verdict policy.Verdict
}

// field is one header field of the message, by name and per-name index from 1.
type field struct {
	name  string
	value string
	index int
}

// Stage is the event of a transaction at which it ended.
type Stage string

const (
	StageConnect    Stage = "connect"
	StageMail       Stage = "mail"
	StageRcpt       Stage = "rcpt"
	StageEnd        Stage = "end"
	StageAbort      Stage = "abort"
	StageDisconnect Stage = "disconnect"
)

// newTransaction begins a transaction of a client under the given rules.
func (s *session) newTransaction(rules *Rules, client policy.Client) *transaction {
	t := &transaction{
		ref:   s.NewRef(),
		begun: s.Now(),
		rules: rules,
		relay: rules.Policy.Relay(client.Addr),
		fuse:  fuse{board: s.Breaker, book: s.Book, now: s.Now},
	}
	t.settle(s, client)
	return t
}

// settle puts the client into its group, with everything that follows.
func (t *transaction) settle(s *session, client policy.Client) {
	t.client = client
	t.match = t.rules.Policy.Match(client)
	t.flow = t.match.Flow
	t.excepted = exempt{list: s.Exceptions, now: s.Now(), who: exception.Who{
		Sender: t.sender(), Addr: client.Addr, Login: client.Login, Group: t.match.Group,
	}}
	t.standing = standing.Standing{}
	if !t.excepted.from(exception.Standing) {
		t.standing = s.Book.Look(t.flow.Standing, t.sender(), s.Now())
	}
	t.ledger = policy.NewLedger(s.Store, t.match, client, policy.Budget{
		Divide: t.flow.Standing.Divided(t.standing.Stage),
		Factor: t.excepted.factor,
	})
}

// propose lets a verdict compete: the strongest wins, the first of equals.
func (t *transaction) propose(v policy.Verdict) {
	t.verdict = policy.Stronger(t.verdict, v)
}

// refuse notes that a recipient met a verdict.
func (t *transaction) refuse(rcpt string, v policy.Verdict) {
	t.refusals++
	t.refusal = v
	if len(t.refused) < maxRecorded {
		t.refused = append(t.refused, refusedRcpt{rcpt, t.word(v)})
	}
}

// keep notes that the MTA was told to go on with a recipient.
func (t *transaction) keep(rcpt string) {
	t.total++
	if len(t.rcpts) < maxRecipients {
		t.rcpts = append(t.rcpts, rcpt)
	}
}

// enforced says whether verdicts act.
func (t *transaction) enforced() bool { return t.flow.Mode == policy.Enforce }

// strongest is the final verdict without its reply: a message without a recipient
// left is refused as its recipients were.
func (t *transaction) strongest() policy.Verdict {
	if t.refusals > 0 && t.accepted == 0 {
		return policy.Stronger(t.refusal, t.verdict)
	}
	return t.verdict
}

// decided is the final verdict.
func (t *transaction) decided() policy.Verdict { return t.word(t.strongest()) }

// word gives a verdict its reply.
func (t *transaction) word(v policy.Verdict) policy.Verdict {
	return t.flow.Word(v, policy.Vars{
		Ref:    t.ref,
		Client: t.client,
		Sender: t.sender(),
		Group:  t.match.Group,
		Score:  t.report.Score,
	})
}

func (t *transaction) sender() string { return t.flow.Key.Sender(t.client) }

// size is what is known of the message's size: what came, or if that is not all
// what was declared.
func (t *transaction) size() int64 {
	if t.message == nil {
		return t.declared
	}
	if t.skipped {
		return max(t.message.Size(), t.declared)
	}
	return t.message.Size()
}

// header takes one header field in: its value is all that follows the colon.
func (t *transaction) header(name, value string) {
	switch lower := strings.ToLower(name); {
	case strings.HasPrefix(lower, headerPrefix):
		t.forge(name, lower)
	case lower == "subject" && t.subject.name == "":
		t.subject = field{name: name, value: value}
	case lower == "message-id" && t.messageID == "":
		id := strings.TrimSpace(value)
		t.messageID = id[:min(len(id), maxMessageID)]
	}
	t.view().AddHeader(name, value)
}

// forge notes a header field of ours that came with the message.
func (t *transaction) forge(name, lower string) {
	if t.forgeries++; t.forgeries > maxForged {
		return
	}
	if t.ours == nil {
		t.ours = make(map[string]int)
	}
	t.ours[lower]++
	t.forged = append(t.forged, field{name: name, index: t.ours[lower]})
}

// body takes a part of the body in, and says whether more is wanted: until the
// view is full, or to the end if the policy wants to know the true size.
func (t *transaction) body(chunk []byte) (more bool) {
	more = t.view().Write(chunk) || t.flow.Measured() && !t.tooLarge()
	t.skipped = !more
	return more
}
