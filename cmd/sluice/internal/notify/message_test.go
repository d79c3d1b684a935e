package notify

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func decoded(t *testing.T, payload string) string {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(payload)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestMailsToTheOperator(t *testing.T) {
	b, ts := testBuilder(t)
	observed := with(infected(), func(n *Notice) { n.Observe, n.Until, n.Samples, n.ReleaseURL = true, time.Time{}, nil, "" })
	hostile := with(stolen(), func(n *Notice) { n.Sender = "login:bob'; rm -r /"; n.Customer = "" })
	for name, n := range map[string]Notice{
		"operator-blocked.eml": infected(), "operator-observed.eml": observed,
		"operator-restricted.eml": stolen(), "operator-released.eml": released(), "operator-shell.eml": hostile,
	} {
		t.Run(name, func(t *testing.T) {
			n := tidy(n)
			mail, err := b.forOperator(ts, n, n.Customer != "" && !n.Observe, "noc@isp.example")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name, strings.ReplaceAll(string(mail), "\r\n", "\n"))
		})
	}
}

func TestMailsToTheCustomer(t *testing.T) {
	b, ts := testBuilder(t)
	for name, n := range map[string]Notice{
		"customer-blocked.eml":    infected(),
		"customer-restricted.eml": with(stolen(), func(n *Notice) { n.Customer = "bob@example.net" }),
		"customer-released.eml":   with(released(), func(n *Notice) { n.Customer = "anna@home.example" }),
	} {
		t.Run(name, func(t *testing.T) {
			mail, err := b.forCustomer(ts, tidy(n))
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name, strings.ReplaceAll(string(mail), "\r\n", "\n"))
			for _, secret := range []string{"31.5", "+20", "spam-share", "16.5", "home, policy", "token=", "VVXEKT2E"} {
				if strings.Contains(string(mail), secret) {
					t.Errorf("the customer is told %q", secret)
				}
			}
		})
	}
}

func TestMailOfTheDigest(t *testing.T) {
	b, ts := testBuilder(t)
	view := digestView{Start: at, PerHour: 60, Count: 3, Omitted: 1, Rows: []Row{rowOf(infected()), rowOf(stolen())}}
	mail, err := b.forDigest(ts, view, at.Add(time.Hour), "noc@isp.example")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "digest.eml", strings.ReplaceAll(string(mail), "\r\n", "\n"))
}

// TestARF reads the attachment back as an abuse desk does.
func TestARF(t *testing.T) {
	b, ts := testBuilder(t)
	mail, err := b.forOperator(ts, tidy(infected()), false, "noc@isp.example")
	if err != nil {
		t.Fatal(err)
	}
	top, parts := leaves(t, mail)
	if got := top.Get("Auto-Submitted"); got != "auto-generated" {
		t.Errorf("Auto-Submitted %q", got)
	}
	if len(parts) != 3 || parts[1].mediaType != "message/rfc822" || parts[2].mediaType != "application/json" {
		t.Fatalf("parts %v", parts)
	}
	arf, inner := leaves(t, []byte(parts[1].body))
	mediaType, params, err := arf.ContentType()
	if err != nil || mediaType != "multipart/report" || params["report-type"] != "feedback-report" {
		t.Errorf("content type %s %v, %v", mediaType, params, err)
	}
	if top.Get("Message-ID") == arf.Get("Message-ID") {
		t.Errorf("two messages are called %s", arf.Get("Message-ID"))
	}
	var types []string
	for _, p := range inner {
		types = append(types, p.mediaType)
	}
	if diff := cmp.Diff([]string{"text/plain", "message/feedback-report", "text/rfc822-headers"}, types); diff != "" {
		t.Fatal(diff)
	}
	want := strings.Join([]string{
		"Feedback-Type: abuse", "User-Agent: Sluice/v1.2.0", "Version: 1", "Original-Mail-From: <anna@home.example>",
		"Original-Rcpt-To: <b***@example.org>", "Original-Rcpt-To: <e***@example.com>", "Arrival-Date: Mon, 04 May 2026 09:59:00 +0000",
		"Reporting-MTA: dns; relay.isp.example", "Source-IP: 203.0.113.7", "Source-Port: 4712", "Reported-Domain: home.example", "Incidents: 640", "",
	}, "\n")
	if diff := cmp.Diff(want, inner[1].body); diff != "" {
		t.Errorf("feedback report (-want +got):\n%s", diff)
	}
	if !strings.Contains(inner[2].body, "From: Anna <anna@home.example>\n") {
		t.Errorf("header %q", inner[2].body)
	}
}

