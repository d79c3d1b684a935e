package model

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
	"sync"
)

// Model turns bags into points. It is immutable and safe for concurrent use.
type Model struct {
	weights []int8 // by bucket, in units of unit
	unit    float64
	bias    float64
	knots   []Knot
}

// New makes a model of weights and the line from margins to points. Weights
// are rounded to 255 steps.
func New(w *Weights, knots []Knot) *Model {
	m := &Model{weights: make([]int8, Size), unit: unitOf(w.Buckets), bias: w.Bias, knots: knots}
	for b, x := range w.Buckets {
		m.weights[b] = int8(max(-127, min(127, math.Round(x/m.unit))))
	}
	return m
}

// clipped is the share of all weights that are cut to the largest one that
// can be told, for the others to be told apart.
const clipped = 1000

// unitOf returns the step that weights are rounded to.
func unitOf(weights []float64) float64 {
	var sizes []float64
	for _, x := range weights {
		if x != 0 {
			sizes = append(sizes, math.Abs(x))
		}
	}
	if len(sizes) == 0 {
		return 1
	}
	slices.Sort(sizes)
	return sizes[len(sizes)-1-len(sizes)/clipped] / 127
}

// Reason is a feature of a message and what it adds to the margin.
type Reason struct {
	Group  Group
	Name   string
	Margin float64
}

// Margin returns the weighted sum of a vector; it is positive for spam.
func (m *Model) Margin(v Vector) float64 {
	sum := m.bias
	for _, x := range v {
		sum += float64(float64(m.weights[x.Bucket])*m.unit) * float64(x.Value)
	}
	return sum
}

// Points returns what a margin is worth.
func (m *Model) Points(margin float64) float64 { return points(m.knots, margin) }

// Groups returns what each group of a bag's features adds to the margin.
func (m *Model) Groups(b *Bag) map[Group]float64 {
	value := b.value()
	sums := make(map[Group]float64)
	for _, f := range b.features {
		sums[f.group] += float64(m.weights[bucket(f.hash)]) * m.unit * value[f.group]
	}
	return sums
}

// Weigh returns the points of a bag and the features that speak most for
// them, strongest first, at most n: for spam if the points are positive, else
// for ham.
func (m *Model) Weigh(b *Bag, n int) (float64, []Reason) {
	value := b.value()
	margin := m.bias
	reasons := make([]Reason, 0, n+1)
	for _, f := range b.features {
		if w := m.weights[bucket(f.hash)]; w != 0 {
			margin += float64(float64(w)*m.unit) * value[f.group]
		}
	}
	p := m.Points(margin)
	sign := math.Copysign(1, p)
	for _, f := range b.features {
		r := Reason{f.group, f.name, float64(m.weights[bucket(f.hash)]) * m.unit * value[f.group]}
		if sign*r.Margin <= 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(reasons, r, func(a, b Reason) int {
			if sign*a.Margin >= sign*b.Margin {
				return -1
			}
			return 1
		})
		if at < n {
			reasons = slices.Insert(reasons, at, r)[:min(len(reasons)+1, n)]
		}
	}
	return p, reasons
}

// The encoded form: magic, unit, bias, number of knots, knots (all of it big
// endian), Size weights, and a CRC-32 (IEEE) of what comes before it.
var magic = []byte("sluice-model-1\n\x00")

// maxKnots bounds the knots of an encoded model.
const maxKnots = 100

// MarshalBinary returns the model as Parse reads it. The error is always nil.
func (m *Model) MarshalBinary() ([]byte, error) {
	b := bytes.Clone(magic)
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(m.unit))
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(m.bias))
	b = binary.BigEndian.AppendUint32(b, uint32(len(m.knots)))
	for _, k := range m.knots {
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(k.Margin))
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(k.Points))
	}
	for _, w := range m.weights {
		b = append(b, byte(w))
	}
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b)), nil
}

var (
	errForeign = errors.New("this is no model, or one of another version: train it with this program")
	errDamaged = errors.New("the model is damaged: its checksum is wrong")
)

// Parse reads an encoded model.
func Parse(data []byte) (*Model, error) {
	rest, ok := bytes.CutPrefix(data, magic)
	if !ok || len(rest) < 8+8+4+Size+4 {
		return nil, errForeign
	}
	if sum := len(data) - 4; crc32.ChecksumIEEE(data[:sum]) != binary.BigEndian.Uint32(data[sum:]) {
		return nil, errDamaged
	}
	next := func() float64 {
		x := math.Float64frombits(binary.BigEndian.Uint64(rest))
		rest = rest[8:]
		return x
	}
	m := &Model{unit: next(), bias: next()}
	if math.IsNaN(m.unit+m.bias) || math.IsInf(m.unit+m.bias, 0) {
		return nil, errForeign
	}
	n := binary.BigEndian.Uint32(rest)
	rest = rest[4:]
	if n < 2 || n > maxKnots || len(rest) != int(n)*16+Size+4 {
		return nil, errForeign
	}
	for i := range n {
		k := Knot{next(), next()}
		if math.IsNaN(k.Margin) || math.IsNaN(k.Points) || i > 0 && k.Margin <= m.knots[i-1].Margin {
			return nil, fmt.Errorf("the model is damaged: knot %d is out of order", i+1)
		}
		m.knots = append(m.knots, k)
	}
	m.weights = make([]int8, Size)
	for b := range m.weights {
		m.weights[b] = int8(rest[b])
	}
	return m, nil
}

//go:embed default.model
var builtin []byte

// Default returns the built-in model.
var Default = sync.OnceValues(func() (*Model, error) { return Parse(builtin) })
