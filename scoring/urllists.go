package scoring

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"sluice/policy/config"
	"sluice/policy/netlist"
	"sluice/scoring/reputation"
)

// This file has the DNS lists that judge what a message mentions. They count in
// every score set: they say nothing about the client.
//
// Limits: a list is not asked about the domains of the recipients, so a sender
// who writes to a domain of his own as well hides that.

const (
	urllistPrefix = "URLLIST_" // before the name of a list in reports
	urllistCheck  = "urllist"
)

// Bounds of the names that one list is asked about for one message.
const (
	defaultNames = 20
	mostNames    = 100
)

// listErrors are answers of lists of names that are no listing: URIBL and SURBL
// do not answer us, or DBL does not answer about addresses.
var listErrors = []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.1.255")}

// urlList is one list as it is configured. Its place is that of its zone.
type urlList struct {
	name, hit, zone string
	ask             []string
	most            int           // names for one message
	skip            *netlist.List // the operator's well-known domains and addresses
	observe         bool
}

func compileURLLists(lists config.Tables[URLListConfig], dir string, ps *config.Problems) (compiled []urlList, zones []reputation.Zone) {
	for name, c := range lists.All() {
		key := "urllist." + name
		domain := checkZone(key, c.Zone, "such as dbl.example.org", ps)
		checkPoints(key+".points", c.Points, ps)
		if c.Points == 0 && len(c.Answers) == 0 && len(c.Bits) == 0 {
			ps.Warnf(key+".points", "set points, answers or bits", "the list is asked, and its answers are worth nothing")
		}
		zone := reputation.Zone{
			Name:    name,
			Domain:  domain,
			Answers: compileAnswers(key, c.Answers, ps),
			Bits:    compileBits(key, c.Bits, ps),
			Points:  c.Points,
		}
		for _, addr := range listErrors {
			if _, wanted := zone.Answers[addr]; !wanted {
				zone.Refusals = append(zone.Refusals, addr)
			}
		}
		zones = append(zones, zone)
		compiled = append(compiled, urlList{
			name:    name,
			hit:     hitName(key, urllistPrefix, name, ps),
			zone:    domain,
			ask:     checkAsk(key, c.Ask, ps),
			most:    checkMost(key, c.MaxNames, ps),
			skip:    netlist.Load(c.Skip, dir, key+".skip", netlist.Options{Names: true}, ps),
			observe: c.Observe,
		})
	}
	return compiled, zones
}

// compileBits reads points by bit: "8" is the fourth.
func compileBits(key string, points map[string]float64, ps *config.Problems) map[uint32]float64 {
	compiled := make(map[uint32]float64)
	for _, text := range sortedKeys(points) {
		checkPoints(key+".bits", points[text], ps)
		bit, err := strconv.ParseUint(text, 10, 24)
		if err != nil || bits.OnesCount64(bit) != 1 {
			ps.Errorf(key+".bits", "1, 2, 4, 8 and so on to 8388608", "%q is no bit of an answer", text)
			continue
		}
		compiled[uint32(bit)] = points[text]
	}
	return compiled
}

func checkAsk(key string, ask []string, ps *config.Problems) []string {
	for _, word := range ask {
		if !slices.Contains(askables, word) {
			hint := didYouMean(word, askables)
			if hint == "" {
				hint = "one of " + strings.Join(askables, ", ")
			}
			ps.Errorf(key+".ask", hint, "there is no %q to ask about", word)
		}
	}
	if len(ask) == 0 {
		return []string{askDomains}
	}
	return ask
}

func checkMost(key string, n int, ps *config.Problems) int {
	if n < 0 || n > mostNames {
		ps.Errorf(key+".max_names", fmt.Sprintf("from 1 to %d; 0 for %d", mostNames, defaultNames), "%d names for a message cannot be asked about", n)
	}
	if n == 0 {
		return defaultNames
	}
	return n
}

// askURLLists prepares what is asked of the lists about a message; the result
// asks, and touches neither message nor facts.
func (s *Scorer) askURLLists(ctx context.Context, f *facts) func() finding {
	var result finding
	if len(s.urllists) == 0 {
		return func() finding { return result }
	}
	var questions []reputation.Question
	mentions, recipients := f.mentions(), f.recipientDomains()
	for i := range s.urllists {
		names, more := s.urllists[i].names(mentions, recipients)
		for _, name := range names {
			questions = append(questions, reputation.Question{Zone: i, Subject: name})
		}
		if more {
			result.skipped = append(result.skipped, Skip{s.urllists[i].check(), reputation.WhyLimit})
		}
	}
	return func() finding {
		listings, failures := s.mentioned.Ask(ctx, questions)
		for i := range s.urllists {
			l := &s.urllists[i]
			result.hits = append(result.hits, l.hits(listings)...)
			result.skipped = append(result.skipped, l.skips(failures)...)
		}
		return result
	}
}

