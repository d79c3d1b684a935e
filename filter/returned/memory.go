package returned

import (
	"hash/maphash"
	"net/netip"
	"time"
)

const (
	maxSeen      = 100_000   // recipients that came back, twice
	maxReporters = 100_000   // networks and senders together
	perReporter  = 10        // bounces of one sender that one network is believed within quotaTime
	quotaTime    = time.Hour // counted from the first
)

// seen is which recipients of which messages have come back: a set of two generations,
// of which the older one goes when the younger is full.
type seen struct {
	seed           maphash.Seed
	younger, older map[uint64]struct{}
}

func (s *seen) key(ref string, place int) uint64 {
	if s.younger == nil {
		s.seed, s.younger = maphash.MakeSeed(), make(map[uint64]struct{})
	}
	return maphash.Comparable(s.seed, struct {
		ref   string
		place int
	}{ref, place})
}

// fresh are those recipients of a message that have not come back yet.
func (s *seen) fresh(ref string, places []int) []int {
	var out []int
	for _, place := range places {
		k := s.key(ref, place)
		_, younger := s.younger[k]
		if _, older := s.older[k]; !younger && !older {
			out = append(out, place)
		}
	}
	return out
}

// add remembers recipients of a message.
func (s *seen) add(ref string, places []int) {
	for _, place := range places {
		k := s.key(ref, place)
		if len(s.younger) >= maxSeen {
			s.older, s.younger = s.younger, make(map[uint64]struct{})
		}
		s.younger[k] = struct{}{}
	}
}

// quota is how many bounces of each sender each network was believed.
type quota struct {
	begun time.Time
	used  map[pair]int
}

type pair struct {
	reporter netip.Prefix
	sender   string
}

// take asks to believe n bounces of a sender, and returns of how many that is so. The
// machine itself is believed everything.
func (q *quota) take(reporter netip.Addr, sender string, n int, now time.Time) int {
	if !reporter.IsValid() {
		return n
	}
	if q.used == nil || now.Sub(q.begun) >= quotaTime || now.Before(q.begun) {
		q.begun, q.used = now, make(map[pair]int)
	}
	p := pair{network(reporter), sender}
	used, known := q.used[p]
	if !known && len(q.used) >= maxReporters {
		return 0
	}
	n = min(n, perReporter-used)
	q.used[p] = used + n
	return n
}

// network is as much of an address as one person may well have.
func network(a netip.Addr) netip.Prefix {
	bits := 24
	if a = a.Unmap(); a.Is6() {
		bits = 48
	}
	p, _ := a.WithZone("").Prefix(bits) // both lengths are fine
	return p
}
