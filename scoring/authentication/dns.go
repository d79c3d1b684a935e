package authentication

import (
	"context"
	"net"
	"sync/atomic"
	"time"
)

// maxLookups is how many questions one check of one message may ask, two for a
// name with its addresses. RFC 7208 section 4.6.4 allows ten terms of SPF, and
// ten hosts for each.
const maxLookups = 50

// DNS is what is asked. Errors are *net.DNSError, as of a net.Resolver.
type DNS interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error)
	LookupAddr(ctx context.Context, addr string) (names []string, err error)
}

// asker is a DNS for one check of one message: it bounds questions and time, and
// remembers why an answer was missing.
type asker struct {
	dns     DNS
	timeout time.Duration
	asked   atomic.Int32
	why     atomic.Pointer[string]
}

func (c *Checker) asker() *asker { return &asker{dns: c.dns, timeout: c.timeout} }

// missing is why the last answer that was missing was, or WhyError.
func (a *asker) missing() string {
	if why := a.why.Load(); why != nil {
		return *why
	}
	return WhyError
}

func (a *asker) LookupTXT(ctx context.Context, name string) ([]string, error) {
	return ask(a, ctx, 1, name, a.dns.LookupTXT)
}

func (a *asker) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	return ask(a, ctx, 1, name, a.dns.LookupMX)
}

func (a *asker) LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error) {
	return ask(a, ctx, 2, host, a.dns.LookupIPAddr)
}

func (a *asker) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	return ask(a, ctx, 1, addr, a.dns.LookupAddr)
}

// ask asks one question that costs as much as given.
func ask[T any](a *asker, ctx context.Context, cost int32, name string, lookup func(context.Context, string) ([]T, error)) ([]T, error) {
	if a.asked.Add(cost) > maxLookups {
		a.note(WhyLimit)
		return nil, &net.DNSError{Err: "too many questions", Name: name, IsTemporary: true}
	}
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	all, err := lookup(ctx, name)
	if failure, ok := err.(*net.DNSError); ok && failure.Temporary() {
		if failure.IsTimeout {
			a.note(WhyDeadline)
		} else {
			a.note(WhyError)
		}
	}
	return all, err
}

func (a *asker) note(why string) { a.why.Store(&why) }
