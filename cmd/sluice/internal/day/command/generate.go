package main

import (
	"flag"
	"fmt"
	"io"
	"time"

	"sluice/cmd/sluice/internal/day"
)

// unset stands for an option that is as day.Scaled has it.
const unset = -1

// generate writes a day.
func generate(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	subscribers := flags.Int("subscribers", 50_000, "subscribers; everybody else honest is in proportion, unless given")
	logins := flags.Int("logins", unset, "submission logins")
	secretaries := flags.Int("secretaries", unset, "club secretaries")
	corporates := flags.Int("corporates", unset, "corporate networks")
	devices := flags.Int("devices", unset, "devices that send on a timer")
	hosts := flags.Int("infected", unset, "infected hosts of each kind")
	kinds := map[day.Kind]*int{}
	for _, k := range day.Infections() {
		kinds[k] = flags.Int(string(k), unset, "infected hosts of the kind "+string(k))
	}
	o := day.Default()
	flags.Uint64Var(&o.Seed, "seed", o.Seed, "the same seed gives the same day")
	flags.Float64Var(&o.Miss, "miss", o.Miss, "share of spam that the filter misses")
	flags.Float64Var(&o.FalsePositive, "false-positive", o.FalsePositive, "share of honest mail that it flags")
	flags.Float64Var(&o.SpamRecipients, "spam-recipients", o.SpamRecipients, "mean recipients of a spam message")
	flags.BoolVar(&o.Uneven, "uneven", o.Uneven, "the filter's mistakes are with some senders more than with others")
	flags.Func("start", "the day begins then: 2026-11-26 or RFC 3339 (default "+o.Start.Format(time.DateOnly)+")", func(s string) (err error) {
		o.Start, err = parseStart(s)
		return err
	})
	if err := parse(flags, args, stderr, 0); err != nil {
		return err
	}

	scaled := day.Scaled(*subscribers)
	o.Subscribers, o.Infected = scaled.Subscribers, scaled.Infected
	o.Logins, o.Secretaries = given(*logins, scaled.Logins), given(*secretaries, scaled.Secretaries)
	o.Corporates, o.Devices = given(*corporates, scaled.Corporates), given(*devices, scaled.Devices)
	for k, n := range kinds {
		o.Infected[k] = given(*n, given(*hosts, o.Infected[k]))
	}
	d, err := day.New(o)
	if err != nil {
		return err
	}
	fmt.Fprintf(stderr, "%d messages\n", d.Len())
	return d.Write(stdout)
}

func given(n, otherwise int) int {
	if n == unset {
		return otherwise
	}
	return n
}

func parseStart(s string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, nil
	}
	return time.Parse(time.RFC3339, s)
}
