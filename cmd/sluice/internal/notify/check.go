package notify

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"sluice/policy/config"
)

// Check reports everything that cannot work, and what is probably not meant.
// Relative paths are below dir, the directory of the configuration file. What
// depends on this machine is a warning: the configuration may be for another.
func (c Config) Check(ps *config.Problems, dir string) {
	c.checkPeople(ps)
	c.checkMail(ps)
	c.checkWebhook(ps, dir)
	c.checkRelease(ps)
	c.checkCommand(ps)
	c.checkBounds(ps)
	if _, err := loadTemplates(inDir(dir, c.Templates)); err != nil {
		ps.Errorf("notify.templates", "the first line is \"Subject: ...\"; sluice.toml(5) names the files", "%v", err)
	}
	if c.Customers != "" {
		ReadCustomers(c.Customers, dir, ps)
	}
}

// inDir makes a relative path one below dir; an empty one stays empty.
func inDir(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

func (c Config) checkPeople(ps *config.Problems) {
	for i, address := range c.Operator {
		if err := checkAddress(address); err != nil {
			ps.Errorf(fmt.Sprintf("notify.operator[%d]", i), "for example \"abuse@isp.example\"", "%v", err)
		}
	}
	if c.From != "" {
		if _, err := parseFrom(c.From); err != nil {
			ps.Errorf("notify.from", "for example \"Mail desk <abuse@isp.example>\"", "%v", err)
		}
	}
	if line(c.Organization, maxName) != c.Organization {
		ps.Errorf("notify.organization", "one line of text", "%q cannot sign a mail", c.Organization)
	}
	if c.Customers != "" && !c.Customer {
		ps.Warnf("notify.customers", "set customer = true, or remove the list", "customers are not told")
	}
	if c.Customer && c.Mail == "" {
		ps.Errorf("notify.customer", "set mail", "there is no way to mail customers")
	}
}

// errAddress says what an address must look like.
var errAddress = errors.New("is no mail address that can be written to")

// checkAddress accepts a plain ASCII address (RFC 5321 section 4.1.2 without
// quotes), or a local name such as root.
func checkAddress(address string) error {
	local, domain := address, "localhost"
	if at := strings.LastIndexByte(address, '@'); at >= 0 {
		local, domain = address[:at], address[at+1:]
	}
	special := func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`<>()[]\,;:"@`, r) }
	if local == "" || len(local) > 64 || strings.HasPrefix(local, "-") || strings.ContainsFunc(local, special) || !isDomain(domain) {
		return fmt.Errorf("%.80q %w", address, errAddress)
	}
	return nil
}

// checkMailbox is checkAddress for one that must have a domain.
func checkMailbox(address string) error {
	if !strings.Contains(address, "@") {
		return fmt.Errorf("%.80q %w: it has no domain", address, errAddress)
	}
	return checkAddress(address)
}

// isDomain accepts letters, digits and hyphens with dots between.
func isDomain(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		odd := func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-')
		}
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.ContainsFunc(label, odd) {
			return false
		}
	}
	return true
}

// parseFrom reads an address with or without a display name.
func parseFrom(s string) (*mail.Address, error) {
	if checkAddress(s) == nil { // net/mail wants a domain
		return &mail.Address{Address: s}, nil
	}
	a, err := mail.ParseAddress(s)
	if err != nil {
		return nil, fmt.Errorf("%.80q %w", s, errAddress)
	}
	a.Name = line(a.Name, maxName)
	return a, checkAddress(a.Address)
}

func (c Config) checkMail(ps *config.Problems) {
	host, err := smtpHost(c.Mail)
	switch {
	case err != nil:
		ps.Errorf("notify.mail", `"smtp:127.0.0.1:25", "sendmail", or "" for none`, "%v", err)
	case c.Mail == "" && len(c.Operator) > 0:
		ps.Warnf("notify.mail", `for example "smtp:127.0.0.1:25"`, "the operator is not mailed")
	case host != "" && !isLoopback(host):
		ps.Warnf("notify.mail", "name the MTA on this machine", "mail to %s goes over the network unencrypted, release links too", host)
	}
}

// smtpHost returns the host of "smtp:HOST:PORT", and nothing for the other
// values that mail may have.
func smtpHost(spec string) (host string, err error) {
	if spec == "" || spec == "sendmail" {
		return "", nil
	}
	address, isSMTP := strings.CutPrefix(spec, "smtp:")
	host, portText, err := net.SplitHostPort(address)
	if !isSMTP || err != nil || host == "" {
		return "", fmt.Errorf("%q is no way to send mail", spec)
	}
	if n, err := strconv.ParseUint(portText, 10, 16); err != nil || n == 0 {
		return "", fmt.Errorf("%q has no port", spec)
	}
	return host, nil
}

func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

func (c Config) checkWebhook(ps *config.Problems, dir string) {
	if c.Webhook != "" && link(c.Webhook) == "" {
		ps.Errorf("notify.webhook", `for example "https://desk.isp.example/hooks/sluice"`, "%q is no http or https URL", c.Webhook)
		return
	}
	if u, err := url.Parse(c.Webhook); err == nil && u.Scheme == "http" && !isLoopback(u.Hostname()) {
		ps.Warnf("notify.webhook", "use https", "notices, release links included, go over the network unencrypted")
	}
	if c.SecretFile == "" {
		return
	}
	if c.Webhook == "" {
		ps.Warnf("notify.webhook_secret_file", "set webhook, or remove it", "nothing is posted that could be signed")
	}
	if _, err := readSecret(inDir(dir, c.SecretFile)); err != nil {
		ps.Warnf("notify.webhook_secret_file", "serve will not start here", "%v", err)
	}
}

func (c Config) checkRelease(ps *config.Problems) {
	if c.ReleaseURL == "" {
		return
	}
	u, err := url.Parse(c.ReleaseURL)
	switch {
	case link(c.ReleaseURL) == "" || err != nil || u.RawQuery != "" || u.Fragment != "":
		ps.Errorf("notify.release_url", `for example "https://relay.isp.example/release"`, "%q is no http or https URL without a query", c.ReleaseURL)
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		ps.Warnf("notify.release_url", "use https", "whoever reads the traffic can release senders")
	case c.ReleaseFor <= 0:
		ps.Errorf("notify.release_for", "for example 7d", "the time must be longer than nothing")
	}
}

func (c Config) checkCommand(ps *config.Problems) {
	if len(c.Command) == 0 {
		return
	}
	program := c.Command[0]
	if !filepath.IsAbs(program) {
		ps.Errorf("notify.command", "write the whole path", "%q is no absolute path of a program", program)
		return
	}
	if info, err := os.Stat(program); err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
		ps.Warnf("notify.command", "install it, or make it executable", "%s is no program on this machine", program)
	}
}

func (c Config) checkBounds(ps *config.Problems) {
	for i, stage := range c.Stages {
		if rank(stage) < 0 && stage != Released {
			ps.Errorf(fmt.Sprintf("notify.stages[%d]", i), fmt.Sprintf("one of %q", append(slices.Clone(stages), Released)), "%q is no stage", stage)
		}
	}
	if c.PerHour < 1 {
		ps.Errorf("notify.per_hour", "for example 60; empty stages tell nothing", "%d lets no notice through", c.PerHour)
	}
	if c.Timeout <= 0 {
		ps.Errorf("notify.timeout", "for example 30s", "the time must be longer than nothing")
	}
}
