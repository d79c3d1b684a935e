package scoring

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/policy/config"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/google/go-cmp/cmp"
)

// signingKey is the same each time, and so are signatures with it.
var signingKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte("s"), ed25519.SeedSize))

// authentic is what example.org publishes: its mail comes from 203.0.113.7 or is
// signed, or else is to be refused.
var authentic = `
	example.org. TXT "v=spf1 ip4:203.0.113.7 -all"
	soft.example. TXT "v=spf1 ~all"
	_dmarc.example.org. TXT "v=DMARC1; p=reject"
	sel._domainkey.example.org. TXT "v=DKIM1; k=ed25519; p=` +
	base64.StdEncoding.EncodeToString(signingKey.Public().(ed25519.PublicKey)) + `"`

// sign signs a message with LF line ends as example.org, to the space.
func sign(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	err := dkim.Sign(&b, strings.NewReader(strings.ReplaceAll(text, "\n", "\r\n")),
		&dkim.SignOptions{Domain: "example.org", Selector: "sel", Signer: signingKey})
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(b.String(), "\r\n", "\n")
}

// withAuthentication is the default configuration with authentication that asks
// a server, changed.
func withAuthentication(server *nameServer, change func(*AuthenticationConfig)) Config {
	return with(func(c *Config) {
		server.patient(c)
		c.Authentication.Enabled = true
		change(&c.Authentication)
	})
}

// rules are the names of hits.
func rules(r Report) (names []string) {
	for _, h := range r.Hits {
		names = append(names, h.Rule)
	}
	return names
}

func TestAuthentication(t *testing.T) {
	server := newNameServer(t, authentic)
	defaults := func(*AuthenticationConfig) {}
	text := letter("", prose)
	signed := sign(t, text)
	from := func(client, sender string) Input {
		return Input{Set: Direct, Client: netip.MustParseAddr(client), From: sender}
	}
	for name, tt := range map[string]struct {
		change func(*AuthenticationConfig)
		text   string
		in     Input
		note   string
		score  float64
		hits   []string
	}{
		"its own client": {defaults, text, from("203.0.113.7", "ann@example.org"),
			"spf=pass; dkim=none; dmarc=pass (p=reject)", 0, []string{"AUTHENTICATION"}},
		"signed": {defaults, signed, from("198.51.100.1", "a@soft.example"),
			"spf=softfail; dkim=pass; dmarc=pass (p=reject)", 0.5, []string{"SPF_SOFTFAIL", "AUTHENTICATION"}},
		"forged": {defaults, text, from("198.51.100.1", "ann@example.org"),
			"spf=fail; dkim=none; dmarc=fail (p=reject)", 3.5, []string{"DMARC_FAIL_REJECT", "SPF_FAIL", "AUTHENTICATION"}},
		"changed": {defaults, signed + "more\n", from("198.51.100.1", "a@soft.example"),
			"spf=softfail; dkim=fail; dmarc=fail (p=reject)", 3.3, []string{"DMARC_FAIL_REJECT", "SPF_SOFTFAIL", "DKIM_FAIL", "AUTHENTICATION"}},
		"nobody": {defaults, letter("From: <a@none.example>", prose), from("198.51.100.1", "a@none.example"),
			"spf=none; dkim=none; dmarc=none", 0, []string{"AUTHENTICATION"}},
		"own points": {func(c *AuthenticationConfig) {
			c.Points = map[string]float64{"SPF_FAIL": 0, "DMARC_FAIL_REJECT": 4, "DKIM_NONE": 0.1}
		}, text, from("198.51.100.1", "ann@example.org"),
			"spf=fail; dkim=none; dmarc=fail (p=reject)", 4.1, []string{"DMARC_FAIL_REJECT", "DKIM_NONE", "AUTHENTICATION"}},
		"observed": {func(c *AuthenticationConfig) { c.Observe = true }, text, from("198.51.100.1", "ann@example.org"),
			"spf=fail; dkim=none; dmarc=fail (p=reject)", 0, []string{"DMARC_FAIL_REJECT", "SPF_FAIL", "AUTHENTICATION"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := scoreText(t, changed(t, withAuthentication(server, tt.change)), tt.text, tt.in)
			if diff := cmp.Diff(tt.hits, rules(r)); diff != "" || r.Score != tt.score {
				t.Errorf("score %v, want %v; hits (-want +got):\n%s", r.Score, tt.score, diff)
			}
			if h, _ := r.hit("AUTHENTICATION"); h.Note != tt.note || h.Points != 0 || !h.Observe {
				t.Errorf("%+v, want %q", h, tt.note)
			}
			if want := []Skip{{"reputation", "policy"}}; !slices.Equal(r.Skipped, want) {
				t.Errorf("skipped %v", r.Skipped)
			}
		})
	}
}

func TestAuthenticationOfOwnCustomersIsNotAsked(t *testing.T) {
	server := newNameServer(t, authentic)
	in := Input{Client: netip.MustParseAddr("198.51.100.1"), From: "ann@example.org"}
	s := changed(t, withAuthentication(server, func(*AuthenticationConfig) {}))
	for _, set := range []Set{Relayed, Authenticated} {
		in.Set = set
		r := scoreText(t, s, sign(t, letter("", prose)), in)
		if want := []Skip{{"reputation", "policy"}, {"authentication", "set"}}; !slices.Equal(r.Skipped, want) || len(r.Hits) != 0 {
			t.Errorf("%s: hits %v, skipped %v", set, r.Hits, r.Skipped)
		}
	}
	in.Set = Direct
	off := changed(t, withAuthentication(server, func(c *AuthenticationConfig) { c.Enabled = false }))
	if r := scoreText(t, off, letter("", prose), in); len(r.Hits) != 0 || len(r.Skipped) != 1 {
		t.Errorf("not enabled: hits %v, skipped %v", r.Hits, r.Skipped)
	}
	if got := server.questions(); len(got) != 0 {
		t.Errorf("asked for %q", got)
	}
}

