package authentication

import (
	"context"
	"net/netip"
	"time"

	"golang.org/x/net/publicsuffix"
)

// Outcome is what a check found, in the words of RFC 8601 section 2.7.
type Outcome string

const (
	None      Outcome = "none" // there is nothing to check
	Pass      Outcome = "pass"
	Fail      Outcome = "fail"
	SoftFail  Outcome = "softfail"
	Neutral   Outcome = "neutral"
	TempError Outcome = "temperror" // not known; Result.Why says why
	PermError Outcome = "permerror" // what is published, or signed with, cannot be read
)

// Why something is not known.
const (
	WhyDeadline  = "deadline"   // an answer was not there in time
	WhyError     = "error"      // no usable answer
	WhyLimit     = "limit"      // a bound of this package, or of what is kept of a message
	WhySize      = "size"       // the message was not kept as a whole
	WhyNoAddress = "no-address" // the client has none
)

// Result is the outcome of one check.
type Result struct {
	Outcome Outcome
	Domain  string // whom it is about
	Policy  string // what DMARC's domain asks for if it fails: "none", "quarantine", "reject"
	Why     string // with TempError
}

// unknown is the result of a check that could not be made.
func unknown(domain, why string) Result {
	return Result{Outcome: TempError, Domain: domain, Why: why}
}

// Results are the outcomes of all checks.
type Results struct {
	SPF, DKIM, DMARC Result
}

// String is the outcomes in the manner of Authentication-Results:
// "spf=fail; dkim=none; dmarc=fail (p=reject)".
func (r Results) String() string {
	s := "spf=" + string(r.SPF.Outcome) + "; dkim=" + string(r.DKIM.Outcome) + "; dmarc=" + string(r.DMARC.Outcome)
	if r.DMARC.Policy != "" {
		s += " (p=" + r.DMARC.Policy + ")"
	}
	return s
}

// Mail is what is checked.
type Mail struct {
	Client  netip.Addr // invalid if it has none
	Helo    string
	From    string   // envelope sender; empty for the null sender
	Author  string   // domain of the first author's address
	Header  []string // the fields as they came, each with its CRLF at the end
	Body    []byte   // with CRLF or LF line ends
	Missing string   // why Header and Body are not the whole message: WhySize, WhyLimit; else empty
}

// Checker checks mail. It is safe for concurrent use.
type Checker struct {
	dns     DNS
	timeout time.Duration
}

// New returns a checker. Each question to DNS may take as long as timeout.
func New(dns DNS, timeout time.Duration) *Checker { return &Checker{dns, timeout} }

// Check makes all checks, one after the other. It returns soon after the context
// has ended.
func (c *Checker) Check(ctx context.Context, m Mail) Results {
	spf := c.spf(ctx, m)
	dkim, signers := c.dkim(ctx, m)
	return Results{SPF: spf, DKIM: dkim, DMARC: c.dmarc(ctx, m, spf, dkim, signers)}
}

// organizational returns the domain that is registered, as DMARC wants it (RFC
// 7489 section 3.2).
func organizational(domain string) string {
	if registered, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return registered
	}
	return domain
}
