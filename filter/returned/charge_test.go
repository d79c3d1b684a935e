package returned

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"sluice/filter/journal"
	"sluice/policy/standing"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// fixture is a Charger with a journal of a few records, and what it charged.
type fixture struct {
	*Charger
	now     time.Time
	records []journal.Record
	err     error
	charged map[string]int
	refs    []string // of the bounces
}

func newFixture(records ...journal.Record) *fixture {
	f := &fixture{now: noon, records: records, charged: make(map[string]int)}
	f.Charger = New(Options{
		Open: func(context.Context) (Journal, error) { return f, f.err },
		Rules: func(policy string) *standing.Rules {
			if policy == "gone" {
				return nil
			}
			return new(standing.Rules)
		},
		Note: func(_ *standing.Rules, sender string, e standing.Event) {
			f.charged[sender] += e.Bounces
			f.refs = append(f.refs, e.Ref)
		},
		Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return f.now },
	})
	return f
}

func (f *fixture) Find(_ context.Context, ref string) (found []journal.Record, err error) {
	for _, r := range f.records {
		if r.Ref == ref || r.QueueID == ref {
			found = append(found, r)
		}
	}
	return found, f.err
}

func (f *fixture) FindMessageID(_ context.Context, id string, since time.Time) (found []journal.Record, err error) {
	for _, r := range f.records {
		if r.MessageID == id && !r.Time.Before(since) {
			found = append(found, r)
		}
	}
	return found, f.err
}

func (f *fixture) Close() error { return nil }

// sent is the record of a message that went out an hour ago.
func sent(edit func(*journal.Record)) journal.Record {
	r := journal.Record{
		Time: noon.Add(-time.Hour), Ref: "AAAAAAAA", MessageID: "<1@home.example>", Stage: "end", Applied: "accept",
		Sender: "ip:203.0.113.7", Policy: "home", Group: "home", From: "ann@home.example",
		Rcpts: []string{"X@elsewhere.example", "y@elsewhere.example", "z@third.example"}, RcptsTotal: 3,
	}
	if edit != nil {
		edit(&r)
	}
	return r
}

// back is a bounce of it that the machine itself has made.
func back(edit func(*bounce)) bounce {
	b := bounce{ref: "BBBBBBBB", at: noon, Returned: journal.Returned{Ref: "AAAAAAAA", MessageID: "<1@home.example>", Status: "5.1.1", Rcpts: []string{"x@elsewhere.example"}}}
	if edit != nil {
		edit(&b)
	}
	return b
}

func TestCharge(t *testing.T) {
	byID := func(b *bounce) { b.Ref = "" }
	stranger := func(b *bounce) { b.reporter = netip.MustParseAddr("198.51.100.9") }
	other := func(r *journal.Record) { r.Ref, r.Sender = "CCCCCCCC", "login:eve" }
	for name, tt := range map[string]struct {
		records []journal.Record
		b       bounce
		want    Outcome
		n       int
	}{
		"by reference":          {[]journal.Record{sent(nil)}, back(nil), Charged, 1},
		"by a stranger":         {[]journal.Record{sent(nil)}, back(stranger), Charged, 1},
		"held, and let go":      {[]journal.Record{sent(func(r *journal.Record) { r.Applied = "quarantine" })}, back(nil), Charged, 1},
		"two of three":          {[]journal.Record{sent(nil)}, back(func(b *bounce) { b.Rcpts = []string{"z@third.example", "x@elsewhere.example"} }), Charged, 2},
		"an alias":              {[]journal.Record{sent(nil)}, back(func(b *bounce) { b.Rcpts = []string{"zoe.miller@third.example"} }), Charged, 1},
		"named twice":           {[]journal.Record{sent(nil)}, back(func(b *bounce) { b.Rcpts = []string{"x@elsewhere.example", "x@ELSEWHERE.example"} }), Charged, 1},
		"more than there were":  {[]journal.Record{sent(nil)}, back(func(b *bounce) { b.Rcpts = []string{"1@third.example", "2@third.example", "3@third.example"} }), Charged, 1},
		"by Message-ID":         {[]journal.Record{sent(nil)}, back(byID), Charged, 1},
		"of an unknown policy":  {[]journal.Record{sent(func(r *journal.Record) { r.Policy = "gone" })}, back(nil), Charged, 0},
		"no such reference":     {[]journal.Record{sent(nil)}, back(func(b *bounce) { b.Ref = "ZZZZZZZZ" }), Unknown, 0},
		"a queue id":            {[]journal.Record{sent(func(r *journal.Record) { r.Ref, r.QueueID = "CCCCCCCC", "AAAAAAAA" })}, back(nil), Unknown, 0},
		"no such Message-ID":    {nil, back(byID), Unknown, 0},
		"another Message-ID":    {[]journal.Record{sent(nil)}, back(func(b *bounce) { b.MessageID = "<2@home.example>" }), Unfit, 0},
		"nobody it was sent to": {[]journal.Record{sent(nil)}, back(func(b *bounce) { b.Rcpts = []string{"x@forged.example"} }), Unfit, 0},
		"nobody at all":         {[]journal.Record{sent(nil)}, back(func(b *bounce) { b.Rcpts = nil }), Unfit, 0},
		"refused":               {[]journal.Record{sent(func(r *journal.Record) { r.Applied = "reject" })}, back(nil), Unfit, 0},
		"broken off":            {[]journal.Record{sent(func(r *journal.Record) { r.Stage, r.Applied = "abort", "none" })}, back(nil), Unfit, 0},
		"a bounce itself":       {[]journal.Record{sent(func(r *journal.Record) { r.From = "" })}, back(nil), Unfit, 0},
		"a week old":            {[]journal.Record{sent(func(r *journal.Record) { r.Time = noon.Add(-maxAge) })}, back(nil), Charged, 1},
		"older":                 {[]journal.Record{sent(func(r *journal.Record) { r.Time = noon.Add(-maxAge - time.Second) })}, back(nil), Unfit, 0},
		"older, by Message-ID":  {[]journal.Record{sent(func(r *journal.Record) { r.Time = noon.Add(-maxAge - time.Second) })}, back(byID), Unknown, 0},
		"from the future":       {[]journal.Record{sent(func(r *journal.Record) { r.Time = noon.Add(time.Second) })}, back(nil), Unfit, 0},
		"of two senders":        {[]journal.Record{sent(other), sent(nil)}, back(byID), Unfit, 0},
		"of one, in two parts": {[]journal.Record{sent(func(r *journal.Record) { r.Ref, r.Rcpts = "CCCCCCCC", []string{"z@third.example"} }), sent(func(r *journal.Record) { r.Rcpts = r.Rcpts[:2] })},
			back(byID), Charged, 1},
		"one that was refused is no other sender's": {[]journal.Record{sent(func(r *journal.Record) { other(r); r.Applied = "reject" }), sent(nil)}, back(byID), Charged, 1},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(tt.records...)
			got, err := f.charge(t.Context(), f, tt.b)
			if err != nil || got != tt.want || f.charged["ip:203.0.113.7"] != tt.n || len(f.charged) > 1 {
				t.Errorf("%s, charged %v, %v; want %s, %d", got, f.charged, err, tt.want, tt.n)
			}
			for _, ref := range f.refs {
				if ref != "BBBBBBBB" {
					t.Errorf("evidence names the record %s, not that of the bounce", ref)
				}
			}
		})
	}
}

