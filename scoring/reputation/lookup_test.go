package reputation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
)

// newTestResolver asks a server that knows these records, a zone file line each.
func newTestResolver(t *testing.T, lines ...string) (*Resolver, *dnsServer) {
	t.Helper()
	s := newServer(t, func(w dns.ResponseWriter, q *dns.Msg) {
		r := new(dns.Msg).SetReply(q)
		r.Rcode = dns.RcodeNameError
		for _, line := range lines {
			if rr := record(t, line); rr.Header().Name == q.Question[0].Name {
				r.Rcode = dns.RcodeSuccess
				if rr.Header().Rrtype == q.Question[0].Qtype {
					r.Answer = append(r.Answer, rr)
				}
			}
		}
		w.WriteMsg(r)
	})
	return resolverOf(t, s), s
}

func resolverOf(t *testing.T, s *dnsServer) *Resolver {
	t.Helper()
	r, err := NewResolver(ResolverConfig{Servers: []string{s.addr}, Cache: 100, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// found prints the result of a look-up.
func found[T any](all []T, err error) string {
	var failure *net.DNSError
	switch {
	case errors.As(err, &failure) && failure.IsNotFound:
		return "not found"
	case errors.As(err, &failure) && failure.Temporary():
		return "temporary"
	case err != nil:
		return err.Error()
	}
	var b strings.Builder
	for _, one := range all {
		switch one := any(one).(type) {
		case *net.MX:
			fmt.Fprintf(&b, "%d %s ", one.Pref, one.Host)
		case net.IPAddr:
			fmt.Fprintf(&b, "%s ", one.IP)
		default:
			fmt.Fprintf(&b, "%q ", one)
		}
	}
	return strings.TrimSpace(b.String())
}

func TestLookups(t *testing.T) {
	ctx := t.Context()
	r, _ := newTestResolver(t,
		`both.test. 60 IN A 192.0.2.1`, `both.test. 60 IN AAAA 2001:db8::1`, `six.test. 60 IN AAAA 2001:db8::2`,
		`both.test. 60 IN TXT "v=spf1 " "-all"`, `both.test. 60 IN TXT "a \"quoted\" \\ \007 ü"`,
		`both.test. 60 IN MX 10 mx.test.`, `1.2.0.192.in-addr.arpa. 60 IN PTR both.test.`)
	for name, got := range map[string]string{
		`"v=spf1 -all" "a \"quoted\" \\ \a ü"`: found(r.LookupTXT(ctx, "both.test")),
		"10 mx.test.":                          found(r.LookupMX(ctx, "Both.Test.")),
		`"both.test."`:                         found(r.LookupAddr(ctx, "192.0.2.1")),
		"192.0.2.1 2001:db8::1":                found(r.LookupIPAddr(ctx, "both.test")),
		"2001:db8::2":                          found(r.LookupIPAddr(ctx, "six.test")),
	} {
		if got != name {
			t.Errorf("%s, want %s", got, name)
		}
	}
	for name, got := range map[string]string{
		"another name":    found(r.LookupTXT(ctx, "none.test")),
		"another type":    found(r.LookupMX(ctx, "six.test")),
		"no address":      found(r.LookupAddr(ctx, "both.test")),
		"another address": found(r.LookupAddr(ctx, "192.0.2.9")),
		"host":            found(r.LookupIPAddr(ctx, "none.test")),
		"no name":         found(r.LookupTXT(ctx, "")),
		"the root":        found(r.LookupTXT(ctx, ".")),
		"empty label":     found(r.LookupTXT(ctx, "a..test")),
		"escape":          found(r.LookupTXT(ctx, `\both.test`)),
	} {
		if got != "not found" {
			t.Errorf("%s: %s, want not found", name, got)
		}
	}
}

func TestLookupsThatFail(t *testing.T) {
	r := resolverOf(t, newServer(t, rcode(dns.RcodeServerFailure)))
	late, cancel := context.WithCancel(t.Context())
	cancel()
	for name, got := range map[string]string{
		"TXT":  found(r.LookupTXT(t.Context(), "a.test")),
		"host": found(r.LookupIPAddr(t.Context(), "a.test")),
		"late": found(r.LookupTXT(late, "b.test")),
	} {
		if got != "temporary" {
			t.Errorf("%s: %s, want temporary", name, got)
		}
	}
	var failure *net.DNSError
	if _, err := r.LookupTXT(late, "c.test"); !errors.As(err, &failure) || !failure.IsTimeout {
		t.Errorf("error %v, want a timeout", err)
	}
	if _, err := r.LookupTXT(t.Context(), "a.test"); !errors.As(err, &failure) || failure.IsTimeout {
		t.Errorf("error %v, want no timeout", err)
	}
}

func TestTypesOfANameAreToldApart(t *testing.T) {
	r, s := newTestResolver(t, "a.test. 60 IN A 192.0.2.1", `a.test. 60 IN TXT "text"`)
	for range 2 {
		if got := found(r.LookupTXT(t.Context(), "a.test")); got != `"text"` {
			t.Errorf("TXT: %s", got)
		}
		if got := found(r.LookupIPAddr(t.Context(), "A.TEST")); got != "192.0.2.1" {
			t.Errorf("addresses: %s", got)
		}
	}
	if diff := cmp.Diff(map[string]int{"a.test. udp": 3}, s.questions()); diff != "" {
		t.Errorf("questions (-want +got):\n%s", diff)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	addrs := func(n int) (records []dns.RR) {
		for i := range n {
			records = append(records, record(t, fmt.Sprintf("a.test. 60 IN A 192.0.2.%d", i)))
		}
		return records
	}
	texts := func(n int) (records []dns.RR) {
		for ; n > 200; n -= 200 {
			records = append(records, record(t, "a.test. 60 IN TXT "+strings.Repeat("x", 200)))
		}
		return append(records, record(t, "a.test. 60 IN TXT "+strings.Repeat("x", n)))
	}
	for name, tt := range map[string]struct {
		kind    uint16
		records []dns.RR
		weight  uint32
		err     error
	}{
		"nothing":             {dns.TypeA, nil, 1, nil},
		"one address":         {dns.TypeA, addrs(1), 1, nil},
		"as many as can be":   {dns.TypeA, addrs(maxRecords), 7, nil},
		"one more":            {dns.TypeA, addrs(maxRecords + 1), 1, errTooMuch},
		"others do not count": {dns.TypeA, append(texts(maxTexts+1), addrs(1)...), 1, nil},
		"short text":          {dns.TypeTXT, texts(200), 1, nil},
		"as long as can be":   {dns.TypeTXT, texts(maxTexts), 33, nil},
		"one byte more":       {dns.TypeTXT, texts(maxTexts + 1), 1, errTooMuch},
	} {
		a := read(&dns.Msg{Answer: tt.records}, tt.kind)
		if a.err != tt.err || a.weight() != tt.weight {
			t.Errorf("%s: error %v, weight %d; want %v, %d", name, a.err, a.weight(), tt.err, tt.weight)
		}
	}
}
