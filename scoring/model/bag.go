package model

import "math"

// Size is how many buckets features are hashed into.
const Size = 1 << 18

// MaxFeatures bounds the distinct features of a message; those beyond are not
// looked at.
const MaxFeatures = 4096

// Group is a kind of features. How much a kind can say in all is bounded by its
// share, however many features of it a message has.
type Group uint8

// The groups.
const (
	Word       Group = iota // words of the text, and the stems of long ones
	Pair                    // two words in a row
	Topic                   // what it speaks of, and which topics go together
	Subject                 // words and pairs of the subject
	Author                  // the author's name and address
	Relation                // how author, recipient and links belong together
	Link                    // what links look like
	Markup                  // what the HTML looks like
	Header                  // which header fields there are, in which order and form
	Structure               // MIME parts
	Attachment              // files
	groups
)

var names = [groups]string{"word", "pair", "topic", "subject", "author", "relation", "link", "markup", "header", "structure", "attachment"}

// String returns the group as reports name it.
func (g Group) String() string { return names[g] }

// share is the length of a group's part of a vector, and typical how many
// features make it up. With fewer the part is shorter, by the square root, so
// that a message of three words is not judged as surely as one of three
// hundred. Words say most: the form of a message tells rather from where it is,
// and in which year.
var share = [groups]struct{ length, typical float64 }{
	Word:       {1, 20},
	Pair:       {1, 20},
	Topic:      {1, 15},
	Subject:    {0.5, 6},
	Author:     {0.2, 6},
	Relation:   {0.3, 3},
	Link:       {0.25, 20},
	Markup:     {0.2, 12},
	Header:     {0.15, 20},
	Structure:  {0.15, 6},
	Attachment: {0.2, 2},
}

// Bag is the set of features of one message. Its zero value is empty. A Bag
// belongs to one goroutine and may be used again after Reset.
type Bag struct {
	features []feature
	counts   [groups]int
	slots    []int32 // open addressing over features: index+1, 0 for none
	full     bool
}

type feature struct {
	hash  uint64
	group Group
	name  string // shared with the message, not copied
}

// Reset empties the bag and keeps its memory.
func (b *Bag) Reset() {
	clear(b.features) // names hold on to the message's text
	clear(b.slots)
	*b = Bag{features: b.features[:0], slots: b.slots}
}

// Add puts a feature in, once. The name is how reports call it.
func (b *Bag) Add(g Group, name string) { b.AddHash(g, Hash(name), name) }

// AddHash is Add for a feature whose hash is known: that of a pair of words is
// Join of the two, and its name the text with both.
func (b *Bag) AddHash(g Group, hash uint64, name string) {
	if b.slots == nil {
		b.slots = make([]int32, 2*MaxFeatures)
	}
	hash = Join(uint64(g)+1, hash)
	slot := hash >> 40 % uint64(len(b.slots))
	for ; b.slots[slot] != 0; slot = (slot + 1) % uint64(len(b.slots)) {
		if b.features[b.slots[slot]-1].hash == hash {
			return
		}
	}
	if len(b.features) == MaxFeatures {
		b.full = true
		return
	}
	b.features = append(b.features, feature{hash, g, name})
	b.slots[slot] = int32(len(b.features))
	b.counts[g]++
}

// Crowd notes that a feature was left out, for want of room.
func (b *Bag) Crowd() { b.full = true }

// Len returns how many features there are.
func (b *Bag) Len() int { return len(b.features) }

// Full says whether a feature was left out.
func (b *Bag) Full() bool { return b.full }

// value returns what a feature of each group counts in this bag.
func (b *Bag) value() (v [groups]float64) {
	for g, n := range b.counts {
		v[g] = share[g].length / math.Sqrt(max(float64(n), share[g].typical))
	}
	return v
}

// Hash returns the hash of a name (FNV-1a, 64 bit).
func Hash(name string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 1099511628211
	}
	return h
}

// Join returns the hash of two things in a row.
func Join(a, b uint64) uint64 {
	h := (a*0x9e3779b97f4a7c15 ^ b) * 0xff51afd7ed558ccd
	return h ^ h>>33
}

// bucket returns where a hash falls.
func bucket(hash uint64) uint32 { return uint32(hash >> 20 % Size) }
