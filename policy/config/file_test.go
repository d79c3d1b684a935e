package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const located = `mode = "observe"
[group.home]
clients = ["192.0.2.1",
  "192.0.2.2",
  "192.0.2.3", "192.0.2.4"]
[policy.home]
inherits = "agents"
thresholds.tag = 3
[policy.agents]
inherits = "relayed"
max_recipients = 5
[policy.plain]
[policy.relayed]
delay_reject = false
[policy.implied.thresholds]
tag = 3
`

func TestLine(t *testing.T) {
	_, f := mustRead(t, located)
	for _, c := range []struct {
		key  string
		want int
	}{
		{"mode", 1},
		{"group.home", 2},
		{"group.home.clients", 3},
		{"group.home.clients[0]", 3},
		{"group.home.clients[1]", 4},
		{"group.home.clients[3]", 5},
		{"group.home.clients[9]", 3},
		{"group.home.clients[x]", 2},
		{"group.home.policy", 2},
		{"policy.home.thresholds.tag", 8},
		{"policy.home.thresholds.reject", 6},
		{"policy.implied.thresholds.reject", 15},
		{"policy.implied.mode", 15},
		{"policy.direct.mode", 0},
		{"listen.milter", 0},
		{"", 0},
	} {
		if got := f.Line(c.key); got != c.want {
			t.Errorf("Line(%q) = %d, want %d", c.key, got, c.want)
		}
	}
}

func TestOrigin(t *testing.T) {
	_, f := mustRead(t, located)
	for _, c := range []struct{ key, want string }{
		{"mode", "sluice.toml:1"},
		{"listen.milter", "default"},
		{"group.home", "sluice.toml:2"},
		{"group.home.policy", "default"},
		{"policy.home.thresholds.tag", "sluice.toml:8"},
		{"policy.home.max_recipients", "policy agents (sluice.toml:11)"},
		{"policy.home.delay_reject", "policy relayed (sluice.toml:14)"},
		{"policy.home.thresholds.reject", "policy relayed"},
		{"policy.relayed.thresholds.reject", "default"},
		{"policy.plain.max_recipients", "policy direct"},
		{"policy.direct.max_recipients", "default"},
		{"policy.home.inherits", "sluice.toml:7"},
		{"policy.plain.inherits", "default"},
	} {
		if got := f.Origin(c.key); got != c.want {
			t.Errorf("Origin(%q) = %q, want %q", c.key, got, c.want)
		}
	}
}

func TestLocate(t *testing.T) {
	_, f := mustRead(t, located)
	var ps Problems
	ps.Errorf("group.home.clients[1]", "", "an element")
	ps.Warnf("policy.home.mode", "", "not in the file, but its table")
	ps.Errorf("listen.milter", "", "not in the file at all")
	ps.Errorf("", "", "no key")
	ps.Add(Problem{File: "infected.txt", Line: 9, Key: "group.home.clients", Text: "has a place"})
	f.Locate(&ps)
	f.Locate(&ps) // a second time changes nothing
	want := []Problem{
		{File: "sluice.toml", Line: 4, Key: "group.home.clients", Text: "an element"},
		{File: "sluice.toml", Line: 6, Key: "policy.home.mode", Text: "not in the file, but its table", Warning: true},
		{File: "sluice.toml", Key: "listen.milter", Text: "not in the file at all"},
		{Text: "no key"},
		{File: "infected.txt", Line: 9, Key: "group.home.clients", Text: "has a place"},
	}
	if diff := cmp.Diff(want, ps.All()); diff != "" {
		t.Error(diff)
	}
}

func TestProblemString(t *testing.T) {
	for _, c := range []struct {
		problem Problem
		want    string
	}{
		{Problem{Text: "wrong"}, "wrong"},
		{Problem{File: "f", Text: "wrong"}, "f: wrong"},
		{Problem{File: "f", Line: 3, Key: "a.b", Text: "wrong", Hint: "do right"}, "f:3: a.b: wrong (do right)"},
		{Problem{File: "f", Line: 3, Key: "a.b", Text: "odd", Warning: true}, "f:3: warning: a.b: odd"},
	} {
		if got := c.problem.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestWarningsAreNoFailure(t *testing.T) {
	var ps Problems
	if ps.Failed() {
		t.Error("nothing has failed yet")
	}
	ps.Warnf("a", "", "odd")
	if ps.Failed() {
		t.Error("a warning is no failure")
	}
	ps.Errorf("a", "", "wrong")
	if !ps.Failed() {
		t.Error("an error is a failure")
	}
}

func TestTables(t *testing.T) {
	var empty, tables Tables[int]
	if _, ok := empty.Get("a"); ok || empty.Len() != 0 {
		t.Error("the zero value is not empty")
	}
	tables.Set("b", 1)
	tables.Set("a", 2)
	tables.Set("b", 3)
	var got []int
	for _, v := range tables.All() {
		got = append(got, v)
	}
	if diff := cmp.Diff([]int{3, 2}, got); diff != "" {
		t.Errorf("a table that is set again keeps its place: %s", diff)
	}
	for name := range tables.All() {
		if name != "b" {
			t.Errorf("went on to %q", name)
		}
		break
	}
}

func TestSortKeepsTheOrderWithinALine(t *testing.T) {
	var ps Problems
	for _, p := range []Problem{
		{File: "b", Line: 1, Text: "fifth"}, {File: "a", Line: 2, Text: "third"}, {File: "a", Line: 2, Text: "fourth"},
		{File: "a", Line: 1, Text: "second"}, {File: "a", Text: "first"},
	} {
		ps.Add(p)
	}
	ps.Sort()
	var got []string
	for _, p := range ps.All() {
		got = append(got, p.Text)
	}
	if diff := cmp.Diff([]string{"first", "second", "third", "fourth", "fifth"}, got); diff != "" {
		t.Error(diff)
	}
}
