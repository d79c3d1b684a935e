package day

import (
	"net/netip"
	"strconv"
)

// login is somebody who logs in to send, by number.
type login int

func (l login) name() string { return "user" + strconv.Itoa(int(l)) }

func (l login) from() string { return l.name() + "@host" + strconv.Itoa(int(l)%40) + ".example" }

func (l login) plan(t *town, c chance, emit func(moment)) {
	if c.is(writes) {
		atHome.sittings(c, volume(c), emit)
	}
}

func (l login) compose(t *town, c chance, n int, at moment, m *Message) {
	m.Kind = Submission
	m.Auth = l.name()
	m.Addr, m.Helo = l.client(t, at)
	m.From = l.from()
	t.newBook('l', int(l), 15).address(c, fewRecipients(c), m)
	m.Size = c.bytes(9000, 1.6)
	m.Score = t.filter.ham(c, mix('l', uint64(l)))
}

// commuters have a telephone that gets another address every hour; one login of
// so many is one.
const commuters = 30

// client is where the login is at that time: at home or, a few times a day, with
// the telephone in the carrier's network.
func (l login) client(t *town, at moment) (netip.Addr, string) {
	phase := 4 * hour
	if mix(t.seed, 'C', uint64(l))%commuters == 0 {
		phase = hour
	}
	which := uint64(at / phase)
	if mix(t.seed, 'L', uint64(l), which)%5 < 2 {
		return t.mobileAddr(uint64(l), which), "[10.160.0." + strconv.Itoa(int(l)%250) + "]"
	}
	return l.home(t), helo(mix(t.seed, 'G', uint64(l)))
}

// home is a subscriber's address for a third of the logins.
func (l login) home(t *town) netip.Addr {
	h := mix(t.seed, 'g', uint64(l))
	if t.subscribers > 0 && h%3 == 0 {
		return t.subscriberAddr(h>>8%uint64(t.subscribers), 0)
	}
	return t.homeElsewhere(uint64(l))
}
