package reputation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

// listed is where all answers of a blocklist lie (RFC 5782 section 2.1), and
// refusal is where those lie that are no listing: the zone does not want to
// be asked by us, or not through this resolver.
var (
	listed  = netip.MustParsePrefix("127.0.0.0/8")
	refusal = netip.MustParsePrefix("127.255.255.0/24")
)

// Zone is one blocklist: of addresses, of names, or of both. The first of
// Answers, Bits and Points that has something for an answer is what it is
// worth.
type Zone struct {
	Name     string                 // as configured: "pbl"
	Domain   string                 // what is asked: "pbl.example.org"
	Answers  map[netip.Addr]float64 // points by answer
	Bits     map[uint32]float64     // points by bit of the last 24 of an answer; the strongest of those that are set counts
	Points   float64                // for any other answer; 0 if those do not count
	Refusals []netip.Addr           // further answers that are no listing
}

// refusedBit is the bit by which zones that speak in bits say that they do not
// answer us (URIBL and SURBL), unless it has points.
const refusedBit = 1

// worth is what an answer within 127.0.0.0/8 says: points, or that the zone
// refuses to answer.
func (z *Zone) worth(answer netip.Addr) (points float64, refused bool) {
	if refusal.Contains(answer) || slices.Contains(z.Refusals, answer) {
		return 0, true
	}
	if points, known := z.Answers[answer]; known {
		return points, false
	}
	if len(z.Bits) == 0 {
		return z.Points, false
	}
	b := answer.As4()
	return z.weigh(uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3]))
}

// weigh is worth by the bits of an answer.
func (z *Zone) weigh(set uint32) (points float64, refused bool) {
	known := false
	for bit, p := range z.Bits {
		if set&bit != 0 && (!known || stronger(p, points)) {
			points, known = p, true
		}
	}
	if _, ours := z.Bits[refusedBit]; set&refusedBit != 0 && !ours {
		return 0, true
	}
	if !known {
		points = z.Points
	}
	return points, false
}

// stronger says whether points weigh more than others: of two that weigh the
// same, those that are against the sender.
func stronger(p, than float64) bool {
	return math.Abs(p) > math.Abs(than) || math.Abs(p) == math.Abs(than) && p > than
}

// maxZone is the longest zone that still leaves room for the 64 characters of
// an IPv6 address within a name (RFC 1035 section 2.3.4).
const maxZone = maxName - 64

// maxName is the longest name in DNS, without a final dot (RFC 1035 section
// 2.3.4).
const maxName = 253

// IsZone says whether a domain, without a final dot, can be asked as a zone.
func IsZone(domain string) bool {
	_, ok := dns.IsDomainName(domain)
	return ok && domain != "" && len(domain) <= maxZone && !strings.ContainsAny(domain, " /:@")
}

// IsName says whether a zone can be asked about a name without a final dot: one
// of at least two labels that leaves room for the zone.
func IsName(name, domain string) bool {
	labels, ok := dns.IsDomainName(name)
	return ok && labels > 1 && len(name)+len(".")+len(domain) <= maxName && !strings.ContainsFunc(name, notInNames)
}

// notInNames says whether a character is in no name of a host (RFC 1123 section
// 2.1); underscores are found in some.
func notInNames(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
}

// Config says which zones are asked, and how.
type Config struct {
	Kind    string // what the log calls them: "blocklist"
	Zones   []Zone
	Timeout time.Duration // that Look and Ask wait for answers
	Log     *slog.Logger
}

// Question is something that one zone is asked about.
type Question struct {
	Zone    int    // its place in Config.Zones
	Subject string // an address, or a name for which IsName holds
}

// Listing says that something is on a blocklist.
type Listing struct {
	Zone    string // its configured name
	Subject string // the address or name
	Points  float64
	Answer  netip.Addr // the one that is worth most
}

// Failure says that a blocklist did not answer in a way that counts.
type Failure struct {
	Zone string // its configured name
	Why  string // one of the constants below
}

// Why a blocklist did not count.
const (
	WhyDeadline = "deadline" // the answer was not there in time
	WhyError    = "error"    // no usable answer, or a refusal
	WhyLimit    = "limit"    // too many questions were open
)

// Counts is what has happened since the start. It goes on through Renew.
type Counts struct {
	Looked   uint64 // zones looked at, from the cache or by asking
	Cached   uint64 // of these, with an answer from the cache
	Listed   uint64 // of these, addresses found
	Late     uint64 // of these, without an answer in time
	Failed   uint64 // of these, without a usable answer
	Refused  uint64 // of these, with an answer in 127.255.255.0/24
	Overload uint64 // of these, not asked as too many questions were open
}

// Blocklists asks DNS blocklists of one kind. It is safe for concurrent use.
type Blocklists struct {
	kind     string
	zones    []Zone
	resolver *Resolver
	timeout  time.Duration
	log      *slog.Logger

	refusing []atomic.Bool // by zone: its last answer was a refusal, and that has been logged

	counts *counters // shared with those that it was renewed from
}

// counters are Counts as they grow.
type counters struct {
	looked, cached, listed, late, failed, refused, overload atomic.Uint64
}

