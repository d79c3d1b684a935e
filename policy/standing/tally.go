package standing

import (
	"math"
	"slices"
	"time"
)

// mark is the points of one kind at one time; they fade from then on.
type mark struct {
	kind   Kind
	points float32
	at     int64 // seconds since 1970
}

// faded is what is left of the points.
func (m mark) faded(w Weight, now int64) float64 {
	p := float64(m.points)
	if age := now - m.at; age > 0 && p > 0 {
		p *= math.Exp2(-float64(age) / w.HalfLife.Seconds())
	}
	if w.Max > 0 {
		p = min(p, w.Max)
	}
	return p
}

// window counts one kind within the time of its weight. It begins with the first
// that is counted, and the next begins with the first after its end.
type window struct {
	kind   Kind
	given  uint16   // how often its points were given
	begun  int64    // seconds since 1970
	n, of  uint32   // counted, out of how many
	values []uint16 // hashes of the different values, for kinds that count those
}

// open begins the window again if its time is over.
func (w *window) open(per time.Duration, now int64) {
	if now-w.begun >= int64(per/time.Second) || now < w.begun {
		*w = window{kind: w.kind, begun: now, values: w.values[:0]}
	}
}

// see counts a value if it is new in the window, as long as there are not more
// than max.
func (w *window) see(value string, max int) {
	h := uint16(hash(value) >> 7)
	if len(w.values) < max && !slices.Contains(w.values, h) {
		w.values = append(w.values, h)
		w.n++
	}
}

// due says how often points are to be given for what was counted since the last
// time: for every Count once, if it is that share of all that could have been, of
// whom there are at least so many.
func (w *window) due(weight Weight, atLeast float64) int {
	if weight.Share > 0 && float64(w.n) < weight.Share*max(float64(w.of), atLeast) {
		return 0
	}
	times := int(w.n) / weight.Count
	fresh := times - int(w.given)
	if fresh <= 0 {
		return 0
	}
	w.given = uint16(min(times, math.MaxUint16))
	return fresh
}

// acquaintances is whom a sender has written to: a Bloom filter with one hash of
// 1,024 bits. It forgets nobody, so that a sender with some thousand recipients
// has no new ones any more.
type acquaintances [16]uint64

// meet says whether the address is new, and remembers it.
func (a *acquaintances) meet(address string) bool {
	h := hash(address)
	word, bit := &a[h>>6&15], uint64(1)<<(h&63)
	fresh := *word&bit == 0
	*word |= bit
	return fresh
}

// usage is how many recipients a sender has had on each of the last days, on a
// logarithmic scale, and what it has sent today.
type usage struct {
	day        uint16    // days since 1970
	days       [28]uint8 // scaled; 0 is a day without mail
	recipients uint32    // today, as below
	messages   uint32
	spam       uint32
}

const secondsPerDay = 24 * 60 * 60

// begin moves on to the day of now.
func (u *usage) begin(now int64) {
	day := uint16(now / secondsPerDay)
	if day == u.day {
		return
	}
	if u.day != 0 && day > u.day {
		passed := int(day - u.day)
		for i := range min(passed, len(u.days)) {
			copy(u.days[1:], u.days[:len(u.days)-1])
			u.days[0] = 0
			if i == 0 {
				u.days[0] = scale(u.recipients)
			}
		}
	}
	u.day, u.recipients, u.messages, u.spam = day, 0, 0, 0
}

// scale is four times the logarithm to the base of two, 0 for nothing.
func scale(n uint32) uint8 {
	if n == 0 {
		return 0
	}
	return uint8(min(1+math.Round(4*math.Log2(float64(n))), math.MaxUint8))
}

func unscale(b uint8) float64 {
	if b == 0 {
		return 0
	}
	return math.Exp2(float64(b-1) / 4)
}

// enoughDays is how many days with mail make a history.
const enoughDays = 7

// usual is the 95th percentile of the days with mail, and whether there are
// enough of them to tell.
func (u *usage) usual() (recipients float64, known bool) {
	var active []uint8
	for _, d := range u.days {
		if d > 0 {
			active = append(active, d)
		}
	}
	if len(active) < enoughDays {
		return 0, false
	}
	slices.Sort(active)
	return unscale(active[(len(active)*95+99)/100-1]), true
}

// lately is how many recipients there were today and yesterday: what comes back of
// a mailing does so when it is over.
func (u *usage) lately() float64 { return float64(u.recipients) + unscale(u.days[0]) }

// burstFactor is how many times what is usual makes a burst.
const burstFactor = 10

// burst says whether today is out of all proportion.
func (u *usage) burst() bool {
	usual, known := u.usual()
	return known && float64(u.recipients) > burstFactor*usual
}
