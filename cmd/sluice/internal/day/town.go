package day

// town is what everybody of the day has in common.
type town struct {
	seed        uint64
	subscribers int
	recipients  float64 // mean of a spam message
	filter      filter
}

func newTown(o Options) *town {
	return &town{
		seed:        o.Seed,
		subscribers: o.Subscribers,
		recipients:  o.SpamRecipients,
		filter:      filter{seed: o.Seed, miss: o.Miss, wrong: o.FalsePositive, uneven: o.Uneven},
	}
}

// people returns everybody who may write. What somebody writes depends on the
// seed and on who it is: others may come and go.
func (t *town) people(o Options) []sender {
	var all []sender
	add := func(what byte, id int, h habit) {
		all = append(all, sender{h, mix(t.seed, uint64(what), uint64(id))})
	}
	for id := range o.Subscribers {
		add('h', id, human(id))
	}
	for id := range o.Logins {
		add('l', id, login(id))
	}
	for id := range o.Devices {
		add('d', id, device(id))
	}
	for id := range o.Corporates {
		add('c', id, office(id))
		if id%3 == 0 {
			add('n', id, newNewsletter(t, id))
		}
	}
	chosen := t.draw(o.Subscribers, 's')
	for i := range o.Secretaries {
		add('s', i, secretary{subscriber: chosen[i], form: i % forms})
	}
	for _, i := range t.infected(o, chosen) {
		add('b', i.id, i)
	}
	return all
}

// draw returns the numbers below n in a random order.
func (t *town) draw(n int, what uint64) []int {
	c := newChance()
	c.begin(t.seed, what)
	return c.Perm(n)
}

// infected returns the infected hosts; subscribers are taken from the end of
// the order, where no secretaries are.
func (t *town) infected(o Options, order []int) []infection {
	logins := t.draw(o.Logins, 'x')
	var all []infection
	for k, kind := range Infections() {
		from := &order
		if kind == Stolen {
			from = &logins
		}
		for i := range o.Infected[kind] {
			last := len(*from) - 1
			all = append(all, newInfection(t, kind, k<<32|i, (*from)[last]))
			*from = (*from)[:last]
		}
	}
	return all
}
