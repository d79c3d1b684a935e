package policy

import (
	"iter"
	"strings"
	"testing"
)

// fields makes header fields of "Name: value" lines.
func fields(lines ...string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, line := range lines {
			name, value, _ := strings.Cut(line, ":")
			if !yield(name, value) {
				return
			}
		}
	}
}

// relayed compiles one incoming relay.
func relayed(t *testing.T, c RelayConfig) *Relay {
	t.Helper()
	conf := Default()
	c.Clients = []string{"192.0.2.25"}
	conf.Relays.Set("gateway", c)
	return compile(t, conf, "").Relay(addr("192.0.2.25"))
}

func TestReceived(t *testing.T) {
	rl := relayed(t, RelayConfig{Hop: 1})
	for name, c := range map[string]struct{ value, addr, name, helo string }{
		"Postfix":                  {" from PC (h7.dyn.example.net [203.0.113.7])\r\n\tby mx.example.net (Postfix) with ESMTP id 4Xk1", "203.0.113.7", "h7.dyn.example.net", "PC"},
		"Postfix without a name":   {" from PC (unknown [203.0.113.7])\n\t(using TLSv1.3 with cipher [x]) by mx", "203.0.113.7", "", "PC"},
		"Postfix with IPv6":        {" from PC (h.example.net [IPv6:2001:db8::7]) by mx", "2001:db8::7", "h.example.net", "PC"},
		"IPv6 as clients write it": {" from PC (h.example.net [2001:db8::7]) by mx", "2001:db8::7", "h.example.net", "PC"},
		"Sendmail":                 {" from PC (h7.dyn.example.net. [203.0.113.7] (may be forged))\n by mx", "203.0.113.7", "h7.dyn.example.net", "PC"},
		"Sendmail without a name":  {" from PC ([203.0.113.7]) by mx", "203.0.113.7", "", "PC"},
		"Sendmail with ident":      {" from PC (bob@h7.example.net [203.0.113.7]) by mx", "203.0.113.7", "h7.example.net", "PC"},
		"Exim with a name":         {" from h7.example.net ([203.0.113.7] helo=PC) by mx", "203.0.113.7", "h7.example.net", "PC"},
		"Exim with a port":         {" from h7.example.net ([203.0.113.7]:4711 helo=[10.0.0.1]) by mx", "203.0.113.7", "h7.example.net", "[10.0.0.1]"},
		"Exim without a name":      {" from [203.0.113.7] (helo=[10.0.0.1]) by mx", "203.0.113.7", "", "[10.0.0.1]"},
		"HELO is an address":       {" from [10.0.0.1] (unknown [203.0.113.7]) by mx", "203.0.113.7", "", "[10.0.0.1]"},
		"HELO looks like it all":   {" from [10.0.0.1](x[10.0.0.2]) (unknown [203.0.113.7]) by mx", "203.0.113.7", "", "[10.0.0.1](x[10.0.0.2])"},
		"ident is an address":      {" from PC ([10.0.0.1]@h7.example.net [203.0.113.7]) by mx", "203.0.113.7", "h7.example.net", "PC"},
		"ident with an address":    {" from PC (x [10.0.0.1] @h7.example.net [203.0.113.7]) by mx", "203.0.113.7", "h7.example.net", "PC"},
		"ident is Exim's HELO":     {" from [10.0.0.1] (helo=x@h7.example.net [203.0.113.7]) by mx", "203.0.113.7", "h7.example.net", "[10.0.0.1]"},
		"mapped":                   {" from PC (h7 [::ffff:203.0.113.7]) by mx", "203.0.113.7", "h7", "PC"},
		"private":                  {" from PC (h7 [192.168.1.2]) by mx", "192.168.1.2", "h7", "PC"},
	} {
		t.Run(name, func(t *testing.T) {
			hop, err := rl.Client(fields("Received:" + c.value))
			if err != nil || hop != (Hop{addr(c.addr), c.name, c.helo}) {
				t.Errorf("%+v, %v", hop, err)
			}
		})
	}
}

