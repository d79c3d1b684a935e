package scoring

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sluice/policy/config"

	"github.com/google/go-cmp/cmp"
)

// withURLList is the default configuration and a URL list, changed, that asks a
// server.
func withURLList(server *nameServer, change func(*URLListConfig)) Config {
	return with(func(c *Config) {
		server.patient(c)
		list := URLListConfig{Zone: "bl.test", Points: 2}
		change(&list)
		c.URLLists.Set("names", list)
	})
}

// changed is compile on what the shared scorer has compiled, which is faster.
func changed(t *testing.T, c Config) *Scorer {
	t.Helper()
	s := renew(t, withDefaults(t), c)
	t.Cleanup(s.Close)
	return s
}

func TestURLListsCountInEverySet(t *testing.T) {
	server := newNameServer(t, "evil.example.bl.test. A 127.0.0.2\n7.113.0.203.bl.test. A 127.0.0.2")
	s := changed(t, withURLList(server, func(l *URLListConfig) { l.Points = 2 }))
	want := []Hit{{"URLLIST_NAMES", 2, "evil.example 127.0.0.2 from bl.test", false}}
	for _, set := range []Set{Direct, Relayed, Authenticated} {
		in := Input{Set: set, Client: netip.MustParseAddr("203.0.113.7")}
		r := scoreText(t, s, letter("", "see http://www.evil.example/"), in)
		if diff := cmp.Diff(want, r.Hits); diff != "" || r.Score != 2 {
			t.Errorf("%s: score %v, hits (-want +got):\n%s", set, r.Score, diff)
		}
		if r := scoreText(t, s, letter("", "see http://www.fine.example/"), in); r.Score != 0 {
			t.Errorf("%s: hits %v", set, r.Hits)
		}
	}
	asked := []string{"evil.example.bl.test A", "fine.example.bl.test A"} // and not again, nor the client
	if diff := cmp.Diff(asked, server.questions()); diff != "" {
		t.Errorf("questions (-want +got):\n%s", diff)
	}
	if got := s.URLListCounts(); got.Looked != 6 || got.Listed != 3 || got.Cached != 4 {
		t.Errorf("counts %+v", got)
	}
	if got := s.Counts(); got.Looked != 0 {
		t.Errorf("counts of blocklists %+v", got)
	}
}

