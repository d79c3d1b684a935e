package filter

import (
	"net/netip"
	"strconv"
	"strings"

	"sluice/filter/wire"
	"sluice/policy"
)

// connected collects what is known of the client at connect.
func connected(p wire.Peer, m wire.Macros) policy.Client {
	c := policy.Client{
		Addr:     p.Addr,
		Port:     p.Port,
		Listener: m.Get("daemon_name"),
	}
	if !c.Addr.IsValid() {
		c.Addr = parseAddr(m.Get("client_addr"))
	}
	if c.Port == 0 {
		c.Port = parsePort(m.Get("client_port"))
	}
	if invented(c) {
		c.Addr = netip.Addr{}
	}
	c.ListenerPort = parsePort(m.Get("daemon_port"))
	if c.Addr.IsValid() {
		c.Name, c.Verified = clientName(p.Name, m)
	}
	return c
}

// invented says whether the MTA has made the client up: for mail that was
// submitted on the machine itself, Postfix 3.7 tells non_smtpd_milters of a
// client localhost, 127.0.0.1 or ::1, with port 0, which no real one can have.
func invented(c policy.Client) bool { return c.Port == 0 && c.Addr.IsLoopback() }

// identified adds what is known of the client only at MAIL: TLS and login.
// The login is {auth_authen} alone; a certificate's name is not a login.
func identified(c policy.Client, m wire.Macros) policy.Client {
	c.TLS = m.Get("tls_version")
	c.Login = m.Get("auth_authen")
	return c
}

// clientName returns the client's PTR name and whether the MTA has verified it
// forward. Postfix gives the verified name or "unknown", and the unverified
// one in {client_ptr}; Sendmail gives a name or "[address]" and the result of
// the verification in {client_resolve}. An MTA that tells neither has not
// verified anything.
func clientName(host string, m wire.Macros) (name string, verified bool) {
	name = strings.ToLower(strings.TrimSuffix(host, "."))
	if name == "unknown" || strings.HasPrefix(name, "[") {
		name = strings.ToLower(strings.TrimSuffix(m.Get("client_ptr"), "."))
		if name == "unknown" || strings.HasPrefix(name, "[") {
			name = ""
		}
		return name, false
	}
	if name == "" {
		return "", false
	}
	if resolve := m.Get("client_resolve"); resolve != "" {
		return name, resolve == "OK"
	}
	return name, strings.HasPrefix(m.Get("v"), "Postfix")
}

// parseAddr reads an address as MTAs write it in macros; Sendmail puts "IPv6:"
// before an IPv6 address.
func parseAddr(s string) netip.Addr {
	if rest, found := cutPrefixFold(s, "IPv6:"); found {
		s = rest
	}
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap()
}

func parsePort(s string) uint16 {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0
	}
	return uint16(n)
}

func cutPrefixFold(s, prefix string) (rest string, found bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// declaredSize returns the SIZE parameter of MAIL (RFC 1870 section 6), 0
// without one.
func declaredSize(args []string) int64 {
	for _, arg := range args {
		value, found := cutPrefixFold(arg, "SIZE=")
		if !found {
			continue
		}
		if n, err := strconv.ParseInt(value, 10, 64); err == nil && n > 0 {
			return n
		}
	}
	return 0
}
