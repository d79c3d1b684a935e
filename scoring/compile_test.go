package scoring

import (
	"testing"

	"log/slog"
	"sluice/policy/config"
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
