package scoring

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// authors reads a message with these From fields, addresses joined by blanks.
func authors(fields ...string) (addrs, unclear string) {
	m := NewMessage(0)
	m.AddHeader("To", " x@example.org")
	for _, f := range fields {
		m.AddHeader("FROM", f)
	}
	list, unclear := m.Authors()
	return strings.Join(list, " "), unclear
}

func TestAuthors(t *testing.T) {
	for field, want := range map[string]string{
		" a@example.net":                                   "a@example.net",
		"a@EXAMPLE.net":                                    "a@example.net",
		" Ann Miller\n\t<a@example.net>":                   "a@example.net",
		` "Miller, Ann" <a@example.net>`:                   "a@example.net",
		" Miller, Ann <a@example.net>":                     "a@example.net",
		" a@example.net, Bob <b@example.org>":              "a@example.net b@example.org",
		" Team: a@example.net, b@example.org;":             "Team:a@example.net b@example.org",
		` "c@example.com" <a@example.net>`:                 "a@example.net",
		` <"b@example.org"@example.net>`:                   `"b@example.org"@example.net`,
		" <a@example.net> <b@example.org>":                 "a@example.net b@example.org",
		" a@example.net (Ann (of the office)) ":            "a@example.net",
		" <a@exam(ple.com, b@)ple.net>":                    "a@example.net",
		" (b@example.org) a@example.net":                   "a@example.net",
		" smile :( <a@example.net>":                        "a@example.net",
		` "smile :(" <a@example.net>`:                      "a@example.net",
		` Ann \(<a@example.net>`:                           "a@example.net",
		" <a@ example . net >":                             "a@example.net",
		" =?utf-8?q?a=40example.net?=":                     "a@example.net",
		" =?utf-8?q?Ann?= <=?utf-8?q?a=40example=2Enet?=>": "a@example.net",
		" <a@b\u00fccher.example>":                         "a@b\u00fccher.example",
	} {
		if got, unclear := authors(field); got != want || unclear != "" {
			t.Errorf("%q: %q %q, want %q", field, got, unclear, want)
		}
	}
}

func TestAuthorsWhoAreNotClear(t *testing.T) {
	many := func(n int) string { return strings.Repeat("a@example.net,", n) }
	for name, c := range map[string]struct {
		fields  []string
		n       int
		unclear string
	}{
		"no field":        {nil, 0, ""},
		"two fields":      {[]string{" a@example.net", " b@example.org"}, 2, severalFrom},
		"one of them bad": {[]string{" a@example.net", " "}, 1, severalFrom},
		"no address":      {[]string{" Undisclosed"}, 0, noAuthor},
		"an empty group":  {[]string{" Undisclosed:;"}, 0, noAuthor},
		"an empty field":  {[]string{""}, 0, noAuthor},
		"at the bound":    {[]string{many(maxAddresses)}, maxAddresses, ""},
		"one more":        {[]string{many(maxAddresses + 1)}, maxAddresses, manyAuthors},
		"in brackets":     {[]string{strings.Repeat("<a@example.net>", maxAddresses+1)}, maxAddresses, manyAuthors},
	} {
		got, unclear := authors(c.fields...)
		if n := len(strings.Fields(got)); n != c.n || unclear != c.unclear {
			t.Errorf("%s: %d authors, %q; want %d, %q", name, n, unclear, c.n, c.unclear)
		}
	}
}

// Other fields cannot hide it, nor can it be longer than others.
func TestAuthorBehindManyFields(t *testing.T) {
	m := NewMessage(0)
	for range maxHeaders + 2*maxReserve {
		m.AddHeader("Cc", " x@example.org")
	}
	m.AddHeader("From", strings.Repeat(" ", 2*maxHeaderValue)+"a@example.net")
	if got, unclear := m.Authors(); len(got) != 1 || got[0] != "a@example.net" || unclear != "" {
		t.Errorf("%q, %q", got, unclear)
	}
	for range 2 * maxFrom {
		m.AddHeader("From", "a@example.net")
	}
	if got, unclear := m.Authors(); len(got) != maxFrom || unclear != severalFrom {
		t.Errorf("%d authors, %q", len(got), unclear)
	}
}

// Whatever is written around an address, it is found.
func TestAnAuthorCannotBeHidden(t *testing.T) {
	words := rapid.SampledFrom([]string{"Ann", `"Ann"`, `"(<@"`, "(c)", "(a (b) c)", `(\))`, ",", ";", "Team:", "<>", "b@example.org,", "\n ", "=?utf-8?q?=28?="})
	rapid.Check(t, func(t *rapid.T) {
		before := strings.Join(rapid.SliceOfN(words, 0, 6).Draw(t, "before"), " ")
		behind := strings.Join(rapid.SliceOfN(words, 0, 6).Draw(t, "behind"), " ")
		field := fmt.Sprintf(" %s <a@example.net> %s", before, behind)
		got, _ := authors(field)
		if !strings.Contains(" "+got+" ", " a@example.net ") {
			t.Fatalf("%q: %q", field, got)
		}
	})
}

func TestReportTakesOneMoreHit(t *testing.T) {
	r := Report{Score: 2.1, Hits: []Hit{{Rule: "B", Points: 2}, {Rule: "C", Points: 0.1}}}
	r.Add(Hit{Rule: "A", Points: 2.005, Note: "a\nb"})
	r.Add(Hit{Rule: "D", Points: 9, Observe: true})
	want := Report{Score: 4.11, Hits: []Hit{{"D", 9, "", true}, {"A", 2.005, "a b", false}, {"B", 2, "", false}, {"C", 0.1, "", false}}}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Error(diff)
	}
}
