package campaign

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Options are what a Store is opened with.
type Options struct {
	Path     string          // of the snapshot; empty to keep nothing
	Prints   int             // how many are kept, at least 1
	Windows  []time.Duration // ascending, 1 to MaxWindows, none below MinWindow
	Interval time.Duration   // between snapshots
	Log      *slog.Logger
}

// Sighting is a message that is seen.
type Sighting struct {
	Print   Print
	Sender  string // who is held responsible
	Message string // its Message-ID; may be empty
	Now     time.Time
}

// Count is what was seen of a print within a window, the sighting included.
type Count struct {
	Window  time.Duration
	Copies  int
	Senders int // different ones, at most MaxSenders
	Others  int // copies that are not of the busiest sender, at least
	Own     int // copies of the sender of the sighting, at most
}

// Seen is what the store knows of a print.
type Seen struct {
	ID     string  // of the first of the prints that are alike
	Counts []Count // by window, in the order of Options
}

const (
	bands      = bodySize / 2 // each is two values of a print
	maxStripes = 64
	minStripe  = 64 // prints of a stripe, where there are several
	eyed       = 8  // prints that are looked at for one to forget
	maxRepeats = 6  // times that a message may come again and not count
)

// Store keeps prints. It is safe for concurrent use: a sighting locks a 64th of
// the prints at a time, and never two.
type Store struct {
	options Options
	spans   []uint32 // the windows, in seconds
	stripes []stripe
	index   []atomic.Uint32 // for each band, where a print with its values is; 0 is nowhere
	past    []atomic.Uint64 // messages that have come: hash, times, seconds

	saving  sync.Mutex
	dirty   atomic.Bool
	evicted atomic.Uint64
	failed  atomic.Uint64

	closing    sync.Once
	stop, done chan struct{}
}

// stripe is a part of the prints. A print's number is its place in the stripe
// times the number of stripes, and the stripe's own.
type stripe struct {
	mu      sync.Mutex
	prints  []kept   // never more than its capacity
	tallies []*tally // of each print, nil for one that was seen once
	hand    int      // where to look for one to forget
}

// kept is a print and its last sighting.
type kept struct {
	print  Print
	sender uint32
	last   uint32 // seconds since 1970
}

// newStore returns an empty store.
func newStore(o Options) *Store {
	n := 1
	for n < maxStripes && o.Prints/(2*n) >= minStripe {
		n *= 2
	}
	s := &Store{
		options: o,
		stripes: make([]stripe, n),
		index:   make([]atomic.Uint32, bands*o.Prints),
		past:    make([]atomic.Uint64, o.Prints),
		stop:    make(chan struct{}),
		done:    make(chan struct{}),
	}
	for _, w := range o.Windows {
		s.spans = append(s.spans, uint32(w/time.Second))
	}
	for i := range s.stripes {
		st := &s.stripes[i]
		st.prints = make([]kept, 0, o.Prints/n)
		st.tallies = make([]*tally, 0, o.Prints/n)
	}
	return s
}

// See counts a message and returns what has been seen of those like it. A
// message that the sender has sent before, by its Message-ID, is not counted
// again.
func (s *Store) See(g Sighting) Seen {
	now, who := seconds(g.Now), uint32(hash(g.Sender)>>32)
	again := s.again(&g, now)
	s.dirty.Store(true)
	if number, found := s.find(&g.Print, nil); found {
		st, i := s.at(number)
		st.mu.Lock()
		if _, alike := g.Print.agreement(&st.prints[i].print); alike { // still
			seen := s.count(st, i, who, now, again)
			st.mu.Unlock()
			s.enter(&g.Print, number)
			return seen
		}
		st.mu.Unlock()
	}
	return s.first(&g.Print, who, now)
}

// first keeps a print that has not been seen, unless somebody else has done so
// in the meantime: that who sent the same is in the same stripe.
func (s *Store) first(p *Print, who, now uint32) Seen {
	own := int(p.hash() % uint64(len(s.stripes)))
	st := &s.stripes[own]
	st.mu.Lock()
	defer st.mu.Unlock()
	if number, found := s.find(p, st); found {
		_, i := s.at(number)
		return s.count(st, i, who, now, false)
	}
	i := s.place(st, now)
	st.prints[i] = kept{print: *p, sender: who, last: now}
	s.enter(p, uint32(i*len(s.stripes)+own)+1)
	return s.seen(st, i, who, now)
}

// at is where the print of a number is.
func (s *Store) at(number uint32) (st *stripe, i int) {
	n := int(number - 1)
	return &s.stripes[n%len(s.stripes)], n / len(s.stripes)
}

