package policy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestShadowed(t *testing.T) {
	nets := func(entries ...string) GroupConfig { return GroupConfig{Clients: entries} }
	for name, c := range map[string]struct {
		groups []named[GroupConfig]
		want   []string
	}{
		"apart": {
			[]named[GroupConfig]{ofGroup("a", nets("10.0.0.0/9")), ofGroup("b", nets("10.128.0.0/9"))}, nil},
		"narrow before wide": {
			[]named[GroupConfig]{ofGroup("a", nets("10.1.0.0/16")), ofGroup("b", nets("10.0.0.0/8"))}, nil},
		"one entry of two": {
			[]named[GroupConfig]{ofGroup("a", nets("10.0.0.0/8")), ofGroup("b", nets("10.1.0.0/16", "192.0.2.0/24"))},
			[]string{`warning: group.b.clients: "10.1.0.0/16" can never match: it is covered by 10.0.0.0/8 of group a`}},
		"the only entry": {
			[]named[GroupConfig]{ofGroup("a", nets("10.0.0.0/8")), ofGroup("b", nets("10.1.0.0/16"))},
			[]string{`warning: group.b.clients: "10.1.0.0/16" can never match: it is covered by 10.0.0.0/8 of group a`}},
		"all of many entries": {
			[]named[GroupConfig]{ofGroup("a", nets("10.0.0.0/8", Local)), ofGroup("b", nets("10.1.0.0/16", "10.2.0.1", Local))},
			[]string{`warning: group.b: can never match: all its entries are covered, the first, 10.1.0.0/16, by 10.0.0.0/8 of group a (move it before that group)`}},
		"names": {
			[]named[GroupConfig]{ofGroup("a", nets(".example.net")), ofGroup("b", nets("h.example.net", ".dyn.example.net", "example.net"))},
			[]string{
				`warning: group.b.clients: "h.example.net" can never match: it is covered by .example.net of group a`,
				`warning: group.b.clients: ".dyn.example.net" can never match: it is covered by .example.net of group a`}},
		"two pieces of one group": {
			[]named[GroupConfig]{ofGroup("a", nets("10.0.0.0/9", "10.128.0.0/9")), ofGroup("b", nets("10.0.0.0/8"))},
			[]string{`warning: group.b.clients: "10.0.0.0/8" can never match: it is covered by entries of group a`}},
		"two groups together": {
			[]named[GroupConfig]{ofGroup("a", nets("10.0.0.0/9")), ofGroup("b", nets("10.128.0.0/9")), ofGroup("c", nets("10.0.0.0/8"))},
			[]string{`warning: group.c.clients: "10.0.0.0/8" can never match: it is covered by groups a and b together`}},
		"two groups but for one address": {
			[]named[GroupConfig]{ofGroup("a", nets("10.0.0.0/9")), ofGroup("b", nets("10.128.0.1-10.255.255.255")), ofGroup("c", nets("10.0.0.0/8"))}, nil},
		"behind a group for everybody": {
			[]named[GroupConfig]{ofGroup("all", GroupConfig{}), ofGroup("b", nets("10.0.0.0/8"))},
			[]string{`warning: group.b: can never match: group all takes all its clients (move it before that group)`}},
		"two groups for everybody": {
			[]named[GroupConfig]{ofGroup("all", GroupConfig{}), ofGroup("more", GroupConfig{})},
			[]string{`warning: group.more: can never match: group all takes all its clients (move it before that group)`}},
		"earlier group has a condition": {
			[]named[GroupConfig]{ofGroup("a", GroupConfig{Clients: []string{"10.0.0.0/8"}, Authenticated: &yes}), ofGroup("b", nets("10.0.0.0/8"))}, nil},
		"later group has another condition too": {
			[]named[GroupConfig]{ofGroup("a", GroupConfig{TLS: &yes}), ofGroup("b", GroupConfig{TLS: &yes, Clients: []string{"10.0.0.0/8"}})},
			[]string{`warning: group.b: can never match: group a takes all its clients (move it before that group)`}},
		"opposite conditions": {
			[]named[GroupConfig]{ofGroup("a", GroupConfig{TLS: &yes}), ofGroup("b", GroupConfig{TLS: &no})}, nil},
		"a login is authenticated": {
			[]named[GroupConfig]{ofGroup("a", GroupConfig{Authenticated: &yes}), ofGroup("b", GroupConfig{Logins: []string{"bob"}})},
			[]string{`warning: group.b: can never match: group a takes all its clients (move it before that group)`}},
		"a login is not unauthenticated": {
			[]named[GroupConfig]{ofGroup("a", GroupConfig{Authenticated: &no}), ofGroup("b", GroupConfig{Logins: []string{"bob"}})}, nil},
		"logins of a realm": {
			[]named[GroupConfig]{ofGroup("a", GroupConfig{Logins: []string{"@example.net"}}), ofGroup("b", GroupConfig{Logins: []string{"bob@Example.net", "@example.net"}})},
			[]string{`warning: group.b: can never match: group a takes all its clients (move it before that group)`}},
		"one login more": {
			[]named[GroupConfig]{ofGroup("a", GroupConfig{Logins: []string{"@example.net"}}), ofGroup("b", GroupConfig{Logins: []string{"bob@example.net", "eve"}})},
			[]string{`warning: group.b.logins: "bob@example.net" can never match: it is covered by @example.net of group a`}},
		"some HELO names": {
			[]named[GroupConfig]{ofGroup("a", GroupConfig{Helo: []string{".example.net", "pc"}}), ofGroup("b", GroupConfig{Helo: []string{"PC", "x.example.net", ".dyn.example.net", "example.net", "mx"}})},
			[]string{
				`warning: group.b.helo: ".dyn.example.net" can never match: it is covered by .example.net of group a`,
				`warning: group.b.helo: "PC" can never match: it is covered by pc of group a`,
				`warning: group.b.helo: "x.example.net" can never match: it is covered by .example.net of group a`}},
		"one listener of two": {
			[]named[GroupConfig]{ofGroup("a", GroupConfig{Listeners: []string{"smtp", "25"}}), ofGroup("b", GroupConfig{Listeners: []string{"SMTP", "587"}})},
			[]string{`warning: group.b.listeners: "SMTP" can never match: it is covered by smtp of group a`}},
		"all logins, in two groups": {
			[]named[GroupConfig]{ofGroup("a", GroupConfig{Logins: []string{"bob"}}), ofGroup("b", GroupConfig{Logins: []string{"eve"}, Authenticated: &yes}), ofGroup("c", GroupConfig{Logins: []string{"bob", "eve"}})},
			[]string{
				`warning: group.c.logins: "bob" can never match: it is covered by bob of group a`,
				`warning: group.c.logins: "eve" can never match: it is covered by eve of group b`}},
		"one login, under a condition more": {
			[]named[GroupConfig]{ofGroup("a", GroupConfig{Logins: []string{"bob"}, TLS: &yes}), ofGroup("b", GroupConfig{Logins: []string{"bob", "eve"}})}, nil},
		"one login, other words not implied": {
			[]named[GroupConfig]{ofGroup("a", GroupConfig{Logins: []string{"bob"}, Helo: []string{"pc"}}), ofGroup("b", GroupConfig{Logins: []string{"bob", "eve"}, Helo: []string{"pc", "mx"}})}, nil},
		"one login, other words implied": {
			[]named[GroupConfig]{ofGroup("a", GroupConfig{Logins: []string{"bob"}, Helo: []string{"pc"}}), ofGroup("b", GroupConfig{Logins: []string{"bob", "eve"}, Helo: []string{"pc"}})},
			[]string{`warning: group.b.logins: "bob" can never match: it is covered by bob of group a`}},
		"one login, from networks that are covered": {
			[]named[GroupConfig]{
				ofGroup("a", GroupConfig{Logins: []string{"bob"}, Clients: []string{"10.0.0.0/8"}}),
				ofGroup("b", GroupConfig{Logins: []string{"bob", "eve"}, Clients: []string{"10.1.0.0/16", "10.2.0.0/16"}})},
			[]string{`warning: group.b.logins: "bob" can never match: it is covered by bob of group a`}},
		"one login, from a network more": {
			[]named[GroupConfig]{
				ofGroup("a", GroupConfig{Logins: []string{"bob"}, Clients: []string{"10.0.0.0/8"}}),
				ofGroup("b", GroupConfig{Logins: []string{"bob", "eve"}, Clients: []string{"10.1.0.0/16", "192.0.2.1"}})}, nil},
		"one login, from anywhere": {
			[]named[GroupConfig]{
				ofGroup("a", GroupConfig{Logins: []string{"bob"}, Clients: []string{"10.0.0.0/8"}}),
				ofGroup("b", GroupConfig{Logins: []string{"bob", "eve"}})}, nil},
		"all of a group is told once": {
			[]named[GroupConfig]{
				ofGroup("a", GroupConfig{Logins: []string{"bob"}, Clients: []string{"10.0.0.0/8"}}),
				ofGroup("b", GroupConfig{Logins: []string{"bob"}, Clients: []string{"10.1.0.0/16"}})},
			[]string{`warning: group.b.clients: "10.1.0.0/16" can never match: it is covered by 10.0.0.0/8 of group a`}},
		"a realm is more than a login": {
			[]named[GroupConfig]{ofGroup("a", GroupConfig{Logins: []string{"bob@example.net"}}), ofGroup("b", GroupConfig{Logins: []string{"@example.net"}})}, nil},
		"HELO below": {
			[]named[GroupConfig]{ofGroup("a", GroupConfig{Helo: []string{".example.net"}}), ofGroup("b", GroupConfig{Helo: []string{"pc.example.net", ".dyn.example.net"}})},
			[]string{`warning: group.b: can never match: group a takes all its clients (move it before that group)`}},
		"HELO not given": {
			[]named[GroupConfig]{ofGroup("a", GroupConfig{Helo: []string{".example.net"}}), ofGroup("b", nets("10.0.0.0/8"))}, nil},
		"a listener less": {
			[]named[GroupConfig]{ofGroup("a", GroupConfig{Listeners: []string{"smtp", "inside"}}), ofGroup("b", GroupConfig{Listeners: []string{"INSIDE"}})},
			[]string{`warning: group.b: can never match: group a takes all its clients (move it before that group)`}},
		"the built-in rest": {
			[]named[GroupConfig]{ofGroup("all", GroupConfig{})}, nil},
		"own rest in the middle": {
			[]named[GroupConfig]{ofGroup("others", GroupConfig{}), ofGroup("b", nets("10.0.0.0/8"))},
			[]string{`warning: group.b: can never match: group others takes all its clients (move it before that group)`}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, problems(withGroups(c.groups...), "")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestShadowedLineOfAList(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "wide.txt", "# all of it\n10.0.0.0/8\n")
	writeFile(t, dir, "narrow.txt", "192.0.2.1\n10.1.0.0/16 # branch\n")
	c := withGroups(
		ofGroup("a", GroupConfig{Clients: []string{"file:wide.txt"}}),
		ofGroup("b", GroupConfig{Clients: []string{"file:narrow.txt"}}),
	)
	want := []string{`DIR/narrow.txt:2: warning: group.b.clients: "10.1.0.0/16" can never match: it is covered by 10.0.0.0/8 (DIR/wide.txt:2) of group a`}
	if diff := cmp.Diff(want, problems(c, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestShadowedLinesOfLogins(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "staff.txt", "eve\nbob # left in May\nzoe\nann\n")
	c := withGroups(
		ofGroup("left", GroupConfig{Logins: []string{"ann", "bob"}}),
		ofGroup("staff", GroupConfig{Logins: []string{"file:staff.txt"}}),
	)
	want := []string{
		`DIR/staff.txt:2: warning: group.staff.logins: "bob" can never match: it is covered by bob of group left`,
		`DIR/staff.txt:4: warning: group.staff.logins: "ann" can never match: it is covered by ann of group left`,
	}
	if diff := cmp.Diff(want, problems(c, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestShadowedEntriesAreCapped(t *testing.T) {
	for n, want := range map[int]int{0: 0, maxShadowed: maxShadowed, maxShadowed + 1: maxShadowed + 1, maxShadowed + 9: maxShadowed + 1} {
		entries := []string{"192.0.2.1"}
		for i := range n {
			entries = append(entries, fmt.Sprintf("10.0.0.%d", i))
		}
		got := problems(withGroups(
			ofGroup("a", GroupConfig{Clients: []string{"10.0.0.0/8"}}),
			ofGroup("b", GroupConfig{Clients: entries}),
		), "")
		if len(got) != want {
			t.Errorf("%d entries: %d warnings", n, len(got))
		}
		if n > maxShadowed {
			if last := fmt.Sprintf("warning: group.b.clients: and %d more that can never match", n-maxShadowed); got[len(got)-1] != last {
				t.Errorf("%s, want %s", got[len(got)-1], last)
			}
		}
	}
}

// BenchmarkCompile compiles two groups of 50,000 networks that interleave, so
// that the lint has to look at every one.
func BenchmarkCompile(b *testing.B) {
	dir := b.TempDir()
	var even, odd strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&even, "%d.%d.%d.0/25\n", 20+i>>16, i>>8&0xff, i&0xff)
		fmt.Fprintf(&odd, "%d.%d.%d.128/25\n", 20+i>>16, i>>8&0xff, i&0xff)
	}
	writeFile(b, dir, "even", even.String())
	writeFile(b, dir, "odd", odd.String())
	c := withGroups(
		ofGroup("even", GroupConfig{Clients: []string{"file:even"}}),
		ofGroup("odd", GroupConfig{Clients: []string{"file:odd"}}),
		ofGroup("all", GroupConfig{Clients: []string{"0.0.0.0/0"}}),
	)
	for b.Loop() {
		compile(b, c, dir)
	}
}