func TestFeedbackTypes(t *testing.T) {
	virus := with(infected(), func(n *Notice) { n.Evidence = append(n.Evidence, Evidence{Kind: "virus"}) })
	if got := feedbackType(virus); got != "virus" {
		t.Errorf("a virus is reported as %s", got)
	}
	null := tidy(with(infected(), func(n *Notice) { n.Client, n.Samples[1].From = "unix", "" }))
	s, _ := null.worst()
	b, _ := testBuilder(t)
	got := b.feedback(null, s)
	if !strings.Contains(got, "Original-Mail-From: <>\n") || strings.Contains(got, "Reported-Domain") || strings.Contains(got, "Source-") {
		t.Errorf("the null sender of a local client is reported as:\n%s", got)
	}
}

func TestReportsAreForWhatGotWorse(t *testing.T) {
	for name, tt := range map[string]struct {
		notice Notice
		want   bool
	}{
		"blocked":            {infected(), true},
		"without samples":    {stolen(), false},
		"blocked for longer": {with(infected(), func(n *Notice) { n.From = Blocked }), true},
		"released":           {with(infected(), func(n *Notice) { n.From, n.To = Blocked, Probation }), false},
		"less restricted":    {with(infected(), func(n *Notice) { n.From, n.To = Blocked, Restricted }), false},
		"watched":            {with(infected(), func(n *Notice) { n.From, n.To = Clean, Watched }), false},
	} {
		if got := reportable(tt.notice); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// xarfRules are the schema's: xarf-core.json and types/messaging-spam.json.
var xarfRules = map[string]*regexp.Regexp{
	"xarf_version":      regexp.MustCompile(`^4\.[0-9]+\.[0-9]+$`),
	"report_id":         regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`),
	"timestamp":         regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`),
	"source_identifier": regexp.MustCompile(`.`),
	"category":          regexp.MustCompile(`^messaging$`),
	"type":              regexp.MustCompile(`^spam$`),
	"protocol":          regexp.MustCompile(`^(smtp|other)$`),
}

// checkXARF holds a report against what the schema requires.
func checkXARF(t *testing.T, data []byte) map[string]any {
	t.Helper()
	var r map[string]any
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	for key, rule := range xarfRules {
		if text, _ := r[key].(string); !rule.MatchString(text) {
			t.Errorf("%s is %q", key, text)
		}
	}
	if r["protocol"] == "smtp" && (r["smtp_from"] == nil || r["source_port"] == nil) {
		t.Errorf("protocol smtp without smtp_from or source_port: %s", data)
	}
	for _, who := range []string{"reporter", "sender"} {
		contact, _ := r[who].(map[string]any)
		mail, _ := contact["contact"].(string)
		domain, _ := contact["domain"].(string)
		if org, _ := contact["org"].(string); org == "" || len(org) > 200 || checkMailbox(mail) != nil || !isDomain(domain) || len(contact) != 3 {
			t.Errorf("%s is %v", who, contact)
		}
	}
	for key, limit := range map[string]int{"subject": 500, "message_id": 200, "description": 1000} {
		if text, _ := r[key].(string); len([]rune(text)) > limit {
			t.Errorf("%s has %d characters, %d are allowed", key, len(text), limit)
		}
	}
	items, _ := r["evidence"].([]any)
	for _, item := range items {
		checkXARFEvidence(t, item.(map[string]any))
	}
	return r
}

func checkXARFEvidence(t *testing.T, item map[string]any) {
	t.Helper()
	content := decoded(t, item["payload"].(string))
	sum := sha256.Sum256([]byte(content))
	if item["hash"] != "sha256:"+hex.EncodeToString(sum[:]) || item["size"] != float64(len(content)) || item["content_type"] == "" || len(item) != 5 {
		t.Errorf("evidence %v", item)
	}
}

func TestXARF(t *testing.T) {
	b, _ := testBuilder(t)
	for name, tt := range map[string]struct {
		notice   Notice
		protocol string
	}{
		"everything":         {infected(), "smtp"},
		"port of the notice": {with(infected(), func(n *Notice) { n.Samples[1].Port = 0 }), "smtp"},
		"no port":            {with(infected(), func(n *Notice) { n.Port, n.Samples[1].Port = 0, 0 }), "other"},
		"null sender":        {with(infected(), func(n *Notice) { n.Samples = n.Samples[:1]; n.Samples[0].From = "" }), "other"},
		"no client":          {with(infected(), func(n *Notice) { n.Client = "" }), "smtp"},
		"huge": {with(infected(), func(n *Notice) {
			n.Samples[1].MessageID = strings.Repeat("a", 1<<20)
			n.Sender = strings.Repeat("b", 1<<20)
		}), "smtp"},
		"nothing at all": {Notice{}, "other"},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := b.xarf(tidy(tt.notice)).encode()
			if err != nil {
				t.Fatal(err)
			}
			if name == "nothing at all" {
				return // no report is made of it, and none must break
			}
			r := checkXARF(t, data)
			if r["protocol"] != tt.protocol {
				t.Errorf("protocol %v, want %s", r["protocol"], tt.protocol)
			}
		})
	}
}

