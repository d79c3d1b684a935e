package netlist

import (
	"iter"
	"net/netip"
	"strings"

	"github.com/gaissmai/bart"
	"go4.org/netipx"

	"sluice/policy/config"
)

// MaxEntries bounds one list over all its files; what comes after is an error.
const MaxEntries = 1_000_000

// List is a compiled list of clients.
type List struct {
	entries []Entry
	nets    bart.Table[int32] // index into entries
	names   map[string]int32  // "host.example.net" and ".example.net"
	local   int32             // index of the entry "local", or none
}

const none = -1

// Entry is one entry of a list: a range of addresses, a name, or "local" if it
// is neither.
type Entry struct {
	Source
	Range netipx.IPRange // the zero value unless it is a network, address or range
	Name  string         // in lower case, with the leading dot if it stands for all names below
}

// IsLocal says whether the entry stands for clients without an address.
func (e Entry) IsLocal() bool { return e.Name == "" && !e.Range.IsValid() }

// Options say which entries a list may have beside networks, addresses and
// ranges.
type Options struct {
	Names bool // PTR names
	Local bool // "local"
}

// Load compiles a list. Paths are relative to dir. Everything that is wrong
// becomes a problem of its own under the given key, with file and line where
// it stands in a file; entries that are written twice become warnings. The
// list holds the good entries in any case.
func Load(entries []string, dir, key string, o Options, ps *config.Problems) *List {
	sources := Read(entries, dir, key, ps)
	l := &List{
		entries: make([]Entry, 0, len(sources)),
		names:   make(map[string]int32),
		local:   none,
	}
	report := NewReport(key, ps)
	defer report.Close()
	ranges := make(map[netipx.IPRange]int32, len(sources))
	for _, s := range sources {
		e, err := parse(s, o)
		if err != nil {
			report.Add(s, err.hint, err.doubtful, "%s", err.text)
			if !err.doubtful {
				continue
			}
		}
		if first, fresh := l.add(e, ranges); !fresh {
			report.Add(s, "", true, "%s is here twice, first as %s", quote(s.Text), l.entries[first].Source)
		}
	}
	return l
}

// add puts an entry in, unless the same is there already; then it returns the
// index of that.
func (l *List) add(e Entry, ranges map[netipx.IPRange]int32) (first int32, fresh bool) {
	i := int32(len(l.entries))
	switch {
	case e.Range.IsValid():
		if first, known := ranges[e.Range]; known {
			return first, false
		}
		ranges[e.Range] = i
		for _, p := range e.Range.Prefixes() {
			l.nets.Modify(p, func(old int32, known bool) (int32, bool) {
				if known && covers(l.entries[old].Range, e.Range) {
					return old, false
				}
				return i, false
			})
		}
	case e.Name != "":
		if first, known := l.names[e.Name]; known {
			return first, false
		}
		l.names[e.Name] = i
	default:
		if l.local != none {
			return l.local, false
		}
		l.local = i
	}
	l.entries = append(l.entries, e)
	return i, true
}

// covers says whether all of b lies in a.
func covers(a, b netipx.IPRange) bool { return a.Contains(b.From()) && a.Contains(b.To()) }

// Addr returns the entry that covers the address; of several, that of the
// longest prefix; of those with the same prefix, which ranges may share, the
// widest. An invalid address is a client without one: "local".
func (l *List) Addr(addr netip.Addr) (Source, bool) {
	if !addr.IsValid() {
		if l.local == none {
			return Source{}, false
		}
		return l.entries[l.local].Source, true
	}
	i, found := l.nets.Lookup(addr.Unmap().WithZone(""))
	if !found {
		return Source{}, false
	}
	return l.entries[i].Source, true
}

// Name returns the entry for a PTR name: the name itself, or else the longest
// domain that it is below.
func (l *List) Name(name string) (Source, bool) {
	if len(l.names) == 0 {
		return Source{}, false
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	for at := name; at != ""; {
		if i, found := l.names[at]; found {
			return l.entries[i].Source, true
		}
		dot := strings.IndexByte(at[1:], '.')
		if dot < 0 {
			break
		}
		at = at[1+dot:]
	}
	return Source{}, false
}

// All walks the entries in the order in which they are written.
func (l *List) All() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for _, e := range l.entries {
			if !yield(e) {
				return
			}
		}
	}
}

// Len is the number of different entries.
func (l *List) Len() int { return len(l.entries) }

// HasNames says whether any entry is a PTR name.
func (l *List) HasNames() bool { return len(l.names) > 0 }
