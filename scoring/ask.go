package scoring

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/netip"
	"strings"
	"time"

	"sluice/policy/config"
	"sluice/policy/netlist"
	"sluice/scoring/clamav"
	"sluice/scoring/reputation"
)

// This file has what is asked of others: local lists and blocklists about the
// client's address, and clamd about the message.

const (
	blocklistPrefix  = "BLOCKLIST_"  // before the name of a blocklist in reports
	reputationPrefix = "REPUTATION_" // before the name of a local list
)

// VirusRule is the hit of a message in which clamd finds something.
const VirusRule = "CLAMAV"

// The checks that are made beside the rules, as the report names them.
const (
	reputationCheck = "reputation"
	clamavCheck     = "clamav"
)

// localList is a local list of addresses.
type localList struct {
	hit     string
	clients *netlist.List
	points  float64
	observe bool
}

// blocklist is what the report says of a zone.
type blocklist struct {
	hit     string
	zone    string
	observe bool
}

func compileLists(lists config.Tables[LocalListConfig], dir string, ps *config.Problems) []localList {
	var compiled []localList
	for name, c := range lists.All() {
		key := "reputation." + name
		checkPoints(key+".points", c.Points, ps)
		if c.Points == 0 {
			ps.Warnf(key+".points", "", "the list is worth nothing and is not recorded")
		}
		if len(c.Clients) == 0 {
			ps.Errorf(key+".clients", `networks, addresses, or "file:PATH"`, "the list is empty")
		}
		compiled = append(compiled, localList{
			hit:     hitName(key, reputationPrefix, name, ps),
			clients: netlist.Load(c.Clients, dir, key+".clients", netlist.Options{}, ps),
			points:  c.Points,
			observe: c.Observe,
		})
	}
	return compiled
}

func compileZones(lists config.Tables[BlocklistConfig], ps *config.Problems) []reputation.Zone {
	var zones []reputation.Zone
	for name, c := range lists.All() {
		key := "blocklist." + name
		hitName(key, blocklistPrefix, name, ps)
		checkPoints(key+".points", c.Points, ps)
		domain := checkZone(key, c.Zone, "such as zen.example.org", ps)
		answers := compileAnswers(key, c.Answers, ps)
		if c.Points == 0 && len(c.Answers) == 0 {
			ps.Warnf(key+".points", "set points or answers", "the blocklist is asked, and its answers are worth nothing")
		}
		zones = append(zones, reputation.Zone{Name: name, Domain: domain, Answers: answers, Points: c.Points})
	}
	return zones
}

// checkZone returns a zone in the form in which it is asked.
func checkZone(key, zone, hint string, ps *config.Problems) string {
	domain := strings.TrimSuffix(zone, ".")
	if !reputation.IsZone(domain) {
		ps.Errorf(key+".zone", hint, "%q is no DNS zone", zone)
	}
	return domain
}

// compileAnswers reads points by answer.
func compileAnswers(key string, points map[string]float64, ps *config.Problems) map[netip.Addr]float64 {
	answers := make(map[netip.Addr]float64)
	for _, text := range sortedKeys(points) {
		checkPoints(key+".answers", points[text], ps)
		addr, err := netip.ParseAddr(text)
		if err != nil || !netip.MustParsePrefix("127.0.0.0/8").Contains(addr) {
			ps.Errorf(key+".answers", "answers lie in 127.0.0.0/8 (RFC 5782)", "%q is no answer of a blocklist", text)
			continue
		}
		answers[addr] = points[text]
	}
	return answers
}

// openZones starts what asks DNS, if anything is to be asked, with what the
// previous scorer has cached. Else that is kept for a configuration that asks
// again, and for Close.
func (s *Scorer) openZones(clients, mentioned []reputation.Zone, c Config, previous *Scorer, ps *config.Problems) {
	s.dns, s.clients, s.mentioned = previous.dns, previous.clients, previous.mentioned
	if len(clients)+len(mentioned) == 0 && s.authenticator == nil {
		return
	}
	var err error
	s.dns, err = previous.dns.Renew(reputation.ResolverConfig{
		Servers: c.Resolver.Servers,
		Cache:   c.Resolver.Cache,
		Log:     s.log,
	})
	if err != nil {
		ps.Errorf("resolver.servers", "name the servers here", "%v", err)
		return
	}
	s.blocklists = make(map[string]blocklist)
	for name, z := range c.Blocklists.All() {
		s.blocklists[name] = blocklist{hitName("", blocklistPrefix, name, ps), z.Zone, z.Observe}
	}
	s.clients = previous.clients.Renew(s.dns, s.zonesOf("blocklist", clients, c))
	s.mentioned = previous.mentioned.Renew(s.dns, s.zonesOf(urllistCheck, mentioned, c))
	s.authenticator.open(s.dns, c.Resolver)
}

