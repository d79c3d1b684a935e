package day

import (
	"cmp"
	"iter"
	"net/netip"
	"slices"
	"time"
)

// Message is one message of the day, as the milter would meet it.
type Message struct {
	Time  time.Time
	Ref   string
	Addr  netip.Addr
	Helo  string
	Auth  string // the login, empty without
	From  string // empty for a bounce
	Rcpts []string
	Size  int // bytes
	Score float64
	Kind  Kind
}

// Day is a planned day: who writes when. It does not change.
type Day struct {
	town    *town
	start   time.Time
	senders []sender
	plan    []slot // by time
}

// slot is one message of the plan.
type slot struct {
	at     moment
	sender uint32 // index in senders
	n      uint32 // which of this sender's messages, from 0
}

// sender is somebody who writes.
type sender struct {
	habit
	key uint64 // what the randomness of this sender begins with
}

// habit is how somebody writes. A plan emits the moments of the day, in any
// order; compose makes the message n of that plan, whose time is given.
type habit interface {
	plan(t *town, c chance, emit func(moment))
	compose(t *town, c chance, n int, at moment, m *Message)
}

// New plans a day.
func New(o Options) (*Day, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	d := &Day{town: newTown(o), start: o.Start.UTC().Truncate(time.Millisecond)}
	d.senders = d.town.people(o)
	d.schedule()
	return d, nil
}

// schedule asks everybody for their moments.
func (d *Day) schedule() {
	c := newChance()
	for i, s := range d.senders {
		n := uint32(0)
		c.begin(s.key, 'p')
		s.plan(d.town, c, func(at moment) {
			d.plan = append(d.plan, slot{at, uint32(i), n})
			n++
		})
	}
	slices.SortFunc(d.plan, func(a, b slot) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.sender, b.sender), cmp.Compare(a.n, b.n))
	})
}

// Len is how many messages the day has.
func (d *Day) Len() int { return len(d.plan) }

// Messages returns the messages by time. The one that is yielded, and its
// Rcpts, are used again for the next.
func (d *Day) Messages() iter.Seq[*Message] {
	return func(yield func(*Message) bool) {
		c := newChance()
		var m Message
		for i, p := range d.plan {
			s := d.senders[p.sender]
			c.begin(s.key, 'm', uint64(p.n))
			m = Message{Rcpts: m.Rcpts[:0]}
			s.compose(d.town, c, int(p.n), p.at, &m)
			m.Time = p.at.after(d.start)
			m.Ref = ref(shuffled(d.town.seed, uint64(i), refBits))
			if !yield(&m) {
				return
			}
		}
	}
}

// A reference is refLen letters of 5 bits, as in package journal.
const (
	refLen      = 8
	refBits     = refLen * 5
	refAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

func ref(number uint64) string {
	var b [refLen]byte
	for i := range b {
		b[i] = refAlphabet[number>>(refBits-5*(i+1))&31]
	}
	return string(b[:])
}
