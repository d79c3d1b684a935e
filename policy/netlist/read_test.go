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

func TestDoubtfulEntriesAreUsedWithAWarning(t *testing.T) {
	for entry, c := range map[string]struct {
		want  string
		match func(*List) bool
	}{
		"10.0.0.1/24":    {`"10.0.0.1/24" has bits behind its length (taken as 10.0.0.0/24)`, has("10.0.0.200")},
		"2001:db8::1/64": {`"2001:db8::1/64" has bits behind its length (taken as 2001:db8::/64)`, has("2001:db8::200")},
		"infected.txt":   {`"infected.txt" is taken as the PTR name of a client (write file:infected.txt for a list)`, named("infected.txt")},
		"infected":       {`"infected" is taken as the PTR name of a client (write file:infected for a list)`, named("infected")},
	} {
		var ps config.Problems
		list := Load([]string{entry}, "", "group.home.clients", everything, &ps)
		if ps.Failed() || len(ps.All()) != 1 || ps.All()[0].String() != "warning: group.home.clients[0]: "+c.want {
			t.Errorf("%s: %v", entry, ps.All())
		}
		if !c.match(list) {
			t.Errorf("%s is not used", entry)
		}
	}
}

func has(addr string) func(*List) bool {
	return func(l *List) bool { _, found := l.Addr(netip.MustParseAddr(addr)); return found }
}

func named(name string) func(*List) bool {
	return func(l *List) bool { _, found := l.Name(name); return found }
}

func TestBadEntries(t *testing.T) {
	long := strings.Repeat("a", maxLabel)
	for name, c := range map[string]struct {
		entry, want string
		o           Options
	}{
		"length too long":        {entry: "10.0.0.0/33", want: `"10.0.0.0/33" is no network (write 203.0.113.0/24 or 2001:db8::/32)`},
		"mapped wider than IPv4": {entry: "::ffff:0.0.0.0/95", want: `"::ffff:0.0.0.0/95" is wider than IPv4 (write the IPv4 network)`},
		"short range":            {entry: "10.0.0.1-9", want: `"10.0.0.1-9" is no range (write both addresses in full: 203.0.113.5-203.0.113.9)`},
		"mixed range":            {entry: "10.0.0.1-2001:db8::1", want: `"10.0.0.1-2001:db8::1" is no range (write both addresses in full: 203.0.113.5-203.0.113.9)`},
		"backwards range":        {entry: "10.0.0.9-10.0.0.1", want: `"10.0.0.9-10.0.0.1" ends before it begins (10.0.0.1-10.0.0.9)`},
		"address of five":        {entry: "10.0.0.0.1", want: `"10.0.0.0.1" is no network, address, range or name`, o: everything},
		"octet too large":        {entry: "10.0.0.256", want: `"10.0.0.256" is no network, address, range or name`, o: everything},
		"star":                   {entry: "*.example.net", want: `"*.example.net" is no network, address, range or name (write .example.net for all names below)`, o: everything},
		"double dot":             {entry: "a..example.net", want: `"a..example.net" is no network, address, range or name`, o: everything},
		"dot":                    {entry: ".", want: `"." is no network, address, range or name`, o: everything},
		"label too long":         {entry: long + "a.net", want: `"` + (long + "a.net")[:maxQuoted] + `..." is no network, address, range or name`, o: everything},
		"not ASCII":              {entry: "bücher.example", want: `"bücher.example" is no network, address, range or name`, o: everything},
		"comment without space":  {entry: "10.0.0.1#x", want: `"10.0.0.1#x" is no network, address, range or name`, o: everything},
		"two on a line":          {entry: "10.0.0.1 10.0.0.2", want: `"10.0.0.1 10.0.0.2" is more than one entry (write one a line, and # before a comment)`},
		"empty":                  {entry: " ", want: `an entry is empty`},
		"name where none may be": {entry: "host.example.net", want: `"host.example.net" is no network, address or range`, o: Options{Local: true}},
		"local where it may not": {entry: "local", want: `"local" is not possible here`, o: Options{Names: true}},
		"no path":                {entry: "file: ", want: `"file:" names no file (write file:PATH)`},
	} {
		t.Run(name, func(t *testing.T) {
			got := problems([]string{c.entry}, "", c.o)
			if diff := cmp.Diff([]string{"group.home.clients[0]: " + c.want}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNameLengths(t *testing.T) {
	long := strings.Repeat("a", maxLabel)
	full := strings.Join([]string{long, long, long, long[:maxName-3*(maxLabel+1)]}, ".")
	if len(full) != maxName {
		t.Fatal(len(full))
	}
	load(t, "", full, "."+full)
	for _, name := range []string{"a" + full, "a." + full} {
		if got := problems([]string{name}, "", everything); len(got) != 1 {
			t.Errorf("%d bytes: %v", len(name), got)
		}
	}
}

func TestEveryBadLineIsItsOwnProblem(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "list.txt", byteOrderMark+"10.0.0.1/8\n10.1.0.0/16\nfile:other.txt\nwhat is this\n")
	got := problems([]string{"file:list.txt", "file:missing.txt", "10.0.0.2/31x"}, dir, everything)
	want := []string{
		"DIR/list.txt:3: group.home.clients: a list cannot take in another file (name it in the configuration)",
		"DIR/list.txt:1: warning: group.home.clients: \"10.0.0.1/8\" has bits behind its length (taken as 10.0.0.0/8)",
		"DIR/list.txt:4: group.home.clients: \"what is this\" is more than one entry (write one a line, and # before a comment)",
		"group.home.clients[2]: \"10.0.0.2/31x\" is no network (write 203.0.113.0/24 or 2001:db8::/32)",
	}
	missing := "group.home.clients[1]: list DIR/missing.txt: there is no such file"
	want = []string{missing, want[0], want[1], want[2], want[3]}
	for i := range got {
		got[i] = strings.ReplaceAll(got[i], dir, "DIR")
	}
	// what concerns files as a whole comes before their lines, in any order
	if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
		t.Error(diff)
	}
}

func sorted(s []string) map[string]int {
	m := make(map[string]int)
	for _, e := range s {
		m[e]++
	}
	return m
}

func TestReportsAreCapped(t *testing.T) {
	for name, c := range map[string]struct {
		bad, reported int
		last          string
	}{
		"none":         {0, 0, ""},
		"at the bound": {maxReported, maxReported, "DIR/list.txt:20: k: \"?\" is no network, address or range"},
		"one more":     {maxReported + 1, maxReported + 1, "DIR/list.txt: k: and 1 more of this kind"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeFile(t, dir, "list.txt", strings.Repeat("?\n", c.bad))
			var ps config.Problems
			Load([]string{"file:list.txt"}, dir, "k", Options{}, &ps)
			all := ps.All()
			if len(all) != c.reported {
				t.Fatalf("%d problems, want %d", len(all), c.reported)
			}
			if c.bad == 0 {
				return
			}
			if got := strings.ReplaceAll(all[len(all)-1].String(), dir, "DIR"); got != c.last {
				t.Errorf("last is %q, want %q", got, c.last)
			}
		})
	}
}

// The errors behind many warnings must not be lost with them.
func TestCappedWarningsDoNotHideAnError(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "list.txt", strings.Repeat("10.0.0.1\n", maxReported+2)+"?\n")
	var ps config.Problems
	Load([]string{"file:list.txt"}, dir, "k", Options{}, &ps)
	if !ps.Failed() {
		t.Error("the bad line went unseen")
	}
}

func TestFileSize(t *testing.T) {
	for name, c := range map[string]struct {
		size int64
		fail bool
	}{
		"empty":        {0, false},
		"at the bound": {MaxFile, false},
		"one more":     {MaxFile + 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "list.txt")
			writeFile(t, dir, "list.txt", "#")
			if err := os.Truncate(path, c.size); err != nil { // one comment line of NULs
				t.Fatal(err)
			}
			var ps config.Problems
			Read([]string{"file:list.txt"}, dir, "k", &ps)
			if ps.Failed() != c.fail {
				t.Errorf("%v", ps.All())
			}
		})
	}
}