// However often somebody sends bounces of a message, each recipient of it counts once.
func TestEachRecipientComesBackOnce(t *testing.T) {
	f := newFixture(sent(nil))
	for i, want := range []struct {
		rcpt string
		Outcome
	}{
		{"x@elsewhere.example", Charged}, {"x@elsewhere.example", Repeated}, {"X@elsewhere.example", Repeated},
		{"y@elsewhere.example", Charged}, {"alias@third.example", Charged}, {"z@third.example", Repeated}, {"other@third.example", Repeated},
	} {
		b := back(func(b *bounce) { b.Rcpts = []string{want.rcpt} })
		if got, err := f.charge(t.Context(), f, b); err != nil || got != want.Outcome {
			t.Errorf("bounce %d, %s: %s, %v; want %s", i, want.rcpt, got, err, want.Outcome)
		}
	}
	if n := f.charged["ip:203.0.113.7"]; n != 3 {
		t.Errorf("%d bounces of 3 recipients", n)
	}
}

// A network that sends many bounces of one sender is not believed all of them, and the
// machine itself is.
func TestOneNetworkIsNotEnough(t *testing.T) {
	var records []journal.Record
	for i := range 3 * perReporter {
		records = append(records, sent(func(r *journal.Record) { r.Ref = fmt.Sprintf("%08d", i) }))
	}
	send := func(f *fixture, addr string) {
		for i := range records {
			f.charge(t.Context(), f, back(func(b *bounce) {
				b.Ref = fmt.Sprintf("%08d", i)
				b.reporter, _ = netip.ParseAddr(fmt.Sprintf(addr, i))
			}))
		}
	}
	for addr, want := range map[string]int{"": len(records), "198.51.100.%d": perReporter, "2001:db8:0:%d::1": perReporter, "198.51.%d.1": len(records)} {
		f := newFixture(records...)
		send(f, addr)
		if n := f.charged["ip:203.0.113.7"]; n != want {
			t.Errorf("from %q: %d, want %d", addr, n, want)
		}
	}
	f := newFixture(records...)
	send(f, "198.51.100.%d")
	f.now = f.now.Add(quotaTime)
	send(f, "198.51.100.%d")
	if n := f.charged["ip:203.0.113.7"]; n != 2*perReporter {
		t.Errorf("in the next hour: %d altogether, want %d", n, 2*perReporter)
	}
}

func TestJournalThatCannotBeRead(t *testing.T) {
	f := newFixture(sent(nil))
	f.err = errors.New("no such file")
	f.chargeAll(t.Context(), []bounce{back(nil), back(nil)})
	if f.Count(Failed) != 2 || !f.failing {
		t.Errorf("%d failed", f.Count(Failed))
	}
	f.err = nil
	f.chargeAll(t.Context(), []bounce{back(nil)})
	if f.Count(Charged) != 1 || f.failing {
		t.Errorf("%d charged afterwards", f.Count(Charged))
	}
}
