package netlist

import (
	"net/netip"
	"slices"
	"sort"

	"go4.org/netipx"
)

// Covers returns one entry of the list that matches whatever e matches.
func (l *List) Covers(e Entry) (Source, bool) {
	switch {
	case e.IsLocal():
		return l.Addr(netip.Addr{})
	case e.Name != "":
		return l.Name(e.Name)
	}
	first := e.Range.Prefixes()[0]
	for _, i := range l.nets.Supernets(first) {
		if covers(l.entries[i].Range, e.Range) {
			return l.entries[i].Source, true
		}
	}
	return Source{}, false
}

// Overlaps says whether the list has any address of the entry's range.
func (l *List) Overlaps(e Entry) bool {
	return slices.ContainsFunc(e.Range.Prefixes(), l.nets.OverlapsPrefix)
}

// Union is the set of all addresses of several lists.
type Union struct {
	ranges []netipx.IPRange // sorted, apart from each other
}

// NewUnion puts the addresses of lists together.
func NewUnion(lists []*List) Union {
	var b netipx.IPSetBuilder
	for _, l := range lists {
		for _, e := range l.entries {
			if e.Range.IsValid() {
				b.AddRange(e.Range)
			}
		}
	}
	set, err := b.IPSet()
	if err != nil { // of invalid ranges, which no list has
		return Union{}
	}
	return Union{ranges: set.Ranges()}
}

// Covers says whether all addresses of the range are in the union.
func (u Union) Covers(r netipx.IPRange) bool {
	i := sort.Search(len(u.ranges), func(i int) bool { return r.From().Less(u.ranges[i].From()) })
	return i > 0 && covers(u.ranges[i-1], r)
}
