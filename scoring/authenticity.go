package scoring

import (
	"context"
	"strings"
	"time"

	"sluice/policy/config"
	"sluice/scoring/authentication"
)

// This file is who stands behind a message that comes from anywhere: SPF, DKIM
// and DMARC. Own customers are known otherwise, and their mail is not signed
// yet.

// The checks of authentication, as the report names them where they were not
// made.
const (
	authenticationCheck = "authentication" // all of them
	spfCheck            = "spf"
	dkimCheck           = "dkim"
	dmarcCheck          = "dmarc"
)

// authenticationRule is the hit that tells all outcomes together. It is worth
// nothing.
const authenticationRule = "AUTHENTICATION"

// outcomePoints are the outcomes that can be worth something, and what they are
// worth by default. A pass says who it is, and nothing about what they write.
// Forwarding breaks SPF, and many signatures: one alone tags nothing.
var outcomePoints = map[string]float64{
	"SPF_PASS": 0, "SPF_FAIL": 1, "SPF_SOFTFAIL": 0.5, "SPF_NEUTRAL": 0, "SPF_NONE": 0, "SPF_PERMERROR": 0,
	"DKIM_PASS": 0, "DKIM_FAIL": 0.3, "DKIM_NONE": 0, "DKIM_PERMERROR": 0,
	"DMARC_PASS": 0, "DMARC_FAIL_NONE": 0.2, "DMARC_FAIL_QUARANTINE": 1.5, "DMARC_FAIL_REJECT": 2.5,
	"DMARC_NONE": 0, "DMARC_PERMERROR": 0,
}

// authenticator is the checks and what their outcomes are worth.
type authenticator struct {
	checker *authentication.Checker
	maxSize int64 // bytes of a message whose signatures are verified
	points  map[string]float64
	observe bool
}

// compileAuthentication returns nil unless it is enabled.
func compileAuthentication(c AuthenticationConfig, ps *config.Problems) *authenticator {
	a := &authenticator{maxSize: int64(c.MaxSize), points: make(map[string]float64), observe: c.Observe}
	for outcome, points := range outcomePoints {
		a.points[outcome] = points
	}
	for _, outcome := range sortedKeys(c.Points) {
		key := "authentication.points." + outcome
		if _, known := outcomePoints[outcome]; !known {
			ps.Errorf(key, didYouMean(outcome, sortedKeys(outcomePoints)), "there is no outcome %q", outcome)
		}
		checkPoints(key, c.Points[outcome], ps)
		a.points[outcome] = c.Points[outcome]
	}
	if c.MaxSize <= 0 {
		ps.Errorf("authentication.max_size", "1M is usual", "no signature would be verified")
	}
	if !c.Enabled {
		return nil
	}
	return a
}

// open lets the authenticator ask DNS. A nil one needs nothing.
func (a *authenticator) open(dns authentication.DNS, c ResolverConfig) {
	if a != nil {
		a.checker = authentication.New(dns, time.Duration(c.Timeout))
	}
}

// askAuthentication prepares the checks of who stands behind a message, if they
// are enabled and it comes from anywhere; the result makes them, and touches the
// message only to read it.
func (s *Scorer) askAuthentication(ctx context.Context, f *facts) func() finding {
	switch {
	case s.authenticator == nil:
		return func() finding { return finding{} }
	case f.in.Set != Direct:
		return func() finding { return finding{skipped: []Skip{{authenticationCheck, "set"}}} }
	}
	mail := s.authenticator.mail(f)
	return func() finding { return s.authenticator.find(s.authenticator.checker.Check(ctx, mail)) }
}

// mail is the message as it is checked.
func (a *authenticator) mail(f *facts) authentication.Mail {
	m := authentication.Mail{
		Client: f.in.Client,
		Helo:   f.in.Helo,
		From:   f.in.From,
		Author: domainOf(f.from),
		Body:   f.whole.kept,
	}
	for i := range f.whole.headers {
		m.Header = append(m.Header, f.whole.field(i))
	}
	switch {
	case !f.whole.whole() || f.whole.Size() > a.maxSize:
		m.Missing = authentication.WhySize
	case !f.whole.exact():
		m.Missing = authentication.WhyLimit
	}
	return m
}

// find turns outcomes into hits and skips.
func (a *authenticator) find(r authentication.Results) finding {
	f := finding{hits: []Hit{{Rule: authenticationRule, Note: r.String(), Observe: true}}}
	for _, check := range []struct {
		name   string
		result authentication.Result
	}{{spfCheck, r.SPF}, {dkimCheck, r.DKIM}, {dmarcCheck, r.DMARC}} {
		if check.result.Outcome == authentication.TempError {
			f.skipped = append(f.skipped, Skip{check.name, check.result.Why})
			continue
		}
		rule := strings.ToUpper(check.name + "_" + string(check.result.Outcome))
		if check.name == dmarcCheck && check.result.Outcome == authentication.Fail {
			rule += "_" + strings.ToUpper(check.result.Policy)
		}
		if points := a.points[rule]; points != 0 {
			f.hits = append(f.hits, Hit{rule, points, check.result.Domain, a.observe})
		}
	}
	return f
}

// isOutcome says whether a hit is one of authentication.
func isOutcome(hit string) bool {
	_, outcome := outcomePoints[hit]
	return outcome || hit == authenticationRule
}
