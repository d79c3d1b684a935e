package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sluice/filter/journal"
	"sluice/policy"
	"sluice/policy/config"
)

// sent is a record of a message that came through.
func sent(login, addr, from, author string) *journal.Record {
	r := &journal.Record{
		Stage: "end", Group: "private", Policy: "relayed", From: from, Author: author,
		Sender: "ip:" + addr, Client: journal.Client{Addr: addr, Auth: login},
		Verdict: journal.Verdict{Action: "accept"},
	}
	if login != "" {
		r.Sender, r.Group, r.Policy = "login:"+login, "authenticated", "authenticated"
	}
	return r
}

func defaultRules(t interface{ Fatalf(string, ...any) }) *policy.Rules {
	var ps config.Problems
	rules := policy.Compile(policy.Default(), "", &ps)
	if rules == nil {
		t.Fatalf("%v", ps.All())
	}
	return rules
}

func learned(rules *policy.Rules, o lookout, records ...*journal.Record) string {
	u := newUsage(rules, o)
	for _, r := range records {
		u.add(r)
	}
	var b strings.Builder
	u.propose().write(&b, "1d", map[string]bool{"bob": true})
	return b.String()
}

// One sender fewer than many, and a domain is somebody's; at many it is everybody's.
func TestLearnAtItsBounds(t *testing.T) {
	rules := defaultRules(t)
	for n, want := range map[int]bool{1: false, 2: true, 4: true, 5: false} {
		var records []*journal.Record
		for i := range n {
			records = append(records, sent("", fmt.Sprintf("10.0.0.%d", i), "a@example.net", ""))
		}
		got := learned(rules, lookout{min: 2, many: 5}, records...)
		if strings.Contains(got, "[owner.private]") != want {
			t.Errorf("%d senders:\n%s", n, got)
		}
	}
}

// A realm of its own logins has a domain, however many they are; one login of
// another, and it is not clear any more.
func TestLearnRealm(t *testing.T) {
	var records []*journal.Record
	for i := range 30 {
		login := fmt.Sprintf("user%d@example.net", i)
		records = append(records, sent(login, "192.0.2.1", login, ""))
	}
	rules := defaultRules(t)
	if got := learned(rules, lookout{3, 20}, records...); !strings.Contains(got, `logins  = ["@example.net"]`) {
		t.Error(got)
	}
	if got := learned(rules, lookout{3, 20}, append(records, sent("eve", "192.0.2.1", "x@example.net", ""))...); strings.Contains(got, "[owner") {
		t.Error(got)
	}
}

// Names of owners are usable, and differ from those that there are.
func TestOwnerNames(t *testing.T) {
	taken := map[string]bool{"bob": true}
	for _, c := range []struct{ by, want string }{
		{"bob", "bob-2"}, {"Bob", "Bob"}, {"bob", "bob-3"}, {"@example.net", "example-net"}, {"@", "owner"}, {"\u00fc", "owner-2"},
		{strings.Repeat("x", 90), strings.Repeat("x", 56)},
	} {
		if got := ownerName(user{true, c.by}, taken); got != c.want {
			t.Errorf("%q: %q, want %q", c.by, got, c.want)
		}
	}
}

// Whatever clients and logins call themselves, what is proposed can be read, does
// what it says, and does not depend on the order of the records.
func TestLearnedOwnersCanBeUsed(t *testing.T) {
	rules := defaultRules(t)
	login := rapid.OneOf(rapid.SampledFrom([]string{"", "bob", "a@example.net", "file:x", "@example.org", "*", `a"b`, `a\b`, "a b", "\u00fc"}), rapid.String())
	from := rapid.SampledFrom([]string{"a@example.net", "a@B\u00fccher.example", "a@example.org.", "root", "", `a@"`, "a@]", "a@x\ny", "a@-"})
	record := rapid.Custom(func(t *rapid.T) *journal.Record {
		return sent(login.Draw(t, "login"), rapid.SampledFrom([]string{"10.0.0.1", "10.0.0.2"}).Draw(t, "addr"), from.Draw(t, "from"), policy.AddressDomain(from.Draw(t, "author")))
	})
	rapid.Check(t, func(t *rapid.T) {
		records := rapid.SliceOfN(record, 0, 12).Draw(t, "records")
		got := learned(rules, lookout{min: 1, many: 5}, records...)
		slices.Reverse(records)
		if again := learned(rules, lookout{min: 1, many: 5}, records...); again != got {
			t.Fatalf("in reverse:\n%s\nnot\n%s", again, got)
		}
		c := policy.Default()
		var ps config.Problems
		config.Read("learned.toml", []byte(got), &c, &ps)
		if policy.Compile(c, "", &ps); len(ps.All()) > 0 {
			t.Fatalf("%v:\n%s", ps.All(), got)
		}
	})
}
