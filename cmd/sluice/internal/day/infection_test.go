package day

import (
	"strings"
	"testing"
	"time"
)

// hosts are the infected ones of a kind.
func hosts(all []Message, kind Kind) map[string][]Message {
	if kind == Stolen {
		return by(byKind(all)[kind], auth)
	}
	return by(byKind(all)[kind], place)
}

// TestRates counts messages an hour, from a host's first to midnight.
func TestRates(t *testing.T) {
	o := small()
	o.Infected[Flood] = 2
	all := messages(t, o)
	for kind, want := range map[Kind][2]float64{
		Flood: {950, 2700}, Own: {50, 70}, Rotating: {20, 30}, Slow: {3, 7}, List: {0.4, 4}, Stolen: {90, 360},
	} {
		found := hosts(all, kind)
		if len(found) != o.Infected[kind] {
			t.Errorf("%d hosts of the kind %s, not %d", len(found), kind, o.Infected[kind])
		}
		for _, mails := range found {
			hours := o.Start.Add(24 * time.Hour).Sub(mails[0].Time).Hours()
			within(t, string(kind)+" messages an hour", float64(len(mails))/hours, want[0], want[1])
			within(t, string(kind)+" hours", hours, 5, 24)
		}
	}
}

func TestBurstsOfTenMinutesInThreeHours(t *testing.T) {
	for _, mails := range hosts(messages(t, small()), Burst) {
		for _, m := range mails {
			if into := m.Time.Sub(mails[0].Time) % (3 * time.Hour); into > 10*time.Minute && into < 179*time.Minute {
				t.Fatalf("%v after a burst began", into)
			}
		}
		first := 0
		for first < len(mails) && mails[first].Time.Sub(mails[0].Time) < 11*time.Minute {
			first++
		}
		within(t, "messages of a burst", float64(first), 35, 220)
		within(t, "bursts", float64(len(mails))/float64(first), 1.5, 10)
	}
}

func TestEnvelopeSendersOfSpam(t *testing.T) {
	all := messages(t, small())
	for _, mails := range hosts(all, Own) {
		if n := len(by(mails, from)); n != 1 {
			t.Errorf("own sends from %d addresses", n)
		}
	}
	for _, mails := range hosts(all, Rotating) {
		if n := len(by(mails, from)); n != len(mails) {
			t.Errorf("rotating sends %d messages from %d addresses", len(mails), n)
		}
	}
}

// TestOwnersGoOnWriting: the honest mail of an infected host comes from the same
// place, and what it sends from its owner's address is really that.
func TestOwnersGoOnWriting(t *testing.T) {
	o := small()
	o.Infected = map[Kind]int{Own: 100, Stolen: 20}
	all := messages(t, o)
	honest := by(byKind(all)[Human], place)
	owners, same := 0, 0
	for where, mails := range hosts(all, Own) {
		if len(honest[where]) == 0 {
			continue
		}
		owners++
		if _, uses := by(honest[where], from)[mails[0].From]; uses {
			same++
		}
	}
	within(t, "owners who write", float64(owners), 45, 75)
	within(t, "owners whose address it has", float64(same), 0.8*float64(owners), float64(owners))

	written := by(byKind(all)[Submission], auth)
	owners = 0
	for name, mails := range hosts(all, Stolen) {
		within(t, "addresses of a stolen login", float64(len(by(mails, place))), 100, 600)
		if len(written[name]) > 0 {
			owners++
		}
	}
	within(t, "owners of stolen logins who write", float64(owners), 6, 18)
}

func TestSecretariesAreNotInfected(t *testing.T) {
	o := small()
	o.Subscribers = 300
	o.Infected = map[Kind]int{Slow: 294}
	all := messages(t, o)
	clubs, sick := by(byKind(all)[Secretary], place), hosts(all, Slow)
	if len(clubs) != 6 || len(sick) != 294 {
		t.Errorf("%d clubs, %d infected", len(clubs), len(sick))
	}
	for where := range clubs {
		if len(sick[where]) > 0 {
			t.Errorf("%s is both", where)
		}
	}
}

func TestRecipientsOfSpam(t *testing.T) {
	o := small()
	for _, want := range []float64{1, 1.2, 3} {
		o.SpamRecipients = want
		sum, n := 0.0, 0.0
		for _, m := range messages(t, o) {
			switch {
			case m.Kind == List:
				within(t, "recipients of a list", float64(len(m.Rcpts)), 50, 100)
			case strings.HasPrefix(m.Kind.Label(), "spam:"):
				sum += float64(len(m.Rcpts))
				n++
			}
		}
		within(t, "mean recipients", sum/n, want*0.97, want*1.03)
	}
}
