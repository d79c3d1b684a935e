package authentication

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/emersion/go-msgauth/dmarc"
)

// dmarc says whether the author's domain stands behind the message, by SPF or
// by a signature, and if not what it asks to be done (RFC 7489 section 6.6).
func (c *Checker) dmarc(ctx context.Context, m Mail, spf, dkim Result, signers []string) Result {
	author := strings.ToLower(m.Author)
	if !strings.Contains(author, ".") {
		return Result{Outcome: None}
	}
	dns := c.asker()
	record, policy, err := published(ctx, author, dns)
	switch {
	case errors.Is(err, dmarc.ErrNoPolicy):
		return Result{Outcome: None, Domain: author}
	case dmarc.IsTempFail(err):
		return unknown(author, dns.missing())
	case err != nil:
		return Result{Outcome: PermError, Domain: author}
	}
	r := Result{Outcome: Pass, Domain: author, Policy: string(policy)}
	if spf.Outcome == Pass && aligned(spf.Domain, author, record.SPFAlignment == dmarc.AlignmentStrict) {
		return r
	}
	if slices.ContainsFunc(signers, func(d string) bool { return aligned(d, author, record.DKIMAlignment == dmarc.AlignmentStrict) }) {
		return r
	}
	for _, open := range []Result{dkim, spf} {
		if open.Outcome == TempError {
			return unknown(author, open.Why)
		}
	}
	r.Outcome = Fail
	return r
}

// published returns the record of a domain or else of the domain above it that
// is registered, and the policy that holds for it (RFC 7489 section 6.6.3).
func published(ctx context.Context, author string, dns *asker) (*dmarc.Record, dmarc.Policy, error) {
	options := &dmarc.LookupOptions{LookupTXT: func(name string) ([]string, error) { return dns.LookupTXT(ctx, name) }}
	record, err := dmarc.LookupWithOptions(author, options)
	above := organizational(author)
	below := errors.Is(err, dmarc.ErrNoPolicy) && above != author
	if below {
		record, err = dmarc.LookupWithOptions(above, options)
	}
	if err != nil {
		return nil, "", err
	}
	policy := record.Policy
	if below && record.SubdomainPolicy != "" {
		policy = record.SubdomainPolicy
	}
	if record.Percent != nil && *record.Percent == 0 {
		policy = dmarc.PolicyNone
	}
	return record, policy, nil
}

// aligned says whether a domain that has been found good is the author's, or
// at least of the same owner unless it is to be strict (RFC 7489 section 3.1).
func aligned(domain, author string, strict bool) bool {
	domain, author = strings.ToLower(domain), strings.ToLower(author)
	if strict {
		return domain == author
	}
	return organizational(domain) == organizational(author)
}
