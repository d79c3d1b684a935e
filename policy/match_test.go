package policy

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestMatch(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "infected.txt", "# since May\n203.0.113.66\n")
	writeFile(t, dir, "staff.txt", "carol@example.org # the boss\n")
	r := compile(t, withGroups(
		ofGroup("infected", GroupConfig{Clients: []string{"file:infected.txt"}, Policy: policyBlocked}),
		ofGroup("staff", GroupConfig{Logins: []string{"file:staff.txt", "Bob", "@Example.NET"}, Policy: policyAuthenticated}),
		ofGroup("submission", GroupConfig{Authenticated: &yes, TLS: &yes, Policy: policyAuthenticated}),
		ofGroup("corporate", GroupConfig{Clients: []string{"198.51.100.0/24", ".corp.example.net"}}),
		ofGroup("scanner", GroupConfig{Clients: []string{"203.0.113.0/24"}, Helo: []string{"Scanner", ".printers.example.net"}}),
		ofGroup("inside", GroupConfig{Listeners: []string{"Inside", "10025"}}),
		ofGroup("home", GroupConfig{Clients: []string{"203.0.113.0/24", "2001:db8:40::/42", Local}, Authenticated: &no}),
	), dir)
	home := Client{Addr: addr("203.0.113.7")}
	for name, c := range map[string]struct {
		client       Client
		group, entry string
		tentative    bool
	}{
		"network":                 {home, "home", "203.0.113.0/24, not authenticated", true},
		"mapped address":          {Client{Addr: addr("::ffff:203.0.113.7")}, "home", "203.0.113.0/24, not authenticated", true},
		"IPv6":                    {Client{Addr: addr("2001:db8:41::1")}, "home", "2001:db8:40::/42, not authenticated", true},
		"no address":              {Client{}, "home", "local, not authenticated", true},
		"file":                    {Client{Addr: addr("203.0.113.66")}, "infected", "203.0.113.66 (" + dir + "/infected.txt:2)", false},
		"login of a file":         {Client{Login: "Carol@Example.org"}, "staff", "login carol@example.org (" + dir + "/staff.txt:1)", true},
		"login in another case":   {Client{Login: "BOB"}, "staff", "login Bob", true},
		"login of a realm":        {Client{Login: "dave@example.net"}, "staff", "login @Example.NET", true},
		"realm without a user":    {Client{Login: "@example.net", TLS: "TLSv1.3"}, "staff", "login @Example.NET", true},
		"other login, encrypted":  {Client{Login: "eve@example.com", TLS: "TLSv1.3"}, "submission", "authenticated, encrypted", true},
		"other login, in clear":   {Client{Login: "eve@example.com", Addr: addr("203.0.113.7")}, "others", everybody, true},
		"verified name":           {Client{Addr: addr("192.0.2.1"), Name: "mx.corp.example.net", Verified: true}, "corporate", ".corp.example.net", true},
		"unverified name":         {Client{Addr: addr("192.0.2.1"), Name: "mx.corp.example.net"}, "others", everybody, true},
		"HELO in another case":    {Client{Addr: addr("203.0.113.7"), Helo: "SCANNER"}, "scanner", "203.0.113.0/24, helo Scanner", true},
		"HELO below":              {Client{Addr: addr("203.0.113.7"), Helo: "a.b.printers.example.net"}, "scanner", "203.0.113.0/24, helo .printers.example.net", true},
		"HELO without the client": {Client{Addr: addr("192.0.2.1"), Helo: "scanner"}, "others", everybody, true},
		"listener name":           {Client{Addr: addr("203.0.113.7"), Listener: "inside"}, "inside", "listener Inside", true},
		"listener port":           {Client{Addr: addr("203.0.113.7"), ListenerPort: 10025}, "inside", "listener 10025", true},
		"a name that is a port":   {Client{Addr: addr("192.0.2.1"), Listener: "10025"}, "inside", "listener 10025", true},
	} {
		t.Run(name, func(t *testing.T) {
			m := r.Match(c.client)
			if m.Group != c.group || m.Entry != c.entry || m.Tentative != c.tentative || m.Flow == nil {
				t.Errorf("Match(%+v) = %+v, want %q by %q, tentative %v", c.client, m, c.group, c.entry, c.tentative)
			}
		})
	}
}

