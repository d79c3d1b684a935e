package reputation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/miekg/dns"
)

// listed is where all answers of a blocklist lie (RFC 5782 section 2.1), and
// refusal is where those lie that are no listing: the zone does not want to
// be asked by us, or not through this resolver.
var (
	listed  = netip.MustParsePrefix("127.0.0.0/8")
	refusal = netip.MustParsePrefix("127.255.255.0/24")
)

// Zone is one blocklist.
type Zone struct {
	Name    string                 // as configured: "pbl"
	Domain  string                 // what is asked: "pbl.example.org"
	Points  float64                // for an answer that is not in Answers; 0 if those do not count
	Answers map[netip.Addr]float64 // points by answer
}

// maxZone is the longest zone that still leaves room for the 64 characters of
// an IPv6 address within a name (RFC 1035 section 2.3.4).
const maxZone = 253 - 64

// IsZone says whether a domain, without a final dot, can be asked as a zone.
func IsZone(domain string) bool {
	_, ok := dns.IsDomainName(domain)
	return ok && domain != "" && len(domain) <= maxZone && !strings.ContainsAny(domain, " /:@")
}

// Config says which zones are asked, and how.
type Config struct {
	Zones   []Zone
	Servers []string      // "127.0.0.1:53", at most three are used; empty for those of /etc/resolv.conf
	Timeout time.Duration // that Look waits for answers
	Cache   int           // names whose answers are kept
	Clock   otter.Clock   // of the cache; nil for the system's
	Log     *slog.Logger
}

// Listing says that an address is on a blocklist.
type Listing struct {
	Zone   string // its configured name
	Points float64
	Answer netip.Addr // the one that is worth most
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

// Blocklists asks DNS blocklists. It is safe for concurrent use.
type Blocklists struct {
	zones    []Zone
	resolver *resolver
	timeout  time.Duration
	log      *slog.Logger

	refusing []atomic.Bool // by zone: its last answer was a refusal, and that has been logged

	counts *counters // shared with those that it was renewed from
}

// counters are Counts as they grow.
type counters struct {
	looked, cached, listed, late, failed, refused, overload atomic.Uint64
}

// New returns the compiled blocklists. Close them when they are no longer used.
func New(c Config) (*Blocklists, error) {
	servers, err := c.servers()
	if err != nil {
		return nil, err
	}
	r, err := newResolver(servers, c.Cache, c.Clock, c.Log)
	if err != nil {
		return nil, err
	}
	return compile(c, r, new(counters)), nil
}

// Renew returns blocklists that take over the answers that b has cached and
// the questions that are open, if servers and size of the cache are the same;
// Clock and Log are b's then. b goes on working beside them and needs no
// Close.
func (b *Blocklists) Renew(c Config) (*Blocklists, error) {
	servers, err := c.servers()
	if err != nil {
		return nil, err
	}
	r := b.resolver
	if !r.is(servers, c.Cache) {
		if r, err = newResolver(servers, c.Cache, c.Clock, c.Log); err != nil {
			return nil, err
		}
	}
	return compile(c, r, b.counts), nil
}

// servers are those that are asked.
func (c *Config) servers() ([]string, error) {
	if len(c.Servers) > 0 {
		return c.Servers, nil
	}
	return systemServers("/etc/resolv.conf")
}

func compile(c Config, r *resolver, counts *counters) *Blocklists {
	return &Blocklists{
		zones:    c.Zones,
		resolver: r,
		timeout:  c.Timeout,
		log:      c.Log,
		refusing: make([]atomic.Bool, len(c.Zones)),
		counts:   counts,
	}
}

// Close ends all open questions, also those of blocklists that share the
// resolver. Those who wait for them get failures.
func (b *Blocklists) Close() { b.resolver.close() }

// Look asks all zones about an address and returns, in the order of the zones,
// where it is listed and which zones did not say. It returns when all have
// answered, at the timeout, or when the context ends.
func (b *Blocklists) Look(ctx context.Context, addr netip.Addr) (listings []Listing, failures []Failure) {
	addr = addr.Unmap().WithZone("")
	if !addr.IsValid() {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	flights := make([]*flight, len(b.zones))
	for i, z := range b.zones {
		flights[i] = b.resolver.ask(question(addr, z.Domain))
		if flights[i].cached {
			b.counts.cached.Add(1)
		}
	}
	for i, z := range b.zones {
		listing, err := b.judge(i, wait(ctx, flights[i]))
		b.counts.looked.Add(1)
		switch {
		case err != nil:
			failures = append(failures, Failure{Zone: z.Name, Why: b.failure(err)})
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
func (b *Blocklists) judge(zone int, a answer) (Listing, error) {
	if a.err != nil {
		return Listing{}, a.err
	}
	z := b.zones[zone]
	best := Listing{Zone: z.Name}
	var refusedBy, strange netip.Addr
	for _, addr := range a.addrs {
		points, known := z.Answers[addr]
		switch {
		case refusal.Contains(addr):
			refusedBy = addr
			continue
		case !listed.Contains(addr):
			strange = addr // somebody answers for names that do not exist
			continue
		case !known:
			points = z.Points
		}
		if math.Abs(points) > math.Abs(best.Points) {
			best.Points, best.Answer = points, addr
		}
	}
	b.noteRefusal(zone, refusedBy)
	switch {
	case best.Points != 0:
		return best, nil
	case refusedBy.IsValid():
		return Listing{}, errRefused
	case strange.IsValid():
		return Listing{}, fmt.Errorf("answer %s is outside %s", strange, listed)
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
		b.log.Warn("blocklist refuses to answer and does not count",
			"blocklist", z.Name, "zone", z.Domain, "answer", by.String(),
			"hint", "such zones want an own resolver (resolver.servers) or an account")
		return
	}
	b.log.Info("blocklist answers again", "blocklist", z.Name, "zone", z.Domain)
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

// Counts returns what has happened so far.
func (b *Blocklists) Counts() Counts {
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
