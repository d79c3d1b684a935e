package campaign

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// prose returns n words of a language that has 2,000, most of them rare.
func prose(r *rand.Rand, n int) []string {
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprint("w", int(2000*r.Float64()*r.Float64()))
	}
	return words
}

func alike(a, b []string) bool {
	p, q := Near(a), Near(b)
	_, alike := p.agreement(&q)
	return alike
}

// share is how many of n pairs of texts are alike.
func share(n int, make func(r *rand.Rand) (a, b []string)) float64 {
	r, found := rand.New(rand.NewPCG(1, 2)), 0
	for range n {
		if alike(make(r)) {
			found++
		}
	}
	return float64(found) / float64(n)
}

func TestCopiesAreAlike(t *testing.T) {
	for name, c := range map[string]struct {
		least float64
		make  func(r *rand.Rand) (a, b []string)
	}{
		"the same": {1, func(r *rand.Rand) (a, b []string) {
			a = prose(r, 12)
			return a, slices.Clone(a)
		}},
		"three of 40 words changed": {0.98, func(r *rand.Rand) (a, b []string) {
			a = prose(r, 40)
			b = slices.Clone(a)
			for range 3 {
				b[r.IntN(len(b))] = fmt.Sprint("other", r.Uint32())
			}
			return a, b
		}},
		"fifteen other words after each 60": {0.94, func(r *rand.Rand) (a, b []string) {
			text := prose(r, 60)
			return slices.Concat(text, prose(r, 15)), slices.Concat(text, prose(r, 15))
		}},
		"a name before": {0.99, func(r *rand.Rand) (a, b []string) {
			text := prose(r, 40)
			return slices.Concat([]string{"ann"}, text), slices.Concat([]string{"bob", "miller"}, text)
		}},
	} {
		if got := share(500, c.make); got < c.least {
			t.Errorf("%s: %.3f are alike, want %.3f", name, got, c.least)
		}
	}
}

func TestOtherTextsAreNotAlike(t *testing.T) {
	for name, c := range map[string]struct {
		most float64
		make func(r *rand.Rand) (a, b []string)
	}{
		"nothing in common": {0, func(r *rand.Rand) (a, b []string) { return prose(r, 60), prose(r, 60) }},
		"a third in common, at the end": {0.01, func(r *rand.Rand) (a, b []string) {
			footer := prose(r, 30)
			return slices.Concat(prose(r, 60), footer), slices.Concat(prose(r, 60), footer)
		}},
		"a long disclaimer after a short letter": {0.02, func(r *rand.Rand) (a, b []string) {
			disclaimer := prose(r, 100)
			return slices.Concat(prose(r, 25), disclaimer), slices.Concat(prose(r, 25), disclaimer)
		}},
		"the same beginning": {0.01, func(r *rand.Rand) (a, b []string) {
			head := prose(r, 24)
			return slices.Concat(head, prose(r, 60)), slices.Concat(head, prose(r, 60))
		}},
	} {
		if got := share(500, c.make); got > c.most {
			t.Errorf("%s: %.3f are alike, want at most %.3f", name, got, c.most)
		}
	}
}

func TestNearAtItsBounds(t *testing.T) {
	for n, none := range map[int]bool{0: true, 1: true, 2: false} {
		if p := Near(prose(rand.New(rand.NewPCG(1, 1)), n)); p.IsNone() != none {
			t.Errorf("%d words: none is %v", n, p.IsNone())
		}
	}
	words := prose(rand.New(rand.NewPCG(1, 1)), MaxWords+1)
	if Near(words) != Near(words[:MaxWords]) {
		t.Error("a word beyond the bound is read")
	}
	if Near(words[:MaxWords]) == Near(words[:MaxWords-200]) {
		t.Error("words within the bound are not read")
	}
}

const (
	nearID  = "d9a5701b0900"
	exactID = "e64a4a5cddc6"
)

// A print is the same everywhere: snapshots and records rely on it.
func TestPrintsAreStable(t *testing.T) {
	near, exact := Near([]string{"the", "minutes", "of", "monday"}), Exact("a", "b")
	if near.ID() != nearID || exact.ID() != exactID {
		t.Errorf("got %s and %s", near.ID(), exact.ID())
	}
}

func TestExact(t *testing.T) {
	a := Exact("pay now", "evil.example")
	for _, other := range []Print{Exact("pay now", "evil.exampl"), Exact("pay nowe", "vil.example"), Exact("pay now"), Exact("pay now", "evil.example", "")} {
		if n, alike := a.agreement(&other); alike || n > 2 {
			t.Errorf("%d values agree", n)
		}
	}
	b := Exact("pay now", "evil.example")
	if _, alike := a.agreement(&b); !alike {
		t.Error("not alike to itself")
	}
}

func BenchmarkNear(b *testing.B) {
	words := prose(rand.New(rand.NewPCG(1, 1)), 300)
	for b.Loop() {
		Near(words)
	}
}
