package day

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Options are what a day is made of.
type Options struct {
	Seed  uint64
	Start time.Time // the first moment of the day, which has 24 hours

	Subscribers int // who has an address, whether they write or not
	Logins      int
	Secretaries int
	Corporates  int // networks
	Devices     int

	Infected map[Kind]int // how many of each kind

	Miss           float64 // share of spam that the filter scores below 4
	FalsePositive  float64 // share of ham that it scores at 4 or above
	Uneven         bool    // the filter is wrong about some senders often, about others hardly ever
	SpamRecipients float64 // mean recipients of a spam message, except of the kind list; at least 1
}

// MaxSubscribers is how many have room in the address space.
const MaxSubscribers = 1 << 21

// Default is a day of 50,000 subscribers, about 1.2 million messages.
func Default() Options { return Scaled(50_000) }

// Scaled is a day with that many subscribers, everybody else in proportion, but
// at least one of each. The number of infected hosts is not scaled: some are
// needed of each kind to say anything about it.
func Scaled(subscribers int) Options {
	o := Options{
		Seed:           1,
		Start:          time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC),
		Subscribers:    subscribers,
		Logins:         max(1, subscribers*4/25),
		Secretaries:    max(1, subscribers/500),
		Corporates:     max(1, subscribers*3/2500),
		Devices:        max(1, subscribers/100),
		Infected:       map[Kind]int{},
		Miss:           0.25,
		FalsePositive:  0.002,
		SpamRecipients: 1.2,
	}
	for _, k := range Infections() {
		o.Infected[k] = 20
	}
	o.Infected[Slow] = 30
	return o
}

// check finds all that is wrong with the options.
func (o Options) check() error {
	var problems []error
	wrong := func(is bool, format string, args ...any) {
		if is {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	wrong(o.Subscribers < 0 || o.Subscribers > MaxSubscribers, "%d subscribers: not in 0 to %d", o.Subscribers, MaxSubscribers)
	wrong(o.Logins < 0 || o.Logins > MaxSubscribers, "%d logins: not in 0 to %d", o.Logins, MaxSubscribers)
	wrong(o.Corporates < 0 || o.Corporates > maxCorporates, "%d corporate networks: not in 0 to %d", o.Corporates, maxCorporates)
	wrong(!(o.Miss >= 0 && o.Miss <= 1), "miss rate %v: not in 0 to 1", o.Miss)
	wrong(!(o.FalsePositive >= 0 && o.FalsePositive <= 1), "false positive rate %v: not in 0 to 1", o.FalsePositive)
	wrong(!(o.SpamRecipients >= 1 && o.SpamRecipients <= 10), "%v recipients of a spam message: not in 1 to 10", o.SpamRecipients)
	wrong(o.Secretaries < 0 || o.Devices < 0, "fewer than no secretaries or devices")
	wrong(o.Devices > 0 && o.Subscribers == 0, "devices, but no subscribers who have them")
	hosts := o.Secretaries
	for kind, n := range o.Infected {
		wrong(!slices.Contains(Infections(), kind), "no kind of infection is called %q", kind)
		wrong(n < 0, "%d infected hosts of the kind %s", n, kind)
		if kind != Stolen {
			hosts += n
		}
	}
	wrong(hosts > o.Subscribers, "%d secretaries and infected hosts of %d subscribers", hosts, o.Subscribers)
	wrong(o.Infected[Stolen] > o.Logins, "%d of %d logins stolen", o.Infected[Stolen], o.Logins)
	return errors.Join(problems...)
}
