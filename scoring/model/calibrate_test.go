package model

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

var line = []Knot{{-1, -1}, {0, 0}, {1, 4}}

func TestPointsLieOnTheLine(t *testing.T) {
	for margin, want := range map[float64]float64{-9: -1, -1: -1, -0.5: -0.5, 0: 0, 0.25: 1, 1: 4, 9: 4} {
		if got := points(line, margin); math.Abs(got-want) > 1e-9 {
			t.Errorf("margin %v: %v points, want %v", margin, got, want)
		}
	}
}

func TestCalibrateWithoutMessages(t *testing.T) {
	if knots := Calibrate(nil); knots != nil {
		t.Errorf("knots %v", knots)
	}
}

// Of honest messages no more than the share that a level stands for get its
// points or more; the line rises, and ends at the most that a model may say.
func TestCalibrate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 3000).Draw(t, "n")
		spread := rapid.Float64Range(0.01, 5).Draw(t, "spread")
		random := rapid.SliceOfN(rapid.Float64Range(-1, 1), 1, 50).Draw(t, "margins")
		var ham []Judged
		for i := range n {
			ham = append(ham, Judged{spread*random[i%len(random)] + float64(i)/float64(n), "one"})
		}
		knots := Calibrate(ham)
		for i := 1; i < len(knots); i++ {
			if knots[i].Margin <= knots[i-1].Margin || knots[i].Points <= knots[i-1].Points {
				t.Fatalf("the line does not rise: %v", knots)
			}
		}
		if last := knots[len(knots)-1]; last.Points != maxPoints {
			t.Errorf("the line ends at %v", last)
		}
		for _, l := range levels {
			reached := 0
			for _, h := range ham {
				if points(knots, h.Margin) > l.points+1e-9 {
					reached++
				}
			}
			if share := float64(reached) / float64(n); share > l.share+1e-9 {
				t.Errorf("%v of honest messages get more than %v points, want %v", share, l.points, l.share)
			}
		}
	})
}
