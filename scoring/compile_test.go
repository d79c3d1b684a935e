package scoring

import (
	"log/slog"
	"math"
	"strings"
	"sync"
	"testing"

	"sluice/policy/config"

	"github.com/google/go-cmp/cmp"
)

// compile compiles a configuration that has no mistakes.
func compile(t testing.TB, c Config) *Scorer {
	t.Helper()
	var ps config.Problems
	s := Compile(c, t.TempDir(), slog.New(slog.DiscardHandler), &ps)
	if s == nil {
		t.Fatalf("problems: %v", ps.All())
	}
	t.Cleanup(s.Close)
	return s
}

// shared is a scorer of the default configuration for all tests that need no
// other: to compile one takes seconds under the race detector.
var shared = sync.OnceValue(func() *Scorer {
	return Compile(rulesOnly(), "", slog.New(slog.DiscardHandler), new(config.Problems))
})

// rulesOnly is the default configuration without the model, whose points would
// be in every report.
func rulesOnly() Config {
	c := Default()
	c.Model.Strength = 0
	return c
}

// withDefaults is a scorer of the default configuration.
func withDefaults(t testing.TB) *Scorer {
	t.Helper()
	s := shared()
	if s == nil {
		t.Fatal("the default configuration has problems")
	}
	return s
}

// problems compiles a configuration with mistakes and returns them.
func problems(t *testing.T, c Config) []string {
	t.Helper()
	var ps config.Problems
	s := Compile(c, t.TempDir(), slog.New(slog.DiscardHandler), &ps)
	if s != nil {
		t.Cleanup(s.Close)
	}
	if (s == nil) != ps.Failed() {
		t.Errorf("scorer %v with problems %v", s, ps.All())
	}
	var texts []string
	for _, p := range ps.All() {
		texts = append(texts, p.String())
	}
	return texts
}

// withRule is the default configuration and a sound rule, changed.
func withRule(change func(*RuleConfig)) Config {
	c := rulesOnly()
	rule := RuleConfig{Field: "subject", Pattern: "casino", Points: 1}
	change(&rule)
	c.Rules.Set("casino", rule)
	return c
}

// withBlocklist is the default configuration and a sound blocklist, changed.
func withBlocklist(change func(*BlocklistConfig)) Config {
	c := rulesOnly()
	c.Resolver.Servers = []string{"127.0.0.1:53"}
	list := BlocklistConfig{Zone: "bl.test", Points: 1}
	change(&list)
	c.Blocklists.Set("pbl", list)
	return c
}

// with is the default configuration, changed.
func with(change func(*Config)) Config {
	c := rulesOnly()
	change(&c)
	return c
}

