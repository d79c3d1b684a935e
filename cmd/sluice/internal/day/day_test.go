package day

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/filter/journal"
)

// small is a day that is quickly made, with every kind of sender but a flood.
func small() Options {
	o := Scaled(2000)
	o.Secretaries, o.Corporates, o.Devices = 6, 4, 10
	for _, k := range Infections() {
		o.Infected[k] = 3
	}
	o.Infected[Flood] = 0
	return o
}

func written(t *testing.T, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := planned(t, o).Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func planned(t *testing.T, o Options) *Day {
	t.Helper()
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// messages keeps what is otherwise used again.
func messages(t *testing.T, o Options) []Message {
	t.Helper()
	var all []Message
	for m := range planned(t, o).Messages() {
		kept := *m
		kept.Rcpts = slices.Clone(m.Rcpts)
		all = append(all, kept)
	}
	return all
}

func TestSameSeedSameBytes(t *testing.T) {
	o := small()
	once := written(t, o)
	if twice := written(t, o); once != twice {
		t.Error("the same options give two different days")
	}
	o.Seed++
	if other := written(t, o); once == other {
		t.Error("another seed gives the same day")
	}
}

func TestDayIsReadTwice(t *testing.T) {
	d := planned(t, Options{SpamRecipients: 1, Subscribers: 200, Logins: 20, Corporates: 1, Secretaries: 3})
	var once, twice bytes.Buffer
	if d.Write(&once) != nil || d.Write(&twice) != nil || once.String() != twice.String() {
		t.Error("a day changes when it is written")
	}
}

// TestInfectionChangesNothingHonest is what makes two days comparable.
func TestInfectionChangesNothingHonest(t *testing.T) {
	honest := func(o Options) []string {
		var all []string
		for _, m := range messages(t, o) {
			if m.Ref = ""; strings.HasPrefix(m.Kind.Label(), "honest:") {
				all = append(all, fmt.Sprint(m))
			}
		}
		return all
	}
	with, without := small(), small()
	with.Subscribers, without.Subscribers = 500, 500
	without.Infected = nil
	if !slices.Equal(honest(with), honest(without)) {
		t.Error("honest mail depends on who is infected")
	}
}

func TestLinesAreRecords(t *testing.T) {
	o := small()
	o.Start = time.Date(2026, 3, 1, 5, 0, 0, 0, time.UTC)
	lines := strings.Split(strings.TrimSuffix(written(t, o), "\n"), "\n")
	all := messages(t, o)
	if len(lines) != len(all) {
		t.Fatalf("%d lines of %d messages", len(lines), len(all))
	}
	for i, line := range lines {
		var r journal.Record
		var more struct{ Label string }
		if err := errors.Join(json.Unmarshal([]byte(line), &r), json.Unmarshal([]byte(line), &more)); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		m := all[i]
		if !r.Time.Equal(m.Time) || r.Ref != m.Ref || r.Client.Addr != m.Addr.String() || r.Client.Helo != m.Helo ||
			r.Client.Auth != m.Auth || r.From != m.From || !slices.Equal(r.Rcpts, m.Rcpts) || r.Size != int64(m.Size) ||
			r.Score-m.Score > 0.0051 || m.Score-r.Score > 0.0051 || more.Label != m.Kind.Label() {
			t.Fatalf("%s\nis not %+v", line, m)
		}
	}
}

func TestOrderRefsAndRecipients(t *testing.T) {
	o := small()
	seen := map[string]bool{}
	last := o.Start
	for _, m := range messages(t, o) {
		if m.Time.Before(last) || !m.Time.Before(o.Start.Add(24*time.Hour)) {
			t.Fatalf("%v after %v", m.Time, last)
		}
		last = m.Time
		if seen[m.Ref] || len(m.Ref) != 8 || strings.Trim(m.Ref, refAlphabet) != "" {
			t.Fatalf("reference %q", m.Ref)
		}
		seen[m.Ref] = true
		rcpts := slices.Compact(slices.Sorted(slices.Values(m.Rcpts)))
		if len(rcpts) != len(m.Rcpts) || len(rcpts) == 0 {
			t.Fatalf("recipients %q", m.Rcpts)
		}
	}
}

func TestDefaultDayHasItsSize(t *testing.T) {
	if n := planned(t, Default()).Len(); n < 1_000_000 || n > 1_400_000 {
		t.Errorf("%d messages, not about 1.2 million", n)
	}
}

func TestWriteTellsOfErrors(t *testing.T) {
	if err := planned(t, small()).Write(full{}); !errors.Is(err, errFull) {
		t.Errorf("a full disk: %v", err)
	}
}

var errFull = errors.New("full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func BenchmarkWrite(b *testing.B) {
	d, err := New(small())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		var out bytes.Buffer
		if err := d.Write(&out); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(out.Len()))
	}
	b.ReportMetric(float64(d.Len()), "messages/op")
}
