package model

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"math"
	"slices"
)

// Learned is what a site has taught by example: how many spam and honest
// messages had each feature. It stands beside a Model and never in its place:
// its points are bounded, the more tightly the fewer examples there are of
// either kind, so that a flood of reports on one side changes little. What was
// learned can be forgotten again, message by message.
//
// A Learned belongs to one goroutine while it changes; Points may be called by
// several when it does not. Its zero value has learned nothing.
type Learned struct {
	counts   map[uint32]counts // by bucket
	messages map[Digest]bool   // those learned: whether as spam
	total    counts
}

type counts struct{ spam, ham uint32 }

// Digest tells messages apart.
type Digest [12]byte

// MaxLearned bounds the messages that are remembered. When there are as many,
// no more are learned until some are forgotten.
const MaxLearned = 100_000

// Bounds of what examples may say.
const (
	learnedHalf  = 20  // examples of the rarer kind for half of the points
	learnedShare = 5   // examples of one kind that count for each of the other kind, and as many to begin with
	learnedSure  = 1.5 // weighted log-likelihood ratio for nearly all of the points
)

// DigestOf returns the digest of a message.
func DigestOf(message []byte) Digest {
	sum := sha256.Sum256(message)
	return Digest(sum[:])
}

// Learn adds a message. It reports whether anything changed: a message counts
// once, a message of the other kind changes sides, and there is a bound.
func (l *Learned) Learn(d Digest, v Vector, spam bool) bool {
	before, known := l.messages[d]
	switch {
	case known && before == spam:
		return false
	case known:
		l.Forget(d, v)
	case len(l.messages) >= MaxLearned:
		return false
	}
	if l.messages == nil {
		l.messages = make(map[Digest]bool)
		l.counts = make(map[uint32]counts)
	}
	l.messages[d] = spam
	l.total.add(spam, 1)
	for _, x := range v {
		c := l.counts[x.Bucket]
		c.add(spam, 1)
		l.counts[x.Bucket] = c
	}
	return true
}

// Forget takes back what was learned of a message, and reports whether it had
// been. The vector is that of the same message.
func (l *Learned) Forget(d Digest, v Vector) bool {
	spam, known := l.messages[d]
	if !known {
		return false
	}
	delete(l.messages, d)
	l.total.add(spam, -1)
	for _, x := range v {
		c := l.counts[x.Bucket]
		c.add(spam, -1)
		if l.counts[x.Bucket] = c; c == (counts{}) {
			delete(l.counts, x.Bucket)
		}
	}
	return true
}

// add changes one of the counts, which are never below zero: after a change of
// the program the features of a message may be others than when it was
// learned.
func (c *counts) add(spam bool, n int) {
	count := &c.ham
	if spam {
		count = &c.spam
	}
	*count = uint32(max(int64(*count)+int64(n), 0))
}

// Messages returns how many messages were learned of each kind.
func (l *Learned) Messages() (spam, ham int) { return int(l.total.spam), int(l.total.ham) }

// Full says whether no more can be learned.
func (l *Learned) Full() bool { return len(l.messages) >= MaxLearned }

// Points returns what the examples say of a bag, between -most and most, and
// the features that speak most for it, strongest first, at most n.
func (l *Learned) Points(b *Bag, most float64, n int) (float64, []Reason) {
	if l == nil || len(l.messages) == 0 {
		return 0, nil
	}
	value := b.value()
	spam, ham := l.balanced()
	sum := 0.0
	var reasons []Reason
	for _, f := range b.features {
		c, known := l.counts[bucket(f.hash)]
		if !known || c.spam+c.ham < 2 {
			continue // one message is no evidence
		}
		r := Reason{f.group, f.name, value[f.group] * ratio(c, l.total, spam, ham)}
		sum += r.Margin
		reasons = append(reasons, r)
	}
	points := most * l.confidence() * math.Tanh(2*sum/learnedSure)
	reasons = slices.DeleteFunc(reasons, func(r Reason) bool { return r.Margin*points <= 0 })
	slices.SortStableFunc(reasons, func(a, b Reason) int {
		switch {
		case math.Abs(a.Margin) > math.Abs(b.Margin):
			return -1
		case math.Abs(a.Margin) < math.Abs(b.Margin):
			return 1
		}
		return 0
	})
	return points, reasons[:min(n, len(reasons))]
}

