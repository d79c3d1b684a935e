package scoring

import (
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"sluice/policy/config"
	"sluice/scoring/reputation"

	"github.com/google/go-cmp/cmp"
)

// renew renews a scorer by a configuration that has no mistakes.
func renew(t *testing.T, s *Scorer, c Config) *Scorer {
	t.Helper()
	var ps config.Problems
	next := s.Renew(c, t.TempDir(), slog.New(slog.DiscardHandler), &ps)
	if next == nil {
		t.Fatalf("problems: %v", ps.All())
	}
	return next
}

func TestRenewedScorerKnowsWhatIsCached(t *testing.T) {
	server, asked := blocklistServer(t)
	worth := func(points float64) Config {
		return withBlocklist(func(b *BlocklistConfig) { b.Points = points })
	}
	without, other := with(func(*Config) {}), worth(4)
	one, two := worth(1), worth(2)
	for _, c := range []*Config{&one, &two, &without, &other} {
		c.Resolver.Servers = []string{server}
		c.Resolver.Timeout = config.Duration(30 * time.Second)
		c.Scoring.Timeout = config.Duration(30 * time.Second)
	}
	other.Resolver.Cache++
	in := Input{Set: Direct, Reputation: true, Client: netip.MustParseAddr("203.0.113.7")}
	text := letter("", prose)

	s := compile(t, one)
	chain := []*Scorer{s}
	for i, step := range []struct {
		config Config
		score  float64
		asked  int64 // questions so far
	}{{one, 1, 1}, {two, 2, 1}, {without, 0, 1}, {two, 2, 1}, {other, 4, 2}} {
		s = renew(t, s, step.config)
		chain = append(chain, s)
		if r := scoreText(t, s, text, in); r.Score != step.score || asked.Load() != step.asked {
			t.Errorf("step %d: score %v after %d questions, want %v after %d", i, r.Score, asked.Load(), step.score, step.asked)
		}
	}
	t.Cleanup(s.Close)

	for i, want := range []float64{1, 1, 2, 0, 2, 4} {
		if r := scoreText(t, chain[i], text, in); r.Score != want {
			t.Errorf("scorer %d after its replacement: score %v, want %v", i, r.Score, want)
		}
	}
	if asked.Load() != 2 {
		t.Errorf("%d questions", asked.Load())
	}
	// Nine scores asked the zone: four steps, and five of the chain.
	want := reputation.Counts{Looked: 9, Cached: 7, Listed: 9}
	if diff := cmp.Diff(want, s.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestRenewedScorerCompilesWhatHasChanged(t *testing.T) {
	matchers := func(s *Scorer) map[string]*matcher {
		all := make(map[string]*matcher)
		for _, f := range s.words.fields {
			all[f.field] = f.matcher
		}
		return all
	}
	points := with(func(c *Config) { c.Scoring.Points = map[string]float64{"TO_MISSING": 9} })
	s := withDefaults(t)
	next := renew(t, s, points)
	for field, m := range matchers(s) {
		if matchers(next)[field] != m {
			t.Errorf("%s: compiled again for other points", field)
		}
	}
	if r := scoreText(t, next, letter("-To", prose), Input{Set: Relayed}); r.Score != 9 {
		t.Errorf("score %v", r.Score)
	}

	next = renew(t, s, withRule(func(r *RuleConfig) { r.Pattern = "minutes" }))
	for field, m := range matchers(s) {
		if same := matchers(next)[field] == m; same != (field != fieldSubject) {
			t.Errorf("%s: the same matcher %v, with a new rule for the subject", field, same)
		}
	}
	for s, want := range map[*Scorer]float64{s: 0, next: 1} {
		if r := scoreText(t, s, letter("", prose), Input{Set: Relayed}); r.Score != want {
			t.Errorf("score %v, want %v", r.Score, want)
		}
	}
}

func TestMistakesDoNotReplaceAScorer(t *testing.T) {
	s := withDefaults(t)
	var ps config.Problems
	c := withRule(func(r *RuleConfig) { r.Pattern = "(" })
	if next := s.Renew(c, t.TempDir(), slog.New(slog.DiscardHandler), &ps); next != nil || !ps.Failed() {
		t.Errorf("scorer %v, problems %v", next, ps.All())
	}
	if r := scoreText(t, s, letter("-To", prose), Input{Set: Relayed}); !has(r, "TO_MISSING") {
		t.Errorf("hits %v", r.Hits)
	}
}

func TestNoCountsWithoutBlocklists(t *testing.T) {
	if got := withDefaults(t).Counts(); got != (reputation.Counts{}) {
		t.Errorf("%+v", got)
	}
}
