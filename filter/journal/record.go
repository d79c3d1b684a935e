package journal

import "time"

// Record is everything that is known of one decision: one per message, and
// one per refused connection. Headers, log lines, metrics, explanations and
// evidence all derive from it. The JSON names are a contract: fields are added,
// never renamed. MarshalJSON says how it is written.
type Record struct {
	Time      time.Time `json:"time"`               // when the transaction began, UTC
	Ref       string    `json:"ref"`                // 8 letters and digits (Crockford base 32): what the customer reads out
	QueueID   string    `json:"queue_id,omitempty"` // the MTA's
	MessageID string    `json:"message_id,omitempty"`
	Listener  string    `json:"listener,omitempty"`      // {daemon_name}
	Port      uint16    `json:"listener_port,omitempty"` // {daemon_port}
	Stage     string    `json:"stage"`                   // where it was decided: "connect", "mail", "rcpt", "end", "abort", "disconnect"

	Client Client `json:"client"`
	Sender string `json:"sender"` // who is held responsible: "ip:203.0.113.7", "login:bob"
	Group  string `json:"group"`
	Match  string `json:"match,omitempty"` // the entry that put the client into the group
	Policy string `json:"policy"`

	From         string    `json:"from"`
	Author       string    `json:"author,omitempty"` // domain of the first author in the header
	Rcpts        []string  `json:"rcpts"`            // accepted ones; at most 100 are kept, see RcptsTotal
	RcptsTotal   int       `json:"rcpts_total"`
	RcptsRefused int       `json:"rcpts_refused"`
	RcptsUnknown int       `json:"rcpts_unknown,omitempty"` // refused by the MTA itself; in no other number
	Refused      []Refused `json:"refused,omitempty"`       // at most 100 are kept
	Size         int64     `json:"size"`                    // bytes of headers and body as the milter saw them
	Kind         string    `json:"kind,omitempty"`          // "bounce", "mdn", "feedback", "auto-reply" or "list"; of what a person has written none

	Set     string  `json:"set,omitempty"`
	Score   float64 `json:"score"`
	Hits    []Hit   `json:"hits,omitempty"`
	Skipped []Skip  `json:"skipped,omitempty"`
	Print   string  `json:"print,omitempty"` // of the text: the same for near-identical messages

	Returned *Returned `json:"returned,omitempty"` // what a bounce brought back

	Thresholds *Thresholds `json:"thresholds,omitempty"` // what the score was held against
	Limits     []Limit     `json:"limits,omitempty"`

	Standing   string     `json:"standing,omitempty"`   // of the sender, before this message
	Evidence   []Evidence `json:"evidence,omitempty"`   // that this message left on the sender
	Exceptions []string   `json:"exceptions,omitempty"` // that were used, by ID
	Breaker    []Fallback `json:"breaker,omitempty"`    // what was not done, because what does it has fallen back to observe

	Authorisation *Authorisation `json:"authorisation,omitempty"` // whose the domains are that the message names

	Verdict Verdict `json:"verdict"` // what was decided
	Applied string  `json:"applied"` // the action that was really taken; "none" when there was no message to act on
	Mode    string  `json:"mode"`
	Failure string  `json:"failure,omitempty"` // what of Sluice itself failed

	Micros Micros `json:"micros"`
}

// Client is the client as recorded.
type Client struct {
	Addr     string `json:"addr"` // empty for mail submitted locally
	Port     uint16 `json:"port,omitempty"`
	Name     string `json:"name,omitempty"`
	Verified bool   `json:"verified,omitempty"`
	Helo     string `json:"helo,omitempty"`
	Auth     string `json:"auth,omitempty"`
	TLS      string `json:"tls,omitempty"`
	Relay    string `json:"relay,omitempty"` // the incoming relay that stood between
}

// Refused is a recipient that was refused, or when observing would have been.
type Refused struct {
	Rcpt   string `json:"rcpt"`
	Code   int    `json:"code"`
	Reason string `json:"reason"`
	Detail string `json:"detail,omitempty"`
}

// Returned is what a bounce says of the message that could not be delivered, which is
// whatever its author wants it to say.
type Returned struct {
	Ref       string   `json:"ref,omitempty"`        // ours, from the header of the message that came back
	MessageID string   `json:"message_id,omitempty"` // of that message
	Status    string   `json:"status"`               // of the first recipient: "5.1.1" (RFC 3463)
	Rcpts     []string `json:"rcpts,omitempty"`      // who did not get it, or may not have; at most 100
}

// Hit is a rule that matched.
type Hit struct {
	Rule    string  `json:"rule"`
	Points  float64 `json:"points"`
	Note    string  `json:"note,omitempty"`
	Observe bool    `json:"observe,omitempty"`
}

// Skip is a check that was not made.
type Skip struct {
	Check string `json:"check"`
	Why   string `json:"why"`
}

// Thresholds are the scores from which something is done; 0 is never.
type Thresholds struct {
	Tag        float64 `json:"tag,omitempty"`
	Quarantine float64 `json:"quarantine,omitempty"`
	Tempfail   float64 `json:"tempfail,omitempty"`
	Reject     float64 `json:"reject,omitempty"`
	Discard    float64 `json:"discard,omitempty"`
}

// Limit is one window of a limit as the message met it.
type Limit struct {
	Name    string  `json:"name"` // "recipients-1h"
	Key     string  `json:"key"`  // "ip:203.0.113.7"
	Cost    int64   `json:"cost"`
	Used    int64   `json:"used"` // before this message
	Max     int64   `json:"max"`
	Over    bool    `json:"over"`
	Wait    float64 `json:"wait,omitempty"` // seconds until it would have fitted
	Observe bool    `json:"observe,omitempty"`
}

// Fallback is what a cause would have had done with the message, had it not suddenly
// refused far more senders than before.
type Fallback struct {
	Cause  string `json:"cause"`          // "score MODEL"
	Action string `json:"action"`         // "accept" or "tag" where only the points were not to be held against the sender
	Held   bool   `json:"held,omitempty"` // they are all the same: the sender has no honest history
}

// Evidence is points that a message left on its sender.
type Evidence struct {
	Kind   string  `json:"kind"`
	Points float64 `json:"points"`
	Count  int     `json:"count"` // how many were counted by then
}

// Authorisation is whether the client may write in the name of a domain: the first
// that it may not, else the first that somebody owns.
type Authorisation struct {
	Domain  string `json:"domain"`
	From    string `json:"from"`              // where it stands: "envelope" or "header"
	Owner   string `json:"owner,omitempty"`   // whose it is
	By      string `json:"by,omitempty"`      // what of the owner lets the client: "group corporate"
	Unclear string `json:"unclear,omitempty"` // why it is not known who the author is
	Allowed bool   `json:"allowed"`
}

// Verdict is what was decided.
type Verdict struct {
	Action   string `json:"action"`
	Code     int    `json:"code"`
	Enhanced string `json:"enhanced,omitempty"`
	Text     string `json:"text,omitempty"`
	Reason   string `json:"reason"`
	Detail   string `json:"detail,omitempty"`
}

// Micros are durations in microseconds.
type Micros struct {
	Total int64 `json:"total"` // spent by Sluice on this message, over all events
	Score int64 `json:"score"`
}
