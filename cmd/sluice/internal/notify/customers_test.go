package notify

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/policy/config"
)

// customersOf reads a list that must have nothing wrong.
func customersOf(t *testing.T, list string) *Customers {
	t.Helper()
	c, problems := readList(t, list)
	for _, p := range problems {
		t.Error(p)
	}
	return c
}

func readList(t *testing.T, list string) (*Customers, []config.Problem) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "customers.csv"), []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	var ps config.Problems
	return ReadCustomers("file:customers.csv", dir, &ps), ps.All()
}

func TestCustomersAreFound(t *testing.T) {
	c := customersOf(t, "\ufeff# who is who\n\n"+
		"203.0.113.0/24 net@corp.example\r\n"+
		"203.0.113.64/26,it@corp.example\n"+
		"\"ip:203.0.113.77\";\"host@corp.example\"\n"+
		"203.0.113.78\thost78@corp.example\n"+
		"0.0.0.0/0 rest@isp.example\n"+
		"2001:db8:40::/48 six@corp.example\n"+
		"2001:db8:40:1::/64 lan@corp.example\n"+
		"bob@Example.net bob.private@home.example\n"+
		"login:carol carol@home.example\n"+
		"@example.net realm@corp.example\n"+
		"subscriber:4711 s4711@home.example\n")
	for sender, want := range map[string]string{
		"ip:203.0.113.7":             "net@corp.example",
		"ip:203.0.113.65":            "it@corp.example",
		"ip:203.0.113.77":            "host@corp.example",
		"ip:203.0.113.78":            "host78@corp.example",
		"ip:203.0.113.64/27":         "it@corp.example",
		"ip:203.0.113.0/24":          "net@corp.example",
		"ip:203.0.112.0/22":          "rest@isp.example",
		"ip:::ffff:203.0.113.77":     "host@corp.example",
		"ip:2001:db8:40:1::/64":      "lan@corp.example",
		"ip:2001:db8:40:2::/64":      "six@corp.example",
		"ip:2001:db8:41::1":          "",
		"login:bob@example.net":      "bob.private@home.example",
		"login:BOB@EXAMPLE.NET":      "bob.private@home.example",
		"login:eve@example.net":      "realm@corp.example",
		"login:eve@sub.example.net":  "",
		"login:carol":                "carol@home.example",
		"login:203.0.113.7":          "",
		"subscriber:4711":            "s4711@home.example",
		"subscriber:4712":            "",
		"subscriber:eve@example.net": "",
		"ip:":                        "",
		"":                           "",
	} {
		if got := c.Lookup(sender); got != want {
			t.Errorf("%q: %q, want %q", sender, got, want)
		}
	}
	if c.Len() != 11 || (*Customers)(nil).Len() != 0 || (*Customers)(nil).Lookup("ip:203.0.113.7") != "" {
		t.Errorf("%d keys", c.Len())
	}
}

func TestLinesThatNameNoCustomer(t *testing.T) {
	for text, want := range map[string]string{
		"203.0.113.7":                     "has 1 words, not 2",
		"203.0.113.7 a@b.example Bob":     "has 3 words, not 2",
		"203.0.113.7 bob":                 "it has no domain",
		"203.0.113.7 <a@b.example>":       "no mail address",
		"203.0.113.7 -x@b.example":        "no mail address",
		"203.0.113.0/33 a@b.example":      "no sender, network, login or @realm",
		"bob a@b.example":                 "no sender, network, login or @realm",
		"@ a@b.example":                   "no sender, network, login or @realm",
		"ip:nowhere a@b.example":          "no sender, network, login or @realm",
		strings.Repeat("x", 1000) + " a@": "no mail address",
	} {
		c, problems := readList(t, "# first\n"+text+"\n")
		if len(problems) != 1 || !strings.Contains(problems[0].Text, want) || problems[0].Line != 2 || !problems[0].Warning || len(problems[0].Text) > 300 {
			t.Errorf("%.60q: %v", text, problems)
		}
		if c.Len() != 0 {
			t.Errorf("%.60q names a customer", text)
		}
	}
}

func TestFirstLineHolds(t *testing.T) {
	c, problems := readList(t, "203.0.113.7 a@b.example\nip:203.0.113.7/32 c@d.example\n")
	if len(problems) != 1 || c.Lookup("ip:203.0.113.7") != "a@b.example" {
		t.Errorf("%v, %s", problems, c.Lookup("ip:203.0.113.7"))
	}
}

func TestManyBadLinesAreCounted(t *testing.T) {
	_, problems := readList(t, strings.Repeat("bad\n", maxReported+5))
	if len(problems) != maxReported+1 || !strings.HasPrefix(problems[maxReported].Text, "5 more lines") {
		t.Errorf("%d problems, the last: %v", len(problems), problems[len(problems)-1])
	}
}

func TestListsThatCannotBeRead(t *testing.T) {
	for spec, want := range map[string]string{
		"customers.csv": "names no file", "file:": "names no file", "file:nowhere.csv": "no such file",
	} {
		var ps config.Problems
		if c := ReadCustomers(spec, t.TempDir(), &ps); c.Lookup("ip:203.0.113.7") != "" || !ps.Failed() || !strings.Contains(fmt.Sprint(ps.All()), want) {
			t.Errorf("%s: %v", spec, ps.All())
		}
	}
	var ps config.Problems
	if c := ReadCustomers("", "", &ps); c.Len() != 0 || len(ps.All()) != 0 {
		t.Errorf("no list: %v", ps.All())
	}
}
