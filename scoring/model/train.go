package model

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Sample is one labelled message.
type Sample struct {
	Vector  Vector
	Spam    bool
	Source  string // where it is from; a source has at most sourceSize messages' say
	Cluster string // similar messages share one; empty for one of its own
}

// Vector is what a bag looks like to the trainer: the value of each bucket
// that is not zero, by ascending bucket.
type Vector []Value

// Value is what a bucket counts in a message.
type Value struct {
	Bucket uint32
	Value  float32
}

// Vector returns the bag as a vector.
func (b *Bag) Vector() Vector {
	value := b.value()
	v := make(Vector, 0, len(b.features))
	for _, f := range b.features {
		v = append(v, Value{bucket(f.hash), float32(value[f.group])})
	}
	slices.SortFunc(v, func(a, b Value) int { return int(a.Bucket) - int(b.Bucket) })
	merged := v[:0]
	for _, x := range v {
		if n := len(merged); n > 0 && merged[n-1].Bucket == x.Bucket {
			merged[n-1].Value += x.Value
			continue
		}
		merged = append(merged, x)
	}
	return slices.Clip(merged)
}

// Options are how a model is trained.
type Options struct {
	Cost        float64 // what an error costs, against large weights
	HamCost     float64 // what one about ham costs, as a multiple
	Epochs      int     // passes over all samples
	MinClusters int     // clusters that a feature must occur in to have a weight
	Seed        uint64  // of the order in which samples are visited
}

// DefaultOptions are those of the built-in model. Around them the outcome
// hardly depends on any.
func DefaultOptions() Options {
	return Options{Cost: 2, HamCost: 3, Epochs: 20, MinClusters: 3, Seed: 1}
}

// sourceSize is how many messages of one source and label count in full; a
// source that has more has no more to say.
const sourceSize = 600

// Weights are what training finds: one for each bucket, and a constant.
type Weights struct {
	Buckets []float64 // Size of them
	Bias    float64
}

// Margin returns the weighted sum of a vector; it is positive for spam.
func (w *Weights) Margin(v Vector) float64 {
	sum := w.Bias
	for _, x := range v {
		sum += float64(w.Buckets[x.Bucket] * float64(x.Value))
	}
	return sum
}

// Train finds the weights that tell spam from ham among the samples.
//
// The conversions to float64 around products keep them from being fused with
// sums, which some processors would do and others not.
func Train(samples []Sample, o Options) *Weights {
	p := newProblem(samples, o)
	w := &Weights{Buckets: make([]float64, Size)}
	random := rand.New(rand.NewPCG(o.Seed, 0))
	order := make([]int, len(samples))
	for i := range order {
		order[i] = i
	}
	for range o.Epochs {
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			p.visit(i, w)
		}
	}
	for b, scale := range p.scale {
		w.Buckets[b] *= scale
	}
	return w
}

// problem is the dual problem of a support vector machine with squared hinge
// loss.
type problem struct {
	vectors []Vector  // scaled
	sign    []float64 // +1 for spam, -1 for ham
	square  []float64 // squared length of each vector, constant included
	slack   []float64 // 1/2C of each sample
	alpha   []float64 // what is looked for
	scale   []float64 // of each bucket; 0 for one that is too rare
}

func newProblem(samples []Sample, o Options) *problem {
	n := len(samples)
	p := &problem{make([]Vector, n), make([]float64, n), make([]float64, n), slacks(samples, o), make([]float64, n), rarity(samples, o.MinClusters)}
	for i, s := range samples {
		p.sign[i] = -1
		if s.Spam {
			p.sign[i] = 1
		}
		p.square[i] = 1
		for _, x := range s.Vector {
			if scale := p.scale[x.Bucket]; scale > 0 {
				x.Value *= float32(scale)
				p.vectors[i] = append(p.vectors[i], x)
				p.square[i] += float64(float64(x.Value) * float64(x.Value))
			}
		}
	}
	return p
}

// visit makes one sample's alpha the best that it can be while the others
// stay, and changes the weights to match.
func (p *problem) visit(i int, w *Weights) {
	gradient := float64(p.sign[i]*w.Margin(p.vectors[i])) - 1 + float64(p.alpha[i]*p.slack[i])
	next := max(p.alpha[i]-gradient/(p.square[i]+p.slack[i]), 0)
	step := float64((next - p.alpha[i]) * p.sign[i])
	if step == 0 {
		return
	}
	p.alpha[i] = next
	for _, x := range p.vectors[i] {
		w.Buckets[x.Bucket] += float64(step * float64(x.Value))
	}
	w.Bias += step
}

// rarity returns what the values of each bucket are multiplied by: the more,
// the fewer messages have it, so that "the" does not drown "inheritance". It
// is 0 for a bucket of fewer than least clusters.
func rarity(samples []Sample, least int) []float64 {
	messages := make([]int, Size)
	clusters := make([]int, Size)
	last := make([]int, Size) // cluster that a bucket was last seen in
	byCluster := make([]int, len(samples))
	for i := range byCluster {
		byCluster[i] = i
	}
	slices.SortStableFunc(byCluster, func(a, b int) int { return compareClusters(samples[a], samples[b]) })
	current := 0
	for k, i := range byCluster {
		if k == 0 || samples[i].Cluster == "" || samples[i].Cluster != samples[byCluster[k-1]].Cluster {
			current++
		}
		for _, x := range samples[i].Vector {
			messages[x.Bucket]++
			if last[x.Bucket] != current {
				last[x.Bucket] = current
				clusters[x.Bucket]++
			}
		}
	}
	scale := make([]float64, Size)
	for b, n := range clusters {
		if n >= least {
			scale[b] = logarithm(1+float64(len(samples))/float64(1+messages[b])) / 4
		}
	}
	return scale
}

func compareClusters(a, b Sample) int {
	switch {
	case a.Cluster < b.Cluster:
		return -1
	case a.Cluster > b.Cluster:
		return 1
	}
	return 0
}

// logarithm is the natural logarithm to three decimals: the last bits of
// math.Log may differ between processors, and those of a model may not.
func logarithm(x float64) float64 { return math.Round(math.Log(x)*1000) / 1000 }

// slacks returns 1/2C for each sample, where C is its share of the cost.
func slacks(samples []Sample, o Options) []float64 {
	type stratum struct {
		source string
		spam   bool
	}
	sizes := make(map[stratum]int)
	for _, s := range samples {
		sizes[stratum{s.Source, s.Spam}]++
	}
	slack := make([]float64, len(samples))
	for i, s := range samples {
		cost := o.Cost * min(1, float64(sourceSize)/float64(sizes[stratum{s.Source, s.Spam}]))
		if !s.Spam {
			cost *= o.HamCost
		}
		slack[i] = 1 / (2 * cost)
	}
	return slack
}
