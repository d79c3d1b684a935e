package policy

import (
	"fmt"
	"strings"
	"testing"
)

// manyEntries is what one list of an operator has to take.
const manyEntries = 100_000

// bigLists are lists of manyEntries, by the name of the condition: networks,
// logins and HELO names that differ in their numbers alone.
func bigLists() map[string]string {
	lists := make(map[string]string)
	for name, entry := range map[string]func(i int) string{
		"clients": func(i int) string { return fmt.Sprintf("%d.%d.%d.0/24", 20+i>>16, i>>8&0xff, i&0xff) },
		"logins":  func(i int) string { return fmt.Sprintf("user%d@example.net", i) },
		"helo":    func(i int) string { return fmt.Sprintf("pc%d.example.net", i) },
	} {
		var list strings.Builder
		for i := range manyEntries {
			fmt.Fprintln(&list, entry(i))
		}
		lists[name] = list.String()
	}
	return lists
}

// bigRules is a configuration of one group for each of the lists.
func bigRules(t testing.TB, dir string) Config {
	t.Helper()
	for name, list := range bigLists() {
		writeFile(t, dir, name, list)
	}
	return withGroups(
		ofGroup("clients", GroupConfig{Clients: []string{"file:clients"}}),
		ofGroup("logins", GroupConfig{Logins: []string{"file:logins"}}),
		ofGroup("helo", GroupConfig{Helo: []string{"file:helo"}}),
	)
}

// The last of 100,000 entries is found, and the one behind it is not.
func TestHundredThousandEntriesOfEachKind(t *testing.T) {
	dir := t.TempDir()
	r := compile(t, bigRules(t, dir), dir)
	for name, c := range map[string]struct{ last, none Client }{
		"clients": {Client{Addr: addr("21.134.159.255")}, Client{Addr: addr("21.134.160.0")}},
		"logins":  {Client{Login: "user99999@example.net"}, Client{Login: "user100000@example.net"}},
		"helo":    {Client{Helo: "pc99999.example.net"}, Client{Helo: "pc100000.example.net"}},
	} {
		if m := r.Match(c.last); m.Group != name || !strings.HasSuffix(m.Entry, fmt.Sprintf("/%s:%d)", name, manyEntries)) {
			t.Errorf("%s: the last is in group %s by %s", name, m.Group, m.Entry)
		}
		if m := r.Match(c.none); m.Group != groupOthers {
			t.Errorf("%s: the one behind is in group %s by %s", name, m.Group, m.Entry)
		}
	}
}

// BenchmarkLoad reads and compiles 100,000 entries of each kind, 300,000 in all.
func BenchmarkLoad(b *testing.B) {
	dir := b.TempDir()
	c := bigRules(b, dir)
	b.ReportAllocs()
	for b.Loop() {
		compile(b, c, dir)
	}
}

// BenchmarkLookUp looks for what no list has, so that every list is asked.
func BenchmarkLookUp(b *testing.B) {
	dir := b.TempDir()
	r := compile(b, bigRules(b, dir), dir)
	c := Client{Addr: addr("192.0.2.1"), Login: "eve@example.org", Helo: "mx.example.org"}
	b.ReportAllocs()
	for b.Loop() {
		r.Match(c)
	}
}
