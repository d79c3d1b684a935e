package wire

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/emersion/go-milter"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestDecodePeer(t *testing.T) {
	const port = "\x12\x67" // 4711
	tests := map[string]struct {
		data string
		want Peer
		bad  bool
	}{
		"internet":                   {data: "h.example.net\x004" + port + "203.0.113.7\x00", want: Peer{Name: "h.example.net", Family: "tcp4", Addr: netip.MustParseAddr("203.0.113.7"), Port: 4711}},
		"internet without a name":    {data: "\x004" + port + "203.0.113.7\x00", want: Peer{Family: "tcp4", Addr: netip.MustParseAddr("203.0.113.7"), Port: 4711}},
		"IPv6 of Postfix":            {data: "h\x006" + port + "2001:db8::1\x00", want: Peer{Name: "h", Family: "tcp6", Addr: netip.MustParseAddr("2001:db8::1"), Port: 4711}},
		"IPv6 of Sendmail":           {data: "h\x006" + port + "IPv6:2001:db8::1\x00", want: Peer{Name: "h", Family: "tcp6", Addr: netip.MustParseAddr("2001:db8::1"), Port: 4711}},
		"IPv6 with a zone":           {data: "h\x006" + port + "fe80::1%eth0\x00", want: Peer{Name: "h", Family: "tcp6", Addr: netip.MustParseAddr("fe80::1"), Port: 4711}},
		"IPv4 in IPv6":               {data: "h\x006" + port + "::ffff:203.0.113.7\x00", want: Peer{Name: "h", Family: "tcp4", Addr: netip.MustParseAddr("203.0.113.7"), Port: 4711}},
		"unix":                       {data: "localhost\x00L\x00\x00/run/x\x00", want: Peer{Name: "localhost", Family: "unix"}},
		"unknown":                    {data: "localhost\x00U", want: Peer{Name: "localhost", Family: "unknown"}},
		"empty":                      {data: "", bad: true},
		"without NUL":                {data: "h.example.net", bad: true},
		"without a family":           {data: "h\x00", bad: true},
		"family that does not exist": {data: "h\x00X", bad: true},
		"without a port":             {data: "h\x004", bad: true},
		"half a port":                {data: "h\x004\x12", bad: true},
		"without an address":         {data: "h\x004" + port, bad: true},
		"empty address":              {data: "h\x004" + port + "\x00", bad: true},
		"address without NUL":        {data: "h\x004" + port + "203.0.113.7", bad: true},
		"no address":                 {data: "h\x004" + port + "example\x00", bad: true},
		"prefix alone":               {data: "h\x006" + port + "IPv6:\x00", bad: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var e event
			err := e.decode(milter.CodeConn, []byte(tt.data))
			if tt.bad {
				if !errors.Is(err, ErrProtocol) {
					t.Fatalf("error %v, want ErrProtocol", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, e.peer, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeAddress(t *testing.T) {
	tests := map[string]struct {
		data string
		want Address
		bad  bool
	}{
		"plain":                {data: strs("<a@example.net>"), want: Address{Path: "a@example.net"}},
		"null sender":          {data: strs("<>"), want: Address{}},
		"empty":                {data: strs(""), want: Address{}},
		"without brackets":     {data: strs("a@example.net"), want: Address{Path: "a@example.net"}},
		"brackets within":      {data: strs(`<"<b>"@example.net>`), want: Address{Path: `"<b>"@example.net`}},
		"ESMTP arguments":      {data: strs("<a@example.net>", "SIZE=1000", "BODY=8BITMIME"), want: Address{Path: "a@example.net", Args: []string{"SIZE=1000", "BODY=8BITMIME"}}},
		"nothing":              {data: "", bad: true},
		"without NUL":          {data: "<a@example.net>", bad: true},
		"argument without NUL": {data: "<a@example.net>\x00SIZE=1000", bad: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var e event
			err := e.decode(milter.CodeRcpt, []byte(tt.data))
			if got := errors.Is(err, ErrProtocol); got != tt.bad {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(tt.want, e.addr, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeHeader(t *testing.T) {
	tests := map[string]struct {
		data        string
		name, value string
		bad         bool
	}{
		"plain":         {data: strs("Subject", " hello"), name: "Subject", value: " hello"},
		"folded":        {data: strs("Subject", "a\n\tb"), name: "Subject", value: "a\n\tb"},
		"empty value":   {data: strs("Subject", ""), name: "Subject"},
		"name alone":    {data: strs("Subject"), bad: true},
		"three strings": {data: strs("Subject", "a", "b"), bad: true},
		"without name":  {data: strs("", "a"), bad: true},
		"two NULs":      {data: "\x00\x00", bad: true},
		"nothing":       {data: "", bad: true},
		"without NUL":   {data: "Subject\x00a", bad: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var e event
			err := e.decode(milter.CodeHeader, []byte(tt.data))
			if got := errors.Is(err, ErrProtocol); got != tt.bad {
				t.Fatalf("error %v", err)
			}
			if e.name != tt.name || e.value != tt.value {
				t.Errorf("got %q, %q", e.name, e.value)
			}
		})
	}
}

func TestDecodeHelo(t *testing.T) {
	var e event
	if err := e.decode(milter.CodeHelo, []byte("PC\x00")); err != nil || e.helo != "PC" {
		t.Errorf("got %q, %v", e.helo, err)
	}
	if err := e.decode(milter.CodeHelo, []byte("PC")); !errors.Is(err, ErrProtocol) {
		t.Errorf("without NUL: %v", err)
	}
}

func TestUnknownCommandsAreRefused(t *testing.T) {
	for _, cmd := range []milter.Code{'U', 'X', 0, 0xff, milter.CodeOptNeg} {
		if err := new(event).decode(cmd, nil); !errors.Is(err, ErrProtocol) {
			t.Errorf("command %q: %v", byte(cmd), err)
		}
	}
}

func TestStringsInAFrameAreBounded(t *testing.T) {
	tests := map[string]struct {
		count int
		bad   bool
	}{
		"none":            {count: 0, bad: true},
		"one":             {count: 1},
		"at the bound":    {count: maxStrings},
		"above the bound": {count: maxStrings + 1, bad: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := decodeStrings([]byte(strings.Repeat("x\x00", tt.count)))
			if (err != nil) != tt.bad {
				t.Fatalf("error %v", err)
			}
			if err == nil && len(got) != tt.count {
				t.Errorf("%d strings, want %d", len(got), tt.count)
			}
		})
	}
}
