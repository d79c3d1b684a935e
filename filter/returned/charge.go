package returned

import (
	"context"
	"slices"
	"strings"
	"time"

	"sluice/filter/journal"
	"sluice/policy"
	"sluice/policy/standing"
)

// maxAge is how old a message may be that comes back: mail servers try for five days,
// unless they are told otherwise (RFC 5321 section 4.5.4.1).
const maxAge = 7 * 24 * time.Hour

// charge finds the original of a bounce, and charges its sender.
func (c *Charger) charge(ctx context.Context, j Journal, b bounce) (Outcome, error) {
	found, err := candidates(ctx, j, b)
	if err != nil || len(found) == 0 {
		return Unknown, err
	}
	found = slices.DeleteFunc(found, func(r journal.Record) bool { return !b.fits(&r) })
	if len(found) == 0 || !ofOneSender(found) {
		return Unfit, nil
	}
	for _, original := range found { // several only by a Message-ID
		rcpts := missed(&original, b.Rcpts)
		if len(rcpts) == 0 {
			continue
		}
		rcpts = c.seen.fresh(original.Ref, rcpts)
		if len(rcpts) == 0 {
			return Repeated, nil
		}
		n := c.quota.take(b.reporter, original.Sender, len(rcpts), c.options.Now())
		if n == 0 {
			return Distrust, nil
		}
		c.seen.add(original.Ref, rcpts[:n])
		c.note(&original, b, n)
		return Charged, nil
	}
	return Unfit, nil
}

// candidates are the records that may be of the original.
func candidates(ctx context.Context, j Journal, b bounce) ([]journal.Record, error) {
	if b.Ref == "" {
		return j.FindMessageID(ctx, b.MessageID, b.at.Add(-maxAge))
	}
	found, err := j.Find(ctx, b.Ref)
	return slices.DeleteFunc(found, func(r journal.Record) bool { return r.Ref != b.Ref }), err // a queue id may look like it
}

// fits says whether a message can have come back as that.
func (b bounce) fits(r *journal.Record) bool {
	through := r.Stage == "end" && (r.Applied == policy.Accept.String() || r.Applied == policy.Tag.String() || r.Applied == policy.Quarantine.String())
	same := b.MessageID == "" || r.MessageID == "" || b.MessageID == r.MessageID
	return through && same && r.From != "" && !r.Time.After(b.at) && b.at.Sub(r.Time) <= maxAge
}

func ofOneSender(records []journal.Record) bool {
	return !slices.ContainsFunc(records, func(r journal.Record) bool { return r.Sender != records[0].Sender })
}

// missed are the recipients of a message that a bounce names, by their place in its
// record. A name that none has stands for one of the same domain: an alias may have
// become another address there.
func missed(original *journal.Record, named []string) []int {
	taken := make([]bool, len(original.Rcpts))
	take := func(is func(rcpt string) bool) bool {
		for i, rcpt := range original.Rcpts {
			if !taken[i] && is(rcpt) {
				taken[i] = true
				return true
			}
		}
		return false
	}
	var others []string
	for _, name := range named {
		if !take(func(rcpt string) bool { return strings.EqualFold(rcpt, name) }) {
			others = append(others, name)
		}
	}
	for _, name := range others {
		if slices.ContainsFunc(original.Rcpts, func(rcpt string) bool { return strings.EqualFold(rcpt, name) }) {
			continue // named twice
		}
		take(func(rcpt string) bool { return policy.Domain(rcpt) == policy.Domain(name) })
	}
	var places []int
	for i := range taken {
		if taken[i] {
			places = append(places, i)
		}
	}
	return places
}

// note charges the sender with n recipients. Its policy may be gone, and with it the
// rules to judge by.
func (c *Charger) note(original *journal.Record, b bounce, n int) {
	rules := c.options.Rules(original.Policy)
	if rules == nil {
		return
	}
	c.options.Log.Info("returned", "ref", b.ref, "original", original.Ref, "sender", original.Sender, "status", b.Status, "bounces", n)
	c.options.Note(rules, original.Sender, standing.Event{
		Time: c.options.Now(), Ref: b.ref, Policy: original.Policy, Group: original.Group, Bounces: n,
	})
}