// check is how the report names the list where it was not asked.
func (l *urlList) check() string { return urllistCheck + " " + l.name }

// names returns what the list is asked about, at most as many as it may be, and
// whether there would be more.
func (l *urlList) names(mentions []mention, recipients map[string]bool) (names []string, more bool) {
	for _, m := range mentions {
		if !slices.Contains(l.ask, m.ask) || slices.Contains(names, m.name) || !l.wants(m.name, recipients) {
			continue
		}
		if len(names) == l.most {
			return names, true
		}
		names = append(names, m.name)
	}
	return names, false
}

// wants says whether the list can be asked about a name or address, and it is
// neither well known nor the recipient's.
func (l *urlList) wants(name string, recipients map[string]bool) bool {
	if addr, err := netip.ParseAddr(name); err == nil {
		_, skip := l.skip.Addr(addr)
		return !skip
	}
	return reputation.IsName(name, l.zone) && !isWellKnown(name) && !within(name, l.skip) && !recipients[registered(name)]
}

// within says whether a list has a name or a domain above it.
func within(name string, list *netlist.List) bool {
	for name != "" {
		if _, found := list.Name(name); found {
			return true
		}
		_, name, _ = strings.Cut(name, ".")
	}
	return false
}

// recipientDomains are the registered domains of the recipients.
func (f *facts) recipientDomains() map[string]bool {
	hosts, domains := make(map[string]bool), make(map[string]bool)
	for _, rcpt := range f.in.Rcpts {
		if host := domainOf(rcpt); !hosts[host] {
			hosts[host] = true
			domains[registered(host)] = true
		}
	}
	return domains
}

// hits is at most one: the strongest listing of the list.
func (l *urlList) hits(listings []reputation.Listing) []Hit {
	var best reputation.Listing
	more := -1
	for _, listing := range listings {
		if listing.Zone != l.name {
			continue
		}
		more++
		if math.Abs(listing.Points) > math.Abs(best.Points) {
			best = listing
		}
	}
	if more < 0 {
		return nil
	}
	note := fmt.Sprintf("%s %s from %s", best.Subject, best.Answer, l.zone)
	if more > 0 {
		note += fmt.Sprintf(", %d more", more)
	}
	return []Hit{{l.hit, best.Points, note, l.observe}}
}

// skips says why the list did not answer, each reason once.
func (l *urlList) skips(failures []reputation.Failure) (skips []Skip) {
	for _, failure := range failures {
		skip := Skip{l.check(), failure.Why}
		if failure.Zone == l.name && !slices.Contains(skips, skip) {
			skips = append(skips, skip)
		}
	}
	return skips
}

// wellKnownDomains are those that everybody links to: no list of names has them,
// or none should. Free pages below them are not meant.
var wellKnownDomains = set(`
	adobe.com akamai.net aka.ms amazon.ca amazon.co.jp amazon.co.uk amazon.com amazon.de amazon.es amazon.fr
	amazon.it android.com apache.org apple.com bbc.co.uk bbc.com bing.com cisco.com cloudflare.com cnn.com debian.org dell.com
	dhl.com ebay.co.uk ebay.com ebay.de europa.eu facebook.com fbcdn.net fedex.com flickr.com github.com gnu.org google.ca
	google.co.in google.co.jp google.co.uk google.com google.com.br google.de google.es google.fr google.it
	gravatar.com gstatic.com hp.com ibm.com ietf.org imdb.com instagram.com intel.com kernel.org
	linkedin.com mcafee.com microsoft.com microsoftonline.com mozilla.com mozilla.org netflix.com netscape.com norton.com
	nytimes.com office.com openxmlformats.org oracle.com paypal.com php.net pinterest.com python.org redhat.com reuters.com
	schema.org skype.com sourceforge.net spotify.com stackoverflow.com symantec.com telegram.org tiktok.com twimg.com
	twitter.com ubuntu.com ups.com usps.com vimeo.com w3.org whatsapp.com wikimedia.org wikipedia.org windows.com
	x.com xing.com yahoo.net youtu.be youtube.com ytimg.com zoom.us`)

// isWellKnown says whether a name is one of wellKnownDomains or of freemail, or
// below one.
func isWellKnown(name string) bool {
	if isFreePage(name) {
		return false
	}
	for at := name; at != ""; {
		if wellKnownDomains[at] || freemail[at] {
			return true
		}
		_, at, _ = strings.Cut(at, ".")
	}
	return false
}