func TestMistakes(t *testing.T) {
	for name, tt := range map[string]struct {
		config Config
		want   string
	}{
		"pattern":            {withRule(func(r *RuleConfig) { r.Pattern = "(" }), `rule.casino.pattern: missing closing ): "(" (regular expressions have RE2 syntax)`},
		"no pattern":         {withRule(func(r *RuleConfig) { r.Pattern = "" }), "rule.casino.pattern: the pattern is empty (regular expressions have RE2 syntax)"},
		"field":              {withRule(func(r *RuleConfig) { r.Field = "subjekt" }), `rule.casino.field: there is no field "subjekt" (did you mean subject?)`},
		"no field":           {withRule(func(r *RuleConfig) { r.Field = "" }), `rule.casino.field: there is no field "" (one of subject, from, body, url, attachment, raw, header:NAME)`},
		"built-in field":     {withRule(func(r *RuleConfig) { r.Field = "html" }), `rule.casino.field: there is no field "html" (one of subject, from, body, url, attachment, raw, header:NAME)`},
		"header field":       {withRule(func(r *RuleConfig) { r.Field = "header:" }), `rule.casino.field: "header:" names no header field (such as header:X-Mailer)`},
		"header with colon":  {withRule(func(r *RuleConfig) { r.Field = "header:A:" }), `rule.casino.field: "header:A:" names no header field (such as header:X-Mailer)`},
		"set":                {withRule(func(r *RuleConfig) { r.Sets = []string{"direkt"} }), `rule.casino.sets: there is no score set "direkt" (did you mean direct?)`},
		"rule points":        {withRule(func(r *RuleConfig) { r.Points = math.Inf(1) }), "rule.casino.points: +Inf is out of range (-10000 to 10000)"},
		"rule points, bound": {withRule(func(r *RuleConfig) { r.Points = -maxPoints - 1 }), "rule.casino.points: -10001 is out of range (-10000 to 10000)"},
		"worth nothing":      {withRule(func(r *RuleConfig) { r.Points = 0 }), "warning: rule.casino.points: the rule is worth nothing and is not recorded"},
		"name of a built-in": {with(func(c *Config) { c.Rules.Set("html-only", RuleConfig{Field: "body", Pattern: "x", Points: 1}) }),
			"rule.html-only: HTML_ONLY is a built-in rule (its points are set by scoring.points.HTML_ONLY)"},
		"name of an unauthorised sender": {with(func(c *Config) {
			c.Rules.Set("unauthorised-sender", RuleConfig{Field: "body", Pattern: "x", Points: 1})
		}), "rule.unauthorised-sender: reports call mail in the name of somebody else's domain UNAUTHORISED_SENDER (choose another name)"},
		"name": {with(func(c *Config) { c.Rules.Set("a b", RuleConfig{Field: "body", Pattern: "x", Points: 1}) }),
			`rule.a b: the name "a b" cannot stand in a report (letters, digits, - and _, at most 40)`},
		"long name": {with(func(c *Config) {
			c.Rules.Set(strings.Repeat("a", maxRuleName+1), RuleConfig{Field: "body", Pattern: "x", Points: 1})
		}), "rule." + strings.Repeat("a", 41) + `: the name "` + strings.Repeat("a", 41) + `" cannot stand in a report (letters, digits, - and _, at most 40)`},

		"points of what":     {with(func(c *Config) { c.Scoring.Points = map[string]float64{"HTML_ONYL": 1} }), `scoring.points.HTML_ONYL: there is no built-in rule "HTML_ONYL" (did you mean HTML_ONLY?)`},
		"points":             {with(func(c *Config) { c.Scoring.Points = map[string]float64{"HTML_ONLY": math.NaN()} }), "scoring.points.HTML_ONLY: NaN is out of range (-10000 to 10000)"},
		"observe what":       {with(func(c *Config) { c.Scoring.Observe = []string{"ZZZZZZZZ"} }), `scoring.observe: there is no built-in rule "ZZZZZZZZ"`},
		"no view":            {with(func(c *Config) { c.Scoring.MaxView = 0 }), "scoring.max_view: nothing of a message would be looked at (1M is usual)"},
		"no time":            {with(func(c *Config) { c.Scoring.Timeout = 0 }), "scoring.timeout: no check would have any time (5s is usual)"},
		"zone":               {withBlocklist(func(b *BlocklistConfig) { b.Zone = "" }), `blocklist.pbl.zone: "" is no DNS zone (such as zen.example.org)`},
		"zone as a link":     {withBlocklist(func(b *BlocklistConfig) { b.Zone = "http://bl.test" }), `blocklist.pbl.zone: "http://bl.test" is no DNS zone (such as zen.example.org)`},
		"answer":             {withBlocklist(func(b *BlocklistConfig) { b.Answers = map[string]float64{"10.0.0.1": 1} }), `blocklist.pbl.answers: "10.0.0.1" is no answer of a blocklist (answers lie in 127.0.0.0/8 (RFC 5782))`},
		"answer, no address": {withBlocklist(func(b *BlocklistConfig) { b.Answers = map[string]float64{"two": 1} }), `blocklist.pbl.answers: "two" is no answer of a blocklist (answers lie in 127.0.0.0/8 (RFC 5782))`},
		"blocklist points":   {withBlocklist(func(b *BlocklistConfig) { b.Points = math.Inf(-1) }), "blocklist.pbl.points: -Inf is out of range (-10000 to 10000)"},
		"blocklist nothing":  {withBlocklist(func(b *BlocklistConfig) { b.Points = 0 }), "warning: blocklist.pbl.points: the blocklist is asked, and its answers are worth nothing (set points or answers)"},
		"server": {with(func(c *Config) { c.Resolver.Servers = []string{"127.0.0.1"} }),
			`resolver.servers: "127.0.0.1" is no DNS server (address and port: 127.0.0.1:53, [::1]:53)`},
		"resolver timeout": {with(func(c *Config) { c.Resolver.Timeout = 0 }), "resolver.timeout: no answer would come in time (2s is usual)"},
		"resolver cache":   {with(func(c *Config) { c.Resolver.Cache = 0 }), "resolver.cache: 0 answers cannot be kept (100000 is usual)"},
		"clamav address": {with(func(c *Config) { c.Clamav.Address = "localhost" }),
			`clamav.address: "localhost" begins with neither unix: nor inet: (unix:/run/clamav/clamd.ctl or inet:127.0.0.1:3310)`},
		"clamav timeout": {with(func(c *Config) { c.Clamav.Address, c.Clamav.Timeout = "unix:/x", 0 }), "clamav.timeout: no answer would come in time (4s is usual)"},
		"clamav size":    {with(func(c *Config) { c.Clamav.Address, c.Clamav.MaxSize = "unix:/x", 0 }), "clamav.max_size: no message would be sent (5M is usual)"},
		"clamav failure": {with(func(c *Config) { c.Clamav.Address, c.Clamav.OnFailure = "unix:/x", "ignore" }), `clamav.on_failure: there is no "ignore" ("skip" or "fail")`},
		"empty list":     {with(func(c *Config) { c.Lists.Set("bad", LocalListConfig{Points: 1}) }), `reputation.bad.clients: the list is empty (networks, addresses, or "file:PATH")`},
		"list points":    {with(func(c *Config) { c.Lists.Set("bad", LocalListConfig{Clients: []string{"192.0.2.1"}}) }), "warning: reputation.bad.points: the list is worth nothing and is not recorded"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff([]string{tt.want}, problems(t, tt.config)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestNamesThatReportsCannotTellApart(t *testing.T) {
	c := withRule(func(*RuleConfig) {})
	c.Rules.Set("CASINO", RuleConfig{Field: "body", Pattern: "x", Points: 1})
	if got := problems(t, c); len(got) != 1 || !strings.Contains(got[0], `rule "casino"`) {
		t.Errorf("problems %q", got)
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	c := withRule(func(r *RuleConfig) { r.Pattern, r.Field = "(", "x" })
	c.Scoring.Points = map[string]float64{"A": 1, "B": 2}
	c.Resolver.Timeout = 0
	c.Clamav.Address = "x"
	if got := problems(t, c); len(got) != 6 {
		t.Errorf("%d problems: %q", len(got), got)
	}
}

func TestOthersMistakesCount(t *testing.T) {
	var ps config.Problems
	ps.Errorf("policy.home", "", "wrong")
	if s := Compile(Default(), t.TempDir(), slog.New(slog.DiscardHandler), &ps); s != nil {
		t.Error("a scorer in spite of an earlier problem")
	}
}
