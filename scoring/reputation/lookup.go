package reputation

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"

	"github.com/miekg/dns"
)

// The following answer as net.Resolver does: what is not there is a
// *net.DNSError for which IsNotFound holds, and what is not known one for which
// Temporary does.

// LookupTXT returns the TXT records of a name, each in one piece.
func (r *Resolver) LookupTXT(ctx context.Context, name string) ([]string, error) {
	a, err := r.lookUp(ctx, name, dns.TypeTXT)
	return a.texts, err
}

// LookupMX returns the MX records of a name, in no order.
func (r *Resolver) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	a, err := r.lookUp(ctx, name, dns.TypeMX)
	var all []*net.MX
	for _, h := range a.hosts {
		all = append(all, &net.MX{Host: h.name, Pref: h.preference})
	}
	return all, err
}

// LookupAddr returns the PTR names of an address.
func (r *Resolver) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	reverse, err := dns.ReverseAddr(addr)
	if err != nil {
		return nil, notFound(addr)
	}
	a, err := r.lookUp(ctx, reverse, dns.TypePTR)
	var names []string
	for _, h := range a.hosts {
		names = append(names, h.name)
	}
	return names, err
}

// LookupIPAddr returns the addresses of a name, IPv4 before IPv6.
func (r *Resolver) LookupIPAddr(ctx context.Context, name string) ([]net.IPAddr, error) {
	if ask, ok := askable(name); ok {
		r.ask(query{ask, dns.TypeAAAA}) // beside the other
	}
	v4, err := r.lookUp(ctx, name, dns.TypeA)
	v6, err6 := r.lookUp(ctx, name, dns.TypeAAAA)
	var all []net.IPAddr
	for _, addrs := range [][]netip.Addr{v4.addrs, v6.addrs} {
		for _, addr := range addrs {
			all = append(all, net.IPAddr{IP: addr.AsSlice()})
		}
	}
	switch {
	case len(all) > 0:
		return all, nil
	case isNotFound(err):
		return nil, err6
	}
	return nil, err
}

// lookUp waits for one answer that has records.
func (r *Resolver) lookUp(ctx context.Context, name string, kind uint16) (answer, error) {
	ask, ok := askable(name)
	if !ok {
		return answer{}, notFound(name)
	}
	a := wait(ctx, r.ask(query{ask, kind}))
	switch {
	case a.err != nil:
		return answer{}, &net.DNSError{Err: a.err.Error(), Name: name, IsTemporary: true, IsTimeout: errors.Is(a.err, errLate)}
	case len(a.addrs)+len(a.texts)+len(a.hosts) == 0:
		return answer{}, notFound(name)
	}
	return a, nil
}

// askable returns a name in the form in which it is asked for, if it can be. A
// backslash is an escape to the library, and in no name of a host.
func askable(name string) (string, bool) {
	_, ok := dns.IsDomainName(name)
	return strings.ToLower(dns.Fqdn(name)), ok && strings.Trim(name, ".") != "" && !strings.Contains(name, `\`)
}

func notFound(name string) error {
	return &net.DNSError{Err: "no such record", Name: name, IsNotFound: true}
}

func isNotFound(err error) bool {
	var failure *net.DNSError
	return errors.As(err, &failure) && failure.IsNotFound
}