func TestEntryCount(t *testing.T) {
	for n, fail := range map[int]bool{0: false, MaxEntries: false, MaxEntries + 1: true} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			dir := t.TempDir()
			writeFile(t, dir, "list.txt", strings.Repeat("x\n", n))
			var ps config.Problems
			sources := Read([]string{"file:list.txt"}, dir, "k", &ps)
			if len(sources) != min(n, MaxEntries) || ps.Failed() != fail {
				t.Errorf("%d entries, %v", len(sources), ps.All())
			}
		})
	}
}

func TestUnreadableFile(t *testing.T) {
	dir := t.TempDir()
	got := problems([]string{"file:."}, dir, everything)
	if len(got) != 1 || !strings.Contains(got[0], "list "+dir+": read") {
		t.Errorf("a directory as a list: %v", got)
	}
}

// FuzzNetlist feeds files and entries of any kind; whatever is accepted must
// be found again under its own text.
func FuzzNetlist(f *testing.F) {
	for _, seed := range []string{
		"203.0.113.0/24\n# comment\n\n.example.net # names\nlocal\n",
		"10.0.0.1-10.0.0.255\n2001:db8::-2001:db8::ffff\n::ffff:10.0.0.0/104\n",
		"fe80::1%eth0\nhost.example.net.\n10.0.0.1/24\nfile:x\n\ufeff10.0.0.1",
		"0.0.0.0/0\n::/0\n0.0.0.0-255.255.255.255\n::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		"-\n/\n.\n..\n*.\n#\nfile:\n\x00\n\xff.net",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		dir := t.TempDir()
		writeFile(t, dir, "list.txt", text)
		var ps config.Problems
		l := Load([]string{"file:list.txt"}, dir, "k", everything, &ps)
		for e := range l.All() {
			found := false
			switch {
			case e.Range.IsValid():
				_, found = l.Addr(e.Range.From())
			case e.Name != "":
				_, found = l.Name(e.Name)
			default:
				found = e.IsLocal()
			}
			if !found {
				t.Errorf("%v is not found again", e)
			}
		}
	})
}
