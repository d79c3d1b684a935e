package standing

import (
	"testing"
	"time"
)

func TestHonest(t *testing.T) {
	const ham, spam, virus = 'h', 's', 'v'
	for name, c := range map[string]struct {
		yesterday, today string
		block            bool
		honest, innocent bool
	}{
		"a stranger":             {},
		"two messages":           {today: "hh"},
		"three messages":         {today: "hhh", honest: true},
		"an earlier day":         {yesterday: "h", honest: true},
		"both":                   {yesterday: "h", today: "h", honest: true, innocent: true},
		"one of spam":            {yesterday: "h", today: "s", honest: true, innocent: true},
		"two of ten":             {yesterday: "h", today: "hhhhhhhshs", honest: true, innocent: true},
		"two of nine":            {yesterday: "h", today: "hhhhhhshs"},
		"a bot":                  {today: "ssssss"},
		"a bot with a history":   {yesterday: "h", today: "ssssss"},
		"blocked before today":   {yesterday: "hhh", block: true},
		"blocked today":          {yesterday: "h", today: "h", block: true, innocent: true},
		"blocked for viruses":    {yesterday: "h", today: "vvvvvvv", innocent: true},
		"the same without a day": {today: "vvvvvvv"},
	} {
		r := testRules()
		r.Weights[Virus] = mustWeight("1 half-life=1d")
		b := newBench(t, r)
		note := func(at time.Time, mail string) {
			for _, m := range mail {
				b.book.Note(r, host, Event{Time: at, Policy: "p", Judged: true, Spam: m == spam, Virus: m == virus, From: "a", Rcpts: []string{"x"}, Total: 1})
			}
		}
		note(day0.Add(-24*time.Hour), c.yesterday)
		note(day0, c.today)
		if c.block {
			b.book.Block(host, "p", Forever, Act{At: day0})
		}
		if honest, innocent := b.book.Honest(host, day0), b.book.Innocent(host, day0); honest != c.honest || innocent != c.innocent {
			t.Errorf("%s: honest %t, innocent %t", name, honest, innocent)
		}
	}
}
