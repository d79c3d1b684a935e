package day

import "time"

// moment is a time since the start of the day, in milliseconds.
type moment uint32

const (
	second moment = 1000
	minute        = 60 * second
	hour          = 60 * minute
	whole         = 24 * hour
)

func (m moment) after(start time.Time) time.Time {
	return start.Add(time.Duration(m) * time.Millisecond)
}

// curve says how busy each hour of the day is, as a running sum that ends at 1.
type curve [24]float64

// People at home write in the evening most, offices from eight to six.
var (
	atHome   = newCurve(4, 2, 1, 1, 1, 2, 8, 20, 34, 44, 50, 50, 44, 44, 46, 48, 52, 58, 64, 72, 76, 64, 36, 14)
	atOffice = newCurve(2, 1, 1, 1, 2, 4, 14, 50, 96, 110, 108, 98, 64, 84, 100, 96, 84, 52, 24, 14, 10, 8, 6, 4)
)

func newCurve(weights ...float64) *curve {
	var c curve
	sum := 0.0
	for i, w := range weights {
		sum += w
		c[i] = sum
	}
	for i := range c {
		c[i] /= sum
	}
	return &c
}

// moment draws a time of the day.
func (c *curve) moment(r chance) moment {
	u := r.Float64()
	h := 0
	for h < 23 && u >= c[h] {
		h++
	}
	return moment(h)*hour + moment(r.IntN(int(hour)))
}

// sittings emits n moments the way people write: a few messages in a row,
// minutes apart, at several times of the day. What would be after midnight is
// left out.
func (c *curve) sittings(r chance, n int, emit func(moment)) {
	const row, apart = 3.0, 2.5 // messages; minutes
	for n > 0 {
		at := float64(c.moment(r))
		in := min(n, r.several(row, 30))
		for range in {
			send(at, emit)
			at += (0.2 + apart*r.ExpFloat64()) * float64(minute)
		}
		n -= in
	}
}

// steady emits moments at random from one to the other, on average perHour.
func steady(r chance, from, to moment, perHour float64, emit func(moment)) {
	at := float64(from)
	for {
		at += float64(hour) / perHour * r.ExpFloat64()
		if at >= float64(to) {
			return
		}
		send(at, emit)
	}
}

// spread emits n moments over a span that begins at from, in equal steps.
func spread(n int, from, span moment, emit func(moment)) {
	for i := range n {
		send(float64(from)+float64(span)*float64(i)/float64(n), emit)
	}
}

// send emits a moment, if it is still of this day.
func send(at float64, emit func(moment)) {
	if at < float64(whole) {
		emit(moment(at))
	}
}