func TestReceivedThatDoesNotTell(t *testing.T) {
	rl := relayed(t, RelayConfig{Hop: 2})
	const first = "Received: from a (a [192.0.2.1]) by b"
	for name, c := range map[string]struct{ second, want string }{
		"missing":         {"Subject: x", "received header 2 is missing, there are 1"},
		"empty":           {"Received:", `received header does not begin with "from"`},
		"by local":        {"Received: by mx (Postfix, from userid 0) id 1", `received header does not begin with "from"`},
		"no parentheses":  {"Received: from [203.0.113.7] by mx", `received header has no "[" before the client's address`},
		"no brackets":     {"Received: from PC (203.0.113.7) by mx", `received header has no "[" before the client's address`},
		"not closed":      {"Received: from PC (h7 [203.0.113.7] by mx", `received header has no "[" before the client's address`},
		"empty brackets":  {"Received: from PC (h7 []) by mx", `"" is no address`},
		"no address":      {"Received: from PC (h7 [\x1b\u00fc]) by mx", `"??" is no address`},
		"IPv6 of nothing": {"Received: from PC (h7 [IPv6:]) by mx", `"IPv6:" is no address`},
	} {
		t.Run(name, func(t *testing.T) {
			hop, err := rl.Client(fields(first, "To: x", c.second))
			if errorText(err) != c.want || hop.Addr.IsValid() {
				t.Errorf("%+v, %v; want %s", hop, err, c.want)
			}
		})
	}
}

func TestHopsAreCountedFromTheTop(t *testing.T) {
	lines := fields("Received: from a (a [192.0.2.1]) by b", "X: y", "RECEIVED: from c (c [192.0.2.2]) by d", "Received: from e (e [192.0.2.3]) by f")
	for hop, want := range map[int]string{1: "192.0.2.1", 2: "192.0.2.2", 3: "192.0.2.3"} {
		got, err := relayed(t, RelayConfig{Hop: hop}).Client(lines)
		if err != nil || got.Addr != addr(want) {
			t.Errorf("hop %d: %v, %v", hop, got, err)
		}
	}
}

func TestRelayHeader(t *testing.T) {
	for name, c := range map[string]struct {
		match, value, addr, want string
	}{
		"plain":             {"", " 203.0.113.7", "203.0.113.7", ""},
		"in brackets":       {"", " [203.0.113.7]\r\n", "203.0.113.7", ""},
		"IPv6":              {"", " [IPv6:2001:db8::7]", "2001:db8::7", ""},
		"with match":        {"client=", " id=1; client=203.0.113.7; x", "203.0.113.7", ""},
		"match not there":   {"client=", " id=1", "", `header has no "client="`},
		"nothing behind it": {"client=", " client=", "", `"" is no address`},
		"a name":            {"", " pc.example.net", "", `"pc.example.net" is no address`},
	} {
		t.Run(name, func(t *testing.T) {
			rl := relayed(t, RelayConfig{Header: "X-Client", Match: c.match})
			hop, err := rl.Client(fields("Subject: x", "x-client:"+c.value, "X-Client: 10.0.0.1"))
			if errorText(err) != c.want || hop.Addr != addr(c.addr) {
				t.Errorf("%+v, %v; want %s", hop, err, c.want)
			}
		})
	}
	if _, err := relayed(t, RelayConfig{Header: "X-Client"}).Client(fields()); errorText(err) != "header X-Client is missing" {
		t.Errorf("without it: %v", err)
	}
}

func TestHeaderIsReadUpToABound(t *testing.T) {
	rl := relayed(t, RelayConfig{Header: "X-Client", Match: "c="})
	const address = "c=203.0.113.7"
	for pad, want := range map[int]bool{0: true, maxReceived - len(address): true, maxReceived: false} {
		_, err := rl.Client(fields("X-Client:" + strings.Repeat(" ", pad) + address))
		if (err == nil) != want {
			t.Errorf("%d bytes before it: %v", pad, err)
		}
	}
}

func TestOnlyListedRelays(t *testing.T) {
	c := Default()
	c.Relays.Set("a", RelayConfig{Clients: []string{"192.0.2.0/28"}, Hop: 1})
	c.Relays.Set("b", RelayConfig{Clients: []string{"2001:db8::25"}, Header: "X-Client"})
	r := compile(t, c, "")
	for client, want := range map[string]string{
		"192.0.2.1": "a", "::ffff:192.0.2.1": "a", "2001:db8::25": "b", "192.0.2.16": "", "": "",
	} {
		got := ""
		if rl := r.Relay(addr(client)); rl != nil {
			got = rl.Name
		}
		if got != want {
			t.Errorf("%q is relay %q, want %q", client, got, want)
		}
	}
}

func FuzzReceived(f *testing.F) {
	for _, seed := range []string{
		"from PC (h7.example.net [203.0.113.7]) by mx", "from [10.0.0.1] (helo=x) by mx", "from a ([::1]:25 helo=b)",
		"from x (((", "from  ()", "from a (x@ [)", "from a ([] helo=)", "from ", "",
	} {
		f.Add(seed)
	}
	rl := &Relay{hop: 1}
	f.Fuzz(func(t *testing.T, value string) {
		hop, err := rl.Client(fields("Received:" + value))
		if (err == nil) != hop.Addr.IsValid() {
			t.Errorf("%+v, %v", hop, err)
		}
	})
}