// New returns the compiled blocklists, which ask through r.
func New(r *Resolver, c Config) *Blocklists { return (*Blocklists)(nil).Renew(r, c) }

// Renew is New for a configuration that is to replace that of b, which may be
// nil and otherwise goes on working beside the new ones: they count together.
func (b *Blocklists) Renew(r *Resolver, c Config) *Blocklists {
	counts := new(counters)
	if b != nil {
		counts = b.counts
	}
	return &Blocklists{
		kind:     c.Kind,
		zones:    c.Zones,
		resolver: r,
		timeout:  c.Timeout,
		log:      c.Log,
		refusing: make([]atomic.Bool, len(c.Zones)),
		counts:   counts,
	}
}

// Look asks all zones about an address, as Ask does, in the order of the zones.
func (b *Blocklists) Look(ctx context.Context, addr netip.Addr) (listings []Listing, failures []Failure) {
	addr = addr.Unmap().WithZone("")
	if !addr.IsValid() {
		return nil, nil
	}
	questions := make([]Question, len(b.zones))
	for i := range b.zones {
		questions[i] = Question{i, addr.String()}
	}
	return b.Ask(ctx, questions)
}

// Ask asks all questions at once and returns, in their order, what is listed
// and what was not answered. It returns when all are answered, at the timeout,
// or when the context ends.
func (b *Blocklists) Ask(ctx context.Context, questions []Question) (listings []Listing, failures []Failure) {
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	flights := make([]*flight, len(questions))
	for i, q := range questions {
		flights[i] = b.resolver.ask(query{question(q.Subject, b.zones[q.Zone].Domain), dns.TypeA})
		if flights[i].cached {
			b.counts.cached.Add(1)
		}
	}
	for i, q := range questions {
		listing, err := b.judge(q, wait(ctx, flights[i]))
		b.counts.looked.Add(1)
		switch {
		case err != nil:
			failures = append(failures, Failure{Zone: listing.Zone, Why: b.failure(err)})
		case listing.Points != 0:
			b.counts.listed.Add(1)
			listings = append(listings, listing)
		}
	}
	return listings, failures
}

// wait returns the answer of a flight that has landed, or lands in time.
func wait(ctx context.Context, f *flight) answer {
	select {
	case <-f.done:
		return f.answer
	default:
	}
	select {
	case <-f.done:
		return f.answer
	case <-ctx.Done():
		return answer{err: errLate}
	}
}

// errRefused says that a zone answers, and that it is not a listing.
var errRefused = errors.New("the zone refuses to answer")

// judge turns an answer into what it is worth: of several records that which
// weighs most, as zones that combine lists give one for each.
func (b *Blocklists) judge(q Question, a answer) (Listing, error) {
	z := &b.zones[q.Zone]
	best := Listing{Zone: z.Name, Subject: q.Subject}
	if a.err != nil {
		return best, a.err
	}
	var refusedBy, strange netip.Addr
	for _, addr := range a.addrs {
		if !listed.Contains(addr) {
			strange = addr // somebody answers for names that do not exist
			continue
		}
		points, refused := z.worth(addr)
		switch {
		case refused:
			refusedBy = addr
		case math.Abs(points) > math.Abs(best.Points):
			best.Points, best.Answer = points, addr
		}
	}
	b.noteRefusal(q.Zone, refusedBy)
	switch {
	case best.Points != 0:
		return best, nil
	case refusedBy.IsValid():
		return best, errRefused
	case strange.IsValid():
		return best, fmt.Errorf("answer %s is outside %s", strange, listed)
	}
	return best, nil
}

// noteRefusal logs when a zone begins to refuse, and when it answers again.
func (b *Blocklists) noteRefusal(zone int, by netip.Addr) {
	if was := b.refusing[zone].Swap(by.IsValid()); was == by.IsValid() {
		return
	}
	z := b.zones[zone]
	if by.IsValid() {
		b.log.Warn(b.kind+" refuses to answer and does not count",
			b.kind, z.Name, "zone", z.Domain, "answer", by.String(),
			"hint", "such zones want an own resolver (resolver.servers) or an account")
		return
	}
	b.log.Info(b.kind+" answers again", b.kind, z.Name, "zone", z.Domain)
}

// failure counts an error and names it.
func (b *Blocklists) failure(err error) string {
	switch {
	case errors.Is(err, errLate):
		b.counts.late.Add(1)
		return WhyDeadline
	case errors.Is(err, errBusy):
		b.counts.overload.Add(1)
		return WhyLimit
	case errors.Is(err, errRefused):
		b.counts.refused.Add(1)
		return WhyError
	}
	b.counts.failed.Add(1)
	return WhyError
}

// Counts returns what has happened so far: nothing, if b is nil.
func (b *Blocklists) Counts() Counts {
	if b == nil {
		return Counts{}
	}
	return Counts{
		Looked:   b.counts.looked.Load(),
		Cached:   b.counts.cached.Load(),
		Listed:   b.counts.listed.Load(),
		Late:     b.counts.late.Load(),
		Failed:   b.counts.failed.Load(),
		Refused:  b.counts.refused.Load(),
		Overload: b.counts.overload.Load(),
	}
}
