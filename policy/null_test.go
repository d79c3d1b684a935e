package policy

import (
	"strings"
	"testing"

	"sluice/policy/config"
)

func TestNullSender(t *testing.T) {
	for setting, want := range map[string]struct {
		atRcpt, report, other Action // report and other at the end, if there was nothing at RCPT
	}{
		"accept":   {},
		"reports":  {other: Reject},
		"reject":   {atRcpt: Reject},
		"tempfail": {atRcpt: Tempfail},
	} {
		f := new(Flow)
		if err := f.NullSender.UnmarshalText([]byte(setting)); err != nil || f.NullSender.String() != setting {
			t.Fatalf("%s: %v, %v", setting, f.NullSender, err)
		}
		for _, c := range []struct {
			name string
			ask  func(from string) (Verdict, bool)
			want Action
		}{
			{"at RCPT", f.RefuseNull, want.atRcpt},
			{"a report", func(from string) (Verdict, bool) { return f.RefuseUnreported(from, true) }, want.report},
			{"none", func(from string) (Verdict, bool) { return f.RefuseUnreported(from, false) }, want.other},
		} {
			v, refused := c.ask("")
			if v.Action != c.want || refused != (c.want != Accept) || refused && v.Reason != ReasonNullSender {
				t.Errorf("%s, %s: %+v, %v; want %s", setting, c.name, v, refused, c.want)
			}
			if _, refused := c.ask("a@example.net"); refused {
				t.Errorf("%s, %s: refused with a sender", setting, c.name)
			}
		}
	}
	if err := new(NullSender).UnmarshalText([]byte("discard")); err == nil {
		t.Error("discard is taken")
	}
}

func TestCountedAtTheEndAsWhatItIs(t *testing.T) {
	s := newFakeStore()
	l := ledgerOf(t, s, subscriber, func(_ *Config, f *FlowConfig) {
		f.Bytes, f.Bounces, f.AutoReplies = perHour(10_000), perHour(1), perHour(1)
	})
	message(t, l, "", 100, "a@example.org")
	if n := s.used[[2]string{"bounces-1h", "ip:203.0.113.7"}]; n != 0 {
		t.Errorf("%d bounces of a message that is none", n)
	}
	if v, err := l.End(background, noon, 100, CountBounces); err != nil || v.Action != Accept {
		t.Errorf("the first: %+v, %v", v, err)
	}
	if v, err := l.End(background, noon, 100, CountBounces); err != nil || v.Action != Tempfail || v.Detail != "bounces-1h" {
		t.Errorf("the second: %+v, %v", v, err)
	}
	if v, err := l.End(background, noon, 100, CountAutoReplies); err != nil || v.Action != Accept {
		t.Errorf("a reply: %+v, %v", v, err)
	}
	if err := l.Refund(background, noon); err != nil || s.used[[2]string{"bounces-1h", "ip:203.0.113.7"}] != 0 {
		t.Errorf("after the refund %v, %v", s.used, err)
	}
}

func TestNoticesOfTheMachineThatWouldBeRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		setting NullSender
		clients []string
		warns   bool
	}{
		"local":            {NullReject, []string{Local}, true},
		"loopback":         {NullReports, []string{"127.0.0.0/8"}, true},
		"both, once":       {NullTempfail, []string{Local, "127.0.0.1"}, true},
		"accepted":         {NullAccept, []string{Local, "127.0.0.1"}, false},
		"of somebody else": {NullReject, []string{"203.0.113.0/24"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			c, f := Default(), relayedPolicy()
			f.NullSender = tt.setting
			c.Policies.Set("home", f)
			c.Groups.Set("subscribers", GroupConfig{Clients: tt.clients, Policy: "home"})
			var ps config.Problems
			if Compile(c, "", &ps) == nil {
				t.Fatal(ps.All())
			}
			var warnings int
			for _, p := range ps.All() {
				if strings.Contains(p.String(), "policy.home.null_sender") {
					warnings++
				}
			}
			if (warnings == 1) != tt.warns || warnings > 1 {
				t.Errorf("%d warnings: %v", warnings, ps.All())
			}
		})
	}
}
