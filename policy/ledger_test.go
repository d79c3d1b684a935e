package policy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sluice/policy/store"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// perHour is n in an hour.
func perHour(n int64) Rates { return Rates{{Max: n, Per: time.Hour}} }

// ledgerOf begins a ledger of a client under the policy "home", which is relayed
// without its limits, then changed.
func ledgerOf(t fataler, s store.Store, c Client, edit func(*Config, *FlowConfig)) *Ledger {
	t.Helper()
	conf := Default()
	f := relayedPolicy()
	f.Recipients, f.EnvelopeSenders = nil, nil
	edit(&conf, &f)
	conf.Policies.Set("home", f)
	conf.Groups.Set("subscribers", GroupConfig{Policy: "home"})
	return NewLedger(s, compile(t, conf, "").Match(c), c, Budget{})
}

var subscriber = Client{Addr: addr("203.0.113.7")}

// message takes a whole message, and returns the verdict of each event.
func message(t fataler, l *Ledger, from string, size int64, rcpts ...string) []Verdict {
	t.Helper()
	var out []Verdict
	note := func(v Verdict, err error) {
		if err != nil {
			t.Fatalf("%v", err)
		}
		out = append(out, v)
	}
	note(l.Mail(background, noon, from, size))
	for _, r := range rcpts {
		note(l.Rcpt(background, noon, r))
	}
	note(l.End(background, noon, size))
	return out
}

var background = context.Background()

func TestFiveRecipientsAreChargedFive(t *testing.T) {
	s := newFakeStore()
	l := ledgerOf(t, s, subscriber, func(_ *Config, f *FlowConfig) {
		f.Messages, f.Bytes = perHour(10), perHour(10_000)
		f.Recipients = Rates{{Max: 60, Per: 10 * time.Minute}, {Max: 250, Per: time.Hour}}
		f.EnvelopeSenders, f.DistinctRecipients = perHour(20), perHour(100)
	})
	message(t, l, "a@example.net", 2000, "1@example.org", "2@example.org", "3@example.org", "4@example.org", "5@example.org")
	want := map[string]int64{
		"messages-1h ip:203.0.113.7":            1,
		"recipients-10m ip:203.0.113.7":         5,
		"recipients-1h ip:203.0.113.7":          5,
		"bytes-1h ip:203.0.113.7":               2000,
		"envelope-senders-1h ip:203.0.113.7":    1,
		"distinct-recipients-1h ip:203.0.113.7": 5,
	}
	if diff := cmp.Diff(want, s.counters()); diff != "" {
		t.Error(diff)
	}
}

// All windows of an event are asked in one call, so that none is charged when
// another is over.
func TestOneCallPerEvent(t *testing.T) {
	s := newFakeStore()
	l := ledgerOf(t, s, subscriber, func(_ *Config, f *FlowConfig) {
		f.Messages, f.EnvelopeSenders = perHour(1), perHour(1)
		f.Recipients, f.DistinctRecipients = perHour(1), perHour(1)
		f.Bytes = perHour(1000)
	})
	message(t, l, "a@example.net", 10, "x@example.org")
	if diff := cmp.Diff([]string{"peek", "take", "take", "take"}, s.calls); diff != "" {
		t.Error(diff)
	}
}

func TestNoLimitsNoCall(t *testing.T) {
	s := newFakeStore()
	l := ledgerOf(t, s, subscriber, func(*Config, *FlowConfig) {})
	message(t, l, "a@example.net", 10, "x@example.org")
	if err := l.Refund(background, noon); err != nil || len(s.calls) != 0 || len(l.Levels()) != 0 {
		t.Errorf("%v, %v, %v", s.calls, l.Levels(), err)
	}
}

func TestRecipientOverTheLimit(t *testing.T) {
	s := newFakeStore()
	l := ledgerOf(t, s, subscriber, func(_ *Config, f *FlowConfig) {
		f.Recipients = Rates{{Max: 3, Per: 10 * time.Minute}, {Max: 3, Per: time.Hour}}
	})
	s.wait["recipients-1h"] = 40 * time.Minute
	got := message(t, l, "a@example.net", 10, "1@x", "2@x", "3@x", "4@x")
	want := []Verdict{{}, {}, {}, {}, {Action: Tempfail, Reason: ReasonLimit, Detail: "recipients-1h", Wait: 40 * time.Minute}, {}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("the longest wait of the 4th alone: " + diff)
	}
	levels := []Level{
		{Name: "recipients-10m", Key: "ip:203.0.113.7", Cost: 4, Used: 0, Max: 3, Over: true, Wait: time.Minute},
		{Name: "recipients-1h", Key: "ip:203.0.113.7", Cost: 4, Used: 0, Max: 3, Over: true, Wait: 40 * time.Minute},
	}
	if diff := cmp.Diff(levels, l.Levels()); diff != "" {
		t.Error(diff)
	}
	if n := s.counters()["recipients-1h ip:203.0.113.7"]; n != 3 {
		t.Errorf("the refused recipient is charged: %d", n)
	}
}

