package policy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// withOwners is the default configuration with these owners.
func withOwners(owners ...named[OwnerConfig]) Config {
	c := Default()
	for _, o := range owners {
		c.Owners.Set(o.name, o.value)
	}
	return c
}

func ofOwner(name string, domains ...string) named[OwnerConfig] {
	return named[OwnerConfig]{name, OwnerConfig{Domains: domains, Logins: []string{"bob"}}}
}

func TestFoldDomain(t *testing.T) {
	for domain, want := range map[string]string{
		"example.net":           "example.net",
		"Example.NET":           "example.net",
		"example.net.":          "example.net",
		"example.net..":         "example.net",
		"b\u00fccher.example":   "xn--bcher-kva.example",
		"B\u00dcCHER.example.":  "xn--bcher-kva.example",
		"bu\u0308cher.example":  "xn--bcher-kva.example", // decomposed
		"XN--BCHER-KVA.example": "xn--bcher-kva.example",
		"\uff45xample\u3002net": "example.net", // full width
		"exam\u200bple.net":     "example.net", // a space without width
		"b\xfccher.example":     "b\ufffdcher.example",
		"":                      "",
		".":                     "",
		"[192.0.2.1]":           "[192.0.2.1]",
		strings.Repeat("x", maxAddress) + ".other": strings.Repeat("x", maxAddress),
	} {
		if got := FoldDomain(domain); got != want {
			t.Errorf("%q: %q, want %q", domain, got, want)
		}
	}
}

func TestAddressDomain(t *testing.T) {
	for address, want := range map[string]string{
		"a@example.net": "example.net", `"a@b"@Example.net.`: "example.net", "root": "", "": "", "a@": "", "a@local": "local",
	} {
		if got := AddressDomain(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

func TestOwners(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "hosted.txt", "# customers\nexample.org   # since May\n.example.org\n")
	r := compile(t, withOwners(
		ofOwner("acme", "Example.net", "b\u00fccher.example."),
		ofOwner("below", ".example.net"),
		ofOwner("shop", "shop.example.net", ".\u00fcber.example"),
		ofOwner("hosted", "file:hosted.txt"),
		ofOwner("partner", "example.net"),
	), dir)
	for domain, want := range map[string]string{
		"example.net":             "acme partner",
		"EXAMPLE.net.":            "acme partner",
		"a.example.net":           "below",
		"a.b.example.net":         "below",
		"shop.example.net":        "shop", // the longest entry holds
		"a.shop.example.net":      "below",
		"notexample.net":          "",
		"net":                     "",
		"example.net.evil.com":    "",
		"xn--bcher-kva.example":   "acme",
		"b\u00fccher.example":     "acme",
		"\u00fcber.example":       "",
		"www.xn--ber-goa.example": "shop",
		"example.org":             "hosted",
		"x.example.org":           "hosted",
		"":                        "",
		"..example.net":           "below",
	} {
		if got := strings.Join(r.Owners(domain), " "); got != want {
			t.Errorf("%q is of %q, want %q", domain, got, want)
		}
	}
}

// The look-up by labels is compared with a walk through all entries.
func TestTheLongestEntryHolds(t *testing.T) {
	label := rapid.SampledFrom([]string{"a", "b", "ab"})
	domain := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(label, 1, 4).Draw(t, "labels"), ".")
	})
	entry := rapid.Custom(func(t *rapid.T) string {
		return rapid.SampledFrom([]string{"", "."}).Draw(t, "dot") + domain.Draw(t, "entry")
	})
	rapid.Check(t, func(t *rapid.T) {
		entries := rapid.SliceOfNDistinct(entry, 1, 8, rapid.ID).Draw(t, "entries")
		asked := domain.Draw(t, "asked")
		var owners []named[OwnerConfig]
		longest, want := "", ""
		for i, e := range entries {
			name := fmt.Sprint("owner", i)
			owners = append(owners, ofOwner(name, e))
			covers := asked == e || e[0] == '.' && strings.HasSuffix(asked, e)
			if covers && len(e) > len(longest) {
				longest, want = e, name
			}
		}
		r := compile(t, withOwners(owners...), "")
		for _, form := range []string{asked, strings.ToUpper(asked), asked + "."} {
			if got := strings.Join(r.Owners(form), " "); got != want {
				t.Fatalf("%s among %v: %q, want %q", form, entries, got, want)
			}
		}
	})
}

