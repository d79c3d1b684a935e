package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestJudge(t *testing.T) {
	all := Thresholds{Tag: 4, Quarantine: 8, Tempfail: 10, Reject: 12, Discard: 20}
	for name, c := range map[string]struct {
		at    Thresholds
		score float64
		want  Action
	}{
		"below all":                      {all, 3.99, Accept},
		"at tag":                         {all, 4, Tag},
		"at quarantine":                  {all, 8, Quarantine},
		"at tempfail":                    {all, 10, Tempfail},
		"just below reject":              {all, 11.99, Tempfail},
		"at reject":                      {all, 12, Reject},
		"at discard":                     {all, 20, Discard},
		"0 is never":                     {Thresholds{Tag: 4}, 1000, Tag},
		"without any":                    {Thresholds{}, 1000, Accept},
		"negative score, no thresholds":  {Thresholds{}, -1, Accept},
		"the strongest, whatever order":  {Thresholds{Tag: 9, Reject: 5}, 9, Reject},
		"a score of 0 reaches no 0":      {Thresholds{}, 0, Accept},
		"a negative score reaches no 0 ": {all, -5, Accept},
	} {
		t.Run(name, func(t *testing.T) {
			got := (&Flow{Thresholds: c.at}).Judge(c.score)
			if got.Action != c.want || got.Reason != ReasonScore {
				t.Errorf("Judge(%v) = %+v, want %v", c.score, got, c.want)
			}
		})
	}
}

func TestRefuse(t *testing.T) {
	for access, want := range map[Access]Action{
		AccessRelay: Accept, AccessAccept: Accept, AccessReject: Reject, AccessTempfail: Tempfail,
	} {
		v, refused := (&Flow{Access: access}).Refuse()
		if v.Action != want || refused != (want != Accept) {
			t.Errorf("%v: %+v, %v", access, v, refused)
		}
	}
}

// A failure of ours is never 5xx.
func TestFailure(t *testing.T) {
	for setting, want := range map[OnFailure]Action{FailAccept: Accept, FailTempfail: Tempfail} {
		f := &Flow{OnFailure: setting, OnRelayFailure: FailAccept}
		if v := f.Failure(); v.Action != want || v.Reason != ReasonFailure {
			t.Errorf("%v: %+v", setting, v)
		}
		f = &Flow{OnRelayFailure: setting, OnFailure: FailAccept}
		if v := f.RelayFailure("header X is missing"); v.Action != want || v.Reason != ReasonRelayHeader || v.Detail != "header X is missing" {
			t.Errorf("%v: %+v", setting, v)
		}
	}
}

func TestStronger(t *testing.T) {
	order := []Action{Accept, Tag, Quarantine, Tempfail, Reject, Discard}
	for i, weak := range order {
		for _, strong := range order[i+1:] {
			a, b := Verdict{Action: weak, Reason: ReasonScore}, Verdict{Action: strong, Reason: ReasonLimit}
			if Stronger(a, b) != b || Stronger(b, a) != b {
				t.Errorf("%v is not stronger than %v", strong, weak)
			}
		}
	}
	first, second := Verdict{Action: Tempfail, Reason: ReasonLimit}, Verdict{Action: Tempfail, Reason: ReasonScore}
	if Stronger(first, second) != first {
		t.Error("of two of the same the first does not win")
	}
	off := Verdict{Reason: ReasonOff}
	if Stronger(Verdict{}, off) != off || Stronger(off, Verdict{}) != off {
		t.Error("a verdict without a reason wins")
	}
}

func TestModeIsCapped(t *testing.T) {
	for _, c := range []struct{ own, most, want Mode }{
		{Enforce, Enforce, Enforce}, {Enforce, Observe, Observe}, {Observe, Enforce, Observe},
		{Off, Observe, Off}, {Observe, Off, Off},
	} {
		conf := withPolicy("home", func(f *FlowConfig) { f.Mode = c.own })
		conf.Mode = c.most
		f := compile(t, conf, "").Flow("home")
		if f.Mode != c.want {
			t.Errorf("%v under %v is %v", c.own, c.most, f.Mode)
		}
		if (len(f.windows) == 0) != (c.want == Off) {
			t.Errorf("%v has %d windows", c.want, len(f.windows))
		}
	}
}

func TestFlowHoldsWhatWasConfigured(t *testing.T) {
	c := withPolicy("home", func(f *FlowConfig) {
		f.Access, f.DelayReject = AccessTempfail, true
		f.Set, f.Reputation, f.Bulk = Direct, true, BulkLists
		f.Thresholds = Thresholds{Tag: 1, Reject: 2}
		f.Headers, f.SubjectPrefix = HeadersRef, "[Spam?]"
		f.Key = Key{IPv4: 24, IPv6: 56}
		f.MaxConnections, f.MaxMessagesPerConn, f.MaxRecipients, f.MaxSize = 1, 2, 3, 4
		f.OnFailure, f.OnRelayFailure = FailTempfail, FailTempfail
		f.Standing.SpamScore, f.Standing.Help = 3, "https://help.example.net"
		f.Authorisation = AuthorisationConfig{Action: AuthorisationScore, Points: 2.5, Domains: OwnDomains, Header: true}
	})
	got := *compile(t, c, "").Flow("home")
	got.windows, got.replies, got.Standing = nil, nil, nil
	want := Flow{
		Name: "home", Access: AccessTempfail, DelayReject: true, Set: Direct, Reputation: true, Bulk: BulkLists,
		Thresholds: Thresholds{Tag: 1, Reject: 2}, Headers: HeadersRef, SubjectPrefix: "[Spam?]",
		Key: Key{IPv4: 24, IPv6: 56}, MaxConnections: 1, MaxMessagesPerConn: 2, MaxRecipients: 3, MaxSize: 4,
		OnFailure: FailTempfail, OnRelayFailure: FailTempfail,
		SpamAt: 3, Help: "https://help.example.net",
		Authorisation: AuthorisationConfig{Action: AuthorisationScore, Points: 2.5, Domains: OwnDomains, Header: true},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Flow{})); diff != "" {
		t.Error(diff)
	}
}

func TestKey(t *testing.T) {
	k := Key{IPv4: 32, IPv6: 64}
	for name, c := range map[string]struct {
		key    Key
		client Client
		want   string
	}{
		"IPv4":        {k, Client{Addr: addr("203.0.113.7")}, "ip:203.0.113.7"},
		"mapped":      {k, Client{Addr: addr("::ffff:203.0.113.7")}, "ip:203.0.113.7"},
		"IPv4 /24":    {Key{IPv4: 24, IPv6: 64}, Client{Addr: addr("203.0.113.7")}, "ip:203.0.113.0/24"},
		"IPv6":        {k, Client{Addr: addr("2001:db8:40::7%eth0")}, "ip:2001:db8:40::/64"},
		"local":       {k, Client{}, "local"},
		"login":       {k, Client{Addr: addr("203.0.113.7"), Login: "Bob@Example.net"}, "login:bob@example.net"},
		"IPv6 single": {Key{IPv4: 32, IPv6: 128}, Client{Addr: addr("2001:db8::7")}, "ip:2001:db8::7"},
	} {
		if got := c.key.Sender(c.client); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
