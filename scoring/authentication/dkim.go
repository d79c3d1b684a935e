package authentication

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
)

// Bounds of what is verified of a message.
const (
	maxSignatures = 4       // signatures, the topmost first
	maxSigned     = 100     // header fields that one of them names
	maxKey        = 2 << 10 // bytes of a key as it is published: 8192 bits have 1420
)

// signature is a signature that has been looked at.
type signature struct {
	Outcome
	domain string
}

// dkim verifies the signatures of a message. It returns the best outcome, and
// the domains whose signatures are good.
func (c *Checker) dkim(ctx context.Context, m Mail) (Result, []string) {
	var places []int
	for i, field := range m.Header {
		if name, _, _ := strings.Cut(field, ":"); strings.EqualFold(strings.TrimSpace(name), "DKIM-Signature") {
			places = append(places, i)
		}
	}
	switch {
	case m.Missing == WhyLimit || m.Missing != "" && len(places) > 0:
		return unknown("", m.Missing), nil
	case len(places) == 0:
		return Result{Outcome: None}, nil
	}
	dns := c.asker()
	var all []signature
	for _, place := range places[:min(len(places), maxSignatures)] {
		all = append(all, m.verify(ctx, place, dns))
	}
	if best, good := judge(all, m.Author); best.Outcome == TempError {
		return unknown(best.Domain, dns.missing()), good
	} else if best.Outcome != Pass && len(places) > maxSignatures {
		return unknown(best.Domain, WhyLimit), good
	} else {
		return best, good
	}
}

// judge returns the best outcome, that of the author's own domain before others,
// and the domains whose signatures are good.
func judge(all []signature, author string) (best Result, good []string) {
	worth := map[Outcome]int{Pass: 4, TempError: 3, Fail: 2, PermError: 1}
	for _, s := range all {
		if s.Outcome == Pass {
			good = append(good, s.domain)
		}
		better := worth[s.Outcome] > worth[best.Outcome]
		if better || s.Outcome == best.Outcome && aligned(s.domain, author, false) && !aligned(best.Domain, author, false) {
			best = Result{Outcome: s.Outcome, Domain: s.domain}
		}
	}
	return best, good
}

// verify verifies the signature in one field. It is put first, and the library
// told to look at no other: those below it stay below, as it may have signed
// them, and nothing runs beside the caller, whom a panic would not reach.
func (m *Mail) verify(ctx context.Context, place int, dns *asker) signature {
	field := m.Header[place]
	if strings.Count(field, ":") > maxSigned {
		return signature{Outcome: PermError}
	}
	readers := []io.Reader{strings.NewReader(field)}
	for i, other := range m.Header {
		if i != place {
			readers = append(readers, strings.NewReader(other))
		}
	}
	readers = append(readers, strings.NewReader("\r\n"), bytes.NewReader(m.Body))
	verified, err := dkim.VerifyWithOptions(io.MultiReader(readers...), &dkim.VerifyOptions{
		LookupTXT:        func(name string) ([]string, error) { return key(ctx, dns, name) },
		MaxVerifications: 1,
	})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) || len(verified) != 1 {
		return signature{Outcome: PermError}
	}
	return signature{outcome(verified[0].Err), strings.ToLower(verified[0].Domain)}
}

// outcome reads the library's error. A signature that cannot be used is as good
// as none (RFC 6376 section 6.1).
func outcome(err error) Outcome {
	switch {
	case err == nil:
		return Pass
	case dkim.IsTempFail(err):
		return TempError
	case dkim.IsPermFail(err):
		return PermError
	}
	return Fail
}

// key looks a key up. One that is too long is not worth the time that it takes.
func key(ctx context.Context, dns *asker, name string) ([]string, error) {
	records, err := dns.LookupTXT(ctx, name)
	for _, record := range records {
		if len(record) > maxKey {
			return nil, errors.New("the key is too long")
		}
	}
	return records, err
}
