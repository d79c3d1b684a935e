package policy

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/policy/config"
)

var yes, no = true, false

// named is one table of a configuration.
type named[T any] struct {
	name  string
	value T
}

// withGroups is the default configuration with these groups.
func withGroups(groups ...named[GroupConfig]) Config {
	c := Default()
	for _, g := range groups {
		c.Groups.Set(g.name, g.value)
	}
	return c
}

// withPolicy is the default configuration with one more policy, changed from
// relayed.
func withPolicy(name string, edit func(*FlowConfig)) Config {
	c := Default()
	f := relayedPolicy()
	edit(&f)
	c.Policies.Set(name, f)
	c.Groups.Set("home", GroupConfig{Policy: name})
	return c
}

func ofGroup(name string, c GroupConfig) named[GroupConfig] {
	if c.Policy == "" {
		c.Policy = policyRelayed
	}
	return named[GroupConfig]{name, c}
}

// fataler is what a test and a property have in common.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// compile compiles what must have no error.
func compile(t fataler, c Config, dir string) *Rules {
	t.Helper()
	var ps config.Problems
	r := Compile(c, dir, &ps)
	if r == nil || ps.Failed() {
		t.Fatalf("%v", ps.All())
	}
	return r
}

// problems prints what is wrong with a configuration, with DIR for dir.
func problems(c Config, dir string) []string {
	var ps config.Problems
	Compile(c, dir, &ps)
	var out []string
	for _, p := range ps.All() {
		s := p.String()
		if dir != "" {
			s = strings.ReplaceAll(s, dir, "DIR")
		}
		out = append(out, s)
	}
	return out
}

func writeFile(t testing.TB, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func addr(s string) netip.Addr {
	if s == "" {
		return netip.Addr{}
	}
	return netip.MustParseAddr(s)
}
