package standing

import (
	"math"
	"net/netip"
	"slices"
	"time"
)

const (
	maxItems   = 32  // evidence that is kept by itself; what is older stays in the points
	maxRetries = 4   // deferred messages that are known again
	maxValues  = 256 // different values of one kind that are told apart
	maxTimes   = 4   // or else as many as give its points this often
)

// Events with points that it takes to be blocked, whatever they weigh: no message
// is evidence by itself.
const (
	enough        = 3
	enoughRelapse = 2
)

// item is points, and the record that they came from.
type item struct {
	at     int64
	kind   Kind
	points float32
	n      uint32 // how many were counted
	ref    string
}

// sender is all that is known of one. Its methods are called under the lock of
// its shard.
type sender struct {
	stage  Stage
	rung   uint8  // blocks so far that have not been lived down
	byHand bool   // an operator has put it into this stage
	events uint16 // that gave points, since the slate was clean
	since  int64  // when the stage began, seconds since 1970
	until  int64  // when it ends; 0 is by itself, or for Blocked never
	lived  int64  // when its blocks are lived down, if it is not blocked again
	seen   int64  // when it was last heard of
	ref    string // of the record that led to the stage

	policy, group string // those of the last event
	client        netip.Addr

	marks   []mark
	windows []window
	items   []item
	known   *acquaintances
	usage   usage
	retried [maxRetries]uint32
}

// note takes an event in. It says whether the event gave points.
func (s *sender) note(r *Rules, e *Event) (gained bool) {
	now := e.Time.Unix()
	s.seen = max(s.seen, now)
	s.policy, s.group = e.Policy, e.Group
	if e.Client.IsValid() {
		s.client = e.Client
	}
	if e.Deferred && s.again(e.identity()) {
		return false
	}
	if e.Judged {
		s.usage.begin(now)
		s.usage.messages++
		s.usage.recipients += uint32(min(e.Total, maxCount))
		if e.Spam {
			s.usage.spam++
		}
	}
	for k, w := range r.Weights {
		if w.Points > 0 && s.count(Kind(k), r, e, now) {
			gained = true
		}
	}
	if gained && s.events < math.MaxUint16 {
		s.events++
	}
	return gained
}

// again says whether a deferred message was seen before, and remembers it.
func (s *sender) again(identity uint32) bool {
	if slices.Contains(s.retried[:], identity) {
		return true
	}
	copy(s.retried[1:], s.retried[:maxRetries-1])
	s.retried[0] = identity
	return false
}

// count counts what an event says about one kind, and gives the points that are
// due for it.
func (s *sender) count(k Kind, r *Rules, e *Event, now int64) bool {
	w := r.Weights[k]
	if k == Spam {
		return s.countSpam(r, e, now)
	}
	n, of := e.counts(k)
	values := e.values(k)
	if k == NewRecipients {
		n, values = s.meet(e), nil
	}
	if k == Burst && s.usage.burst() {
		n = int(s.usage.recipients)
	}
	i := slices.IndexFunc(s.windows, func(w window) bool { return w.kind == k })
	if n == 0 && len(values) == 0 {
		if i >= 0 {
			s.windows[i].of += uint32(of)
		}
		return false
	}
	if w.Per == 0 {
		s.give(k, w, w.Points*float64(n), uint32(n), e.Ref, now)
		return true
	}
	if i < 0 {
		i = len(s.windows)
		s.windows = append(s.windows, window{kind: k, begun: now})
	}
	win := &s.windows[i]
	win.open(w.Per, now)
	if k == Burst {
		win.n = 0 // it is the sum of the day already
	}
	win.n += uint32(n)
	win.of += uint32(of)
	for _, v := range values {
		win.see(v, min(maxTimes*w.Count, maxValues))
	}
	atLeast := 0.0
	if k.comesBack() {
		s.usage.begin(now)
		atLeast = s.usage.lately()
	}
	times := win.due(w, atLeast)
	if times == 0 {
		return false
	}
	s.give(k, w, w.Points*float64(times), win.n, e.Ref, now)
	return true
}

