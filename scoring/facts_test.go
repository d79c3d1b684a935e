package scoring

import (
	"testing"
	"time"
)

func TestDatesThatAreRead(t *testing.T) {
	want := time.Date(2026, 5, 4, 9, 5, 7, 0, time.UTC)
	for value, ok := range map[string]bool{
		"Mon, 4 May 2026 09:05:07 +0000":        true,
		"4 May 2026 11:05:07 +0200":             true,
		"Mon, 04 May 2026 09:05:07 GMT":         true,
		"Mon, 4 May 2026 9:5:7 +0000":           true,
		"Mon, 4 May 2026 11:05:07 +0200 (CEST)": true,
		"Mon, 4 May 2026 11:05:07 +0200 CEST":   true,
		"Mon,  4 May 2026  09:05:07  +0000":     true,
		"Mon, 4 May 2026 09:05:07":              true,
		"Mon May  4 09:05:07 2026":              true,
		"":                                      false,
		"yesterday":                             false,
		"2026-05-04T09:05:07Z":                  false,
		"Mon, 31 Feb 2026 09:05:07 +0000":       false,
		"Mon, 4 May 2026 25:05:07 +0000":        false,
	} {
		got, err := parseDate(value)
		if (err == nil) != ok || ok && !got.Equal(want) {
			t.Errorf("%q: %v, error %v; want ok = %v", value, got, err, ok)
		}
	}
}

func TestRegisteredDomains(t *testing.T) {
	for host, want := range map[string]string{
		"www.shop.example.co.uk": "example.co.uk",
		"example.org":            "example.org",
		"co.uk":                  "co.uk",
		"localhost":              "localhost",
		"":                       "",
	} {
		if got := registered(host); got != want {
			t.Errorf("%q: %q, want %q", host, got, want)
		}
	}
}

func TestAuthorWithAComma(t *testing.T) {
	for from, want := range map[string][2]string{
		"Author, Ann <ann@Example.org>":   {"Author Ann", "ann@example.org"},
		`"Author, Ann" <ann@example.org>`: {"Author, Ann", "ann@example.org"},
		"ann@example.org":                 {"", "ann@example.org"},
		"Ann Author":                      {"Ann Author", ""},
		"":                                {"", ""},
	} {
		m := NewMessage(0)
		m.AddHeader("From", from)
		m.Parse()
		f := newFacts(m, Input{})
		if got := [2]string{f.display, f.from}; got != want {
			t.Errorf("%q: %q, want %q", from, got, want)
		}
	}
}

func TestHostsOfFreePages(t *testing.T) {
	for host, want := range map[string]bool{
		"weebly.com":             true,
		"x.weebly.com":           true,
		"x.y.weebly.com":         true,
		"xweebly.com":            false,
		"weebly.com.example.org": false,
		"com":                    false,
		"":                       false,
	} {
		if got := isFreePage(host); got != want {
			t.Errorf("%q: %v, want %v", host, got, want)
		}
	}
}
