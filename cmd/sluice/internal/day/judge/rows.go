package judge

import (
	"math"
	"slices"
	"time"
)

// infected is the row of one kind, made of a tally of each host.
func (t *Truth) infected(kind string, tallies []*tally) Infected {
	in := Infected{Kind: kind, Hosts: len(tallies)}
	var sent, leaked, mails, seconds []int
	for _, y := range tallies {
		s := &t.senders[y.sender]
		in.Found += count(s.found)
		if !s.blocked.IsZero() {
			in.Blocked++
			seconds = append(seconds, int(max(0, s.blocked.Sub(s.spam))/time.Second))
		}
		sent, leaked, mails = append(sent, y.sent), append(leaked, y.leaked), append(mails, y.leakedMails)
	}
	in.Sent, in.Leaked, in.LeakedMails = spread(sent), spread(leaked), spread(mails)
	if len(seconds) > 0 {
		of := spread(seconds)
		in.Seconds = &of
	}
	return in
}

// honest counts senders: one with tallies of several kinds is one in all.
func (t *Truth) honest(kind string, tallies []*tally) Honest {
	h := Honest{Kind: kind}
	together := map[uint32]tally{}
	for _, y := range tallies {
		h.Messages += y.messages
		sum := together[y.sender]
		sum.deferred += y.deferred
		sum.refused += y.refused
		sum.held += y.held
		sum.touched += y.touched
		sum.byScore += y.byScore
		sum.restricted = sum.restricted || y.restricted
		sum.blocked = sum.blocked || y.blocked
		together[y.sender] = sum
	}
	for _, y := range together {
		h.Senders++
		h.Deferred += count(y.deferred > 0)
		h.Refused += count(y.refused > 0)
		h.Touched += count(y.touched > 0)
		h.ScoreOnly += count(y.touched > 0 && y.touched == y.byScore)
		h.Held += count(y.held > 0)
		h.Restricted += count(y.restricted)
		h.Blocked += count(y.blocked)
	}
	if h.Touched > 0 {
		h.OneIn = h.Senders / h.Touched
	}
	return h
}

// spread sorts the values and picks; of none, everything is 0.
func spread(values []int) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	slices.Sort(values)
	rank := func(p float64) int { return values[max(0, int(math.Ceil(p*float64(len(values))))-1)] }
	return Spread{Median: rank(0.5), P95: rank(0.95), Max: values[len(values)-1]}
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}