// find returns the print that is most alike. With a stripe that is locked, it
// looks there alone.
func (s *Store) find(p *Print, locked *stripe) (best uint32, found bool) {
	most := 0
	var asked [bands]uint32
	for band := range bands {
		number := s.index[s.slot(p, band)].Load()
		asked[band] = number
		if number == 0 || contains(asked[:band], number) {
			continue
		}
		st, i := s.at(number)
		if locked != nil && st != locked {
			continue
		}
		if locked == nil {
			st.mu.Lock()
		}
		n, alike := p.agreement(&st.prints[i].print)
		if locked == nil {
			st.mu.Unlock()
		}
		if alike && n > most {
			most, best, found = n, number, true
		}
	}
	return best, found
}

func contains(numbers []uint32, n uint32) bool {
	for _, other := range numbers {
		if other == n {
			return true
		}
	}
	return false
}

// enter makes a print be found by the values of p, which may be its own.
func (s *Store) enter(p *Print, number uint32) {
	for band := range bands {
		if place := &s.index[s.slot(p, band)]; place.Load() != number {
			place.Store(number)
		}
	}
}

// slot is the place in the index for the values of a band.
func (s *Store) slot(p *Print, band int) uint64 {
	h := mix(uint64(band)<<32 | uint64(p[2*band])<<16 | uint64(p[2*band+1]))
	return h % uint64(len(s.index))
}

// count adds a copy to a print of a locked stripe.
func (s *Store) count(st *stripe, i int, who, now uint32, again bool) Seen {
	k := &st.prints[i]
	now = max(now, k.last) // a clock may have been set back
	if again {
		return s.seen(st, i, who, now)
	}
	if st.tallies[i] == nil {
		st.tallies[i] = new(tally)
		st.tallies[i].add(s.spans, k.sender, k.last)
	}
	st.tallies[i].add(s.spans, who, now)
	k.last = now
	return s.seen(st, i, who, now)
}

// seen is what is known of a print of a locked stripe.
func (s *Store) seen(st *stripe, i int, who, now uint32) Seen {
	seen := Seen{ID: st.prints[i].print.ID()}
	t := st.tallies[i]
	if t == nil {
		t = new(tally)
		t.add(s.spans, st.prints[i].sender, st.prints[i].last)
	}
	for w, span := range s.spans {
		seen.Counts = append(seen.Counts, t.count(w, span, who, now))
	}
	return seen
}

// place returns where a print can go in a locked stripe: to the end, or over
// one of the next few: one that no window counts, or else that was seen once,
// or else the longest idle.
func (s *Store) place(st *stripe, now uint32) int {
	if n := len(st.prints); n < cap(st.prints) {
		st.prints, st.tallies = append(st.prints, kept{}), append(st.tallies, nil)
		return n
	}
	victim := st.hand
	for range min(eyed, len(st.prints)) {
		if st.hand++; st.hand == len(st.prints) {
			st.hand = 0
		}
		if s.rank(st, st.hand, now) < s.rank(st, victim, now) {
			victim = st.hand
		}
	}
	if !s.aged(&st.prints[victim], now) {
		s.evicted.Add(1)
	}
	st.tallies[victim] = nil
	return victim
}

// rank orders prints by how much they are worth keeping: seconds, and a lot
// more for one that was seen more than once.
func (s *Store) rank(st *stripe, i int, now uint32) uint64 {
	k := &st.prints[i]
	rank := uint64(k.last)
	if st.tallies[i] != nil && !s.aged(k, now) {
		rank += 1 << 32
	}
	return rank
}

// aged says whether no window counts a print any more.
func (s *Store) aged(k *kept, now uint32) bool {
	span := s.spans[len(s.spans)-1]
	return now > k.last && now-k.last >= span+width(span)
}

// again notes that a message has come, and says whether it has before: the same
// print, sender and Message-ID. One that comes too often is a new one each time.
func (s *Store) again(g *Sighting, now uint32) bool {
	if g.Message == "" {
		return false
	}
	h := mix(hash(g.Sender)*3 + mix(hash(g.Message)) ^ g.Print.hash())
	place := &s.past[h%uint64(len(s.past))]
	mark, times := h>>35, uint64(0) // 29 bits, 3 bits
	old := place.Load()
	same := old>>35 == mark && old != 0
	if at := uint32(old); same && (at >= now || now-at < s.spans[len(s.spans)-1]) {
		times = min(old>>32&7+1, maxRepeats+1)
	}
	place.Store(mark<<35 | times<<32 | uint64(now))
	return times > 0 && times <= maxRepeats
}

// Stats is what a Store says of itself.
type Stats struct {
	Prints  int    // that are kept
	Evicted uint64 // that were forgotten while a window counted them
	Failed  uint64 // snapshots that could not be written
}

// Stats adds up all stripes, one after the other.
func (s *Store) Stats() Stats {
	stats := Stats{Evicted: s.evicted.Load(), Failed: s.failed.Load()}
	for i := range s.stripes {
		st := &s.stripes[i]
		st.mu.Lock()
		stats.Prints += len(st.prints)
		st.mu.Unlock()
	}
	return stats
}
