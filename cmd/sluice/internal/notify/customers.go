package notify

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"

	"sluice/policy/config"
)

const (
	// maxCustomerFile is the largest list of customers, in bytes: a million
	// lines and more.
	maxCustomerFile = 64 << 20
	// maxReported is how many problems of a list are reported one by one.
	maxReported = 20
)

// Customers knows the mail addresses of customers. It is immutable, and safe
// for concurrent use; a nil one knows nobody.
type Customers struct {
	exact    map[string]string // by "ip:203.0.113.7", "login:bob@example.net" or "@example.net", lower case
	networks map[netip.Prefix]string
	lengths  []int // of prefixes in networks, longest first
}

// ReadCustomers reads the list that the key customers names; an empty spec is
// an empty list. Lines that cannot be used are left out and reported.
func ReadCustomers(spec, dir string, ps *config.Problems) *Customers {
	c := &Customers{exact: map[string]string{}, networks: map[netip.Prefix]string{}}
	if spec == "" {
		return c
	}
	path, isFile := strings.CutPrefix(spec, "file:")
	if path = strings.TrimSpace(path); !isFile || path == "" {
		ps.Errorf("notify.customers", "write file:PATH", "%q names no file", spec)
		return c
	}
	path = inDir(dir, path)
	data, err := readBounded(path, maxCustomerFile)
	if err != nil {
		ps.Errorf("notify.customers", "", "list %v", err)
		return c
	}
	c.read(path, data, ps)
	for network := range c.networks {
		if !slices.Contains(c.lengths, network.Bits()) {
			c.lengths = append(c.lengths, network.Bits())
		}
	}
	slices.SortFunc(c.lengths, func(a, b int) int { return b - a })
	return c
}

// read takes in the lines of a list.
func (c *Customers) read(path, data string, ps *config.Problems) {
	number, wrong := 0, 0
	for text := range strings.Lines(strings.TrimPrefix(data, "\ufeff")) {
		number++
		err := c.add(text)
		if err == nil {
			continue
		}
		if wrong++; wrong <= maxReported {
			ps.Add(config.Problem{File: path, Line: number, Key: "notify.customers", Text: err.Error(), Hint: "KEY ADDRESS, such as \"203.0.113.0/24 it@customer.example\"", Warning: true})
		}
	}
	if wrong > maxReported {
		ps.Warnf("notify.customers", "", "%d more lines of %s cannot be used", wrong-maxReported, path)
	}
}

// add takes in one line; of two with the same key the first holds.
func (c *Customers) add(text string) error {
	if text = strings.TrimSpace(text); text == "" || strings.HasPrefix(text, "#") {
		return nil
	}
	fields := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t,;\"", r) })
	if len(fields) != 2 {
		return fmt.Errorf("%.80q has %d words, not 2", text, len(fields))
	}
	key, address := strings.ToLower(fields[0]), fields[1]
	if err := checkMailbox(address); err != nil {
		return err
	}
	if network, ok := parseNetwork(strings.TrimPrefix(key, "ip:")); ok {
		return addOnce(c.networks, network, address)
	}
	switch kind, rest, found := strings.Cut(key, ":"); {
	case key[0] == '@' && isDomain(key[1:]):
		return addOnce(c.exact, key, address)
	case found && kind != "" && rest != "" && kind != "ip":
		return addOnce(c.exact, key, address)
	case strings.LastIndexByte(key, '@') > 0:
		return addOnce(c.exact, "login:"+key, address)
	}
	return fmt.Errorf("%.80q is no sender, network, login or @realm", fields[0])
}

func addOnce[K comparable](m map[K]string, key K, address string) error {
	if _, twice := m[key]; twice {
		return fmt.Errorf("%v is there already; the first line holds", key)
	}
	m[key] = address
	return nil
}

// parseNetwork reads a network or a single address.
func parseNetwork(s string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(s); err == nil {
		a = a.Unmap().WithZone("")
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	return p.Masked(), err == nil
}

// Len is how many keys are known.
func (c *Customers) Len() int {
	if c == nil {
		return 0
	}
	return len(c.exact) + len(c.networks)
}

// Lookup returns the address of the customer behind a sender; "" if it is not
// known. The network of a client counts only for senders that are networks: a
// stolen login is used from the networks of others.
func (c *Customers) Lookup(sender string) string {
	if c == nil {
		return ""
	}
	sender = strings.ToLower(sender)
	if address := c.exact[sender]; address != "" {
		return address
	}
	kind, rest, _ := strings.Cut(sender, ":")
	if at := strings.LastIndexByte(rest, '@'); kind == "login" && at >= 0 {
		return c.exact[rest[at:]]
	}
	if network, ok := parseNetwork(rest); ok && kind == "ip" {
		return c.network(network)
	}
	return ""
}

// network finds the longest prefix that holds all of a network.
func (c *Customers) network(n netip.Prefix) string {
	for _, length := range c.lengths {
		if length > n.Bits() {
			continue
		}
		wider, err := n.Addr().Prefix(length)
		if err != nil { // longer than addresses of this family are
			continue
		}
		if address := c.networks[wider]; address != "" {
			return address
		}
	}
	return ""
}

// readBounded reads a file that must not be larger than limit bytes.
func readBounded(path string, limit int64) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return "", err
	}
	if int64(len(data)) > limit {
		return "", fmt.Errorf("%s: larger than %d bytes", path, limit)
	}
	return string(data), nil
}
