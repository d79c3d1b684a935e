package day

import "math"

const (
	tagAt    = 4.0  // a filter that is right scores spam at this or above, ham below
	rejectAt = 12.0 // a third of the spam that is found, hardly any ham
	spamMost = 20.0
)

// filter is the content filter that gives the scores.
type filter struct {
	seed   uint64
	miss   float64
	wrong  float64 // about ham
	uneven bool
}

// The uneven filter takes one honest sender of unlucky for spam, that much more
// often than the average.
const unlucky = 20

// ham scores an honest message of that sender. usual is what this sender's
// messages have on average, see taste.
func (f filter) ham(c chance, sender uint64) float64 {
	p := f.wrong
	if f.uneven {
		if mix(f.seed, 'u', sender)%unlucky == 0 {
			p = min(1, p*unlucky)
		} else {
			p = 0
		}
	}
	if c.is(p) {
		return tagAt + min(1.5*c.ExpFloat64(), spamMost-tagAt)
	}
	return min(f.taste(sender)+0.9*c.NormFloat64(), tagAt-0.01)
}

// taste is the average score of a sender's honest mail, -0.5 to 1.
func (f filter) taste(sender uint64) float64 {
	return -0.5 + 1.5*fraction(mix(f.seed, 't', sender))
}

// spam scores a message of that infected host. An uneven filter misses from
// none to twice the average, by host.
func (f filter) spam(c chance, sender uint64) float64 {
	p := f.miss
	if f.uneven {
		spread := min(p, 1-p)
		p += spread * (2*fraction(mix(f.seed, 'm', sender)) - 1)
	}
	if c.is(p) {
		return min(2+1.2*c.NormFloat64(), tagAt-0.01)
	}
	const shape = 1.71 // a third is above the middle
	return tagAt + (spamMost-tagAt)*math.Pow(c.Float64(), shape)
}

// fraction is a number in [0, 1) made of a hash.
func fraction(h uint64) float64 { return float64(h>>11) / (1 << 53) }
