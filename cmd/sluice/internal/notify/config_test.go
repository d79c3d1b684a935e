package notify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/policy/config"
)

func TestDefaultIsGood(t *testing.T) {
	var ps config.Problems
	Default().Check(&ps, "")
	for _, p := range ps.All() {
		t.Error(p)
	}
}

// TestConfigurationIsRead reads every key as an operator writes it.
func TestConfigurationIsRead(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"key": "a key of sixteen bytes and more", "customers.csv": "203.0.113.0/24 it@corp.example\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var c struct {
		Notify Config `toml:"notify" doc:"Telling people."`
	}
	c.Notify = Default()
	var ps config.Problems
	config.Read("sluice.toml", []byte(`
[notify]
operator = ["root", "noc@isp.example"]
from = "Mail desk <abuse@isp.example>"
organization = "Example ISP"
mail = "smtp:[::1]:25"
webhook = "https://desk.isp.example/hooks/sluice"
webhook_secret_file = "key"
command = ["/bin/sh", "-c", "true"]
stages = ["blocked", "released", "restricted", "watched", "probation", "clean"]
customer = true
customers = "file:customers.csv"
per_sender = "0s"
per_hour = 1
timeout = "10s"
`), &c, &ps)
	c.Notify.Check(&ps, dir)
	for _, p := range ps.All() {
		t.Error(p)
	}
	for _, k := range config.Keys(&c) {
		if len(k.Doc) < 15 {
			t.Errorf("%s: its documentation is %q", k.Name, k.Doc)
		}
	}
}

func TestWhatCannotWork(t *testing.T) {
	for name, tt := range map[string]struct {
		change  func(*Config)
		key     string
		text    string
		warning bool
	}{
		"operator":         {func(c *Config) { c.Operator = []string{"a@b.example", "<a@b>"} }, "notify.operator[1]", "no mail address", false},
		"operator injects": {func(c *Config) { c.Operator = []string{"a@b.example\r\nRCPT TO:<x@y>"} }, "notify.operator[0]", "no mail address", false},
		"operator option":  {func(c *Config) { c.Operator = []string{"-bp"} }, "notify.operator[0]", "no mail address", false},
		"from":             {func(c *Config) { c.From = "Mail desk" }, "notify.from", "no mail address", false},
		"organization":     {func(c *Config) { c.Organization = "a\nb" }, "notify.organization", "cannot sign", false},
		"mail":             {func(c *Config) { c.Mail = "pigeon" }, "notify.mail", "no way to send mail", false},
		"mail without port": {
			func(c *Config) { c.Mail = "smtp:localhost" }, "notify.mail", "no way to send mail", false,
		},
		"mail, port 0":         {func(c *Config) { c.Mail = "smtp:localhost:0" }, "notify.mail", "has no port", false},
		"mail far away":        {func(c *Config) { c.Mail = "smtp:mx.isp.example:25" }, "notify.mail", "unencrypted", true},
		"no mail":              {func(c *Config) { c.Mail, c.Operator = "", []string{"root"} }, "notify.mail", "not mailed", true},
		"webhook":              {func(c *Config) { c.Webhook = "ftp://a.example/" }, "notify.webhook", "no http or https URL", false},
		"webhook unencrypted":  {func(c *Config) { c.Webhook = "http://a.example/" }, "notify.webhook", "unencrypted", true},
		"secret for nothing":   {func(c *Config) { c.SecretFile = "/nowhere" }, "notify.webhook_secret_file", "nothing is posted", true},
		"secret missing":       {func(c *Config) { c.Webhook, c.SecretFile = "https://a.example/", "nowhere" }, "notify.webhook_secret_file", "no such file", true},
		"command relative":     {func(c *Config) { c.Command = []string{"notify-send"} }, "notify.command", "no absolute path", false},
		"command missing":      {func(c *Config) { c.Command = []string{"/nowhere/a"} }, "notify.command", "no program", true},
		"stages":               {func(c *Config) { c.Stages = []string{"blocked", "infected"} }, "notify.stages[1]", "no stage", false},
		"customers for nobody": {func(c *Config) { c.Customers = "file:/dev/null" }, "notify.customers", "not told", true},
		"customers' list":      {func(c *Config) { c.Customer, c.Customers = true, "list.csv" }, "notify.customers", "names no file", false},
		"customer, no mail":    {func(c *Config) { c.Customer, c.Mail = true, "" }, "notify.customer", "no way to mail", false},
		"per_hour":             {func(c *Config) { c.PerHour = 0 }, "notify.per_hour", "lets no notice through", false},
		"templates":            {func(c *Config) { c.Templates = "nowhere" }, "notify.templates", "no directory", false},
		"timeout":              {func(c *Config) { c.Timeout = 0 }, "notify.timeout", "longer than nothing", false},
	} {
		t.Run(name, func(t *testing.T) {
			c := Default()
			tt.change(&c)
			var ps config.Problems
			c.Check(&ps, t.TempDir())
			found := false
			for _, p := range ps.All() {
				found = found || p.Key == tt.key && strings.Contains(p.Text, tt.text) && p.Warning == tt.warning
			}
			if !found || ps.Failed() == tt.warning {
				t.Errorf("problems %v, want %s: %q", ps.All(), tt.key, tt.text)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	long := strings.Repeat("a", 64)
	for address, ok := range map[string]bool{
		"bob@example.net": true, "b+o.b@sub.example.net": true, "root": true, "o'neil@example.net": true,
		long + "@example.net": true, long + "a@example.net": false,
		"": false, "@example.net": false, "bob@": false, "bob@.net": false, "bob@example..net": false, "bob@-a.net": false,
		"a b@example.net": false, `"bob"@example.net`: false, "bob@[192.0.2.1]": false, "bob@exämple.net": false, "bob@a@b": false, "-f": false,
		"bob@" + strings.Repeat("a.", 127): false, "bob@example.net\n": false, "<bob@example.net>": false, "a,b@example.net": false,
	} {
		if err := checkAddress(address); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
}
