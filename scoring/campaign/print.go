package campaign

import (
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
)

// A print has bodySize values of the whole text and headSize of its beginning.
const (
	bodySize = 32
	headSize = 8
	size     = bodySize + headSize
)

// headWords is how many words are the beginning of a text. What honest mail has
// in common, a footer or a disclaimer, stands at the end.
const headWords = 24

// Two prints are alike if so many of their values are the same. Of two texts
// that share a part s of all their pairs, each value is the same with
// probability s: with 0.5 of the whole, 9 in 10 are found, with 0.25, 1 in 25.
const (
	minBody = 13
	minHead = 2
)

// MaxWords is how many words of a text are read.
const MaxWords = 400

// Print is what is left of a message: of each of several orders of all pairs
// of words in a row, the least, in 16 bits. The zero Print is none. The same
// text has the same print, in every process and on every machine.
type Print [size]uint16

// Near returns the print of a text, alike to those of similar texts. It reads
// at most MaxWords words; texts of fewer than two have no print.
func Near(words []string) Print {
	var p Print
	words = words[:min(len(words), MaxWords)]
	if len(words) < 2 {
		return p
	}
	var least [size]uint64
	for i := range least {
		least[i] = ^uint64(0)
	}
	previous := hash(words[0])
	for i, word := range words[1:] {
		next := hash(word)
		pair := mix(previous*3 + next)
		orders := least[:bodySize]
		if i+1 < headWords {
			orders = least[:]
		}
		for k := range orders {
			orders[k] = min(orders[k], mix(pair^salts[k]))
		}
		previous = next
	}
	for i, v := range least {
		p[i] = uint16(v >> 8)
	}
	return p
}

// Exact returns the print of what has to be the same in all its parts, alike
// to no other.
func Exact(parts ...string) Print {
	var p Print
	h := fnv.New64a()
	for _, part := range parts {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	for i := range p {
		p[i] = uint16(mix(h.Sum64()^salts[i]) >> 8)
	}
	return p
}

// IsNone says whether there is no print.
func (p *Print) IsNone() bool { return *p == Print{} }

// idBytes is how many bytes of a hash name a print; of a million prints, two
// share a name with a probability of 0.2 %.
const idBytes = 6

// ID is the short name of a print: 12 hexadecimal digits.
func (p *Print) ID() string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], p.hash())
	return hex.EncodeToString(b[:idBytes])
}

// hash is one number for all of the print.
func (p *Print) hash() uint64 {
	var h uint64
	for _, v := range p {
		h = mix(h ^ uint64(v))
	}
	return h
}

// agreement is how many values two prints share, and whether they are alike.
func (p *Print) agreement(q *Print) (n int, alike bool) {
	head := 0
	for i := range bodySize {
		if p[i] == q[i] {
			n++
		}
	}
	for i := bodySize; i < size; i++ {
		if p[i] == q[i] {
			head++
		}
	}
	return n + head, n >= minBody && head >= minHead
}

// salts put pairs into different orders.
var salts = func() (s [size]uint64) {
	for i := range s {
		s[i] = mix(uint64(i) + 1)
	}
	return s
}()

// mix spreads a number over all bits (SplitMix64).
func mix(h uint64) uint64 {
	h += 0x9e3779b97f4a7c15
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// hash is FNV-1a, without an allocation.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
