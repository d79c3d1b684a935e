package policy

import (
	"sync"
	"testing"
)

func TestGauge(t *testing.T) {
	g := NewGauge()
	for i, want := range []bool{true, true, false} {
		if got := g.Enter("a", 2); got != want {
			t.Errorf("connection %d of 2: %v", i+1, got)
		}
	}
	if !g.Enter("b", 2) {
		t.Error("another key is full too")
	}
	g.Leave("a")
	if !g.Enter("a", 2) {
		t.Error("no room after one has left")
	}
}

func TestGaugeWithoutABound(t *testing.T) {
	g := NewGauge()
	for range 1000 {
		if !g.Enter("a", 0) {
			t.Fatal("0 is a bound")
		}
	}
	if g.Enter("a", 1) {
		t.Error("those that entered without a bound do not count")
	}
}

func TestGaugeForgets(t *testing.T) {
	g := NewGauge()
	g.Leave("a") // one too many does no harm
	g.Enter("a", 1)
	g.Leave("a")
	g.Leave("a")
	if g.Len() != 0 || !g.Enter("a", 1) {
		t.Errorf("%d keys kept", g.Len())
	}
}

func TestGaugeConcurrently(t *testing.T) {
	g := NewGauge()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				if g.Enter("a", 3) {
					g.Leave("a")
				}
			}
		})
	}
	wg.Wait()
	if g.Len() != 0 {
		t.Error("something is left")
	}
}
