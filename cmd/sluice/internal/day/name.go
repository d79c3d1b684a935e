package day

import (
	"math"
	"strconv"
)

var (
	firstNames = [...]string{"anna", "ben", "carla", "david", "elif", "frida", "georg", "hana", "ivo", "jana", "karl", "lena", "milan", "nora", "otto", "petra", "rosa", "sven", "tara", "uwe", "vera", "willi", "yusuf", "zoe"}
	lastNames  = [...]string{"adler", "brand", "costa", "demir", "ebner", "fuchs", "graf", "huber", "ivers", "jung", "koch", "lang", "maier", "novak", "olsen", "peters", "reiter", "simon", "toth", "urban", "vogel", "weber", "yilmaz", "ziegler"}
)

// The domains of the world outside; the first ones have most of the mailboxes.
const domains = 3000

// mailbox is the mail address of somebody outside, made of a hash.
func mailbox(h uint64) string {
	domain := int(math.Pow(domains, fraction(mix(h, 'd'))))
	return string(strconv.AppendInt(append(local(h), "@post"...), int64(domain), 10)) + ".example"
}

// local is the part before the @.
func local(h uint64) []byte {
	b := make([]byte, 0, 40)
	b = append(b, firstNames[h%uint64(len(firstNames))]...)
	b = append(b, '.')
	b = append(b, lastNames[h>>8%uint64(len(lastNames))]...)
	return strconv.AppendUint(b, h>>16%100_000, 10)
}

// person is the mail address of a member of a subscriber's family.
func (t *town) person(subscriber, member int) string {
	h := mix(t.seed, 'f', uint64(subscriber), uint64(member))
	if h%3 == 0 { // has a mailbox somewhere else
		return mailbox(h)
	}
	return string(local(h)) + "@home.example"
}

// book is an address book: whom somebody writes to. The first ones get most.
type book struct {
	key  uint64
	size int
}

// newBook makes an address book of about that many people.
func (t *town) newBook(what byte, owner int, median float64) book {
	c := newChance()
	key := mix(t.seed, 'b', uint64(what), uint64(owner))
	c.begin(key)
	return book{key, 3 + int(min(c.lognormal(median, 0.8), 2000))}
}

// stranger is how often somebody writes to a person for the first time.
const stranger = 0.04

// address fills the message with n different recipients of the address book.
func (b book) address(c chance, n int, m *Message) {
	for tries := 0; len(m.Rcpts) < n && tries < 4*n; tries++ {
		if c.is(stranger) {
			m.Rcpts = append(m.Rcpts, mailbox(c.Uint64()))
			continue
		}
		m.Rcpts = appendNew(m.Rcpts, mailbox(mix(b.key, uint64(c.rank(b.size)))))
	}
}

func appendNew(list []string, s string) []string {
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}

// fewRecipients is how many recipients a personal message has: mostly one,
// rarely up to thirty.
func fewRecipients(c chance) int {
	switch u := c.Float64(); {
	case u < 0.80:
		return 1
	case u < 0.92:
		return 2
	case u < 0.97:
		return 3
	default:
		return 4 + int(min(c.ExpFloat64()*4, 26))
	}
}

// helo is how the computers at home greet.
func helo(h uint64) string {
	switch h % 3 {
	case 0:
		return "[192.168.1." + strconv.FormatUint(2+h>>8%250, 10) + "]"
	case 1:
		return "DESKTOP-" + strconv.FormatUint(h>>8%1_000_000, 36)
	default:
		return firstNames[h>>8%uint64(len(firstNames))] + "s-pc"
	}
}
