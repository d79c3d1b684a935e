package day

import (
	"math"
	"math/rand/v2"
)

// mix makes one number of several, such that near ones become unlike each
// other (splitmix64).
func mix(parts ...uint64) uint64 {
	var h uint64
	for _, p := range parts {
		h += p + 0x9e3779b97f4a7c15
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return h
}

// chance is a source of random numbers that can begin anew.
type chance struct {
	*rand.Rand
	pcg *rand.PCG
}

func newChance() chance {
	pcg := rand.NewPCG(0, 0)
	return chance{rand.New(pcg), pcg}
}

// begin makes what follows depend on the parts alone.
func (c chance) begin(parts ...uint64) {
	h := mix(parts...)
	c.pcg.Seed(h, mix(h))
}

// is returns true with the probability p.
func (c chance) is(p float64) bool { return c.Float64() < p }

// between returns a number in [low, high).
func (c chance) between(low, high float64) float64 { return low + (high-low)*c.Float64() }

// lognormal returns a number with that median; sigma says how heavy the tail is.
func (c chance) lognormal(median, sigma float64) float64 {
	return median * math.Exp(sigma*c.NormFloat64())
}

// rank returns a number in [0, n), r about as often as 1/(r+1) (Zipf).
func (c chance) rank(n int) int {
	return min(n-1, int(math.Pow(float64(n+1), c.Float64()))-1)
}

// several returns 1 or more, on average mean, at most most.
func (c chance) several(mean float64, most int) int {
	n := 1
	for again := 1 - 1/mean; n < most && c.is(again); {
		n++
	}
	return n
}

// bytes returns the size of a message with that median, between 500 and 20
// million bytes.
func (c chance) bytes(median, sigma float64) int {
	return int(min(max(c.lognormal(median, sigma), 500), 20e6))
}