// countSpam gives points for spam, and takes a little away for what is not.
func (s *sender) countSpam(r *Rules, e *Event, now int64) bool {
	switch w := r.Weights[Spam]; {
	case !e.Judged:
		return false
	case e.Spam:
		s.give(Spam, w, w.Points*e.size(), 1, e.Ref, now)
		return true
	default:
		if i := s.mark(Spam); i >= 0 {
			s.marks[i] = mark{Spam, float32(max(s.marks[i].faded(w, now)-r.Clean, 0)), now}
		}
		return false
	}
}

// counts is how many an event adds to a kind that counts, and out of how many.
func (e *Event) counts(k Kind) (n, of int) {
	judged := 0
	if e.Judged {
		judged = 1
	}
	one := func(yes bool) int {
		if yes {
			return judged
		}
		return 0
	}
	switch k {
	case Virus:
		return one(e.Virus), judged
	case Outbreak:
		return one(e.Outbreak), judged
	case Unauthorised:
		if e.Foreign { // refused at MAIL, or judged
			return 1, 1
		}
		return 0, judged
	case NullSenders:
		return one(e.From == NullSender), judged
	case UnknownRecipients:
		return e.Unknown, e.Unknown + e.Total*judged
	case Bounces:
		return e.Bounces, e.Total * judged
	case Complaints:
		return e.Complaints, e.Total * judged
	case Reports:
		return e.Reports, e.Reports
	case Limits:
		if e.Limited {
			return 1, 1
		}
		return 0, 1
	case Helos:
		return one(malformed(e.Helo)), judged
	case EnvelopeSenders, SenderDomains:
		return 0, judged
	}
	return 0, 0
}

// values are those of an event that a kind tells apart.
func (e *Event) values(k Kind) []string {
	if !e.Judged {
		return nil
	}
	switch k {
	case EnvelopeSenders:
		return some(e.From)
	case SenderDomains:
		return e.Domains
	case Helos:
		return some(e.Helo)
	case Networks:
		return some(e.Network)
	}
	return nil
}

func some(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// meet counts the recipients that the sender has never written to.
func (s *sender) meet(e *Event) int {
	if !e.Judged || len(e.Rcpts) == 0 {
		return 0
	}
	if s.known == nil {
		s.known = new(acquaintances)
	}
	n := 0
	for _, rcpt := range e.Rcpts {
		if s.known.meet(rcpt) {
			n++
		}
	}
	return n
}

// mark is where the points of a kind are, -1 if there are none.
func (s *sender) mark(k Kind) int {
	return slices.IndexFunc(s.marks, func(m mark) bool { return m.kind == k })
}

// give adds points.
func (s *sender) give(k Kind, w Weight, points float64, n uint32, ref string, now int64) {
	i := s.mark(k)
	if i < 0 {
		i = len(s.marks)
		s.marks = append(s.marks, mark{kind: k, at: now})
	}
	sum := s.marks[i].faded(w, now) + points
	if w.Max > 0 {
		sum = min(sum, w.Max)
	}
	s.marks[i] = mark{k, float32(sum), now}
	if len(s.items) >= maxItems {
		s.items = append(s.items[:0], s.items[1:]...)
	}
	s.items = append(s.items, item{now, k, float32(points), n, ref})
}

// total is the sum of what is left of all points.
func (s *sender) total(r *Rules, now int64) float64 {
	strong, weak := 0.0, 0.0
	for _, m := range s.marks {
		if m.kind.Weak() {
			weak += m.faded(r.Weights[m.kind], now)
		} else {
			strong += m.faded(r.Weights[m.kind], now)
		}
	}
	return strong + min(weak, r.WeakMax)
}

// clear forgets all evidence; what the sender usually does stays known.
func (s *sender) clear() {
	s.marks, s.windows, s.items, s.events = nil, nil, nil, 0
	s.retried = [maxRetries]uint32{}
}

// forgettable says whether nothing is lost with the sender but its habits, and
// those are old.
func (s *sender) forgettable(now int64) bool {
	const days = int64(len(usage{}.days))
	return s.stage == Clean && s.rung == 0 && now-s.seen > days*secondsPerDay
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }
