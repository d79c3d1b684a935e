package standing

import (
	"cmp"
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// DefaultCapacity is how many senders a book remembers unless its options say
// otherwise.
const DefaultCapacity = 1_000_000

// shardCount is the number of locks over which senders are spread.
const shardCount = 64

// Options are what NewBook can be told. The zero value works.
type Options struct {
	Capacity int  // senders that are remembered; 0 for DefaultCapacity
	Kept     bool // Save will be called: what changes is remembered until then

	// Rules finds those of a policy by its name, nil if there are none: for what
	// happens without an event.
	Rules func(policy string) *Rules

	// Changed is told of every change of a stage, outside of all locks. It must not
	// block.
	Changed func(Change)
}

// Book knows the standing of all senders. It is safe for concurrent use.
//
// An honest sender takes about 670 bytes, one with all the evidence that is kept of a
// sender 2.4 KB (BenchmarkMemory). Memory is bounded by the capacity: when
// it is full, one of a few senders goes that has the least to remember, and starts
// as a stranger when it comes back. The blocked are the last to go.
type Book struct {
	options Options
	seed    maphash.Seed
	shards  [shardCount]shard
	names   sync.Map // of policies and groups: one copy of each
}

type shard struct {
	mu      sync.Mutex
	senders map[string]*sender
	changed map[string]struct{} // since they were saved last; nil if nothing is kept
	room    int                 // of changed: a keeper that fails must not cost all memory
	evicted uint64
}

// NewBook returns an empty book.
func NewBook(o Options) *Book {
	if o.Capacity <= 0 {
		o.Capacity = DefaultCapacity
	}
	if o.Rules == nil {
		o.Rules = func(string) *Rules { return nil }
	}
	if o.Changed == nil {
		o.Changed = func(Change) {}
	}
	b := &Book{options: o, seed: maphash.MakeSeed()}
	for i := range b.shards {
		b.shards[i].senders = make(map[string]*sender)
		if o.Kept {
			b.shards[i].changed, b.shards[i].room = make(map[string]struct{}), 2*b.perShard()
		}
	}
	return b
}

// Change is a step from one stage to another.
type Change struct {
	Sender string
	Policy string
	Group  string
	Client netip.Addr // that the sender used last

	From, To Stage
	At       time.Time
	Until    time.Time // zero: by itself, or for Blocked until it is released
	Ref      string    // of the record that led to it
	Points   float64
	Observe  bool   // the stage has no effect
	By       string // who did it; empty if nobody
	Why      string
	Told     bool // nobody is to be told of it, or everybody has been
}

// Standing is where a sender stands.
type Standing struct {
	Stage Stage
	Since time.Time
	Until time.Time // zero as in Change
	Ref   string    // of the record that led to it

	ByHand bool // an operator has decided it: it holds whatever the rules are
}

// Evidence is points, and where they come from.
type Evidence struct {
	At     time.Time `json:"at"`
	Kind   Kind      `json:"kind"`
	Points float64   `json:"points"`
	Count  int       `json:"count"`
	Ref    string    `json:"ref,omitempty"`
}

// Look returns where a sender stands before its next message.
func (b *Book) Look(r *Rules, key string, now time.Time) Standing {
	sh := b.shard(key)
	sh.mu.Lock()
	s, known := sh.senders[key]
	if !known || r.Off && !s.byHand {
		sh.mu.Unlock()
		return Standing{}
	}
	moves := s.age(r, now.Unix())
	standing := s.standing()
	changes := sh.changes(key, s, r, moves)
	sh.mu.Unlock()
	b.tell(changes)
	return standing
}

// Note takes an event in, and returns the evidence that it left.
func (b *Book) Note(r *Rules, key string, e Event) []Evidence {
	if r.Off {
		return nil
	}
	now := e.Time.Unix()
	sh := b.shard(key)
	sh.mu.Lock()
	s := b.obtain(sh, key)
	moves := s.age(r, now)
	before := len(s.items)
	gained := s.note(r, &e)
	var evidence []Evidence
	if gained {
		evidence = s.latest(e.Ref, before)
		if m, climbed := s.climb(r, now, e.Ref); climbed {
			moves = append(moves, m)
		}
	}
	sh.touch(key)
	changes := sh.changes(key, s, r, moves)
	sh.mu.Unlock()
	b.tell(changes)
	return evidence
}

// latest returns the evidence that a record has just left.
func (s *sender) latest(ref string, before int) []Evidence {
	from := min(before, len(s.items))
	if before >= maxItems { // the oldest made room
		from = slices.IndexFunc(s.items, func(i item) bool { return i.ref == ref })
	}
	return evidenceOf(s.items[max(from, 0):])
}

func evidenceOf(items []item) []Evidence {
	out := make([]Evidence, len(items))
	for i, it := range items {
		out[i] = Evidence{At: time.Unix(it.at, 0).UTC(), Kind: it.kind, Points: float64(it.points), Count: int(it.n), Ref: it.ref}
	}
	return out
}

func (s *sender) standing() Standing {
	return Standing{Stage: s.stage, Since: moment(s.since), Until: moment(s.until), Ref: s.ref, ByHand: s.byHand}
}

// share returns one copy of a name that many senders have. The names come from
// the configuration, so they are few.
func (b *Book) share(name string) string {
	own, _ := b.names.LoadOrStore(name, name)
	return own.(string)
}

// moment is a time of a sender; zero stays zero.
func moment(at int64) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return time.Unix(at, 0).UTC()
}

