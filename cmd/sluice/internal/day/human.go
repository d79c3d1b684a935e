package day

import "strconv"

// human is a subscriber's family, by the subscriber's number.
type human int

const (
	writes     = 0.6 // share of the subscribers who write at all today
	typical    = 4.0 // messages of those
	heavy      = 1.3 // sigma
	mostAtHome = 600
)

func (h human) plan(t *town, c chance, emit func(moment)) {
	if c.is(writes) {
		atHome.sittings(c, volume(c), emit)
	}
}

// volume is how many messages somebody writes who does.
func volume(c chance) int { return 1 + int(min(c.lognormal(typical, heavy), mostAtHome-1)) }

func (h human) compose(t *town, c chance, n int, at moment, m *Message) {
	member := c.rank(1 + int(mix(t.seed, 'F', uint64(h))%4))
	m.Kind = Human
	m.Addr = t.subscriberAddr(uint64(h), uint64(member))
	m.Helo = helo(mix(t.seed, 'H', uint64(h), uint64(member)))
	m.From = t.person(int(h), member)
	t.newBook('h', int(h)<<2|member, 15).address(c, fewRecipients(c), m)
	m.Size = c.bytes(9000, 1.6)
	m.Score = t.filter.ham(c, mix('h', uint64(h)))
}

// device is a camera, a disk or a printer of the subscriber of that number,
// which writes to its owner on a timer.
type device int

func (d device) plan(t *town, c chance, emit func(moment)) {
	every := c.between(10, 90) * float64(minute)
	for at := c.Float64() * every; at < float64(whole); at += every {
		send(at+c.between(0, 5)*float64(second), emit)
	}
}

func (d device) compose(t *town, c chance, n int, at moment, m *Message) {
	owner := int(mix(t.seed, 'D', uint64(d)) % uint64(t.subscribers))
	m.Kind = Device
	m.Addr = t.subscriberAddr(uint64(owner), 'd')
	m.Helo = "camera-" + strconv.Itoa(int(d)%7)
	m.From = "camera@device.example"
	m.Rcpts = append(m.Rcpts, t.person(owner, 0))
	m.Size = c.bytes(40_000, 0.3)
	m.Score = t.filter.ham(c, mix('d', uint64(d)))
}

// secretary is a subscriber who writes to the members of a club at once.
type secretary struct {
	subscriber int
	form       int
}

// How secretaries reach all members.
const (
	atOnce   = iota // one message
	inThree         // three messages
	oneByOne        // a message for each, within minutes
	forms

	members = 150
)

// copies is in how many messages.
func (s secretary) copies() int { return [forms]int{atOnce: 1, inThree: 3, oneByOne: members}[s.form] }

func (s secretary) plan(t *town, c chance, emit func(moment)) {
	span := moment(c.between(2, 10) * float64(minute))
	spread(s.copies(), min(atHome.moment(c), whole-span), span, emit)
}

func (s secretary) compose(t *town, c chance, n int, at moment, m *Message) {
	m.Kind = Secretary
	m.Addr = t.subscriberAddr(uint64(s.subscriber), 0)
	m.Helo = helo(mix(t.seed, 'H', uint64(s.subscriber), 0))
	m.From = t.person(s.subscriber, 0)
	each := members / s.copies()
	for i := range each {
		m.Rcpts = append(m.Rcpts, mailbox(mix(t.seed, 'S', uint64(s.subscriber), uint64(n*each+i))))
	}
	m.Size = c.bytes(30_000, 0.1)
	m.Score = t.filter.ham(c, mix('s', uint64(s.subscriber)))
}
