package netlist

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/policy/config"
)

var everything = Options{Names: true, Local: true}

// load builds a list that must have no errors.
func load(t *testing.T, dir string, entries ...string) *List {
	t.Helper()
	var ps config.Problems
	l := Load(entries, dir, "group.home.clients", everything, &ps)
	if ps.Failed() {
		t.Fatal(ps.All())
	}
	return l
}

// problems prints what is wrong with the entries.
func problems(entries []string, dir string, o Options) []string {
	var ps config.Problems
	Load(entries, dir, "group.home.clients", o, &ps)
	var out []string
	for _, p := range ps.All() {
		out = append(out, p.String())
	}
	return out
}

func writeFile(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAddr(t *testing.T) {
	l := load(t, "", "203.0.113.0/24", "203.0.113.64/26", "198.51.100.5-198.51.100.9", "192.0.2.1",
		"2001:db8:40::/42", "::ffff:10.0.0.0/104", "fe80::1%eth0", "local")
	for name, c := range map[string]struct{ addr, want string }{
		"network":                    {"203.0.113.7", "203.0.113.0/24"},
		"longest prefix wins":        {"203.0.113.65", "203.0.113.64/26"},
		"first address behind":       {"203.0.114.0", ""},
		"last address before":        {"203.0.112.255", ""},
		"range from":                 {"198.51.100.5", "198.51.100.5-198.51.100.9"},
		"range inside":               {"198.51.100.8", "198.51.100.5-198.51.100.9"},
		"range to":                   {"198.51.100.9", "198.51.100.5-198.51.100.9"},
		"before the range":           {"198.51.100.4", ""},
		"behind the range":           {"198.51.100.10", ""},
		"address":                    {"192.0.2.1", "192.0.2.1"},
		"mapped client":              {"::ffff:192.0.2.1", "192.0.2.1"},
		"mapped network":             {"10.1.2.3", "::ffff:10.0.0.0/104"},
		"IPv6":                       {"2001:db8:7f::1", "2001:db8:40::/42"},
		"IPv6 behind":                {"2001:db8:80::1", ""},
		"zone in the list is no bar": {"fe80::1", "fe80::1%eth0"},
		"other zone":                 {"fe80::1%eth1", "fe80::1%eth0"},
		"no address is local":        {"", "local"},
	} {
		t.Run(name, func(t *testing.T) {
			var addr netip.Addr
			if c.addr != "" {
				addr = netip.MustParseAddr(c.addr)
			}
			got, found := l.Addr(addr)
			if got.Text != c.want || found != (c.want != "") {
				t.Errorf("Addr(%s) = %v, %v; want %q", c.addr, got, found, c.want)
			}
		})
	}
}

func TestLocalMustBeListed(t *testing.T) {
	l := load(t, "", "0.0.0.0/0", "::/0")
	if s, found := l.Addr(netip.Addr{}); found {
		t.Errorf("a client without an address matched %v", s)
	}
}

func TestName(t *testing.T) {
	l := load(t, "", "host.example.net", ".dyn.example.net", ".example.org", ".deep.example.org", "Mixed.Example.NET.")
	for name, c := range map[string]struct{ name, want string }{
		"exact":                     {"host.example.net", "host.example.net"},
		"exact is not below":        {"a.host.example.net", ""},
		"below":                     {"h7.dyn.example.net", ".dyn.example.net"},
		"far below":                 {"a.b.c.dyn.example.net", ".dyn.example.net"},
		"the domain is not below":   {"dyn.example.net", ""},
		"only at a dot":             {"xdyn.example.net", ""},
		"longest domain wins":       {"a.deep.example.org", ".deep.example.org"},
		"case of the client":        {"H7.DYN.Example.Net", ".dyn.example.net"},
		"case and dot of the entry": {"mixed.example.net", "Mixed.Example.NET."},
		"final dot of the client":   {"host.example.net.", "host.example.net"},
		"leading dot":               {".dyn.example.net", ".dyn.example.net"},
		"empty":                     {"", ""},
		"dots only":                 {"...", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, found := l.Name(c.name)
			if got.Text != c.want || found != (c.want != "") {
				t.Errorf("Name(%q) = %v, %v; want %q", c.name, got, found, c.want)
			}
		})
	}
}

