package day

import (
	"net/netip"
	"strconv"
)

// office is a corporate network with mail servers of its own, by number.
type office int

func (o office) plan(t *town, c chance, emit func(moment)) {
	for range 20 + int(min(c.lognormal(1500, 0.9), 20_000)) {
		emit(atOffice.moment(c))
	}
}

// trait is a number that is this network's own.
func (o office) trait(t *town, what uint64) uint64 { return mix(t.seed, 'O', what, uint64(o)) }

func (o office) compose(t *town, c chance, n int, at moment, m *Message) {
	server := c.IntN(1 + int(o.trait(t, 's')%4))
	m.Addr, m.Helo = serverAddr(int(o), server), o.host(server)
	m.Score = t.filter.ham(c, mix('c', uint64(o)))
	if c.is(o.bounces(t)) {
		m.Kind = NDR
		m.Rcpts = append(m.Rcpts, mailbox(c.Uint64()))
		m.Size = c.bytes(6000, 0.8)
		return
	}
	m.Kind = Corporate
	user := c.rank(20 + int(o.trait(t, 'u')%280))
	m.From = string(local(mix(t.seed, 'U', uint64(o), uint64(user)))) + "@" + o.domain(t, user)
	t.newBook('c', int(o)<<9|user, 30).address(c, fewRecipients(c), m)
	m.Size = c.bytes(15_000, 1.7)
}

// bounces is the share of non-delivery reports: a few of a hundred, but some
// servers accept mail for anybody and bounce it.
func (o office) bounces(t *town) float64 {
	if o.trait(t, 'B')%8 == 0 {
		return 0.25
	}
	return 0.01 + 0.05*fraction(o.trait(t, 'b'))
}

func (o office) host(server int) string {
	return "mail" + strconv.Itoa(server+1) + ".corp" + strconv.Itoa(int(o)) + ".example"
}

// domain is one of the one to three that the network has.
func (o office) domain(t *town, user int) string {
	if which := user % (1 + int(o.trait(t, 'd')%3)); which > 0 {
		return "corp" + strconv.Itoa(int(o)) + "-" + strconv.Itoa(which) + ".example"
	}
	return "corp" + strconv.Itoa(int(o)) + ".example"
}

// newsletter is one mailing of a corporate network, sent over an hour or two
// from its first server.
type newsletter struct {
	office  office
	readers int // 2,000 to 8,000
	each    int // recipients of a message: 50 to 100, or 1 with a sender of its own (VERP)
	span    moment
}

func newNewsletter(t *town, id int) newsletter {
	c := newChance()
	c.begin(t.seed, 'N', uint64(id))
	n := newsletter{office: office(id), each: 1}
	n.readers = 2000 + int(min(c.ExpFloat64()*1500, 6000))
	n.span = hour + moment(c.IntN(int(hour)))
	if c.is(0.5) {
		n.each = 50 + c.IntN(51)
	}
	return n
}

func (l newsletter) plan(t *town, c chance, emit func(moment)) {
	spread((l.readers+l.each-1)/l.each, min(atOffice.moment(c), whole-l.span), l.span, emit)
}

func (l newsletter) compose(t *town, c chance, n int, at moment, m *Message) {
	m.Kind = Newsletter
	m.Addr, m.Helo = l.client()
	for i := n * l.each; i < min(l.readers, (n+1)*l.each); i++ {
		m.Rcpts = append(m.Rcpts, mailbox(mix(t.seed, 'R', uint64(l.office), uint64(i))))
	}
	m.From = "news@" + l.office.domain(t, 0)
	if l.each == 1 {
		m.From = "bounce-" + strconv.Itoa(n) + "@news." + l.office.domain(t, 0)
	}
	m.Size = c.bytes(45_000, 0.05)
	m.Score = t.filter.ham(c, mix('n', uint64(l.office)))
}

func (l newsletter) client() (netip.Addr, string) {
	return serverAddr(int(l.office), 0), l.office.host(0)
}
