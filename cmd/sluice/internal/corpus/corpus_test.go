package corpus

import (
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/policy/config"
	"sluice/scoring"
	"sluice/scoring/model"
)

func TestParseManifest(t *testing.T) {
	const head = "path\tlabel\tsource\ttier\tcluster\n"
	for name, tt := range map[string]struct{ text, want string }{
		"one of each":    {head + "a.eml\tham\tone\teval\tc1\nb.eml\tphish\ttwo\t\t\n", "[{root/a.eml ham one  c1} {root/b.eml phish two  }]"},
		"other tiers":    {head + "a.eml\tham\tone\tfixture\t\nb.eml\tham\tone\teval\t\n", "[{root/b.eml ham one  }]"},
		"other labels":   {head + "a.eml\tmalformed\tone\teval\t\nb.eml\tham\tone\teval\t\n", "[{root/b.eml ham one  }]"},
		"empty":          {"", "it is empty"},
		"no label":       {"path\tsource\n", `line 1: there is no column "label"`},
		"no path":        {head + "\tham\tone\teval\t\n", "line 2: path or source is missing"},
		"nothing to use": {head + "a.eml\tmalformed\tone\teval\t\n", "no line has a label"},
	} {
		entries, err := parseManifest(strings.NewReader(tt.text), "root")
		got := fmt.Sprint(entries)
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestReadScores(t *testing.T) {
	entries := []Entry{{Path: "a/1.eml", Label: "ham", Source: "one"}, {Path: "a/2.eml", Label: "spam", Source: "one"}}
	for text, want := range map[string]string{
		"a/2.eml\t7\n./a/1.eml\t-1.5\nother\t3\n": "[-1.5 7]",
		"a/1.eml\t1\n":           "there is no score for a/2.eml",
		"a/1.eml 1\n":            `line 1: "" is no score`,
		"a/1.eml\t1\na/2.eml\tx": `line 2: "x" is no score`,
	} {
		_, scores, err := ReadScores(strings.NewReader(text), entries)
		got := fmt.Sprint(scores)
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// The values are those of published tables.
func TestWilson(t *testing.T) {
	for _, tt := range []struct {
		n, total  int
		low, high float64
	}{
		{0, 10, 0, 0.2775},
		{1, 10, 0.0179, 0.4042},
		{5, 10, 0.2366, 0.7634},
		{10, 10, 0.7225, 1},
		{0, 1000, 0, 0.0038},
		{0, 0, 0, 1},
	} {
		low, high := Wilson(tt.n, tt.total)
		if math.Abs(low-tt.low) > 5e-5 || math.Abs(high-tt.high) > 5e-5 {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", tt.n, tt.total, low, high, tt.low, tt.high)
		}
	}
}

func item(source, label string, n int) Item {
	return Item{Entry: Entry{Path: fmt.Sprint(source, n), Source: source, Label: label}}
}

func TestGroups(t *testing.T) {
	items := []Item{item("b", "spam", 1), item("a", "ham", 2), item("a", "ham", 3), item("a", "bounce", 4), item("a", "ham", 5)}
	groups := Groups(items, []float64{9, 1, 4, 2, 3})
	if len(groups) != 3 || groups[0].Label != "bounce" || groups[1].Label != "ham" || !groups[2].Spam {
		t.Fatalf("groups %+v", groups)
	}
	ham := groups[1]
	for threshold, want := range map[float64]int{0: 3, 1: 3, 3: 2, 3.5: 1, 4: 1, 4.1: 0} {
		if got := ham.Reached(threshold); got != want {
			t.Errorf("%d reach %v, want %d", got, threshold, want)
		}
	}
	if worst := ham.Worst(2); ham.Paths[worst[0]] != "a3" || ham.Paths[worst[1]] != "a5" {
		t.Errorf("worst %v of %v", worst, ham.Paths)
	}
	if worst := groups[2].Worst(5); len(worst) != 1 {
		t.Errorf("worst %v of one", worst)
	}
}

// At the threshold for a bound, no source has a larger share than it; a hair
// below, one has.
func TestThreshold(t *testing.T) {
	ham := Group{Source: "a", Label: "ham"}
	for i := range 1000 {
		ham.Scores = append(ham.Scores, 10-float64(i)/100)
	}
	small := Group{Source: "b", Label: "ham", Scores: []float64{50}}
	for _, bound := range []float64{0, 0.001, 0.01} {
		threshold := Threshold([]Group{ham, small}, bound, 100)
		if share := ham.Share(threshold); share > bound {
			t.Errorf("%v: share %v at %v", bound, share, threshold)
		}
		if share := ham.Share(threshold - 1e-9); share <= bound {
			t.Errorf("%v: a threshold a hair lower would do", bound)
		}
	}
}

// A message is never weighed by a model that has seen something of its part.
func TestPartsAreKeptApart(t *testing.T) {
	var items []Item
	for i := range 60 {
		it := item(fmt.Sprintf("s%d", i%3), "ham", i)
		it.Cluster = fmt.Sprintf("c%d", i%20)
		items = append(items, it)
	}
	for _, split := range Splits {
		seen := make([]bool, len(items))
		each(items, items, split, func(part_ string, train []Item, members []int) {
			for _, i := range members {
				seen[i] = true
				for _, other := range train {
					if part(other.Entry, split) == part(items[i].Entry, split) {
						t.Errorf("%s: %v is weighed with %v", split, items[i].Path, other.Path)
					}
				}
			}
		})
		for i, ok := range seen {
			if !ok {
				t.Errorf("%s: %v is weighed by none", split, items[i].Path)
			}
		}
	}
}

// From files to points: spam of one kind and ham of another are told apart by
// models that have not seen them.
func TestReadTrainValidate(t *testing.T) {
	dir := t.TempDir()
	var manifest strings.Builder
	manifest.WriteString("path\tlabel\tsource\n")
	for i := range 120 {
		label, text := "ham", "the minutes of our meeting on monday are ready"
		if i%2 == 0 {
			label, text = "spam", "claim the prize now before it expires"
		}
		name := fmt.Sprintf("%d.eml", i)
		body := fmt.Sprintf("From: a%d@example.org\nSubject: number %d\n\n%s %d\n", i, i, text, i)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&manifest, "%s\t%s\tsource-%d\n", name, label, i%4/2)
	}
	path := filepath.Join(dir, "MANIFEST.tsv")
	if err := os.WriteFile(path, []byte(manifest.String()+"gone.eml\tham\tsource-1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	entries, err := ReadManifest(path)
	if err != nil {
		t.Fatal(err)
	}
	c := scoring.Default()
	c.Model.Strength = 0
	scorer := scoring.Compile(c, dir, slog.New(slog.DiscardHandler), new(config.Problems))
	defer scorer.Close()
	reader := Reader{Scorer: scorer, MaxView: 1 << 20, Input: scoring.Input{Set: scoring.Relayed}}
	items, err := reader.Read(t.Context(), entries)
	if len(items) != 120 || err == nil || !strings.Contains(err.Error(), "gone.eml") {
		t.Fatalf("%d items, error %v, want 120 and gone.eml named", len(items), err)
	}
	for _, split := range Splits {
		for i, points := range Validate(items, items, split, model.DefaultOptions()) {
			if (points > 2) != items[i].Spam() {
				t.Errorf("%s: %s %s has %v points", split, items[i].Label, items[i].Path, points)
				break
			}
		}
	}
}
