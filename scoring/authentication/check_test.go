package authentication

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/google/go-cmp/cmp"
)

const (
	inSPF  = "203.0.113.7"
	letter = "From: Ann <ann@example.org>\r\nTo: bob@example.net\r\nSubject:  Two  spaces\r\nX-Tight:none\r\n\r\nHello,\r\n  Bob \r\n\r\n"
)

// pair is a key and how it is published.
var pair = func() (p struct {
	private ed25519.PrivateKey
	record  string
}) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	p.private = private
	p.record = "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
	return p
}()

// signed signs a message as a domain.
func signed(t *testing.T, text, domain string, change func(*dkim.SignOptions)) string {
	t.Helper()
	o := &dkim.SignOptions{Domain: domain, Selector: "sel", Signer: crypto.Signer(pair.private),
		HeaderCanonicalization: dkim.CanonicalizationSimple, BodyCanonicalization: dkim.CanonicalizationSimple}
	if change != nil {
		change(o)
	}
	var b bytes.Buffer
	if err := dkim.Sign(&b, strings.NewReader(text), o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// mail makes a Mail of a message.
func mail(text string) Mail {
	m := Mail{Client: netip.MustParseAddr(inSPF), Helo: "mx.example.org", From: "ann@example.org", Author: "example.org"}
	head, body, _ := strings.Cut(text, "\r\n\r\n")
	m.Body = []byte(body)
	for line := range strings.SplitSeq(head, "\r\n") {
		if n := len(m.Header); n > 0 && strings.HasPrefix(line, " ") {
			m.Header[n-1] += line + "\r\n"
		} else {
			m.Header = append(m.Header, line+"\r\n")
		}
	}
	return m
}

// zoneFile has everything that the tests ask for, unless they change it.
func zoneFile() records {
	return records{
		"TXT example.org":                {"other", "v=spf1 ip4:203.0.113.0/24 mx -all"},
		"TXT soft.example":               {"v=spf1 ~all"},
		"TXT neutral.example":            {"v=spf1 ?all"},
		"TXT broken.example":             {"v=spf1 nonsense -all"},
		"TXT slow.example":               {"broken"},
		"TXT sel._domainkey.example.org": {pair.record},
		"TXT sel._domainkey.esp.example": {pair.record},
		"TXT _dmarc.example.org":         {"v=DMARC1; p=reject; sp=quarantine"},
		"MX example.org":                 {"mx.example.org"},
		"A mx.example.org":               {"198.51.100.9"},
	}
}

func TestSPF(t *testing.T) {
	for name, tt := range map[string]struct {
		client, helo, from string
		want               Result
	}{
		"network":           {inSPF, "x", "ann@example.org", Result{Pass, "example.org", "", ""}},
		"mapped":            {"::ffff:" + inSPF, "x", "ann@example.org", Result{Pass, "example.org", "", ""}},
		"mail exchanger":    {"198.51.100.9", "x", "ann@Example.org", Result{Pass, "example.org", "", ""}},
		"fail":              {"198.51.100.1", "x", "ann@example.org", Result{Fail, "example.org", "", ""}},
		"softfail":          {inSPF, "x", "a@soft.example", Result{SoftFail, "soft.example", "", ""}},
		"neutral":           {inSPF, "x", "a@neutral.example", Result{Neutral, "neutral.example", "", ""}},
		"permanent error":   {inSPF, "x", "a@broken.example", Result{PermError, "broken.example", "", ""}},
		"temporary error":   {inSPF, "x", "a@slow.example", Result{TempError, "slow.example", "", WhyError}},
		"none":              {inSPF, "x", "a@none.example", Result{None, "none.example", "", ""}},
		"null sender":       {inSPF, "example.org", "", Result{Pass, "example.org", "", ""}},
		"null sender, fail": {"198.51.100.1", "example.org", "", Result{Fail, "example.org", "", ""}},
		"null sender, HELO": {inSPF, "pc", "", Result{None, "pc", "", ""}},
		"quoted at sign":    {inSPF, "x", `"a@soft.example"@example.org`, Result{Pass, "example.org", "", ""}},
		"no domain":         {inSPF, "x", "ann", Result{None, "ann", "", ""}},
		"no address":        {"", "x", "ann@example.org", Result{TempError, "example.org", "", WhyNoAddress}},
	} {
		m := Mail{Helo: tt.helo, From: tt.from}
		if tt.client != "" {
			m.Client = netip.MustParseAddr(tt.client)
		}
		if diff := cmp.Diff(tt.want, checker(zoneFile()).Check(t.Context(), m).SPF); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestDKIM(t *testing.T) {
	relaxed := func(o *dkim.SignOptions) {
		o.HeaderCanonicalization, o.BodyCanonicalization = dkim.CanonicalizationRelaxed, dkim.CanonicalizationRelaxed
	}
	plain := signed(t, letter, "example.org", nil)
	sloppy := signed(t, letter, "example.org", relaxed)
	both := signed(t, signed(t, letter, "example.org", nil), "esp.example", nil)
	for name, tt := range map[string]struct {
		text string
		want Result
	}{
		"no signature":                     {letter, Result{None, "", "", ""}},
		"good":                             {plain, Result{Pass, "example.org", "", ""}},
		"good, relaxed":                    {sloppy, Result{Pass, "example.org", "", ""}},
		"another body":                     {plain + "more\r\n", Result{Fail, "example.org", "", ""}},
		"another header":                   {strings.Replace(plain, "bob@", "eve@", 1), Result{Fail, "example.org", "", ""}},
		"one space less":                   {strings.Replace(plain, "Two  spaces", "Two spaces", 1), Result{Fail, "example.org", "", ""}},
		"one space less, relaxed":          {strings.Replace(sloppy, "Two  spaces", "Two spaces", 1), Result{Pass, "example.org", "", ""}},
		"a space that was not there":       {strings.Replace(plain, "X-Tight:", "X-Tight: ", 1), Result{Fail, "example.org", "", ""}},
		"LF in the body":                   {strings.Replace(plain, "Hello,\r\n", "Hello,\n", 1), Result{Pass, "example.org", "", ""}},
		"without key":                      {signed(t, letter, "nokey.example", nil), Result{PermError, "nokey.example", "", ""}},
		"key that does not come":           {signed(t, letter, "slow.example", nil), Result{TempError, "slow.example", "", WhyError}},
		"key that is too long":             {signed(t, letter, "long.example", nil), Result{PermError, "long.example", "", ""}},
		"key as long as it may be":         {signed(t, letter, "longest.example", nil), Result{Pass, "longest.example", "", ""}},
		"unreadable":                       {"DKIM-Signature: x\r\n" + letter, Result{PermError, "", "", ""}},
		"a bad one above a good one":       {"DKIM-Signature: x\r\n" + plain, Result{Pass, "example.org", "", ""}},
		"two, the author's own is named":   {both, Result{Pass, "example.org", "", ""}},
		"two, the author's own is broken":  {strings.Replace(both, "esp.example", "ESP.example", 1) + "x\r\n", Result{Fail, "example.org", "", ""}},
		"the last that is looked at":       {strings.Repeat("DKIM-Signature: x\r\n", maxSignatures-1) + plain, Result{Pass, "example.org", "", ""}},
		"the first that is not looked at":  {strings.Repeat("DKIM-Signature: x\r\n", maxSignatures) + plain, Result{TempError, "", "", WhyLimit}},
		"as many names as may be signed":   {signed(t, letter, "example.org", signs(maxSigned)), Result{Pass, "example.org", "", ""}},
		"one more name":                    {signed(t, letter, "example.org", signs(maxSigned+1)), Result{PermError, "", "", ""}},
		"expired":                          {signed(t, letter, "example.org", func(o *dkim.SignOptions) { o.Expiration = time.Unix(1, 0) }), Result{PermError, "example.org", "", ""}},
		"signature over another signature": {signed(t, plain, "esp.example", nil), Result{Pass, "example.org", "", ""}},
	} {
		zone := zoneFile()
		zone["TXT sel._domainkey.slow.example"] = []string{"broken"}
		zone["TXT sel._domainkey.longest.example"] = []string{pair.record + strings.Repeat(" ", maxKey-len(pair.record))}
		zone["TXT sel._domainkey.long.example"] = []string{pair.record + strings.Repeat(" ", maxKey-len(pair.record)+1)}
		if diff := cmp.Diff(tt.want, checker(zone).Check(t.Context(), mail(tt.text)).DKIM); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// signs makes a signature's field have n colons: one before its value, the
// others between the names that it signs.
func signs(n int) func(*dkim.SignOptions) {
	return func(o *dkim.SignOptions) {
		o.HeaderKeys = []string{"From"}
		for i := range n - 1 {
			o.HeaderKeys = append(o.HeaderKeys, fmt.Sprintf("X-%d", i))
		}
	}
}

func TestMessageThatIsNotWhole(t *testing.T) {
	for _, why := range []string{WhySize, WhyLimit} {
		m := mail(signed(t, letter, "example.org", nil))
		m.Missing = why
		got := checker(zoneFile()).Check(t.Context(), m)
		if want := (Result{TempError, "", "", why}); got.DKIM != want || got.DMARC.Outcome != Pass {
			t.Errorf("%+v, want DKIM %+v and DMARC by SPF", got, want)
		}
		m.From = "a@soft.example"
		if got := checker(zoneFile()).Check(t.Context(), m).DMARC; got.Outcome != TempError || got.Why != why {
			t.Errorf("without SPF: %+v", got)
		}
		m = mail(letter)
		m.Missing = why
		want := Result{Outcome: None}
		if why == WhyLimit {
			want = Result{TempError, "", "", why} // it may be in what is missing
		}
		if got := checker(zoneFile()).Check(t.Context(), m).DKIM; got != want {
			t.Errorf("without a signature: %+v, want %+v", got, want)
		}
	}
}

func TestDMARC(t *testing.T) {
	own, others := signed(t, letter, "example.org", nil), signed(t, letter, "esp.example", nil)
	for name, tt := range map[string]struct {
		record, author, from, text string
		want                       Result
	}{
		"SPF":                      {"v=DMARC1; p=reject", "example.org", "ann@example.org", letter, Result{Pass, "example.org", "reject", ""}},
		"SPF for a name below":     {"v=DMARC1; p=reject", "sub.example.org", "ann@example.org", letter, Result{Pass, "sub.example.org", "reject", ""}},
		"SPF, strict":              {"v=DMARC1; p=reject; aspf=s", "sub.example.org", "ann@example.org", letter, Result{Fail, "sub.example.org", "reject", ""}},
		"SPF of another":           {"v=DMARC1; p=reject", "example.org", "a@soft.example", letter, Result{Fail, "example.org", "reject", ""}},
		"signature":                {"v=DMARC1; p=reject", "example.org", "a@soft.example", own, Result{Pass, "example.org", "reject", ""}},
		"signature, strict":        {"v=DMARC1; p=reject; adkim=s", "sub.example.org", "a@soft.example", own, Result{Fail, "sub.example.org", "reject", ""}},
		"signature of another":     {"v=DMARC1; p=quarantine", "example.org", "a@soft.example", others, Result{Fail, "example.org", "quarantine", ""}},
		"broken signature":         {"v=DMARC1; p=none", "example.org", "a@soft.example", own + "x\r\n", Result{Fail, "example.org", "none", ""}},
		"for names below":          {"v=DMARC1; p=reject; sp=none", "sub.example.org", "a@soft.example", letter, Result{Fail, "sub.example.org", "none", ""}},
		"on trial":                 {"v=DMARC1; p=reject; pct=0", "example.org", "a@soft.example", letter, Result{Fail, "example.org", "none", ""}},
		"some of it":               {"v=DMARC1; p=reject; pct=1", "example.org", "a@soft.example", letter, Result{Fail, "example.org", "reject", ""}},
		"no record":                {"", "example.org", "ann@example.org", letter, Result{None, "example.org", "", ""}},
		"another record":           {"v=spf1", "example.org", "ann@example.org", letter, Result{None, "example.org", "", ""}},
		"unreadable":               {"v=DMARC1; p=strict", "example.org", "ann@example.org", letter, Result{PermError, "example.org", "", ""}},
		"not answered":             {"broken", "example.org", "ann@example.org", letter, Result{TempError, "example.org", "", WhyError}},
		"SPF not answered":         {"v=DMARC1; p=reject", "example.org", "a@slow.example", letter, Result{TempError, "example.org", "", WhyError}},
		"SPF not answered, signed": {"v=DMARC1; p=reject", "example.org", "a@slow.example", own, Result{Pass, "example.org", "reject", ""}},
		"no author":                {"v=DMARC1; p=reject", "", "ann@example.org", letter, Result{None, "", "", ""}},
	} {
		zone := zoneFile()
		delete(zone, "TXT _dmarc.example.org")
		if tt.record != "" {
			zone["TXT _dmarc.example.org"] = []string{tt.record}
		}
		m := mail(tt.text)
		m.Author, m.From = tt.author, tt.from
		if diff := cmp.Diff(tt.want, checker(zone).Check(t.Context(), m).DMARC); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestLateAnswers(t *testing.T) {
	zone := zoneFile()
	for _, name := range []string{"TXT example.org", "TXT sel._domainkey.example.org", "TXT _dmarc.example.org"} {
		zone[name] = []string{"late"}
	}
	c := New(&fakeDNS{records: zone}, time.Millisecond)
	got := c.Check(t.Context(), mail(signed(t, letter, "example.org", nil)))
	for name, r := range map[string]Result{"SPF": got.SPF, "DKIM": got.DKIM, "DMARC": got.DMARC} {
		if r.Outcome != TempError || r.Why != WhyDeadline {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestSPFWithTooManyQuestions(t *testing.T) {
	var hosts []string
	zone := records{"TXT many.example": {"v=spf1 mx:a.example mx:b.example mx:c.example -all"}}
	for i := range 10 {
		hosts = append(hosts, fmt.Sprintf("h%d.example", i))
		zone["A "+hosts[i]] = []string{"192.0.2.1"}
	}
	for _, name := range []string{"a", "b", "c"} {
		zone["MX "+name+".example"] = hosts
	}
	dns := &fakeDNS{records: zone}
	got := New(dns, time.Minute).Check(t.Context(), Mail{Client: netip.MustParseAddr(inSPF), From: "a@many.example"})
	if want := (Result{TempError, "many.example", "", WhyLimit}); got.SPF != want || dns.asked > maxLookups {
		t.Errorf("%+v after %d questions, want %+v", got.SPF, dns.asked, want)
	}
}

func TestResultsInWords(t *testing.T) {
	r := Results{SPF: Result{Outcome: Fail}, DKIM: Result{Outcome: None}, DMARC: Result{Outcome: Fail, Policy: "reject"}}
	if got, want := r.String(), "spf=fail; dkim=none; dmarc=fail (p=reject)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := (Results{SPF: Result{Outcome: Pass}, DKIM: Result{Outcome: Pass}, DMARC: Result{Outcome: None}}).String(), "spf=pass; dkim=pass; dmarc=none"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// BenchmarkCheck is the most that a message of 1 MB can cost.
func BenchmarkCheck(b *testing.B) {
	t := new(testing.T)
	text := signed(t, letter+strings.Repeat("all the lines of a long message are alike\r\n", 25_000), "example.org", func(o *dkim.SignOptions) {
		o.BodyCanonicalization = dkim.CanonicalizationRelaxed
	})
	m := mail(text)
	for i := range maxSignatures - 1 {
		m.Header = append([]string{m.Header[i]}, m.Header...)
	}
	c := checker(zoneFile())
	for b.Loop() {
		c.Check(b.Context(), m)
	}
}