func TestNeverFits(t *testing.T) {
	s := newFakeStore()
	l := ledgerOf(t, s, subscriber, func(_ *Config, f *FlowConfig) { f.Bytes = perHour(1000) })
	for size, want := range map[int64]Verdict{
		0:    {},
		1000: {},
		1001: {Action: Reject, Reason: ReasonNeverFits, Detail: "bytes-1h", Wait: store.Never},
	} {
		if v, err := l.Mail(background, noon, "a@example.net", size); v != want || err != nil {
			t.Errorf("declared %d: %+v, %v", size, v, err)
		}
	}
	if v, _ := l.End(background, noon, 1001); v.Reason != ReasonNeverFits || v.Action != Reject {
		t.Errorf("at the end: %+v", v)
	}
}

// A declared size that is over holds the message back before anything is charged.
func TestDeclaredSizeOver(t *testing.T) {
	s := newFakeStore()
	edit := func(_ *Config, f *FlowConfig) { f.Bytes, f.Messages = perHour(1000), perHour(10) }
	message(t, ledgerOf(t, s, subscriber, edit), "a@example.net", 900)
	l := ledgerOf(t, s, subscriber, edit)
	v, err := l.Mail(background, noon, "a@example.net", 200)
	if err != nil || v.Action != Tempfail || v.Detail != "bytes-1h" {
		t.Errorf("%+v, %v", v, err)
	}
	if n := s.counters()["messages-1h ip:203.0.113.7"]; n != 1 {
		t.Errorf("%d messages charged", n)
	}
	want := []Level{{Name: "bytes-1h", Key: "ip:203.0.113.7", Cost: 200, Used: 900, Max: 1000, Over: true, Wait: time.Minute}}
	if diff := cmp.Diff(want, l.Levels()); diff != "" {
		t.Error(diff)
	}
}

// The true size replaces the declared one in the record.
func TestDeclaredSizeIsReplaced(t *testing.T) {
	l := ledgerOf(t, newFakeStore(), subscriber, func(_ *Config, f *FlowConfig) { f.Bytes = perHour(1000) })
	l.Mail(background, noon, "a@example.net", 200)
	l.End(background, noon, 250)
	want := []Level{{Name: "bytes-1h", Key: "ip:203.0.113.7", Cost: 250, Max: 1000}}
	if diff := cmp.Diff(want, l.Levels()); diff != "" {
		t.Error(diff)
	}
}

func TestLimitThatObserves(t *testing.T) {
	s := newFakeStore()
	l := ledgerOf(t, s, subscriber, func(c *Config, f *FlowConfig) {
		c.Limits.Set("trial", LimitConfig{Count: CountRecipients, Rate: perHour(1), Mode: Observe})
		c.Limits.Set("gone", LimitConfig{Count: CountRecipients, Rate: perHour(1), Mode: Off})
		f.Limits, f.Recipients = []string{"trial", "gone"}, perHour(10)
	})
	for i, v := range message(t, l, "a@example.net", 0, "1@x", "2@x") {
		if v != (Verdict{}) {
			t.Errorf("event %d: %+v", i, v)
		}
	}
	want := []Level{
		{Name: "recipients-1h", Key: "ip:203.0.113.7", Cost: 2, Max: 10},
		{Name: "trial-1h", Key: "ip:203.0.113.7", Cost: 2, Max: 1, Over: true, Wait: time.Minute, Observe: true},
	}
	if diff := cmp.Diff(want, l.Levels()); diff != "" {
		t.Error(diff)
	}
}