// changes puts moves into words, and marks the sender as changed if there are any.
func (sh *shard) changes(key string, s *sender, r *Rules, moves []move) []Change {
	if len(moves) == 0 {
		return nil
	}
	sh.touch(key)
	changes := make([]Change, len(moves))
	for i, m := range moves {
		changes[i] = Change{
			Sender: key, Policy: s.policy, Group: s.group, Client: s.client,
			From: m.from, To: m.to, At: moment(m.at), Ref: m.ref, Points: m.points,
			Observe: r.Passive || r.Observe[m.to] && !s.byHand,
		}
	}
	changes[len(changes)-1].Until = moment(s.until)
	return changes
}

func (b *Book) tell(changes []Change) {
	for _, c := range changes {
		b.options.Changed(c)
	}
}

func (b *Book) shard(key string) *shard {
	return &b.shards[maphash.String(b.seed, key)%shardCount]
}

// perShard is how many senders one shard remembers.
func (b *Book) perShard() int { return max(b.options.Capacity/shardCount, 1) }

// obtain returns the sender of a key, which is added if it is not there.
func (b *Book) obtain(sh *shard, key string) *sender {
	s, known := sh.senders[key]
	if !known {
		if len(sh.senders) >= b.perShard() {
			sh.evict()
		}
		s = new(sender)
		sh.senders[strings.Clone(key)] = s
	}
	return s
}

// evict drops the sender with the least to remember of a few at random.
func (sh *shard) evict() {
	const samples = 8
	var victim string
	var least *sender
	looked := 0
	for key, s := range sh.senders { // from a random place
		if least == nil || s.matters(least) < 0 {
			victim, least = key, s
		}
		if looked++; looked == samples {
			break
		}
	}
	sh.drop(victim)
	sh.evicted++
}

// matters compares what two senders have to remember.
func (s *sender) matters(o *sender) int {
	return cmp.Or(
		cmp.Compare(s.stage, o.stage),
		cmp.Compare(s.rung, o.rung),
		cmp.Compare(min(len(s.marks), 1), min(len(o.marks), 1)),
		cmp.Compare(s.seen, o.seen),
	)
}

// drop forgets a sender; the next save does so too.
func (sh *shard) drop(key string) {
	delete(sh.senders, key)
	sh.touch(key)
}

// touch marks a sender as changed. Where there is no room for that, what is kept
// of it stays as it is until it changes again.
func (sh *shard) touch(key string) {
	if sh.changed != nil && len(sh.changed) < sh.room {
		sh.changed[key] = struct{}{}
	}
}

// Sweep moves all senders on to a time, and forgets those that nothing is to be
// remembered of. It is for what happens while a sender is silent: the end of its
// block is told of when it comes.
func (b *Book) Sweep(now time.Time) {
	for i := range b.shards {
		sh := &b.shards[i]
		var changes []Change
		sh.mu.Lock()
		for key, s := range sh.senders {
			if s.forgettable(now.Unix()) {
				sh.drop(key)
				continue
			}
			if s.stage == Clean && s.lived == 0 {
				continue
			}
			if r := b.options.Rules(s.policy); r != nil {
				changes = append(changes, sh.changes(key, s, r, s.age(r, now.Unix()))...)
			}
		}
		sh.mu.Unlock()
		b.tell(changes)
	}
}