func TestAuthenticationThatCannotBeChecked(t *testing.T) {
	text := sign(t, letter("", prose))
	many := strings.Repeat("X-Many: x\n", maxHeaders) + text
	long := "X-Long: " + strings.Repeat("x", maxHeaderValue+1) + "\n" + text
	client := netip.MustParseAddr("198.51.100.1")
	for name, tt := range map[string]struct {
		text    string
		client  netip.Addr
		size    int
		silent  bool
		skipped []Skip
	}{
		"at the bound":    {text, client, len(text) + strings.Count(text, "\n"), false, nil},
		"above the bound": {text, client, 10, false, []Skip{{"dkim", "size"}, {"dmarc", "size"}}},
		"too many fields": {many, client, 1 << 20, false, []Skip{{"dkim", "limit"}, {"dmarc", "limit"}}},
		"field too long":  {long, client, 1 << 20, false, []Skip{{"dkim", "limit"}, {"dmarc", "limit"}}},
		"no address":      {letter("", prose), netip.Addr{}, 1 << 20, false, []Skip{{"spf", "no-address"}, {"dmarc", "no-address"}}},
		"no answer":       {text, client, 1 << 20, true, []Skip{{"spf", "deadline"}, {"dkim", "deadline"}, {"dmarc", "deadline"}}},
	} {
		t.Run(name, func(t *testing.T) {
			server := newNameServer(t, authentic)
			c := withAuthentication(server, func(c *AuthenticationConfig) { c.MaxSize = config.Size(tt.size) })
			if tt.silent {
				server.hush()
				c.Resolver.Timeout = config.Duration(time.Millisecond)
			}
			r := scoreText(t, changed(t, c), tt.text, Input{Set: Direct, Client: tt.client, From: "ann@example.org"})
			want := append([]Skip{{"reputation", "policy"}}, tt.skipped...)
			if diff := cmp.Diff(want, r.Skipped); diff != "" {
				t.Errorf("skipped (-want +got):\n%s", diff)
			}
			if h, found := r.hit("DMARC_FAIL_REJECT"); found {
				t.Errorf("held against it: %+v", h)
			}
		})
	}
}

func TestSignedMessageAsItTravels(t *testing.T) {
	server := newNameServer(t, authentic)
	text := "From:ann@example.org\nTo:  bob@example.net \nSubject: folded\n\tline\n\n" + prose + "\n"
	head, body, _ := strings.Cut(sign(t, text), "\n\n")
	m := NewMessage(1 << 20)
	for field := range strings.SplitSeq(strings.ReplaceAll(strings.ReplaceAll(head, "\n ", "\x00 "), "\n\t", "\x00\t"), "\n") {
		name, value, _ := strings.Cut(field, ":")
		m.AddHeader(name, strings.ReplaceAll(value, "\x00", "\n")) // as a milter gets them
	}
	m.Write([]byte(strings.ReplaceAll(body, "\n", "\r\n")))
	s := changed(t, withAuthentication(server, func(*AuthenticationConfig) {}))
	r, err := s.Score(t.Context(), m, Input{Set: Direct, Now: now, From: "ann@example.org", Client: netip.MustParseAddr("203.0.113.7")})
	if h, _ := r.hit("AUTHENTICATION"); err != nil || h.Note != "spf=pass; dkim=pass; dmarc=pass (p=reject)" {
		t.Errorf("%+v, error %v", h, err)
	}
}

func TestAuthenticationIsKeptFor(t *testing.T) {
	c := withAuthentication(&nameServer{addr: "127.0.0.1:53"}, func(c *AuthenticationConfig) { c.MaxSize = 7 })
	if got := changed(t, c).Keep(); got != 7 {
		t.Errorf("%d bytes", got)
	}
	c.Clamav.Address, c.Clamav.MaxSize = "unix:/x", 8
	if got := changed(t, c).Keep(); got != 8 {
		t.Errorf("with clamd, %d bytes", got)
	}
}

func TestMistakesInAuthentication(t *testing.T) {
	for name, tt := range map[string]struct {
		config Config
		want   string
	}{
		"outcome": {with(func(c *Config) { c.Authentication.Points = map[string]float64{"SPF_FIAL": 1} }),
			`authentication.points.SPF_FIAL: there is no outcome "SPF_FIAL" (did you mean SPF_FAIL?)`},
		"points": {with(func(c *Config) { c.Authentication.Points = map[string]float64{"SPF_FAIL": maxPoints + 1} }),
			"authentication.points.SPF_FAIL: 10001 is out of range (-10000 to 10000)"},
		"size": {with(func(c *Config) { c.Authentication.MaxSize = 0 }),
			"authentication.max_size: no signature would be verified (1M is usual)"},
		"rule of that name": {with(func(c *Config) { c.Rules.Set("spf-fail", RuleConfig{Field: "body", Pattern: "x", Points: 1}) }),
			"rule.spf-fail: reports call an outcome of authentication SPF_FAIL (choose another name)"},
		"rule of all": {with(func(c *Config) { c.Rules.Set("authentication", RuleConfig{Field: "body", Pattern: "x", Points: 1}) }),
			"rule.authentication: reports call an outcome of authentication AUTHENTICATION (choose another name)"},
	} {
		if diff := cmp.Diff([]string{tt.want}, problems(t, tt.config)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
