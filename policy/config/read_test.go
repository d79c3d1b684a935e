package config

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file, or writes it.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

// Each file has one mistake, or one sort of mistake, and fails for it alone.
func TestBadFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no bad files: %v", err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			c, ps := defaults(), Problems{}
			Read(filepath.Base(path), data, &c, &ps)
			if !ps.Failed() {
				t.Error("no problem was found")
			}
			var got strings.Builder
			for _, p := range ps.All() {
				fmt.Fprintln(&got, p)
			}
			golden(t, strings.TrimSuffix(path, ".toml")+".want", got.String())
		})
	}
}

func TestReadEverySortOfValue(t *testing.T) {
	got, _ := mustRead(t, `
mode = "observe"
[listen]
backlog = 3
timeout = "5m"
max_view = 65536
[group.home]
clients = ["192.0.2.0/24", "2001:db8::/32"]
tls = false
[group.all]
[scoring]
points = { HTML_ONLY = 1, "127.0.0.2" = -0.5 }
ports = 25
`)
	no := false
	want := defaults()
	want.Mode = 1
	want.Listen.Backlog, want.Listen.Timeout, want.Listen.MaxView = 3, Duration(5*time.Minute), 64<<10
	want.Groups.Set("home", groupConfig{Clients: []string{"192.0.2.0/24", "2001:db8::/32"}, TLS: &no})
	want.Groups.Set("all", groupConfig{})
	want.Scoring = scoringConfig{Points: map[string]float64{"HTML_ONLY": 1, "127.0.0.2": -0.5}, Ports: []int{25}}
	if diff := diffConfig(want, got); diff != "" {
		t.Error(diff)
	}
}

func diffConfig(want, got fixture) string {
	return cmp.Diff(want, got, cmp.AllowUnexported(Tables[groupConfig]{}, Tables[flowConfig]{}), cmpopts.EquateEmpty())
}

func TestReadNothingKeepsTheDefaults(t *testing.T) {
	for _, document := range []string{"", "# nothing\n", "[listen]\n", "[policy]\n", "[policy.direct]\n", "[scoring]\npoints = {}\n"} {
		got, _ := mustRead(t, document)
		if diff := diffConfig(defaults(), got); diff != "" {
			t.Errorf("%q: %s", document, diff)
		}
	}
}

func TestWrongValuesKeepTheDefault(t *testing.T) {
	got, _, problems := read("mode = 'x'\n[listen]\nmilter = ['inet:1', 2]\nbacklog = 300\ntimeout = 5\n[policy.direct]\nrecipients = ['5/1h', 'x']\n")
	if len(problems) != 5 {
		t.Errorf("got %d problems: %v", len(problems), problems)
	}
	if diff := diffConfig(defaults(), got); diff != "" {
		t.Error(diff)
	}
}

func TestTablesKeepTheOrderOfTheFile(t *testing.T) {
	got, _ := mustRead(t, `
group.first = { policy = "direct" }
[group.zeta]
[policy.home]
[group.alpha]
[group]
mid.policy = "relayed"
[policy.relayed]
[policy.agents]
`)
	if diff := cmp.Diff([]string{"first", "zeta", "alpha", "mid"}, got.Groups.Names()); diff != "" {
		t.Errorf("groups: %s", diff)
	}
	if diff := cmp.Diff([]string{"direct", "relayed", "home", "agents"}, got.Policies.Names()); diff != "" {
		t.Errorf("built-in policies come first and keep their place: %s", diff)
	}
}

func TestInherits(t *testing.T) {
	got, _ := mustRead(t, `
[policy.agents]
inherits = "home"               # which comes later
replies = { limit = "451 4.7.1 Later" }
[policy.home]
inherits = "relayed"
max_recipients = 5
[policy.relayed]                # built in, and changed
thresholds.reject = 9
[policy.plain]                  # starts from the base
[policy.empty]
inherits = ""
`)
	relayed := flowConfig{Max: 20, Delay: true, Replies: map[reason]string{"score": "550 5.7.1 No"}, Thresholds: thresholds{Reject: 9}}
	home := relayed
	home.Inherits, home.Max = "relayed", 5
	agents := home
	agents.Inherits, agents.Replies = "home", map[reason]string{"score": "550 5.7.1 No", "limit": "451 4.7.1 Later"}
	direct, _ := got.Policies.Get("direct")
	plain := direct
	plain.Inherits = "direct"
	for name, want := range map[string]flowConfig{"relayed": relayed, "home": home, "agents": agents, "plain": plain, "empty": plain} {
		if p, _ := got.Policies.Get(name); !cmp.Equal(want, p) {
			t.Errorf("policy %s: %s", name, cmp.Diff(want, p))
		}
	}
}

