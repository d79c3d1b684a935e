package netlist

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"go4.org/netipx"

	"sluice/policy/config"
)

// entry parses one entry that must be good.
func entry(t *testing.T, text string) Entry {
	t.Helper()
	e, err := parse(Source{Text: text}, everything)
	if err != nil {
		t.Fatal(err.text)
	}
	return e
}

func TestCovers(t *testing.T) {
	l := load(t, "", "10.0.0.0/8", "10.1.0.0/16", "192.0.2.4/30", "192.0.2.4-192.0.2.20", "2001:db8::/32", ".example.net", "host.example.org", "local")
	for _, c := range []struct{ entry, want string }{
		{"10.2.0.0/16", "10.0.0.0/8"},
		{"10.1.2.0/24", "10.1.0.0/16"},
		{"10.0.0.0/12", "10.0.0.0/8"}, // although a narrower entry lies within
		{"0.0.0.0/0", ""},
		{"9.255.255.255-10.0.0.0", ""},
		{"192.0.2.5-192.0.2.9", "192.0.2.4-192.0.2.20"}, // although its first part lies within the /30
		{"192.0.2.5-192.0.2.21", ""},
		{"192.0.2.3-192.0.2.20", ""},
		{"2001:db8:1::/48", "2001:db8::/32"},
		{"2001:db9::/32", ""},
		{"h.example.net", ".example.net"},
		{".dyn.example.net", ".example.net"},
		{"example.net", ""},
		{"host.example.org", "host.example.org"},
		{".host.example.org", ""},
		{"local", "local"},
	} {
		if got, found := l.Covers(entry(t, c.entry)); got.Text != c.want || found != (c.want != "") {
			t.Errorf("%s is covered by %v, %v; want %q", c.entry, got, found, c.want)
		}
	}
}

func TestOverlaps(t *testing.T) {
	l := load(t, "", "10.1.0.0/16", "2001:db8::1")
	for text, want := range map[string]bool{
		"10.0.0.0/8": true, "10.1.1.1": true, "10.0.255.255-10.1.0.0": true, "10.2.0.0/16": false,
		"2001:db8::/32": true, "2001:db8::2": false, "10.0.0.0-10.0.255.255": false,
	} {
		if got := l.Overlaps(entry(t, text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// The union is compared with looking up every address.
func TestUnionCoversWhatItsListsCover(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var lists []*List
		for range rapid.IntRange(0, 3).Draw(t, "lists") {
			entries := rapid.SliceOfN(rapid.Custom(shortRange), 0, 5).Draw(t, "entries")
			var ps config.Problems
			lists = append(lists, Load(entries, "", "k", Options{}, &ps))
		}
		r := netipx.MustParseIPRange(shortRange(t))
		want := true
		for addr := r.From(); r.Contains(addr); addr = addr.Next() {
			want = want && slices.ContainsFunc(lists, func(l *List) bool { _, found := l.Addr(addr); return found })
		}
		if got := NewUnion(lists).Covers(r); got != want {
			t.Fatalf("%v covers %v: %v, want %v", lists, r, got, want)
		}
	})
}

func shortRange(t *rapid.T) string {
	from := rapid.IntRange(0, 31).Draw(t, "from")
	to := rapid.IntRange(from, 31).Draw(t, "to")
	return fmt.Sprintf("192.0.2.%d-192.0.2.%d", from, to)
}
