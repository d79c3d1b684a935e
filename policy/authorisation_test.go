package policy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// hosted is a configuration in which acme's domain is for one group and some
// logins, and shared.example is for two owners.
func hosted(domains DomainScope) Config {
	c := withPolicy("home", func(f *FlowConfig) { f.Authorisation.Domains = domains })
	c.Groups.Set("server", GroupConfig{Clients: []string{"192.0.2.1"}, Policy: "home"})
	c.Owners.Set("acme", OwnerConfig{Domains: []string{"acme.example", "shared.example"}, Groups: []string{"server"}, Logins: []string{"bob", "@acme.example"}})
	c.Owners.Set("shop", OwnerConfig{Domains: []string{".shop.example", "shared.example"}, Logins: []string{"eve"}})
	return c
}

func TestAuthorise(t *testing.T) {
	const (
		refused = "owner acme has acme.example, and this client is not one of its own"
		byLogin = "owner acme has acme.example, and login bob is its own"
		nobody  = "no owner has it"
	)
	for name, c := range map[string]struct {
		group, login, domain string
		any, own             bool
		why                  string
	}{
		"nobody's":                 {"home", "", "other.example", true, false, nobody},
		"a stranger":               {"home", "", "acme.example", false, false, refused},
		"another login":            {"home", "eve", "acme.example", false, false, refused},
		"its login":                {"home", "Bob", "acme.example", true, true, byLogin},
		"its realm":                {"home", "x@ACME.example", "acme.example", true, true, "owner acme has acme.example, and login @acme.example is its own"},
		"a realm below":            {"home", "x@sub.acme.example", "acme.example", false, false, refused},
		"its group":                {"server", "", "acme.example", true, true, "owner acme has acme.example, and group server is its own"},
		"below, which it lacks":    {"home", "", "mail.acme.example", true, false, nobody},
		"below, which it has":      {"home", "bob", "www.shop.example", false, false, "owner shop has .shop.example, and this client is not one of its own"},
		"the second of two owners": {"home", "eve", "shared.example", true, true, "owner shop has shared.example, and login eve is its own"},
		"neither of two owners":    {"home", "", "shared.example", false, false, "owner acme has shared.example, and this client is not one of its own"},
		"no domain":                {"home", "bob", "", true, false, nobody},
	} {
		for scope, want := range map[DomainScope]bool{AnyDomain: c.any, OwnDomains: c.own} {
			r := compile(t, hosted(scope), "")
			f := r.Authorise(Match{Group: c.group, Flow: r.Flow("home")}, Client{Login: c.login}, InEnvelope, c.domain)
			if f.Allowed != want || f.Place != InEnvelope || f.Domain != c.domain {
				t.Errorf("%s, %s: %+v", name, scope, f)
			}
			if scope == AnyDomain && f.Why() != c.why {
				t.Errorf("%s: %q, want %q", name, f.Why(), c.why)
			}
			if f.Notable() == (c.why == nobody && f.Allowed) {
				t.Errorf("%s, %s: notable %v", name, scope, f.Notable())
			}
		}
	}
}

func TestWhyADomainMustBeOnesOwn(t *testing.T) {
	r := compile(t, hosted(OwnDomains), "")
	m := Match{Group: "home", Flow: r.Flow("home")}
	for domain, want := range map[string]string{
		"other.example": "no owner has it, and the policy wants a domain of the sender's own",
		"":              "it has no domain, and the policy wants one of the sender's own",
	} {
		if got := r.Authorise(m, Client{}, InHeader, domain).Why(); got != want {
			t.Errorf("%q: %q", domain, got)
		}
	}
	for scope, allowed := range map[DomainScope]bool{AnyDomain: true, OwnDomains: false} {
		f := compile(t, hosted(scope), "").Flow("home").UnclearAuthor("several From fields")
		if f.Allowed != allowed || !f.Notable() || f.Why() != "several From fields" || f.Place != InHeader {
			t.Errorf("%s: %+v", scope, f)
		}
	}
}

func TestUnauthorisedIsAVerdict(t *testing.T) {
	flow := func(action AuthorisationAction, reply string) *Flow {
		return compile(t, withPolicy("home", func(f *FlowConfig) {
			f.Authorisation.Action = action
			if reply != "" {
				f.Replies = map[Reason]string{ReasonUnauthorised: reply}
			}
		}), "").Flow("home")
	}
	bad, none := &Finding{Domain: "acme.example"}, &Finding{}
	for name, c := range map[string]struct {
		flow  *Flow
		found *Finding
		want  string
	}{
		"refuse":           {flow(AuthorisationRefuse, ""), bad, "550 5.7.1 Mail in the name of acme.example is not accepted from your connection (unauthorised, ref 7F3K9QX2)"},
		"without a domain": {flow(AuthorisationRefuse, ""), none, "550 5.7.1 Mail without a domain of yours is not accepted from your connection (unauthorised, ref 7F3K9QX2)"},
		"hostile domain":   {flow(AuthorisationRefuse, ""), &Finding{Domain: "a\r\n250 ok\u00e9"}, "550 5.7.1 Mail in the name of a??250 ok? is not accepted from your connection (unauthorised, ref 7F3K9QX2)"},
		"own words":        {flow(AuthorisationRefuse, "553 5.7.1 Not {domain}"), bad, "553 5.7.1 Not acme.example (unauthorised, ref 7F3K9QX2)"},
		"own 4xx":          {flow(AuthorisationRefuse, "450 4.7.1 Not {domain}"), bad, "450 4.7.1 Not acme.example (unauthorised, ref 7F3K9QX2)"},
		"score":            {flow(AuthorisationScore, ""), bad, ""},
		"record":           {flow(AuthorisationRecord, ""), bad, ""},
		"allowed":          {flow(AuthorisationRefuse, ""), &Finding{Allowed: true}, ""},
		"nothing found":    {flow(AuthorisationRefuse, ""), nil, ""},
	} {
		v, refused := c.flow.Unauthorised(c.found)
		got := ""
		if refused {
			got = line(c.flow.Word(v, vars))
		}
		if got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, c.want)
		}
	}
	v := Verdict{Action: Tempfail, Reason: ReasonLimit, Detail: "recipients-1h", Wait: time.Hour}
	f := &Flow{replies: map[Reason]reply{ReasonLimit: {450, "4.7.1", "[{domain}]"}}}
	if got := f.Word(v, Vars{}).Text; got != "[] (limit recipients-1h)" {
		t.Errorf("the domain of another reason: %q", got)
	}
}

// Senders that are known are looked at, and nothing is done about it.
func TestBuiltinAuthorisation(t *testing.T) {
	got := make(map[string]AuthorisationConfig)
	for _, f := range compile(t, Default(), "").flows {
		got[f.Name] = f.Authorisation
	}
	look := AuthorisationConfig{Action: AuthorisationRecord, Points: 3, Header: true}
	none := AuthorisationConfig{Action: AuthorisationOff, Points: 3, Header: true}
	want := map[string]AuthorisationConfig{
		"direct": none, "relayed": look, "authenticated": look, "local": none, "blocked": none,
		"corporate": {Action: AuthorisationRecord, Points: 3},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
