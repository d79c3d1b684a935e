package day

import "strconv"

// infection is malware at work on a subscriber's computer, or with a login.
type infection struct {
	kind    Kind
	id      int // unlike that of any other
	victim  int // the number of the subscriber, or of the login
	start   moment
	perHour float64 // messages, while it sends
	froms   int     // different envelope senders: 0 is the owner's address, many is another each time
	places  int     // addresses that a stolen login is used from
}

// many is more envelope senders than anybody counts.
const many = 1 << 30

// newInfection draws what is special about this one.
func newInfection(t *town, kind Kind, id, victim int) infection {
	c := newChance()
	c.begin(t.seed, 'I', uint64(id))
	i := infection{kind: kind, id: id, victim: victim}
	i.start = moment(c.Float64() * 0.75 * float64(whole))
	i.froms = []int{0, 1, 5, many}[c.IntN(4)]
	switch kind {
	case Flood:
		i.perHour = c.between(1000, 2600)
	case Own:
		i.perHour, i.froms = 60, 0
	case Rotating:
		i.perHour, i.froms = 25, many
	case Slow:
		i.perHour = 5
	case Burst:
		i.perHour = c.between(300, 1000)
	case List:
		i.perHour = c.between(0.7, 2.5)
	case Stolen:
		i.perHour, i.places = c.between(100, 350), 150+c.IntN(450)
	}
	return i
}

func (i infection) plan(t *town, c chance, emit func(moment)) {
	if i.kind != Burst {
		steady(c, i.start, whole, i.perHour, emit)
		return
	}
	for at := i.start; at < whole; at += 3 * hour {
		steady(c, at, min(at+10*minute, whole), i.perHour, emit)
	}
}

func (i infection) compose(t *town, c chance, n int, at moment, m *Message) {
	m.Kind = i.kind
	i.client(t, c, m)
	m.From = i.from(t, c)
	for range i.recipients(c, t.recipients) {
		m.Rcpts = append(m.Rcpts, mailbox(c.Uint64()))
	}
	m.Size = c.bytes(2500, 0.5)
	m.Score = t.filter.spam(c, mix('i', uint64(i.id)))
}

func (i infection) recipients(c chance, mean float64) int {
	if i.kind == List {
		return 50 + c.IntN(51)
	}
	return c.several(mean, 20)
}

// client is where the message comes from.
func (i infection) client(t *town, c chance, m *Message) {
	if i.kind == Stolen {
		which := uint64(c.IntN(i.places))
		m.Auth = login(i.victim).name()
		m.Addr = t.abroadAddr(uint64(i.victim), which)
		m.Helo = helo(mix(t.seed, 'A', uint64(i.victim), which))
		return
	}
	m.Addr = t.subscriberAddr(uint64(i.victim), uint64(c.IntN(3)))
	m.Helo = i.helo(t, c)
}

// helo is that of the owner's computer for some, one of its own for others, and
// another one each time for those who change everything.
func (i infection) helo(t *town, c chance) string {
	switch {
	case i.froms == many:
		return "WIN-" + strconv.FormatUint(c.Uint64()%1_000_000_000, 36)
	case i.id%2 == 0:
		return helo(mix(t.seed, 'H', uint64(i.victim), 0))
	default:
		return "localhost"
	}
}

// from is the envelope sender: the owner's, or one that was made up.
func (i infection) from(t *town, c chance) string {
	switch {
	case i.froms > 0:
		return mailbox(mix(t.seed, 'W', uint64(i.id), uint64(c.IntN(i.froms))))
	case i.kind == Stolen:
		return login(i.victim).from()
	default:
		return t.person(i.victim, 0)
	}
}