// balanced returns how many examples of each kind count: not many more of one
// kind than of the other.
func (l *Learned) balanced() (spam, ham float64) {
	s, h := float64(l.total.spam), float64(l.total.ham)
	return min(s, learnedShare*(h+1)), min(h, learnedShare*(s+1))
}

// confidence grows with the examples of the rarer kind.
func (l *Learned) confidence() float64 {
	spam, ham := l.balanced()
	fewer := min(spam, ham) + max(spam, ham)/learnedShare
	return fewer / (fewer + learnedHalf)
}

// ratio is the logarithm of how much likelier a feature is in spam than in
// ham, with one message added on each side, which tempers what is rare.
func ratio(c, total counts, spam, ham float64) float64 {
	s := (float64(c.spam)*spam/max(1, float64(total.spam)) + 0.5) / (spam + 1)
	h := (float64(c.ham)*ham/max(1, float64(total.ham)) + 0.5) / (ham + 1)
	return math.Log(s / h)
}

// The encoded form: magic, totals, number of buckets, bucket and counts of
// each in ascending order, number of messages, digest and kind of each in
// ascending order (all of it big endian), and a CRC-32 (IEEE).
var learnedMagic = []byte("sluice-learned-1\n")

// MarshalBinary returns what ParseLearned reads. The error is always nil.
func (l *Learned) MarshalBinary() ([]byte, error) {
	b := bytes.Clone(learnedMagic)
	b = binary.BigEndian.AppendUint32(b, l.total.spam)
	b = binary.BigEndian.AppendUint32(b, l.total.ham)
	b = binary.BigEndian.AppendUint32(b, uint32(len(l.counts)))
	for _, bucket := range sortedKeys(l.counts, func(a, b uint32) bool { return a < b }) {
		c := l.counts[bucket]
		b = binary.BigEndian.AppendUint32(b, bucket)
		b = binary.BigEndian.AppendUint32(b, c.spam)
		b = binary.BigEndian.AppendUint32(b, c.ham)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(l.messages)))
	for _, d := range sortedKeys(l.messages, func(a, b Digest) bool { return bytes.Compare(a[:], b[:]) < 0 }) {
		b = append(b, d[:]...)
		kind := byte(0)
		if l.messages[d] {
			kind = 1
		}
		b = append(b, kind)
	}
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b)), nil
}

func sortedKeys[K comparable, V any](m map[K]V, less func(a, b K) bool) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int {
		if less(a, b) {
			return -1
		}
		return 1
	})
	return keys
}

// ParseLearned reads what MarshalBinary has written.
func ParseLearned(data []byte) (*Learned, error) {
	const record, message = 12, len(Digest{}) + 1
	rest, ok := bytes.CutPrefix(data, learnedMagic)
	if !ok || len(rest) < 20 {
		return nil, errForeign
	}
	if sum := len(data) - 4; crc32.ChecksumIEEE(data[:sum]) != binary.BigEndian.Uint32(data[sum:]) {
		return nil, errDamaged
	}
	rest = rest[:len(rest)-4]
	next := func() uint32 {
		x := binary.BigEndian.Uint32(rest)
		rest = rest[4:]
		return x
	}
	l := &Learned{counts: make(map[uint32]counts), messages: make(map[Digest]bool), total: counts{next(), next()}}
	n := int(next())
	if n > Size || len(rest) < n*record+4 {
		return nil, errDamaged
	}
	for range n {
		bucket := next()
		l.counts[bucket] = counts{next(), next()}
	}
	if n = int(next()); n > MaxLearned || len(rest) != n*message {
		return nil, errDamaged
	}
	for range n {
		l.messages[Digest(rest)] = rest[len(Digest{})] == 1
		rest = rest[message:]
	}
	return l, nil
}
