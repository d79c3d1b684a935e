package main

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"sluice/cmd/sluice/internal/day"
	"sluice/cmd/sluice/internal/day/judge"
)

// judged replays a day by a configuration of testdata/day, and says how it went.
func judged(t *testing.T, o day.Options, config string) *judge.Report {
	t.Helper()
	d, err := day.New(o)
	if err != nil {
		t.Fatal(err)
	}
	var events, records bytes.Buffer
	if err := d.Write(&events); err != nil {
		t.Fatal(err)
	}
	truth, err := judge.ReadEvents(bytes.NewReader(events.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	replayInto(t, dayRules(t, "../../testdata/day/"+config), events.Bytes(), &records)
	if err := truth.ReadRecords(&records); err != nil {
		t.Fatal(err)
	}
	r := truth.Report()
	if r.Missing+r.Unknown > 0 {
		t.Errorf("%d events without a record, %d records without an event", r.Missing, r.Unknown)
	}
	if testing.Verbose() {
		r.WriteTable(t.Output(), true)
	}
	return r
}

// smallDay has all kinds of infected hosts, and few enough of the busy ones to be
// quick.
func smallDay(seed uint64) day.Options {
	o := day.Scaled(2500)
	o.Seed = seed
	for kind := range o.Infected {
		o.Infected[kind] = 10
	}
	o.Infected[day.Flood] = 1
	o.Infected[day.Stolen] = 2
	return o
}

// The built-in policies contain infected hosts of every kind before they have done
// much harm, and leave honest senders alone.
func TestAnISPsDay(t *testing.T) {
	uneven := smallDay(3)
	uneven.Uneven = true
	for name, o := range map[string]day.Options{"even filter": smallDay(1), "uneven filter": uneven} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := judged(t, o, "sluice.toml")
			for _, in := range r.Infected {
				checkInfected(t, in, o.Uneven)
			}
			for _, h := range r.Honest {
				checkHonest(t, h, o.Uneven)
			}
		})
	}
}

// checkInfected holds a kind of infected hosts against what is to be reached. A
// filter that misses half of the mail of one host may miss one with few messages.
func checkInfected(t *testing.T, in judge.Infected, uneven bool) {
	t.Helper()
	if in.Found != in.Hosts && (!uneven || in.Hosts-in.Found > 1) {
		t.Errorf("%s: %d of %d found", in.Kind, in.Found, in.Hosts)
	}
	switch in.Kind {
	case "all":
	case string(day.List): // 50 to 100 recipients each
		if in.LeakedMails.Median > 3 {
			t.Errorf("%s: a median of %d messages got out", in.Kind, in.LeakedMails.Median)
		}
	default:
		if in.Leaked.Median > 25 || in.Leaked.P95 > 60 {
			t.Errorf("%s: a median of %d recipients was reached, the 95th percentile is %d", in.Kind, in.Leaked.Median, in.Leaked.P95)
		}
	}
}

// checkHonest holds a kind of honest senders against what they may have to bear
// beside the content filter.
func checkHonest(t *testing.T, h judge.Honest, uneven bool) {
	t.Helper()
	if h.Kind == "owner" {
		return // their machine is infected
	}
	if h.Blocked > 0 && !uneven {
		t.Errorf("%s: %d were blocked", h.Kind, h.Blocked)
	}
	if touched := h.Touched - h.ScoreOnly; h.Kind == "all" && touched*1000 > h.Senders {
		t.Errorf("%d of %d honest senders were held up", touched, h.Senders)
	} else if touched > 0 && (h.Kind == "newsletter" || h.Kind == "secretary") && !uneven {
		t.Errorf("%s: %d were held up", h.Kind, touched)
	}
}

// Limits alone let hosts that spam within them go on all day: the comparison of
// packaging/standing.md.
func TestLimitsAloneFindNobody(t *testing.T) {
	for _, config := range []string{"plain-limit.toml", "leaky-bucket.toml", "group-window.toml"} {
		t.Run(config, func(t *testing.T) {
			t.Parallel()
			o := smallDay(1)
			o.Infected = map[day.Kind]int{day.Own: 5, day.Slow: 5}
			r := judged(t, o, config)
			for _, in := range r.Infected {
				if in.Found > 0 {
					t.Errorf("%s: %d found", in.Kind, in.Found)
				}
				if in.Kind == string(day.Own) && config != "group-window.toml" && in.Leaked.Median < 250 {
					t.Errorf("%s: only %d got out", in.Kind, in.Leaked.Median)
				}
			}
		})
	}
}

// What a record tells is decided at its own time, and nothing else counts: the day
// is replayed line by line as in one go.
func TestReplayReadsStreams(t *testing.T) {
	loaded, events := dayRules(t, "../../testdata/day/sluice.toml"), dayEvents(t, 100)
	var whole, dripped bytes.Buffer
	replayInto(t, loaded, events, &whole)
	r, err := newRerun(loaded, &dripped)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	pr, pw := io.Pipe()
	go func() {
		for line := range bytes.Lines(events) {
			pw.Write(line)
			fmt.Fprintln(pw)
		}
		pw.Close()
	}()
	if err := r.all(t.Context(), newLineEvents(pr, "-", bar{})); err != nil {
		t.Fatal(err)
	}
	plain := func(b *bytes.Buffer) string { return microsField.ReplaceAllString(b.String(), "") }
	if plain(&whole) != plain(&dripped) {
		t.Error("the records differ")
	}
}