// Only what can still change makes a match tentative: a group that another
// network is in does not.
func TestTentative(t *testing.T) {
	r := compile(t, withGroups(
		ofGroup("branch", GroupConfig{Clients: []string{"198.51.100.0/24"}, Authenticated: &yes}),
		ofGroup("home", GroupConfig{Clients: []string{"203.0.113.0/24"}}),
	), "")
	for client, want := range map[string]bool{"203.0.113.7": false, "198.51.100.1": true, "192.0.2.1": false} {
		if m := r.Match(Client{Addr: addr(client)}); m.Tentative != want {
			t.Errorf("%s in %s: tentative %v", client, m.Group, m.Tentative)
		}
	}
}

func TestEmptyListMatchesNobody(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "infected.txt", "")
	r := compile(t, withGroups(
		ofGroup("infected", GroupConfig{Clients: []string{"file:infected.txt"}, Policy: policyBlocked}),
		ofGroup("nobody", GroupConfig{Logins: []string{"file:infected.txt"}, Policy: policyBlocked}),
	), dir)
	if m := r.Match(Client{Addr: addr("203.0.113.7"), Login: "bob"}); m.Group != groupOthers {
		t.Errorf("%+v", m)
	}
}

func TestBuiltinGroups(t *testing.T) {
	r := compile(t, Default(), "")
	for name, c := range map[string]struct {
		client        Client
		group, policy string
	}{
		"login":        {Client{Addr: addr("192.0.2.1"), Login: "bob"}, groupAuthenticated, policyAuthenticated},
		"private":      {Client{Addr: addr("192.168.1.1")}, groupPrivate, policyRelayed},
		"behind CGNAT": {Client{Addr: addr("100.64.0.1")}, groupPrivate, policyRelayed},
		"loopback":     {Client{Addr: addr("::1")}, groupPrivate, policyRelayed},
		"local mail":   {Client{}, groupLocal, policyLocal},
		"strangers":    {Client{Addr: addr("192.0.2.1")}, groupOthers, policyDirect},
	} {
		m := r.Match(c.client)
		if m.Group != c.group || m.Flow.Name != c.policy {
			t.Errorf("%s: group %s, policy %s", name, m.Group, m.Flow.Name)
		}
		steps := r.Explain(c.client)
		if last := steps[len(steps)-1]; !last.Matched || last.Group != c.group || last.Policy != c.policy {
			t.Errorf("%s: explained by %+v", name, last)
		}
	}
}

