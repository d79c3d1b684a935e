package policy

import (
	"net/netip"
	"strings"
)

// Client is what the MTA says is connecting. A field that the MTA did not tell
// has its zero value.
type Client struct {
	Addr     netip.Addr // invalid when there is no network client: mail submitted locally
	Port     uint16     // the client's own port, which tells subscribers behind a CGNAT apart
	Name     string     // PTR name in lower case, without the final dot; see Verified
	Verified bool       // the MTA has resolved Name forward to Addr (RFC 8601 section 2.7.3, "iprev")
	Helo     string     // argument of HELO or EHLO (RFC 5321 section 4.1.1.1)

	Listener     string // the MTA's name for the service: Postfix and Sendmail {daemon_name}
	ListenerPort uint16 // the local port of the connection: {daemon_port}

	TLS   string // protocol version such as "TLSv1.3"; empty without TLS
	Login string // the authenticated user ({auth_authen}); never a certificate's name

	Relay netip.Addr // the incoming relay that stood between; Addr is then the client behind it
}

// Local is how a client without a network address is written in lists and keys.
const Local = "local"

// Authenticated says whether the client has logged in.
func (c Client) Authenticated() bool { return c.Login != "" }

// Key is how much of an address stands for one sender.
type Key struct {
	IPv4 int `toml:"ipv4" doc:"Prefix length of an IPv4 sender: 32 is every address by itself."`
	IPv6 int `toml:"ipv6" doc:"Prefix length of an IPv6 sender: 64 is one customer line."`
}

// Network returns the key of the client's network: "ip:203.0.113.7",
// "ip:2001:db8:40::/64", or "local" without an address. A network of one
// address is written without its length.
func (k Key) Network(addr netip.Addr) string {
	if !addr.IsValid() {
		return Local
	}
	addr = addr.Unmap().WithZone("")
	bits := k.IPv6
	if addr.Is4() {
		bits = k.IPv4
	}
	if bits == addr.BitLen() {
		return "ip:" + addr.String()
	}
	net, err := addr.Prefix(bits)
	if err != nil { // bits are validated when the policy is compiled
		return "ip:" + addr.String()
	}
	return "ip:" + net.String()
}

// Sender names who is held responsible for what the client sends: the login
// ("login:bob@example.net", in lower case: most servers take any case for the
// same account) if there is one, else the client's network.
func (k Key) Sender(c Client) string {
	if c.Authenticated() {
		return loginKey(c.Login)
	}
	return k.Network(c.Addr)
}

func loginKey(login string) string { return "login:" + strings.ToLower(login) }