func TestZeroEntriesMatchNothing(t *testing.T) {
	l := load(t, "")
	_, byAddr := l.Addr(netip.MustParseAddr("192.0.2.1"))
	_, byName := l.Name("host.example.net")
	if byAddr || byName || l.Len() != 0 || l.HasNames() {
		t.Error("an empty list matched")
	}
}

func TestAllKeepsOrderAndSource(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "list.txt", "# infected\n\n192.0.2.1\t# since May\n.example.net\r\n")
	l := load(t, dir, "local", "file:list.txt", "10.0.0.0/8")
	var got []string
	for e := range l.All() {
		got = append(got, fmt.Sprintf("%s local=%v name=%q", strings.ReplaceAll(e.String(), dir, "DIR"), e.IsLocal(), e.Name))
	}
	want := []string{
		`local local=true name=""`,
		`192.0.2.1 (DIR/list.txt:3) local=false name=""`,
		`.example.net (DIR/list.txt:4) local=false name=".example.net"`,
		`10.0.0.0/8 local=false name=""`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !l.HasNames() || l.Len() != 4 {
		t.Errorf("HasNames %v, Len %d", l.HasNames(), l.Len())
	}
}

func TestDuplicates(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "list.txt", "192.0.2.0/24\n.example.net\n")
	got := problems([]string{"192.0.2.0-192.0.2.255", ".Example.Net", "local", "local", "file:list.txt", "192.0.2.0/25"}, dir, everything)
	for i := range got {
		got[i] = strings.ReplaceAll(got[i], dir, "DIR")
	}
	want := []string{
		`warning: group.home.clients[3]: "local" is here twice, first as local`,
		`DIR/list.txt:1: warning: group.home.clients: "192.0.2.0/24" is here twice, first as 192.0.2.0-192.0.2.255`,
		`DIR/list.txt:2: warning: group.home.clients: ".example.net" is here twice, first as .Example.Net`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A range is stored as several prefixes, one of which may be an entry already.
func TestEntriesThatShareAPrefix(t *testing.T) {
	narrow, wide := "192.0.2.4/30", "192.0.2.4-192.0.2.9"
	for _, l := range []*List{load(t, "", narrow, wide), load(t, "", wide, narrow)} {
		for _, addr := range []string{"192.0.2.5", "192.0.2.8"} {
			if got, _ := l.Addr(netip.MustParseAddr(addr)); got.Text != wide {
				t.Errorf("%s: %v, want %s", addr, got, wide)
			}
		}
	}
}

// bigList is n entries of every kind but "local".
func bigList(n int) string {
	var b strings.Builder
	for i := range n {
		switch i % 10 {
		case 0:
			fmt.Fprintf(&b, "h%d.dyn.example.net # name\n", i)
		case 1:
			fmt.Fprintf(&b, "2001:db8:%x:%x::/64\n", i>>16, i&0xffff)
		case 2:
			fmt.Fprintf(&b, "10.%d.%d.4-10.%d.%d.11\n", i>>8&0xff, i&0xff, i>>8&0xff, i&0xff)
		default:
			fmt.Fprintf(&b, "%d.%d.%d.0/24\n", 20+i>>16, i>>8&0xff, i&0xff)
		}
	}
	return b.String()
}

func BenchmarkLoad100000(b *testing.B) {
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "list.txt"), []byte(bigList(100_000)), 0o600); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		var ps config.Problems
		Load([]string{"file:list.txt"}, dir, "k", everything, &ps)
		if ps.Failed() {
			b.Fatal(ps.All())
		}
	}
}

func BenchmarkLookup100000(b *testing.B) {
	var ps config.Problems
	l := Load(strings.FieldsFunc(strings.ReplaceAll(bigList(100_000), " # name", ""), func(r rune) bool { return r == '\n' }), "", "k", everything, &ps)
	hit, miss := netip.MustParseAddr("20.1.7.9"), netip.MustParseAddr("9.9.9.9")
	b.Run("address", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, found := l.Addr(hit); !found {
				b.Fatal("not found")
			}
		}
	})
	b.Run("no address", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, found := l.Addr(miss); found {
				b.Fatal("found")
			}
		}
	})
	b.Run("name", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, found := l.Name("h90000.dyn.example.net"); !found {
				b.Fatal("not found")
			}
		}
	})
}