func TestExplain(t *testing.T) {
	r := compile(t, withGroups(
		ofGroup("inside", GroupConfig{Listeners: []string{"inside"}}),
		ofGroup("corporate", GroupConfig{Clients: []string{"198.51.100.0/24", ".dyn.example.net"}}),
		ofGroup("staff", GroupConfig{Logins: []string{"bob"}}),
		ofGroup("submission", GroupConfig{Authenticated: &yes}),
		ofGroup("secure", GroupConfig{TLS: &yes}),
		ofGroup("scanner", GroupConfig{Helo: []string{"scanner"}}),
		ofGroup("home", GroupConfig{Clients: []string{"203.0.113.0/24"}}),
		ofGroup("never", GroupConfig{Clients: []string{"203.0.113.0/25"}}),
	), "")
	got := r.Explain(Client{Addr: addr("203.0.113.7"), Name: "h7.dyn.example.net", Helo: "PC\x1b[2J", Listener: "smtp", ListenerPort: 25})
	want := []Step{
		{"inside", "relayed", false, `listener "smtp" with port 25 is not listed`},
		{"corporate", "relayed", false, `name h7.dyn.example.net is not verified forward`},
		{"staff", "relayed", false, `not authenticated`},
		{"submission", "relayed", false, `not authenticated`},
		{"secure", "relayed", false, `not encrypted`},
		{"scanner", "relayed", false, `HELO "PC?[2J" is not listed`},
		{"home", "relayed", true, `203.0.113.0/24`},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	last := func(c Client) string { steps := r.Explain(c); return steps[len(steps)-1].Why }
	if got := last(Client{Addr: addr("192.0.2.1")}); got != everybody {
		t.Errorf("the rest: %s", got)
	}
	for name, c := range map[string]struct {
		client      Client
		group, want string
	}{
		"verified and not listed": {Client{Addr: addr("192.0.2.1"), Name: "a.example.org", Verified: true}, "corporate", "no entry of clients covers 192.0.2.1 or a.example.org"},
		"address only":            {Client{Addr: addr("192.0.2.1"), Name: "a.example.org", Verified: true}, "home", "no entry of clients covers 192.0.2.1"},
		"local":                   {Client{}, "home", "no entry of clients covers local"},
		"another login":           {Client{Login: "eve"}, "staff", `login "eve" is not listed`},
	} {
		for _, step := range r.Explain(c.client) {
			if step.Group == c.group && step.Why != c.want {
				t.Errorf("%s: %s, want %s", name, step.Why, c.want)
			}
		}
	}
}

func TestExplainAuthenticatedFalse(t *testing.T) {
	r := compile(t, withGroups(ofGroup("home", GroupConfig{Authenticated: &no, TLS: &no})), "")
	for want, c := range map[string]Client{
		"authenticated":                    {Login: "bob"},
		"encrypted":                        {TLS: "TLSv1.3"},
		"not authenticated, not encrypted": {},
	} {
		if got := r.Explain(c)[0].Why; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// naive is the plainest reading of GroupConfig: the first group all of whose
// conditions hold, each list walked from its beginning.
func naive(groups []named[GroupConfig], c Client) string {
	for _, g := range groups {
		fits := g.value.Authenticated == nil || *g.value.Authenticated == c.Authenticated()
		if fits && len(g.value.Clients) > 0 {
			fits = false
			for _, entry := range g.value.Clients {
				suffix, isName := strings.CutPrefix(entry, ".")
				p, err := netip.ParsePrefix(entry)
				fits = fits || err == nil && p.Contains(c.Addr) ||
					isName && c.Verified && strings.HasSuffix(c.Name, "."+suffix)
			}
		}
		if fits {
			return g.name
		}
	}
	return groupOthers
}

func TestFirstMatchWins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var groups []named[GroupConfig]
		for i := range rapid.IntRange(1, 6).Draw(t, "groups") {
			g := GroupConfig{
				Clients:       rapid.SliceOfN(rapid.Custom(someEntry), 0, 4).Draw(t, "clients"),
				Authenticated: rapid.SampledFrom([]*bool{nil, nil, &yes, &no}).Draw(t, "authenticated"),
				Policy:        policyRelayed,
			}
			groups = append(groups, named[GroupConfig]{fmt.Sprint("g", i), g})
		}
		client := Client{
			Addr:     netip.AddrFrom4([4]byte{10, 0, byte(rapid.IntRange(0, 3).Draw(t, "net")), byte(rapid.IntRange(0, 7).Draw(t, "host"))}),
			Name:     rapid.SampledFrom([]string{"", "a.x.test", "b.a.x.test", "x.test", "ax.test"}).Draw(t, "name"),
			Verified: rapid.Bool().Draw(t, "verified"),
			Login:    rapid.SampledFrom([]string{"", "bob"}).Draw(t, "login"),
		}
		r := compile(t, withGroups(groups...), "")
		want := naive(groups, client)
		if got := r.Match(client).Group; got != want {
			t.Fatalf("%+v: group %s, want %s", client, got, want)
		}
		steps := r.Explain(client)
		if last := steps[len(steps)-1]; last.Group != want || !last.Matched {
			t.Fatalf("explained by %+v, want %s", last, want)
		}
	})
}

func someEntry(t *rapid.T) string {
	if rapid.IntRange(0, 3).Draw(t, "kind") == 0 {
		return rapid.SampledFrom([]string{".x.test", ".a.x.test", ".test"}).Draw(t, "suffix")
	}
	bits := rapid.IntRange(20, 32).Draw(t, "bits")
	host := netip.AddrFrom4([4]byte{10, 0, byte(rapid.IntRange(0, 3).Draw(t, "net")), byte(rapid.IntRange(0, 7).Draw(t, "host"))})
	p, _ := host.Prefix(bits)
	return p.String()
}

// BenchmarkMatch looks clients up in 100,000 prefixes over 10 groups.
func BenchmarkMatch(b *testing.B) {
	dir := b.TempDir()
	rnd := rand.New(rand.NewPCG(1, 2))
	c := Default()
	for g := range 10 {
		var list strings.Builder
		for range 10_000 {
			p, _ := netip.AddrFrom4([4]byte{byte(20 + g), byte(rnd.Uint32()), byte(rnd.Uint32()), byte(rnd.Uint32())}).Prefix(20 + rnd.IntN(13))
			fmt.Fprintln(&list, p)
		}
		name := fmt.Sprint("g", g)
		writeFile(b, dir, name, list.String())
		c.Groups.Set(name, GroupConfig{Clients: []string{"file:" + name}, Policy: policyRelayed})
	}
	r := compile(b, c, dir)
	for name, client := range map[string]Client{
		"miss": {Addr: addr("9.9.9.9"), Name: "h.example.net", Verified: true},
		"last": {Addr: addr("29.1.2.3"), Name: "h.example.net", Verified: true},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Match(client)
			}
		})
	}
}