func TestSenderOfTheMail(t *testing.T) {
	for name, tt := range map[string]struct{ from, host, want, domain, contact string }{
		"by the machine's name": {"", "relay.isp.example", "<sluice@relay.isp.example>", "relay.isp.example", "sluice@relay.isp.example"},
		"no name":               {"", "", "postmaster", "localhost", "postmaster@localhost"},
		"odd name":              {"", "a b", "postmaster", "localhost", "postmaster@localhost"},
		"with display name":     {"Bür <a@isp.example>", "x.example", "=?utf-8?q?B=C3=BCr?= <a@isp.example>", "isp.example", "a@isp.example"},
		"local":                 {"root", "x.example", "root", "x.example", "root@x.example"},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := newBuilder(Config{From: tt.from}, Options{Hostname: tt.host})
			if err != nil {
				t.Fatal(err)
			}
			if b.sender() != tt.want || b.domain() != tt.domain || b.contact() != tt.contact || b.organization != tt.domain {
				t.Errorf("from %s, domain %s, contact %s, organization %s", b.sender(), b.domain(), b.contact(), b.organization)
			}
		})
	}
}

func TestOwnTemplates(t *testing.T) {
	write := func(name, text string) string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	b, _ := testBuilder(t)
	ts, err := loadTemplates(write("customer.txt", "Subject: Gesperrt: {{.Ref}}\r\n\r\nGuten Tag, {{.Who}}\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	mail, err := b.forCustomer(ts, tidy(infected()))
	if err != nil {
		t.Fatal(err)
	}
	top, parts := leaves(t, mail)
	if top.Get("Subject") != "Gesperrt: 7F3K9QX2" || parts[0].body != "Guten Tag, your connection 203.0.113.7\n" {
		t.Errorf("%q: %q", top.Get("Subject"), parts[0].body)
	}
	for name, tt := range map[string]struct{ dir, err string }{
		"no directory":     {"/nowhere", "no directory /nowhere"},
		"syntax":           {write("customer.txt", "Subject: a\n\n{{.Ref"), "customer.txt:3"},
		"score in it":      {write("customer.txt", "Subject: a\n\n{{.Points}}"), "Points"},
		"no subject":       {write("operator.txt", "Hello\n"), `"Hello", not "Subject: ..."`},
		"empty":            {write("digest.txt", ""), "digest.txt"},
		"large":            {write("digest.txt", "Subject: a\n"+strings.Repeat("a", maxTemplate)), "larger than"},
		"large when shown": {write("operator.txt", "Subject: a\n{{range .Evidence}}"+strings.Repeat("a", maxTemplate-100)+"{{range $.Evidence}}{{printf \"%999999d\" 1}}{{end}}{{end}}"), "longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := loadTemplates(tt.dir); err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want one with %q", err, tt.err)
			}
		})
	}
}
