package breaker

import "strings"

// Cause is what mail is refused for, as operators read it: "score MODEL".
//
// Only what judges a sender or its mail by lists, rules, history or configuration is
// one. What is plainly so (a size, a number of recipients), what is our own failure,
// and what protects something else than the sender from all of them together (a
// budget of a group, or of a recipient's domain) is none: that it refuses many is
// what it is for.
type Cause string

// The causes that have no name of their own behind them.
const (
	Standing     Cause = "standing"
	Unauthorised Cause = "unauthorised"
	NullSender   Cause = "null-sender"
)

const (
	access = "access "
	limit  = "limit "
	score  = "score "
)

// Access is that the policy of a group lets nobody in.
func Access(group string) Cause { return Cause(access + group) }

// Limit is that a sender's budget is used up, by the name of its window.
func Limit(window string) Cause { return Cause(limit + window) }

// Score is what a message scored, by the rule that gave it the most.
func Score(rule string) Cause { return Cause(score + rule) }

// Scores says whether the cause is one of Score.
func (c Cause) Scores() bool { return strings.HasPrefix(string(c), score) }

// known says whether the cause can be one.
func (c Cause) known() bool {
	switch c {
	case Standing, Unauthorised, NullSender:
		return true
	}
	for _, prefix := range []string{access, limit, score} {
		if name, found := strings.CutPrefix(string(c), prefix); found && name != "" {
			return true
		}
	}
	return false
}
