package authentication

import (
	"context"
	"strings"

	"blitiri.com.ar/go/spf"
)

// spf checks whether the client may use the domain of the envelope sender, or
// of its own name for the null sender (RFC 7208 section 2.4).
func (c *Checker) spf(ctx context.Context, m Mail) Result {
	sender := m.From
	if sender == "" {
		sender = "postmaster@" + strings.TrimSuffix(m.Helo, ".")
	}
	at := strings.LastIndexByte(sender, '@')
	domain := strings.ToLower(sender[at+1:])
	switch {
	case !m.Client.IsValid():
		return unknown(domain, WhyNoAddress)
	case at < 0 || !strings.Contains(domain, "."):
		return Result{Outcome: None, Domain: domain} // RFC 7208 section 4.3
	case strings.Contains(sender[:at], "@"):
		sender = "postmaster@" + domain // the library takes the first "@" for the last
	}
	dns := c.asker()
	// Errors explain the outcome, also a good one.
	found, _ := spf.CheckHostWithSender(m.Client.Unmap().AsSlice(), m.Helo, sender, spf.WithContext(ctx), spf.WithResolver(dns))
	if found == spf.TempError {
		return unknown(domain, dns.missing())
	}
	return Result{Outcome: Outcome(found), Domain: domain}
}
