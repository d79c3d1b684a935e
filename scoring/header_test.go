package scoring

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGetDecodes(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"plain", "Hello", "Hello"},
		{"folded", "Hello\n world\n\tagain", "Hello world\tagain"},
		{"folded with CRLF", "Hello\r\n world", "Hello world"},
		{"encoded in base64", "=?utf-8?B?R3LDvMOfZQ==?=", "Grüße"},
		{"encoded as quoted", "=?iso-8859-1?Q?Gr=FC=DFe_an?= alle", "Grüße an alle"},
		{"adjacent encoded words", "=?utf-8?Q?a?=\n =?utf-8?Q?b?=", "ab"},
		{"an unknown charset", "=?klingon?Q?abc?=", "abc"},
		{"malformed words stay", "=?utf-8?B?!!?= x", "=?utf-8?B?!!?= x"},
		{"raw UTF-8", "Grüße", "Grüße"},
		{"raw Latin-1", "Gr\xfc\xdfe", "Grüße"},
		{"invisible characters", "w\u200bord", "word"},
		{"empty", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := NewMessage(0)
			m.AddHeader("sUBJECT", c.value)
			m.AddHeader("Subject", "second")
			if got := m.Subject(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if diff := cmp.Diff([]string{c.want, "second"}, m.Values("subject")); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := NewMessage(0).Get("Subject"); got != "" {
		t.Errorf("a missing field is %q", got)
	}
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		name, value string
		want        []Address
	}{
		{"bare", "a@Example.COM", []Address{{"", "a@example.com"}}},
		{"with a name", "Ann B <a@example.com>", []Address{{"Ann B", "a@example.com"}}},
		{"quoted", `"B, Ann" <a@example.com>`, []Address{{"B, Ann", "a@example.com"}}},
		{"escaped quote", `"Ann \"B\"" <a@example.com>`, []Address{{`Ann "B"`, "a@example.com"}}},
		{"encoded", "=?utf-8?Q?J=C3=B6rg?= <j@example.com>", []Address{{"Jörg", "j@example.com"}}},
		{"an address as name", `"support@bank.example" <x@example.com>`, []Address{{"support@bank.example", "x@example.com"}}},
		{"angle brackets in the name", `"a <b@example.net>" <x@example.com>`, []Address{{"a <b@example.net>", "x@example.com"}}},
		{"a comment", "a@example.com (Ann B)", []Address{{"Ann B", "a@example.com"}}},
		{"a list", "a@example.com, B <b@example.com>", []Address{{"", "a@example.com"}, {"B", "b@example.com"}}},
		{"a group", "undisclosed-recipients:;", []Address{{Display: "undisclosed-recipients:"}}},
		{"unclosed quote", `"Ann <a@example.com>`, []Address{{`"Ann`, "a@example.com"}}},
		{"unclosed bracket", "Ann <a@example.com", []Address{{"Ann", "a@example.com"}}},
		{"no address", "Ann", []Address{{Display: "Ann"}}},
		{"empty", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := NewMessage(0)
			m.AddHeader("From", c.value)
			if diff := cmp.Diff(c.want, m.Addresses("from")); diff != "" {
				t.Error(diff)
			}
			display, addr := m.From()
			if len(c.want) > 0 && (display != c.want[0].Display || addr != c.want[0].Addr) {
				t.Errorf("From is %q, %q", display, addr)
			}
		})
	}
}

func TestAddressesBound(t *testing.T) {
	for _, n := range []int{0, maxAddresses, maxAddresses + 1} {
		got := parseAddresses(strings.Repeat("a@example.com,", n))
		if len(got) != min(n, maxAddresses) {
			t.Errorf("%d addresses of %d, at most %d", len(got), n, maxAddresses)
		}
	}
}