// A built-in table that names a parent starts from it and not from itself.
func TestInheritsReplacesABuiltInTable(t *testing.T) {
	got, _ := mustRead(t, "[policy.relayed]\ninherits = 'direct'\n")
	relayed, _ := got.Policies.Get("relayed")
	if relayed.Max != 50 || relayed.Delay || relayed.Inherits != "direct" {
		t.Errorf("got %+v", relayed)
	}
}

// A wrong value of a parent is its own mistake, told once.
func TestInheritedMistakesAreToldOnce(t *testing.T) {
	_, _, problems := read("[policy.a]\ninherits='b'\n[policy.c]\ninherits='b'\n[policy.b]\nmode='x'\n")
	if len(problems) != 1 || problems[0].Key != "policy.b.mode" {
		t.Errorf("got %v", problems)
	}
}

// What is read must not be written into memory that the defaults or a parent
// share.
func TestReadLeavesSharedMemoryAlone(t *testing.T) {
	c := defaults()
	before := c // shares lists, maps and tables
	c.Scoring.Points = map[string]float64{"A": 1}
	before.Scoring.Points = c.Scoring.Points
	var ps Problems
	Read("sluice.toml", []byte(`
[listen]
milter = "unix:/run/x"
[scoring]
points.A = 2
[policy.direct]
recipients = "5/1m"
[policy.home]
inherits = "relayed"
recipients = ["6/1m", "7/1m"]
replies.score = "550 5.7.1 Home"
`), &c, &ps)
	want := defaults()
	want.Scoring.Points = map[string]float64{"A": 1}
	if diff := diffConfig(want, before); diff != "" || ps.Failed() {
		t.Errorf("%v%s", ps.All(), diff)
	}
	relayed, _ := c.Policies.Get("relayed")
	if relayed.Replies["score"] != "550 5.7.1 No" {
		t.Errorf("the parent's map was written to: %v", relayed.Replies)
	}
}

func TestEmptyListClears(t *testing.T) {
	got, _ := mustRead(t, "[listen]\nmilter = []\n[policy.home]\nrecipients = []\n")
	home, _ := got.Policies.Get("home")
	if got.Listen.Milter != nil || home.Recipients != nil {
		t.Errorf("got %v and %v", got.Listen.Milter, home.Recipients)
	}
}

// Two names that read the same without quotes are still two tables.
func TestQuotedNamesThatReadTheSame(t *testing.T) {
	_, _, problems := read("[scoring.points]\n'a.b' = 1\na.b = 2\n")
	if len(problems) != 1 || !strings.Contains(problems[0].Text, "not a table") {
		t.Errorf("got %v", problems)
	}
}

func TestReadAtTheFileBound(t *testing.T) {
	for _, c := range []struct {
		size int
		want bool
	}{{0, true}, {MaxFile, true}, {MaxFile + 1, false}} {
		_, _, problems := read(string(bytes.Repeat([]byte("\n"), c.size)))
		if ok := len(problems) == 0; ok != c.want {
			t.Errorf("%d bytes read: %v, want %v", c.size, ok, c.want)
		}
	}
}

func TestNamesUpToTheBound(t *testing.T) {
	for _, c := range []struct {
		length int
		want   bool
	}{{0, false}, {1, true}, {MaxName, true}, {MaxName + 1, false}} {
		got, _, problems := read(fmt.Sprintf("[group.%q]\n", strings.Repeat("n", c.length)))
		if ok := len(problems) == 0 && got.Groups.Len() == 1; ok != c.want {
			t.Errorf("a name of %d bytes read: %v, want %v", c.length, ok, c.want)
		}
	}
}

// FuzzRead reads anything without failing; what reads without a problem prints
// as something that reads back to the same.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.toml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Fuzz(func(t *testing.T, document string) {
		got, file, problems := read(document)
		for _, p := range problems {
			if p.Line < 0 || p.Line > strings.Count(document, "\n")+1 || p.Text == "" {
				t.Errorf("no such place: %+v", p)
			}
		}
		if len(problems) == 0 {
			readBack(t, file, got)
		}
	})
}

// Long values are repeated in part.
func TestWrongTextIsRepeatedUpToABound(t *testing.T) {
	for _, c := range []struct {
		length int
		want   string
	}{
		{0, `the text ""`},
		{maxQuoted, `the text "` + strings.Repeat("v", maxQuoted) + `"`},
		{maxQuoted + 1, `the text "` + strings.Repeat("v", maxQuoted) + `..."`},
	} {
		if got := valuePhrase(strings.Repeat("v", c.length)); got != c.want {
			t.Errorf("%d bytes: got %s, want %s", c.length, got, c.want)
		}
	}
	if got, want := valuePhrase(strings.Repeat("v", maxQuoted-1)+"ü"), `the text "`+strings.Repeat("v", maxQuoted-1)+`..."`; got != want {
		t.Errorf("cut within a letter: got %s, want %s", got, want)
	}
}