// Each case is one mistake in a configuration that is good otherwise.
func TestMistakesOfOwners(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "hosted.txt", "example.org\nbad domain\n")
	edit := func(edit func(*OwnerConfig)) Config {
		o := ofOwner("acme", "example.net")
		edit(&o.value)
		return withOwners(o)
	}
	domain := func(d string) Config { return edit(func(o *OwnerConfig) { o.Domains = []string{"example.com", d} }) }
	own := func(o ...named[OwnerConfig]) Config {
		c := withPolicy("home", func(f *FlowConfig) { f.Authorisation.Domains = OwnDomains })
		c.Owners = withOwners(o...).Owners
		return c
	}
	off := func(mode Mode, action AuthorisationAction) Config {
		c := withPolicy("home", func(f *FlowConfig) { f.Mode, f.Authorisation.Action = mode, action })
		c.Owners = withOwners(ofOwner("acme", "example.net")).Owners
		return c
	}
	home := func(edit func(*FlowConfig)) Config { return withPolicy("home", edit) }
	ofHome := named[OwnerConfig]{"acme", OwnerConfig{Domains: []string{"example.net"}, Groups: []string{"home"}}}
	for name, c := range map[string]struct {
		config Config
		want   string
	}{
		"none":                    {domain(".sub_domain.example-1.net."), ``},
		"internationalised":       {domain("B\u00dcCHER.example"), ``},
		"no domains":              {edit(func(o *OwnerConfig) { o.Domains = nil }), `owner.acme.domains: the owner has no domains (write domains = ["example.net"])`},
		"nobody":                  {edit(func(o *OwnerConfig) { o.Logins = nil }), `warning: owner.acme: nobody is in it: nobody may use its domains (name groups or logins)`},
		"unknown group":           {edit(func(o *OwnerConfig) { o.Groups = []string{"local", "privat"} }), `owner.acme.groups[1]: there is no [group.privat] (did you mean private?)`},
		"missing list of logins":  {edit(func(o *OwnerConfig) { o.Logins = []string{"file:no.txt"} }), `owner.acme.logins[0]: list DIR/no.txt: there is no such file`},
		"missing list of domains": {domain("file:no.txt"), `owner.acme.domains[1]: list DIR/no.txt: there is no such file`},
		"bad line in a list":      {domain("file:hosted.txt"), `DIR/hosted.txt:2: owner.acme.domains: "bad domain" is more than one word (write each in quotes of its own, in a file one a line)`},
		"pattern of logins":       {edit(func(o *OwnerConfig) { o.Logins = []string{"*@example.net"} }), `owner.acme.logins[0]: "*@example.net" is no pattern: words are compared as they are (write @example.net for all logins of a realm)`},
		"pattern":                 {domain("*.example.net"), `owner.acme.domains[1]: "*.example.net" is no pattern: words are compared as they are (write .example.net for all domains below)`},
		"other pattern":           {domain("ex*"), `owner.acme.domains[1]: "ex*" is no pattern: words are compared as they are (write .example.net for all domains below)`},
		"address":                 {domain("a@example.net"), `owner.acme.domains[1]: "a@example.net" is no domain (write example.net)`},
		"realm":                   {domain("@example.net"), `owner.acme.domains[1]: "@example.net" is no domain (write example.net)`},
		"literal":                 {domain("[192.0.2.1]"), `owner.acme.domains[1]: "[192.0.2.1]" is no domain`},
		"a label is missing":      {domain("example..net"), `owner.acme.domains[1]: "example..net" is no domain`},
		"only a dot":              {domain("."), `owner.acme.domains[1]: "." is no domain`},
		"label at the bound":      {domain(strings.Repeat("x", maxLabel) + ".net"), ``},
		"label one longer":        {domain(strings.Repeat("x", maxLabel+1) + ".net"), `owner.acme.domains[1]: "` + strings.Repeat("x", maxLabel+1) + `.net" is no domain`},
		"domain at the bound":     {domain(strings.Repeat("x.", maxDomain/2) + "x"), ``},
		"domain one longer":       {domain(strings.Repeat("x.", maxDomain/2) + "xx"), `owner.acme.domains[1]: "` + strings.Repeat("x.", maxQuoted/2) + `" is no domain`},
		"domain twice":            {domain("Example.com"), `warning: owner.acme.domains[1]: "Example.com" is here twice, first as example.com`},
		"domain in both forms":    {edit(func(o *OwnerConfig) { o.Domains = []string{"b\u00fccher.example", "xn--bcher-kva.example"} }), ``},
		"two owners":              {withOwners(ofOwner("acme", "example.net"), ofOwner("shop", "example.org", "EXAMPLE.net")), `warning: owner.shop.domains[1]: "EXAMPLE.net" is owner acme's too, and both may use it`},
		"no policy looks":         {off(Enforce, AuthorisationOff), `warning: owner.acme: no policy looks at it (action = "record" in the authorisation of a policy)`},
		"the policy is off":       {off(Off, AuthorisationRecord), `warning: owner.acme: no policy looks at it (action = "record" in the authorisation of a policy)`},
		"a policy looks":          {off(Observe, AuthorisationRecord), ``},
		"own without an owner":    {own(), `warning: policy.home.authorisation.domains: no owner has a domain for senders of this policy (name its groups or logins in an [owner.NAME])`},
		"own with a login":        {own(ofOwner("acme", "example.net")), ``},
		"own with its group":      {own(ofHome), ``},
		"no points":               {home(func(f *FlowConfig) { f.Authorisation.Points = 0 }), `policy.home.authorisation.points: 0 are no points to add (to add nothing, action = "record")`},
		"points below 0":          {home(func(f *FlowConfig) { f.Authorisation.Points = -1 }), `policy.home.authorisation.points: -1 are no points to add (to add nothing, action = "record")`},
		"4xx for it":              {home(func(f *FlowConfig) { f.Replies = map[Reason]string{ReasonUnauthorised: "450 4.7.1 Not {domain}"} }), ``},
		"2xx for it":              {home(func(f *FlowConfig) { f.Replies = map[Reason]string{ReasonUnauthorised: "250 2.0.0 x"} }), `policy.home.replies.unauthorised: "250 2.0.0 x" has no reply code of 4xx or 5xx (write "451 4.7.1 Text (ref {ref})")`},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, strings.Join(problems(c.config, dir), "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}