func (s *Scorer) zonesOf(kind string, zones []reputation.Zone, c Config) reputation.Config {
	return reputation.Config{Kind: kind, Zones: zones, Timeout: time.Duration(c.Resolver.Timeout), Log: s.log}
}

// finding is what a check found and did not do.
type finding struct {
	hits    []Hit
	skipped []Skip
	print   string // of the message, for those that were like it
	err     error  // a failure of Sluice itself
}

// askReputation asks about the client's address, if the policy lets it count.
func (s *Scorer) askReputation(ctx context.Context, in Input) finding {
	skip := func(why string) finding { return finding{skipped: []Skip{{reputationCheck, why}}} }
	switch {
	case !in.Reputation:
		return skip("policy")
	case in.Set != Direct:
		return skip("set")
	case len(s.lists) == 0 && len(s.blocklists) == 0:
		return skip("not-configured")
	case !in.Client.IsValid():
		return skip("no-address")
	}
	var f finding
	for _, l := range s.lists {
		if entry, ok := l.clients.Addr(in.Client); ok {
			f.hits = append(f.hits, Hit{l.hit, l.points, entry.Text, l.observe})
		}
	}
	if len(s.blocklists) == 0 {
		return f
	}
	listings, failures := s.clients.Look(ctx, in.Client)
	for _, l := range listings {
		b := s.blocklists[l.Zone]
		f.hits = append(f.hits, Hit{b.hit, l.Points, l.Answer.String() + " from " + b.zone, b.observe})
	}
	for _, l := range failures {
		f.skipped = append(f.skipped, Skip{"blocklist " + l.Zone, l.Why})
	}
	return f
}

// scanner is clamd and what its answers mean.
type scanner struct {
	clamd   *clamav.Client
	maxSize int64
	points  float64
	fail    bool // its failure is ours
}

func (s *Scorer) compileClamav(c ClamavConfig, ps *config.Problems) {
	if c.Address == "" {
		return
	}
	client, err := clamav.New(c.Address, time.Duration(c.Timeout))
	if err != nil {
		ps.Errorf("clamav.address", "unix:/run/clamav/clamd.ctl or inet:127.0.0.1:3310", "%v", err)
	}
	if c.Timeout <= 0 {
		ps.Errorf("clamav.timeout", "4s is usual", "no answer would come in time")
	}
	if c.MaxSize <= 0 {
		ps.Errorf("clamav.max_size", "5M is usual", "no message would be sent")
	}
	if c.OnFailure != "skip" && c.OnFailure != "fail" {
		ps.Errorf("clamav.on_failure", `"skip" or "fail"`, "there is no %q", c.OnFailure)
	}
	checkPoints("clamav.points", c.Points, ps)
	s.clamav = &scanner{client, int64(c.MaxSize), c.Points, c.OnFailure == "fail"}
}

// Keep is how many bytes of a message clamd and DKIM want: what Message.Keep is
// to be given. It is 0 without them.
func (s *Scorer) Keep() int64 {
	var n int64
	if s.clamav != nil {
		n = s.clamav.maxSize
	}
	if s.authenticator != nil {
		n = max(n, s.authenticator.maxSize)
	}
	return n
}

// askClamav has the message scanned, if clamd is configured and all of the
// message has been kept.
func (s *Scorer) askClamav(ctx context.Context, m *Message) finding {
	if s.clamav == nil {
		return finding{}
	}
	if m.dropped > 0 {
		return finding{skipped: []Skip{{clamavCheck, "limit"}}}
	}
	if !m.whole() || m.Size() > s.clamav.maxSize {
		return finding{skipped: []Skip{{clamavCheck, "size"}}}
	}
	virus, err := s.clamav.clamd.Scan(ctx, reader(m))
	switch {
	case errors.Is(err, clamav.ErrSize):
		return finding{skipped: []Skip{{clamavCheck, "size"}}}
	case err != nil:
		s.log.Warn("clamd did not scan a message", "error", err)
		return s.failed(clamavCheck, err)
	case virus != "":
		return finding{hits: []Hit{{Rule: VirusRule, Points: s.clamav.points, Note: virus}}}
	}
	return finding{}
}

// reader gives the message as it travels: header, empty line, body.
func reader(m *Message) io.Reader {
	var head strings.Builder
	for i := range m.headers {
		head.WriteString(m.field(i))
	}
	head.WriteString("\r\n")
	return io.MultiReader(strings.NewReader(head.String()), bytes.NewReader(m.kept))
}

// Counts returns what blocklists were asked and answered, this Scorer's and
// those that it was renewed from together.
func (s *Scorer) Counts() reputation.Counts { return s.clients.Counts() }

// URLListCounts is Counts for URL lists.
func (s *Scorer) URLListCounts() reputation.Counts { return s.mentioned.Counts() }

// Close ends what is still being asked, also by the Scorers that share the
// resolver (see Renew). Scores that are under way lose those answers and are
// otherwise not disturbed.
func (s *Scorer) Close() {
	if s.dns != nil {
		s.dns.Close()
	}
}