// In a policy that observes, the verdict says what would have happened, and the
// other limits are charged all the same.
func TestPolicyThatObserves(t *testing.T) {
	s := newFakeStore()
	l := ledgerOf(t, s, subscriber, func(_ *Config, f *FlowConfig) {
		f.Mode = Observe
		f.Recipients = Rates{{Max: 1, Per: time.Minute}, {Max: 10, Per: time.Hour}}
	})
	got := message(t, l, "a@example.net", 0, "1@x", "2@x")
	if got[2].Action != Tempfail || got[2].Detail != "recipients-1m" {
		t.Errorf("%+v", got)
	}
	want := map[string]int64{"recipients-1m ip:203.0.113.7": 1, "recipients-1h ip:203.0.113.7": 2}
	if diff := cmp.Diff(want, s.counters()); diff != "" {
		t.Error(diff)
	}
	if err := l.Refund(background, noon); err != nil || len(s.counters()) != 0 {
		t.Errorf("after the refund: %v, %v", s.counters(), err)
	}
}

func TestRefund(t *testing.T) {
	s := newFakeStore()
	edit := func(_ *Config, f *FlowConfig) {
		f.Connections, f.Messages, f.Recipients, f.Bytes = perHour(5), perHour(5), perHour(3), perHour(1000)
		f.EnvelopeSenders, f.DistinctRecipients = perHour(5), perHour(5)
	}
	message(t, ledgerOf(t, s, subscriber, edit), "a@example.net", 100, "1@x")
	before := s.counters()
	l := ledgerOf(t, s, subscriber, edit)
	if _, err := l.Connect(background, noon); err != nil {
		t.Fatal(err)
	}
	message(t, l, "b@example.net", 100, "2@x", "3@x", "4@x")

	s.err = errDown
	if err := l.Refund(background, noon); !errors.Is(err, errDown) {
		t.Errorf("a store that is down: %v", err)
	}
	s.err = nil
	for range 2 { // the second gives nothing
		if err := l.Refund(background, noon); err != nil {
			t.Fatal(err)
		}
	}
	before["connections-1h ip:203.0.113.7"] = 1 // connections stay
	if diff := cmp.Diff(before, s.counters()); diff != "" {
		t.Error(diff)
	}
}

