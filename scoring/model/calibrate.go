package model

import "slices"

// Knot is one point of the line that turns margins into points.
type Knot struct{ Margin, Points float64 }

// Judged is a message that a model has weighed which was not trained on it.
type Judged struct {
	Margin float64
	Source string
}

// levels say what points mean: how rarely an honest message gets as many.
var levels = []struct {
	share  float64 // of honest mail, all sources alike
	points float64
}{
	{0.5, -1.5},
	{0.1, 0},
	{0.01, 2},
	{0.001, 3.6},
	{0.0005, 4}, // what is tagged by itself
}

// maxPoints is the most that a model says; with the thresholds of the
// built-in policies it can tag alone, and never reject.
const maxPoints = 7

// Calibrate finds out which margins honest messages have, and returns the line
// from margins to points. Points beyond the rarest level go on along its last
// piece, up to a bound. Nil is returned if there is no message.
func Calibrate(ham []Judged) []Knot {
	if len(ham) == 0 {
		return nil
	}
	sizes := make(map[string]float64)
	for _, h := range ham {
		sizes[h.Source]++
	}
	weight := func(h Judged) float64 { return min(1, sourceSize/sizes[h.Source]) }
	total := 0.0
	for _, h := range ham {
		total += weight(h)
	}
	sorted := slices.Clone(ham)
	slices.SortFunc(sorted, func(a, b Judged) int {
		switch {
		case a.Margin > b.Margin:
			return -1
		case a.Margin < b.Margin:
			return 1
		}
		return 0
	})
	var knots []Knot
	for _, l := range levels {
		above, i := 0.0, 0
		for ; i < len(sorted)-1 && above+weight(sorted[i]) <= l.share*total; i++ {
			above += weight(sorted[i])
		}
		margin := sorted[i].Margin
		if n := len(knots); n > 0 {
			margin = max(margin, knots[n-1].Margin+0.01) // the line rises
		}
		knots = append(knots, Knot{margin, l.points})
	}
	last, before := knots[len(knots)-1], knots[len(knots)-2]
	slope := (last.Points - before.Points) / (last.Margin - before.Margin)
	return append(knots, Knot{last.Margin + (maxPoints-last.Points)/slope, maxPoints})
}

// points returns where a margin is on the line.
func points(knots []Knot, margin float64) float64 {
	for i, k := range knots {
		if margin > k.Margin {
			continue
		}
		if i == 0 {
			return k.Points
		}
		before := knots[i-1]
		return before.Points + (k.Points-before.Points)*(margin-before.Margin)/(k.Margin-before.Margin)
	}
	return knots[len(knots)-1].Points
}
