package filter

import (
	"net/netip"
	"testing"

	"sluice/filter/wire"
	"sluice/policy"
)

func TestClientName(t *testing.T) {
	for what, c := range map[string]struct {
		host     string
		m        macros
		name     string
		verified bool
	}{
		"Postfix, verified":           {"Mail.Example.NET.", macros{"v": "Postfix 3.7.11", "client_ptr": "mail.example.net"}, "mail.example.net", true},
		"Postfix, not verified":       {"unknown", macros{"v": "Postfix 3.7.11", "client_ptr": "forged.example.net"}, "forged.example.net", false},
		"Postfix, no name at all":     {"unknown", macros{"v": "Postfix 3.7.11", "client_ptr": "unknown"}, "", false},
		"Sendmail, verified":          {"mail.example.net", macros{"v": "8.17.1.9", "client_resolve": "OK"}, "mail.example.net", true},
		"Sendmail, forged":            {"mail.example.net", macros{"v": "8.17.1.9", "client_resolve": "FORGED"}, "mail.example.net", false},
		"Sendmail, no answer yet":     {"mail.example.net", macros{"v": "8.17.1.9", "client_resolve": "TEMP"}, "mail.example.net", false},
		"Sendmail, address only":      {"[192.0.2.1]", macros{"v": "8.17.1.9", "client_resolve": "FAIL"}, "", false},
		"Sendmail, macros not listed": {"mail.example.net", macros{"v": "8.17.1.9"}, "mail.example.net", false},
		"an MTA that tells nothing":   {"mail.example.net", macros{}, "mail.example.net", false},
		"no name":                     {"", macros{"v": "Postfix 3.7.11"}, "", false},
	} {
		if name, verified := clientName(c.host, c.m); name != c.name || verified != c.verified {
			t.Errorf("%s: %q %v", what, name, verified)
		}
	}
}

func TestConnected(t *testing.T) {
	v4, v6 := netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("2001:db8::1")
	for what, c := range map[string]struct {
		peer wire.Peer
		m    macros
		want policy.Client
	}{
		"address of the frame":      {wire.Peer{Family: "tcp4", Addr: v4, Port: 4711}, macros{"daemon_name": "smtp", "daemon_port": "25"}, policy.Client{Addr: v4, Port: 4711, Listener: "smtp", ListenerPort: 25}},
		"address of the macro":      {wire.Peer{Family: "unknown"}, macros{"client_addr": "203.0.113.7", "client_port": "4711"}, policy.Client{Addr: v4, Port: 4711}},
		"Sendmail's IPv6: prefix":   {wire.Peer{Family: "unknown"}, macros{"client_addr": "IPv6:2001:db8::1"}, policy.Client{Addr: v6}},
		"local submission, unix":    {wire.Peer{Family: "unix"}, macros{}, policy.Client{}},
		"local submission, Postfix": {wire.Peer{Family: "tcp4", Name: "localhost", Addr: netip.MustParseAddr("127.0.0.1")}, macros{"v": "Postfix 3.7.11"}, policy.Client{}},
		"a real client on loopback": {wire.Peer{Family: "tcp4", Addr: netip.MustParseAddr("127.0.0.1"), Port: 4711}, macros{}, policy.Client{Addr: netip.MustParseAddr("127.0.0.1"), Port: 4711}},
		"nonsense in macros":        {wire.Peer{Family: "unknown"}, macros{"client_addr": "nowhere", "client_port": "70000", "daemon_port": "-1"}, policy.Client{}},
	} {
		if got := connected(c.peer, c.m); got != c.want {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

func TestLoginIsNeverACertificate(t *testing.T) {
	c := identified(policy.Client{}, macros{"cert_subject": "/CN=bob", "verify": "OK", "tls_version": "TLSv1.3"})
	if c.Login != "" || c.TLS != "TLSv1.3" {
		t.Errorf("%+v", c)
	}
}

func TestDeclaredSize(t *testing.T) {
	for what, c := range map[string]struct {
		args []string
		want int64
	}{
		"none":       {nil, 0},
		"given":      {[]string{"BODY=8BITMIME", "SIZE=2000"}, 2000},
		"lower case": {[]string{"size=7"}, 7},
		"negative":   {[]string{"SIZE=-1"}, 0},
		"too large":  {[]string{"SIZE=99999999999999999999"}, 0},
		"no number":  {[]string{"SIZE=many"}, 0},
	} {
		if got := declaredSize(c.args); got != c.want {
			t.Errorf("%s: %d", what, got)
		}
	}
}