// A message that was held open and broken off gives its own charges back, not
// those of one that came through since: never more than the budget in any hour.
func TestRefundIsOfItsOwnTime(t *testing.T) {
	memory, err := store.OpenMemory(store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	edit := func(_ *Config, f *FlowConfig) { f.Recipients = perHour(100) }
	rcpts := func(l *Ledger, at time.Time, n int) (fit int) {
		for range n {
			if v, err := l.Rcpt(background, at, "x@example.org"); err == nil && v.Action == Accept {
				fit++
			}
		}
		return fit
	}
	open := ledgerOf(t, memory, subscriber, edit)
	rcpts(open, noon, 30)
	rcpts(open, noon.Add(20*time.Minute), 10)
	through := ledgerOf(t, memory, subscriber, edit)
	rcpts(through, noon.Add(50*time.Minute), 60)
	if len(open.paid) != 2 || open.paid[0].Cost != 30 || open.paid[1].Cost != 10 {
		t.Errorf("paid %+v", open.paid)
	}
	if err := open.Refund(background, noon.Add(55*time.Minute)); err != nil {
		t.Fatal(err)
	}
	later := ledgerOf(t, memory, subscriber, edit)
	if got := rcpts(later, noon.Add(61*time.Minute), 100); got != 40 {
		t.Errorf("%d more in the hour of the 60 that came through, want 40", got)
	}
	if got := rcpts(later, noon.Add(111*time.Minute), 100); got != 60 {
		t.Errorf("%d when they have left, want 60", got)
	}
}

// However many recipients a message has, what it can give back is kept in a few
// charges.
func TestPaymentsAreBounded(t *testing.T) {
	l := ledgerOf(t, newFakeStore(), subscriber, func(_ *Config, f *FlowConfig) {
		f.Recipients = Rates{{Max: 1e6, Per: time.Hour}, {Max: 1e6, Per: 24 * time.Hour, Burst: 1e6}}
	})
	for i := range 3600 {
		l.Rcpt(background, noon.Add(time.Duration(i)*time.Second), "x@example.org")
	}
	if len(l.paid) > 8+1 {
		t.Errorf("%d charges", len(l.paid))
	}
	for _, c := range l.paid {
		if c.Kind == store.Bucket && (c.Cost != 3600 || !c.Taken.Equal(noon)) {
			t.Errorf("%+v", c)
		}
	}
}

func TestStoreDown(t *testing.T) {
	s := newFakeStore()
	l := ledgerOf(t, s, subscriber, func(_ *Config, f *FlowConfig) {
		f.Connections, f.Messages, f.Recipients, f.Bytes = perHour(5), perHour(5), perHour(5), perHour(5)
	})
	s.err = errDown
	for name, event := range map[string]func() (Verdict, error){
		"connect":          func() (Verdict, error) { return l.Connect(background, noon) },
		"mail":             func() (Verdict, error) { return l.Mail(background, noon, "a@x", 0) },
		"mail with a size": func() (Verdict, error) { return l.Mail(background, noon, "a@x", 1) },
		"rcpt":             func() (Verdict, error) { return l.Rcpt(background, noon, "a@x") },
		"end":              func() (Verdict, error) { return l.End(background, noon, 1) },
	} {
		if v, err := event(); !errors.Is(err, errDown) || v != (Verdict{}) {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
	if err := l.Refund(background, noon); err != nil {
		t.Errorf("nothing was charged, and yet: %v", err)
	}
}

func TestKeys(t *testing.T) {
	login := Client{Addr: addr("203.0.113.7"), Login: "Bob@Example.net"}
	for name, c := range map[string]struct {
		per        Per
		client     Client
		from, rcpt string
		want       string
	}{
		"sender":                    {PerSender, subscriber, "", "", "ip:203.0.113.7"},
		"sender with login":         {PerSender, login, "", "", "login:bob@example.net"},
		"client with login":         {PerClient, login, "", "", "ip:203.0.113.7"},
		"login":                     {PerLogin, login, "", "", "login:bob@example.net"},
		"login of nobody":           {PerLogin, subscriber, "", "", ""},
		"envelope sender":           {PerEnvelopeSender, subscriber, "A@Example.NET", "", "from:a@example.net"},
		"+tag":                      {PerEnvelopeSender, subscriber, "a+x+y@example.net", "", "from:a@example.net"},
		"+ at the beginning":        {PerEnvelopeSender, subscriber, "+a@example.net", "", "from:+a@example.net"},
		"+ in the domain":           {PerEnvelopeSender, subscriber, "a@exa+mple.net", "", "from:a@exa+mple.net"},
		"null sender":               {PerEnvelopeSender, subscriber, "", "", "from:<>"},
		"address without a domain":  {PerEnvelopeSender, subscriber, "root+x", "", "from:root"},
		"sender domain":             {PerSenderDomain, subscriber, "a@b@Example.NET.", "", "from-domain:example.net"},
		"domain of the null sender": {PerSenderDomain, subscriber, "", "", "from-domain:<>"},
		"domain of a local address": {PerSenderDomain, subscriber, "root", "", "from-domain:local"},
		"recipient domain":          {PerRecipientDomain, subscriber, "", "x@Example.ORG", "to-domain:example.org"},
		"group":                     {PerGroup, subscriber, "", "", "group:subscribers"},
		"address as long as may be": {PerEnvelopeSender, subscriber, strings.Repeat("a", maxAddress), "", "from:" + strings.Repeat("a", maxAddress)},
		"address one byte too long": {PerEnvelopeSender, subscriber, strings.Repeat("a", maxAddress+1), "", "from:" + strings.Repeat("a", maxAddress)},
		"domain one byte too long":  {PerSenderDomain, subscriber, "@" + strings.Repeat("a", maxAddress+1), "", "from-domain:" + strings.Repeat("a", maxAddress)},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFakeStore()
			l := ledgerOf(t, s, c.client, func(conf *Config, f *FlowConfig) {
				conf.Limits.Set("l", LimitConfig{Count: CountRecipients, Per: c.per, Rate: perHour(9)})
				f.Limits = []string{"l"}
			})
			message(t, l, c.from, 0, c.rcpt)
			want := map[string]int64{"l-1h " + c.want: 1}
			if c.want == "" {
				want = map[string]int64{}
			}
			if diff := cmp.Diff(want, s.counters()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A +tag and another case do not make another envelope sender or recipient.
func TestDistinctValues(t *testing.T) {
	s := newFakeStore()
	edit := func(_ *Config, f *FlowConfig) { f.EnvelopeSenders, f.DistinctRecipients = perHour(2), perHour(2) }
	for _, from := range []string{"a@example.net", "A+1@Example.net", "", "a@example.net"} {
		for i, v := range message(t, ledgerOf(t, s, subscriber, edit), from, 0, "x@x", "x+1@X", "y@x") {
			if v != (Verdict{}) {
				t.Errorf("%q event %d: %+v", from, i, v)
			}
		}
	}
	got := message(t, ledgerOf(t, s, subscriber, edit), "b@example.net", 0, "z@x")
	if got[0].Detail != "envelope-senders-1h" || got[1].Detail != "distinct-recipients-1h" {
		t.Errorf("a third of each: %+v", got)
	}
}

func TestChargeKinds(t *testing.T) {
	hour := Rate{Max: 100, Per: time.Hour}
	burst := Rate{Max: 100, Per: time.Hour, Burst: 20}
	for name, c := range map[string]struct {
		w    window
		want store.Charge
	}{
		"window":   {newWindow("m", CountMessages, PerSender, hour, Enforce), store.Charge{Limit: "m-1h", Key: "k", Kind: store.Window, Max: 100, Window: time.Hour, Cost: 7}},
		"bucket":   {newWindow("m", CountMessages, PerSender, burst, Enforce), store.Charge{Limit: "m-1h-burst", Key: "k", Kind: store.Bucket, Max: 100, Window: time.Hour, Burst: 20, Cost: 7}},
		"distinct": {newWindow("m", CountEnvelopeSenders, PerSender, hour, Enforce), store.Charge{Limit: "m-1h", Key: "k", Kind: store.Distinct, Max: 100, Window: time.Hour, Cost: 1, Value: "v"}},
		"observe":  {newWindow("m", CountMessages, PerSender, hour, Observe), store.Charge{Limit: "m-1h", Key: "k", Kind: store.Window, Max: 100, Window: time.Hour, Cost: 7, Observe: true}},
	} {
		if diff := cmp.Diff(c.want, c.w.charge("k", 7, "v", false)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestLevelsAreBounded(t *testing.T) {
	for n, want := range map[int]int{0: 0, maxLevels: maxLevels, maxLevels + 1: maxLevels} {
		l := ledgerOf(t, newFakeStore(), subscriber, func(c *Config, f *FlowConfig) {
			c.Limits.Set("d", LimitConfig{Count: CountRecipients, Per: PerRecipientDomain, Rate: perHour(1)})
			f.Limits = []string{"d"}
		})
		for i := range n {
			l.Rcpt(background, noon, fmt.Sprintf("x@%d.example", i))
		}
		if n > 0 {
			l.Rcpt(background, noon, fmt.Sprintf("x@%d.example", n-1))
		}
		got := l.Levels()
		if len(got) != want || n > 0 && !got[0].Over && !got[len(got)-1].Over {
			t.Errorf("%d domains: %d levels, without the one that was over", n, len(got))
		}
	}
}

// Whatever is charged, a refund leaves the counters as they were.
func TestRefundLeavesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newFakeStore()
		rate := func(name string) Rates { return perHour(rapid.Int64Range(1, 20).Draw(t, name)) }
		edit := func(c *Config, f *FlowConfig) {
			f.Mode = rapid.SampledFrom([]Mode{Enforce, Observe}).Draw(t, "mode")
			f.Messages, f.Recipients, f.Bytes = rate("messages"), rate("recipients"), rate("bytes")
			f.EnvelopeSenders, f.DistinctRecipients = rate("senders"), rate("different recipients")
			c.Limits.Set("d", LimitConfig{Count: CountRecipients, Per: PerRecipientDomain, Rate: rate("d"),
				Mode: rapid.SampledFrom([]Mode{Enforce, Observe}).Draw(t, "mode of d")})
			f.Limits = []string{"d"}
		}
		some := func(name string) []string {
			return rapid.SliceOfN(rapid.SampledFrom([]string{"x@a", "y@a", "x@b"}), 0, 12).Draw(t, name)
		}
		size := rapid.Int64Range(0, 25)
		message(t, ledgerOf(t, s, subscriber, edit), "a@example.net", size.Draw(t, "size"), some("first")...)
		before := s.counters()
		l := ledgerOf(t, s, subscriber, edit)
		message(t, l, rapid.SampledFrom([]string{"a@example.net", "b@example.net"}).Draw(t, "from"), size.Draw(t, "size"), some("second")...)
		if err := l.Refund(background, noon); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, s.counters()); diff != "" {
			t.Fatal(diff)
		}
	})
}
