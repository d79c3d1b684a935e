package reputation

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
)

func TestQuestion(t *testing.T) {
	for subject, want := range map[string]string{
		"evil.example": "evil.example.bl.test.",
		"203.0.113.7":  "7.113.0.203.bl.test.",
		"127.0.0.2":    "2.0.0.127.bl.test.",
		"2001:db8:1:2:3:4:567:89ab": "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0." +
			"2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.bl.test.",
	} {
		if got := question(subject, "bl.test"); got != want {
			t.Errorf("%s: %s, want %s", subject, got, want)
		}
	}
}

func TestHowLongAnswersAreKept(t *testing.T) {
	soa := func(ttl, minimum string) []string {
		return []string{"test. " + ttl + " IN SOA ns.test. root.test. 1 2 3 4 " + minimum}
	}
	for name, tt := range map[string]struct {
		answers, authority []string
		want               time.Duration
	}{
		"its time to live":             {[]string{"a.test. 300 IN A 127.0.0.2"}, nil, 5 * time.Minute},
		"the smallest of several":      {[]string{"a.test. 300 IN A 127.0.0.2", "a.test. 30 IN A 127.0.0.3"}, nil, 30 * time.Second},
		"never less than the minimum":  {[]string{"a.test. 0 IN A 127.0.0.2"}, nil, minTTL},
		"one second":                   {[]string{"a.test. 1 IN A 127.0.0.2"}, nil, time.Second},
		"the maximum":                  {[]string{"a.test. 3600 IN A 127.0.0.2"}, nil, maxTTL},
		"never more than the maximum":  {[]string{"a.test. 3601 IN A 127.0.0.2"}, nil, maxTTL},
		"absent without SOA":           {nil, nil, absentTTL},
		"absent, SOA minimum":          {nil, soa("900", "150"), 150 * time.Second},
		"absent, SOA time to live":     {nil, soa("90", "150"), 90 * time.Second},
		"absent, never more":           {nil, soa("99999", "99999"), maxTTL},
		"absent, never less":           {nil, soa("0", "0"), minTTL},
		"another record is no answer":  {[]string{"a.test. 300 IN TXT listed"}, nil, absentTTL},
		"an alias before it, its time": {[]string{"a.test. 5 IN CNAME b.test.", "b.test. 300 IN A 127.0.0.2"}, nil, 5 * time.Minute},
	} {
		r := new(dns.Msg)
		for _, line := range tt.answers {
			r.Answer = append(r.Answer, record(t, line))
		}
		for _, line := range tt.authority {
			r.Ns = append(r.Ns, record(t, line))
		}
		if got := read(r, dns.TypeA); got.err != nil || got.ttl != tt.want {
			t.Errorf("%s: %v, error %v; want %v", name, got.ttl, got.err, tt.want)
		}
	}
}

func TestOnlySuccessAndAbsenceSaySomething(t *testing.T) {
	for code, ok := range map[int]bool{
		dns.RcodeSuccess:        true,
		dns.RcodeNameError:      true,
		dns.RcodeServerFailure:  false,
		dns.RcodeRefused:        false,
		dns.RcodeFormatError:    false,
		dns.RcodeNotImplemented: false,
	} {
		a := read(&dns.Msg{MsgHdr: dns.MsgHdr{Rcode: code}}, dns.TypeA)
		if (a.err == nil) != ok {
			t.Errorf("%s: error %v, want ok = %v", dns.RcodeToString[code], a.err, ok)
		}
		if !ok && a.ttl != failureTTL {
			t.Errorf("%s: kept for %v, want %v", dns.RcodeToString[code], a.ttl, failureTTL)
		}
	}
}

func TestResponseToSomethingElse(t *testing.T) {
	q := new(dns.Msg).SetQuestion("2.0.0.127.bl.test.", dns.TypeA)
	for name, tt := range map[string]struct {
		change func(r *dns.Msg)
		ok     bool
	}{
		"same":              {func(*dns.Msg) {}, true},
		"letters in a case": {func(r *dns.Msg) { r.Question[0].Name = "2.0.0.127.BL.test." }, true},
		"other id":          {func(r *dns.Msg) { r.Id++ }, false},
		"a question":        {func(r *dns.Msg) { r.Response = false }, false},
		"other name":        {func(r *dns.Msg) { r.Question[0].Name = "3.0.0.127.bl.test." }, false},
		"other type":        {func(r *dns.Msg) { r.Question[0].Qtype = dns.TypeTXT }, false},
		"other class":       {func(r *dns.Msg) { r.Question[0].Qclass = dns.ClassCHAOS }, false},
		"no question":       {func(r *dns.Msg) { r.Question = nil }, false},
		"two questions":     {func(r *dns.Msg) { r.Question = append(r.Question, r.Question[0]) }, false},
	} {
		r := new(dns.Msg).SetReply(q)
		tt.change(r)
		if err := matches(q, r); (err == nil) != tt.ok {
			t.Errorf("%s: error %v, want ok = %v", name, err, tt.ok)
		}
	}
}

func TestAddressesOfAnAnswer(t *testing.T) {
	r := &dns.Msg{Answer: []dns.RR{record(t, "a.test. 1 IN A 127.0.0.2"), record(t, "a.test. 1 IN A 127.0.0.10")}}
	got := read(r, dns.TypeA).addrs
	want := []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.10")}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
