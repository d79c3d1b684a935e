package qrcode

import (
	"cmp"
	"math"
	"slices"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode/detector"
)

// Bounds of the search for the three corners of a code.
const (
	rowStep    = 2    // every other row is looked at
	maxTries   = 5000 // places that look like a corner along a row
	maxCenters = 200  // of those, different ones that also do so down and across
	maxChosen  = 30   // of those, the ones that most rows go through
	minRows    = 2    // that go through a corner
)

// finder looks for the squares in the corners of a code: seen along any line,
// runs of dark and light of 1, 1, 3, 1 and 1 modules.
type finder struct {
	*detector.FinderPatternFinder
	tries int
}

// findCorners returns the corners of a code in a picture of black (true) and
// white.
func findCorners(black *gozxing.BitMatrix) (*detector.FinderPatternInfo, bool) {
	f := finder{FinderPatternFinder: detector.NewFinderPatternFinder(black, nil)}
	for y := rowStep - 1; y < black.GetHeight() && f.tries < maxTries && len(f.GetPossibleCenters()) < maxCenters; y += rowStep {
		f.scanRow(black, y)
	}
	var centers []*detector.FinderPattern
	for _, c := range f.GetPossibleCenters() {
		if c.GetCount() >= minRows {
			centers = append(centers, c)
		}
	}
	slices.SortStableFunc(centers, func(a, b *detector.FinderPattern) int { return cmp.Compare(b.GetCount(), a.GetCount()) })
	corners, ok := bestCorners(centers[:min(len(centers), maxChosen)])
	if !ok {
		return nil, false
	}
	bottomLeft, topLeft, topRight := gozxing.ResultPoint_OrderBestPatterns(corners[0], corners[1], corners[2])
	return detector.NewFinderPatternInfo(bottomLeft.(*detector.FinderPattern), topLeft.(*detector.FinderPattern), topRight.(*detector.FinderPattern)), true
}

// scanRow looks for corners along a row.
func (f *finder) scanRow(black *gozxing.BitMatrix, y int) {
	runs := make([]int, 5) // the last ones, the first of them dark
	n := 0                 // which of them is going on
	width := black.GetWidth()
	for x := range width {
		dark := black.Get(x, y)
		switch {
		case dark == (n%2 == 0):
			runs[n]++
		case n == 0 && runs[0] == 0: // light before anything dark
		case n < 4:
			n++
			runs[n]++
		default:
			if f.try(runs, y, x) {
				clear(runs)
				n = 0
				continue
			}
			copy(runs, runs[2:])
			runs[3], runs[4] = 1, 0
			n = 3
		}
	}
	if n == 4 {
		f.try(runs, y, width)
	}
}

// try looks closer at a place where the runs of a corner end, if they are that.
func (f *finder) try(runs []int, y, end int) bool {
	if !detector.FinderPatternFinder_foundPatternCross(runs) {
		return false
	}
	f.tries++
	return f.tries <= maxTries && f.HandlePossibleCenter(runs, y, end)
}

// bestCorners returns the three squares of about the same size that are most
// like the corners of a right triangle with two equal sides.
func bestCorners(centers []*detector.FinderPattern) (best [3]*detector.FinderPattern, ok bool) {
	least := math.MaxFloat64
	for i, a := range centers {
		for j, b := range centers[:i] {
			for _, c := range centers[:j] {
				if d := distortion(a, b, c); d < least {
					least, best = d, [3]*detector.FinderPattern{a, b, c}
				}
			}
		}
	}
	return best, least < math.MaxFloat64
}

// distortion says how far three squares are from the corners of a code: 0 for
// perfect ones.
func distortion(a, b, c *detector.FinderPattern) float64 {
	const alike = 1.4 // ratio of sizes
	sizes := []float64{a.GetEstimatedModuleSize(), b.GetEstimatedModuleSize(), c.GetEstimatedModuleSize()}
	if slices.Max(sizes) > alike*slices.Min(sizes) {
		return math.MaxFloat64
	}
	sides := []float64{distance2(a, b), distance2(b, c), distance2(a, c)}
	slices.Sort(sides)
	return (math.Abs(sides[2]-2*sides[1]) + math.Abs(sides[2]-2*sides[0])) / max(sides[2], 1)
}

// distance2 is the square of the distance of two squares.
func distance2(a, b *detector.FinderPattern) float64 {
	x, y := a.GetX()-b.GetX(), a.GetY()-b.GetY()
	return x*x + y*y
}
