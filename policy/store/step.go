package store

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
)

// MaxKey is the longest key, in bytes, that is kept as it is: clients choose
// some keys. Of a longer one the beginning is kept, and a hash stands for all
// of it.
const MaxKey = 256

// step is one charge on its way through a call.
type step struct {
	*Charge
	key   string // folded
	hash  uint64 // of the value
	shard int
	table *table
	cost  int64 // what it takes from the budget
}

// steps prepares charges outside of all locks.
func (m *Memory) steps(room []step, charges []Charge) []step {
	for i := range charges {
		c := &charges[i]
		s := step{Charge: c, key: fold(c.Key)}
		s.shard = m.shards.of(s.key)
		if c.Kind == Distinct {
			s.hash = m.seed.hash(c.Value)
		}
		room = append(room, s)
	}
	return room
}

// level finds the level of the last step, behind those before it and their
// levels. What is over and observed takes nothing away from the others; what is
// over and enforced does, so that after the longest wait the whole call fits.
func level(steps []step, before []Level, now int64) Level {
	s := &steps[len(steps)-1]
	state := s.table.find(s.key)
	s.cost = state.cost(s.Charge, s.hash, now)
	ahead := int64(0)
	for i := range before {
		b := &steps[i]
		if applied := !before[i].Over || !b.Observe; applied && b.table == s.table && b.key == s.key {
			ahead = add(ahead, b.cost)
			if s.Kind == Distinct && b.hash == s.hash {
				s.cost = 0
			}
		}
	}
	return state.level(s.Charge, ahead, s.cost, now)
}

// commit applies the steps that fit. The limits of one subject share its key, so
// the copy that the tables keep is shared as well.
func commit(steps []step, levels []Level, now int64) {
	own := ""
	for i := range steps {
		s := &steps[i]
		if levels[i].Over {
			continue
		}
		if !s.table.has(s.key) {
			if own != s.key {
				own = strings.Clone(s.key)
			}
			s.key = own
		}
		s.table.charge(s.key, s.Charge, s.hash, now)
	}
}

// fold returns a key of at most MaxKey bytes.
func fold(key string) string {
	if len(key) <= MaxKey {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	tail := "#" + hex.EncodeToString(sum[:16])
	return key[:MaxKey-len(tail)] + tail
}

// seed keys the hash of values, so that nobody can look for two that collide.
type seed [16]byte

// hash is the first eight bytes of SHA-256 over the seed and the value.
func (s *seed) hash(value string) uint64 {
	var room [512]byte
	sum := sha256.Sum256(append(append(room[:0], s[:]...), value...))
	return binary.LittleEndian.Uint64(sum[:])
}
