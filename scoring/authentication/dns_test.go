package authentication

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// records is a DNS made of a table: "TXT example.org" to values. A value of
// "late" or "broken" is no answer.
type records map[string][]string

// fakeDNS counts what it is asked.
type fakeDNS struct {
	records
	mu    sync.Mutex
	asked int
}

func (d *fakeDNS) find(ctx context.Context, kind, name string) ([]string, error) {
	d.mu.Lock()
	d.asked++
	d.mu.Unlock()
	values := d.records[kind+" "+strings.ToLower(strings.TrimSuffix(name, "."))]
	switch {
	case len(values) == 0:
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	case values[0] == "late":
		<-ctx.Done()
		return nil, &net.DNSError{Err: "late", Name: name, IsTemporary: true, IsTimeout: true}
	case values[0] == "broken":
		return nil, &net.DNSError{Err: "broken", Name: name, IsTemporary: true}
	}
	return values, nil
}

func (d *fakeDNS) LookupTXT(ctx context.Context, name string) ([]string, error) {
	return d.find(ctx, "TXT", name)
}

func (d *fakeDNS) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	var all []*net.MX
	hosts, err := d.find(ctx, "MX", name)
	for _, h := range hosts {
		all = append(all, &net.MX{Host: h, Pref: 10})
	}
	return all, err
}

func (d *fakeDNS) LookupIPAddr(ctx context.Context, name string) ([]net.IPAddr, error) {
	var all []net.IPAddr
	addrs, err := d.find(ctx, "A", name)
	for _, a := range addrs {
		all = append(all, net.IPAddr{IP: net.ParseIP(a)})
	}
	return all, err
}

func (d *fakeDNS) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	return d.find(ctx, "PTR", addr)
}

// checker asks a table, and has patience for it.
func checker(r records) *Checker { return New(&fakeDNS{records: r}, 30*time.Second) }

func TestQuestionsOfACheckAreBounded(t *testing.T) {
	for asked, want := range map[int]string{maxLookups: WhyError, maxLookups + 1: WhyLimit} {
		a := checker(records{"TXT a.test": {"x"}}).asker()
		for range asked {
			a.LookupTXT(t.Context(), "a.test")
		}
		if got := a.missing(); got != want {
			t.Errorf("%d questions: %s, want %s", asked, got, want)
		}
	}
	a := checker(nil).asker()
	for range maxLookups/2 + 1 {
		a.LookupIPAddr(t.Context(), "a.test") // two questions
	}
	if got := a.missing(); got != WhyLimit {
		t.Errorf("addresses: %s", got)
	}
}
