package reputation

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	evil   = "evil.example"
	evilBL = "evil.example.bl.test."
)

// bits is a zone that speaks in bits, as SURBL and URIBL do.
func bits(points map[uint32]float64) Zone { return Zone{Name: "bl", Domain: "bl.test", Bits: points} }

func TestWhatBitsAreWorth(t *testing.T) {
	zoneOf := bits(map[uint32]float64{2: 1, 8: 3, 64: -3, 128: 2, 1 << 16: 5})
	others := zoneOf
	others.Points = 0.5
	blocked := bits(map[uint32]float64{1: 4})
	exact := zoneOf
	exact.Answers = map[netip.Addr]float64{netip.MustParseAddr("127.0.0.8"): 9}
	for name, tt := range map[string]struct {
		zone    Zone
		answer  string
		points  float64
		refused bool
	}{
		"one bit":                       {zoneOf, "127.0.0.2", 1, false},
		"one bit among others":          {zoneOf, "127.0.0.38", 1, false},
		"the strongest":                 {zoneOf, "127.0.0.138", 3, false},
		"against the sender, of equals": {zoneOf, "127.0.0.72", 3, false},
		"the last of 24":                {zoneOf, "127.1.0.0", 5, false},
		"no bit":                        {zoneOf, "127.0.0.4", 0, false},
		"no bit, points for the others": {others, "127.0.0.4", 0.5, false},
		"the bit of a refusal":          {zoneOf, "127.0.0.1", 0, true},
		"the bit of a refusal, others":  {zoneOf, "127.0.0.255", 0, true},
		"that bit with points":          {blocked, "127.0.0.1", 4, false},
		"an answer before its bits":     {exact, "127.0.0.8", 9, false},
		"an error code":                 {zoneOf, "127.255.255.252", 0, true},
	} {
		points, refused := tt.zone.worth(netip.MustParseAddr(tt.answer))
		if points != tt.points || refused != tt.refused {
			t.Errorf("%s: %v, refused %v; want %v, %v", name, points, refused, tt.points, tt.refused)
		}
	}
}

func TestRefusalsOfAZoneAreNoListing(t *testing.T) {
	records := map[string][]string{evilBL: {"300 IN A 127.0.1.255"}}
	s := newServer(t, zone(t, records))
	for name, tt := range map[string]struct {
		refusals []netip.Addr
		listed   bool
	}{
		"refusal":         {[]netip.Addr{netip.MustParseAddr("127.0.1.255")}, false},
		"another refusal": {[]netip.Addr{netip.MustParseAddr("127.0.0.1")}, true},
	} {
		z := Zone{Name: "bl", Domain: "bl.test", Points: 1, Refusals: tt.refusals}
		b := newBlocklists(t, setup{Servers: []string{s.addr}, Zones: []Zone{z}})
		listings, failures := b.Ask(t.Context(), []Question{{0, evil}})
		if (len(listings) == 1) != tt.listed || (len(failures) == 0) != tt.listed {
			t.Errorf("%s: listings %v, failures %v", name, listings, failures)
		}
		if got := b.Counts().Refused == 0; got != tt.listed {
			t.Errorf("%s: counts %+v", name, b.Counts())
		}
	}
}

func TestEachZoneIsAskedItsOwnQuestions(t *testing.T) {
	s := newServer(t, zone(t, map[string][]string{
		evilBL:                  {"300 IN A 127.0.0.2"},
		"7.113.0.203.ip.test.":  {"300 IN A 127.0.0.3"},
		"good.example.ip.test.": {"300 IN A 127.0.0.3"},
	}))
	b := newBlocklists(t, setup{Servers: []string{s.addr}, Zones: []Zone{
		{Name: "names", Domain: "bl.test", Points: 1},
		{Name: "ips", Domain: "ip.test", Points: 2},
	}})
	listings, failures := b.Ask(t.Context(), []Question{{1, client.String()}, {0, evil}, {0, "good.example"}})
	want := []Listing{
		{"ips", client.String(), 2, netip.MustParseAddr("127.0.0.3")},
		{"names", evil, 1, netip.MustParseAddr("127.0.0.2")},
	}
	if diff := cmp.Diff(want, listings, sameAddr); diff != "" || len(failures) != 0 {
		t.Errorf("failures %v (-want +got):\n%s", failures, diff)
	}
	asked := map[string]int{evilBL + " udp": 1, "7.113.0.203.ip.test. udp": 1, "good.example.bl.test. udp": 1}
	if diff := cmp.Diff(asked, s.questions()); diff != "" {
		t.Errorf("questions (-want +got):\n%s", diff)
	}
}

func TestKindsShareTheCache(t *testing.T) {
	s := newServer(t, zone(t, map[string][]string{evilBL: {"300 IN A 127.0.0.2"}}))
	first := newBlocklists(t, setup{Servers: []string{s.addr}})
	second := New(first.resolver, Config{Kind: "urllist", Zones: oneZone, Timeout: patience})
	for _, b := range []*Blocklists{first, second} {
		if listings, _ := b.Ask(t.Context(), []Question{{0, evil}}); len(listings) != 1 {
			t.Errorf("%s: listings %v", b.kind, listings)
		}
	}
	if got := s.questions()[evilBL+" udp"]; got != 1 {
		t.Errorf("asked %d times", got)
	}
	for _, b := range []*Blocklists{first, second} {
		if got := b.Counts(); got.Looked != 1 || got.Listed != 1 {
			t.Errorf("%s: counts %+v", b.kind, got)
		}
	}
}

func TestNamesThatCanBeAsked(t *testing.T) {
	label := strings.Repeat("a", 63)
	long := func(n int) string { return (strings.Repeat(label+".", 4))[:n-1] + "a" }
	const domain = "bl.test"
	longest := maxName - len(".") - len(domain)
	for name, want := range map[string]bool{
		evil:                     true,
		"xn--mnchen-3ya.example": true,
		"a_b.example":            true,
		long(longest):            true,
		long(longest + 1):        false,
		label + ".example":       true,
		label + "a.example":      false,
		"":                       false,
		"localhost":              false,
		"evil..example":          false,
		".example":               false,
		"Evil.example":           false,
		"evil%20.example":        false,
		"münchen.example":        false,
		"evil example.com":       false,
		`evil\.example.com`:      false,
		"evil.example:80":        false,
	} {
		if got := IsName(name, domain); got != want {
			t.Errorf("%q (%d bytes): %v, want %v", name, len(name), got, want)
		}
	}
}