func TestWhatURLListsSay(t *testing.T) {
	server := newNameServer(t, `
		one.example.bl.test.   A 127.0.0.10
		two.example.bl.test.   A 127.0.1.4
		three.example.bl.test. A 127.0.0.72
		closed.example.bl.test. A 127.255.255.254
		uribl.example.bl.test. A 127.0.0.1
		dbl.example.bl.test.   A 127.0.1.255`)
	answers := func(l *URLListConfig) { l.Points, l.Answers = 0, map[string]float64{"127.0.1.4": 3} }
	inBits := func(l *URLListConfig) { l.Points, l.Bits = 0, map[string]float64{"8": 1.5, "64": 2.5} }
	refused := []Skip{{"urllist names", "error"}}
	for name, tt := range map[string]struct {
		change  func(*URLListConfig)
		links   string
		points  float64
		note    string
		skipped []Skip
	}{
		"nothing":               {func(*URLListConfig) {}, "", 0, "", nil},
		"any answer":            {func(*URLListConfig) {}, "http://one.example", 2, "one.example 127.0.0.10 from bl.test", nil},
		"answers":               {answers, "http://two.example", 3, "two.example 127.0.1.4 from bl.test", nil},
		"another answer":        {answers, "http://one.example", 0, "", nil},
		"bits":                  {inBits, "http://three.example", 2.5, "three.example 127.0.0.72 from bl.test", nil},
		"one bit":               {inBits, "http://one.example", 1.5, "one.example 127.0.0.10 from bl.test", nil},
		"no bit":                {inBits, "http://two.example", 0, "", nil},
		"the strongest of many": {inBits, "http://one.example http://three.example", 2.5, "three.example 127.0.0.72 from bl.test, 1 more", nil},
		"error code":            {func(*URLListConfig) {}, "http://closed.example", 0, "", refused},
		"error code of URIBL":   {func(*URLListConfig) {}, "http://uribl.example", 0, "", refused},
		"error code of DBL":     {func(*URLListConfig) {}, "http://dbl.example", 0, "", refused},
		"error said once":       {func(*URLListConfig) {}, "http://dbl.example http://closed.example", 0, "", refused},
		"error with points": {func(l *URLListConfig) { l.Answers = map[string]float64{"127.0.0.1": 1} },
			"http://uribl.example", 1, "uribl.example 127.0.0.1 from bl.test", nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := scoreText(t, changed(t, withURLList(server, tt.change)), letter("", prose+" "+tt.links), Input{Set: Relayed})
			h, _ := r.hit("URLLIST_NAMES")
			if h.Points != tt.points || r.Score != tt.points || h.Note != tt.note {
				t.Errorf("score %v, hit %+v; want %v, %q", r.Score, h, tt.points, tt.note)
			}
			want := append([]Skip{{"reputation", "policy"}}, tt.skipped...)
			if diff := cmp.Diff(want, r.Skipped); diff != "" {
				t.Errorf("skipped (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatURLListsAreAsked(t *testing.T) {
	text := letter("From: <a@author.example>\nReply-To: <b@replies.example>", `http://shop.one.example/ http://203.0.113.9/
		http://[2001:db8::1]/ http://www.Google.com/ http://evil.blogspot.com/ https://sites.google.com/x http://www.own.example/
		http://www.rcpt.example/ http://not_a%20name/ c@mailbox.example d@gmail.com`)
	for name, tt := range map[string]struct {
		ask  []string
		want []string
	}{
		"domains":       {nil, []string{"evil.blogspot.com", "one.example", "own.example", "rcpt.example"}},
		"named domains": {[]string{"domains"}, []string{"evil.blogspot.com", "one.example", "own.example", "rcpt.example"}},
		"hosts":         {[]string{"hosts"}, []string{"evil.blogspot.com", "shop.one.example", "sites.google.com", "www.own.example", "www.rcpt.example"}},
		"addresses":     {[]string{"addresses"}, []string{"1." + strings.Repeat("0.", 23) + "8.b.d.0.1.0.0.2", "9.113.0.203"}},
		"the others":    {[]string{"author", "reply-to", "mailboxes"}, []string{"author.example", "mailbox.example", "replies.example"}},
	} {
		for _, without := range []string{"", "own", "rcpt"} {
			t.Run(name+" "+without, func(t *testing.T) {
				server := newNameServer(t, "")
				in := Input{Set: Relayed, Rcpts: []string{"x@elsewhere.example"}}
				if without == "rcpt" {
					in.Rcpts = append(in.Rcpts, "y@mx.rcpt.example")
				}
				s := changed(t, withURLList(server, func(l *URLListConfig) {
					l.Ask = tt.ask
					if without == "own" {
						l.Skip = []string{"own.example", "203.0.113.8"}
					}
				}))
				scoreText(t, s, text, in)
				var want []string
				for _, name := range tt.want {
					if without == "" || !strings.Contains(name, without+".example") {
						want = append(want, name+".bl.test A")
					}
				}
				if diff := cmp.Diff(want, server.questions()); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestOperatorsSkipHoldsForAddresses(t *testing.T) {
	server := newNameServer(t, "")
	s := changed(t, withURLList(server, func(l *URLListConfig) {
		l.Ask, l.Skip = []string{"addresses"}, []string{"203.0.113.0/24"}
	}))
	scoreText(t, s, letter("", "http://203.0.113.9/ http://198.51.100.1/"), Input{})
	if diff := cmp.Diff([]string{"1.100.51.198.bl.test A"}, server.questions()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNamesOfAMessageAreBounded(t *testing.T) {
	for _, tt := range []struct {
		most, names, asked int
		more               bool
	}{
		{0, defaultNames, defaultNames, false},
		{0, defaultNames + 1, defaultNames, true},
		{1, 1, 1, false},
		{1, 2, 1, true},
		{mostNames, mostNames + 1, mostNames, true},
	} {
		server := newNameServer(t, "")
		s := changed(t, withURLList(server, func(l *URLListConfig) { l.MaxNames = tt.most }))
		var b strings.Builder
		for i := range tt.names {
			fmt.Fprintf(&b, "http://d%d.example/ http://www.d%d.example/ ", i, i)
		}
		r := scoreText(t, s, letter("", b.String()), Input{Set: Relayed})
		if got := len(server.questions()); got != tt.asked {
			t.Errorf("%+v: %d asked", tt, got)
		}
		want := []Skip{{"reputation", "policy"}}
		if tt.more {
			want = append(want, Skip{"urllist names", "limit"})
		}
		if diff := cmp.Diff(want, r.Skipped); diff != "" {
			t.Errorf("%+v: skipped (-want +got):\n%s", tt, diff)
		}
	}
}

func TestSilentURLListIsSkipped(t *testing.T) {
	server := newNameServer(t, "")
	server.hush()
	c := withURLList(server, func(*URLListConfig) {})
	c.Resolver.Timeout = config.Duration(time.Millisecond)
	r := scoreText(t, changed(t, c), letter("", "http://one.example/ http://two.example/"), Input{Set: Relayed})
	want := []Skip{{"reputation", "policy"}, {"urllist names", "deadline"}}
	if diff := cmp.Diff(want, r.Skipped); diff != "" || len(r.Hits) != 0 {
		t.Errorf("hits %v, skipped (-want +got):\n%s", r.Hits, diff)
	}
}

func TestObservedURLListDoesNotCount(t *testing.T) {
	server := newNameServer(t, "evil.example.bl.test. A 127.0.0.2")
	s := changed(t, withURLList(server, func(l *URLListConfig) { l.Observe = true }))
	r := scoreText(t, s, letter("", "http://evil.example/"), Input{})
	if h, found := r.hit("URLLIST_NAMES"); !found || !h.Observe || r.Score != 0 {
		t.Errorf("score %v, hits %+v", r.Score, r.Hits)
	}
}

func TestURLListsShareTheCacheAcrossReloads(t *testing.T) {
	server := newNameServer(t, "evil.example.bl.test. A 127.0.0.2")
	c := withURLList(server, func(*URLListConfig) {})
	s := changed(t, c)
	text := letter("", "http://evil.example/")
	scoreText(t, s, text, Input{})
	c.URLLists.Set("names", URLListConfig{Zone: "bl.test", Points: 7})
	c.Blocklists.Set("other", BlocklistConfig{Zone: "other.test", Points: 1})
	next := renew(t, s, c)
	t.Cleanup(next.Close)
	if r := scoreText(t, next, text, Input{}); r.Score != 7 {
		t.Errorf("score %v", r.Score)
	}
	if got := server.questions(); len(got) != 1 {
		t.Errorf("questions %v", got)
	}
	if got := next.URLListCounts(); got.Looked != 2 || got.Cached != 1 {
		t.Errorf("counts %+v", got)
	}
}

func TestMistakesInURLLists(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*URLListConfig)
		want   string
	}{
		"zone":       {func(l *URLListConfig) { l.Zone = "http://x" }, `urllist.names.zone: "http://x" is no DNS zone (such as dbl.example.org)`},
		"points":     {func(l *URLListConfig) { l.Points = maxPoints + 1 }, "urllist.names.points: 10001 is out of range (-10000 to 10000)"},
		"nothing":    {func(l *URLListConfig) { l.Points = 0 }, "warning: urllist.names.points: the list is asked, and its answers are worth nothing (set points, answers or bits)"},
		"answer":     {func(l *URLListConfig) { l.Answers = map[string]float64{"8": 1} }, `urllist.names.answers: "8" is no answer of a blocklist (answers lie in 127.0.0.0/8 (RFC 5782))`},
		"bit":        {func(l *URLListConfig) { l.Bits = map[string]float64{"3": 1} }, `urllist.names.bits: "3" is no bit of an answer (1, 2, 4, 8 and so on to 8388608)`},
		"bit zero":   {func(l *URLListConfig) { l.Bits = map[string]float64{"0": 1} }, `urllist.names.bits: "0" is no bit of an answer (1, 2, 4, 8 and so on to 8388608)`},
		"bit 25":     {func(l *URLListConfig) { l.Bits = map[string]float64{"16777216": 1} }, `urllist.names.bits: "16777216" is no bit of an answer (1, 2, 4, 8 and so on to 8388608)`},
		"bit worth":  {func(l *URLListConfig) { l.Bits = map[string]float64{"8": -maxPoints - 1} }, "urllist.names.bits: -10001 is out of range (-10000 to 10000)"},
		"ask":        {func(l *URLListConfig) { l.Ask = []string{"domain"} }, `urllist.names.ask: there is no "domain" to ask about (did you mean domains?)`},
		"ask else":   {func(l *URLListConfig) { l.Ask = []string{"??"} }, `urllist.names.ask: there is no "??" to ask about (one of domains, hosts, addresses, author, reply-to, mailboxes)`},
		"most":       {func(l *URLListConfig) { l.MaxNames = mostNames + 1 }, "urllist.names.max_names: 101 names for a message cannot be asked about (from 1 to 100; 0 for 20)"},
		"less":       {func(l *URLListConfig) { l.MaxNames = -1 }, "urllist.names.max_names: -1 names for a message cannot be asked about (from 1 to 100; 0 for 20)"},
		"skip":       {func(l *URLListConfig) { l.Skip = []string{"*.example.org"} }, `urllist.names.skip[0]: "*.example.org" is no network, address, range or name (write .example.org for all names below)`},
		"good":       {func(*URLListConfig) {}, ""},
		"good at 24": {func(l *URLListConfig) { l.MaxNames, l.Bits = mostNames, map[string]float64{"8388608": 1} }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			if tt.want != "" {
				want = []string{tt.want}
			}
			var ps config.Problems
			_, zones := compileURLLists(withURLList(new(nameServer), tt.change).URLLists, t.TempDir(), &ps)
			var got []string
			for _, p := range ps.All() {
				got = append(got, p.String())
			}
			if diff := cmp.Diff(want, got); diff != "" || len(zones) != 1 {
				t.Errorf("%d zones (-want +got):\n%s", len(zones), diff)
			}
		})
	}
	c := with(func(c *Config) { c.URLLists.Set("a.b", URLListConfig{Zone: "bl.test", Points: 1}) })
	if got := problems(t, c); len(got) != 1 || !strings.HasPrefix(got[0], `urllist.a.b: the name "a.b" cannot stand in a report`) {
		t.Errorf("a name that cannot stand in a report: %q", got)
	}
}

func TestWellKnownNames(t *testing.T) {
	for name, want := range map[string]bool{
		"google.com":           true,
		"www.google.com":       true,
		"sites.google.com":     false,
		"x.sites.google.com":   false,
		"notgoogle.com":        false,
		"google.com.evil.test": false,
		"gmail.com":            true,
		"evil.example":         false,
		"com":                  false,
	} {
		if got := isWellKnown(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	for name := range wellKnownDomains {
		if freePages[name] || shorteners[name] {
			t.Errorf("%s hosts anybody's pages or links", name)
		}
	}
}
