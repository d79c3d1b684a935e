package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"sluice/cmd/sluice/internal/control"
	"sluice/policy/exception"
	"sluice/policy/standing"
)

func printSenders(w io.Writer, s control.Senders) {
	if len(s.Senders) == 0 {
		fmt.Fprintln(w, "nobody")
		return
	}
	t := plainTable(w, "sender", "standing", "until", "points", "for", "group", "today", "spam", "recipients", "seen")
	for _, i := range s.Senders {
		t.AppendRow(table.Row{i.Sender, i.Stage, until(i), fmt.Sprintf("%.1f", i.Points), mostly(i.Kinds), cmp.Or(i.Group, "-"), i.Messages, i.Spam, i.Recipients, clock(i.Seen)})
	}
	t.Render()
	if more := s.Total - len(s.Senders); more > 0 {
		fmt.Fprintf(w, "and %d more (--limit)\n", more)
	}
}

// until is when a stage ends.
func until(i standing.Info) string {
	switch {
	case i.Until != nil:
		return clock(*i.Until)
	case i.Stage == standing.Blocked:
		return "until released"
	}
	return "-"
}

// mostly is the kind of evidence with the most points.
func mostly(kinds map[standing.Kind]float64) string {
	best, points := "-", 0.05
	for _, k := range slices.Sorted(maps.Keys(kinds)) {
		if kinds[k] > points {
			best, points = k.String(), kinds[k]
		}
	}
	return best
}

// clock is a moment in the time of the operator.
func clock(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }

func printSender(w io.Writer, s control.Sender) {
	fmt.Fprintf(w, "sender     %s\n", s.Sender)
	fmt.Fprintf(w, "standing   %s", s.Stage)
	if s.Since != nil {
		fmt.Fprintf(w, " since %s", clock(*s.Since))
	}
	if s.Until != nil {
		fmt.Fprintf(w, " until %s", clock(*s.Until))
	} else if s.Stage == standing.Blocked {
		fmt.Fprint(w, " until it is released")
	}
	if s.ByHand {
		fmt.Fprint(w, ", by hand")
	}
	if s.Ref != "" {
		fmt.Fprintf(w, " (ref %s)", s.Ref)
	}
	fmt.Fprintf(w, "\npolicy     %s", cmp.Or(s.Policy, "-"))
	if s.Group != "" {
		fmt.Fprintf(w, ", group %s", s.Group)
	}
	if s.Client != "" {
		fmt.Fprintf(w, ", last from %s", s.Client)
	}
	fmt.Fprintln(w)
	if s.Blocks > 0 {
		fmt.Fprintf(w, "blocks     %d that are not lived down: the next is longer\n", s.Blocks)
	}
	fmt.Fprintf(w, "today      %d messages, %d of them spam, %d recipients", s.Messages, s.Spam, s.Recipients)
	if s.Usual > 0 {
		fmt.Fprintf(w, "; usually up to %.0f", s.Usual)
	}
	fmt.Fprintln(w)
	printPoints(w, s.Info)
	for _, l := range s.Limits {
		fmt.Fprintf(w, "limit      %s: %d of %d used", l.Name, l.Used, l.Max)
		if l.Wait > 0 {
			fmt.Fprintf(w, ", the next in %s", time.Duration(l.Wait)*time.Second)
		}
		fmt.Fprintln(w)
	}
	for _, e := range s.Exceptions {
		fmt.Fprintf(w, "exception  %s; for %s: %s; used %d times\n", describeException(e), e.Owner, e.Reason, e.Hits)
	}
	for _, c := range s.History {
		fmt.Fprintf(w, "history    %s\n", describeChange(c))
	}
}

// printPoints lists the evidence with the records that it came from.
func printPoints(w io.Writer, i standing.Info) {
	fmt.Fprintf(w, "points     %.2f now", i.Points)
	sep := ": "
	for _, k := range slices.Sorted(maps.Keys(i.Kinds)) {
		if i.Kinds[k] >= 0.005 {
			fmt.Fprintf(w, "%s%s %.2f", sep, k, i.Kinds[k])
			sep = ", "
		}
	}
	fmt.Fprintln(w)
	for _, e := range i.Evidence {
		fmt.Fprintf(w, "evidence   %s  %+.2f %s", clock(e.At), e.Points, e.Kind)
		if e.Count > 1 {
			fmt.Fprintf(w, ", %d %s", e.Count, e.Kind.Words())
		}
		if e.Ref != "" {
			fmt.Fprintf(w, " (sluice explain %s)", e.Ref)
		}
		fmt.Fprintln(w)
	}
}

func describeChange(c control.Change) string {
	s := fmt.Sprintf("%s  %s -> %s", clock(c.At), c.From, c.To)
	if !c.Until.IsZero() {
		s += " until " + clock(c.Until)
	}
	if c.Ref != "" {
		s += fmt.Sprintf(", %.1f points by ref %s", c.Points, c.Ref)
	}
	if c.By != "" {
		s += ", by " + c.By + ": " + c.Why
	}
	if c.Observe {
		s += " (recorded only)"
	}
	return s
}

func printResult(w io.Writer, r control.Result) {
	fmt.Fprintf(w, "%s: %s -> %s", r.Sender, r.From, r.To)
	switch {
	case !r.Until.IsZero():
		fmt.Fprintf(w, " until %s", clock(r.Until))
	case r.To == standing.Blocked:
		fmt.Fprint(w, " until it is released")
	}
	if r.Observe {
		fmt.Fprint(w, " (recorded only: the policy observes)")
	}
	fmt.Fprintln(w)
}

func printExceptions(w io.Writer, all []exception.Exception) {
	if len(all) == 0 {
		fmt.Fprintln(w, "there are no exceptions")
		return
	}
	t := plainTable(w, "id", "for", "from", "times", "until", "used", "owner", "reason")
	for _, e := range all {
		times, end := "-", "until removed"
		if e.Factor > 0 {
			times = fmt.Sprint(e.Factor)
		}
		if !e.Until.IsZero() {
			end = clock(e.Until)
		}
		t.AppendRow(table.Row{e.ID, e.Subject, e.Scope, times, end, e.Hits, e.Owner, e.Reason})
	}
	t.Render()
}
