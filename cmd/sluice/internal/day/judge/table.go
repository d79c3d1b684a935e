package judge

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"
)

// WriteTable writes the report as text. With who, it names the infected hosts
// that were not found and the honest senders that were touched.
func (r *Report) WriteTable(w io.Writer, who bool) error {
	out := &failing{w: w}
	out.table(r.writeInfected)
	out.table(r.writeHonest)
	fmt.Fprintf(out, "%d events, %d without a record; %d records without an event\n", r.Events, r.Missing, r.Unknown)
	if who {
		out.table(func(w io.Writer) { writeExamples(w, "not found", r.NotFound) })
		out.table(func(w io.Writer) { writeExamples(w, "touched", r.Touched) })
	}
	return out.err
}

func (r *Report) writeInfected(w io.Writer) {
	fmt.Fprintln(w, "infected\thosts\tfound\tblocked\tsent\tleaked\tp95\tmax\tmessages\tp95\ttime to block\tp95\t")
	for _, in := range r.Infected {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t", in.Kind, in.Hosts, in.Found, in.Blocked,
			in.Sent.Median, in.Leaked.Median, in.Leaked.P95, in.Leaked.Max, in.LeakedMails.Median, in.LeakedMails.P95)
		if in.Seconds == nil {
			fmt.Fprintln(w, "-\t-\t")
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t\n", seconds(in.Seconds.Median), seconds(in.Seconds.P95))
	}
	fmt.Fprintln(w)
}

func (r *Report) writeHonest(w io.Writer) {
	fmt.Fprintln(w, "honest\tsenders\tmessages\tdeferred\trefused\teither\tone in\tscore only\theld\trestricted\tblocked\t")
	for _, h := range r.Honest {
		oneIn := "-"
		if h.OneIn > 0 {
			oneIn = strconv.Itoa(h.OneIn)
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%s\t%d\t%d\t%d\t%d\t\n", h.Kind, h.Senders, h.Messages,
			h.Deferred, h.Refused, h.Touched, oneIn, h.ScoreOnly, h.Held, h.Restricted, h.Blocked)
	}
	fmt.Fprintln(w)
}

func writeExamples(w io.Writer, title string, examples []Example) {
	for _, e := range examples {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t\n", title, e.Kind, e.Sender, e.Ref)
	}
}

func seconds(n int) string { return (time.Duration(n) * time.Second).String() }

// failing keeps the first error of a writer.
type failing struct {
	w   io.Writer
	err error
}

func (f *failing) Write(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.w.Write(p)
	f.err = err
	return n, err
}

// table aligns the columns of what write writes, to the right.
func (f *failing) table(write func(io.Writer)) {
	t := tabwriter.NewWriter(f, 0, 0, 2, ' ', tabwriter.AlignRight)
	write(t)
	t.Flush()
}
