package notify

import (
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	for address, want := range map[string]string{
		"bob@example.org":           "b***@example.org",
		"b@example.org":             "b***@example.org",
		"örjan@example.org":         "ö***@example.org",
		`"bob m"@example.org`:       "b***@example.org",
		`"a@b"@example.org`:         "a***@example.org",
		"postmaster":                "p***",
		"@example.org":              "***@example.org",
		"":                          "",
		"bob+tag@[192.0.2.1]":       "b***@[192.0.2.1]",
		"bounce-bob=x.org@list.org": "b***@list.org",
	} {
		if got := Redact(address); got != want {
			t.Errorf("Redact(%q) = %q, want %q", address, got, want)
		}
	}
}

func TestHeaderFieldsAreRedacted(t *testing.T) {
	redact := redactorFor([]Sample{{Rcpts: []string{"Bob@example.org", "eve.x+y@example.com"}}})
	for name, tt := range map[string]struct{ header, want string }{
		"To loses names":              {"To: \"Bob Miller\" <bob@example.org>, other@elsewhere.example (Other)", "To: b***@example.org, o***@elsewhere.example"},
		"To with an encoded name":     {"To: =?utf-8?q?Bob?= <bob@example.org>", "To: b***@example.org"},
		"To within an encoded word":   {"To: =?utf-8?b?Ym9iQGV4YW1wbGUub3Jn?=", "To: b***@example.org"},
		"To of nobody":                {"To: undisclosed-recipients:;", "To: "},
		"Cc, whatever its case":       {"cC: a@example.net", "cC: a***@example.net"},
		"Delivered-To":                {"Delivered-To: bob@example.org", "Delivered-To: b***@example.org"},
		"Received for":                {"Received: by relay for <bob@example.org>; Mon", "Received: by relay for <b***@example.org>; Mon"},
		"From stays":                  {"From: Anna <anna@home.example>", "From: Anna <anna@home.example>"},
		"From that is the recipient":  {"From: bob@example.org", "From: b***@example.org"},
		"Return-Path with VERP":       {"Return-Path: <b-bob=example.org@spam.example>", "Return-Path: <b-b***=example.org@spam.example>"},
		"Message-ID stays":            {"Message-ID: <1$2@home.example>", "Message-ID: <1$2@home.example>"},
		"folded":                      {"Received: by relay\r\n\tfor <bob@example.org>\r\n ; Mon", "Received: by relay for <b***@example.org> ; Mon"},
		"address in a URL":            {"List-Unsubscribe: <https://x.example/?u=eve.x+y%40example.com&a=1>", "List-Unsubscribe: <https://x.example/?u=e***%40example.com&a=1>"},
		"unknown address":             {"X-Mailer-To: someone@example.net", "X-Mailer-To: s***@example.net"},
		"quoted local part":           {`X-A: "some one"@example.net`, "X-A: s***@example.net"},
		"subject":                     {"Subject: for eve.x+y@example.com", "Subject: for e***@example.com"},
		"encoded subject":             {"Subject: =?utf-8?b?Zm9yIGJvYkBleGFtcGxlLm9yZw==?=", "Subject: for b***@example.org"},
		"encoded subject in pieces":   {"Subject: =?utf-8?q?=C3=A4_bob=40exam?=\r\n =?utf-8?q?ple.org?=", "Subject: =?utf-8?q?=C3=A4_b***@example.org?="},
		"encoded in Windows-1252":     {"Subject: =?windows-1252?q?bob=40example.org_=80?=", "Subject: =?utf-8?q?b***@example.org_=E2=82=AC?="},
		"unknown character set":       {"Subject: =?nowhere?q?bob=40example.org?=", "Subject: " + unreadable},
		"encoded, nothing to hide":    {"Subject: =?utf-8?q?=C3=A4?=", "Subject: =?utf-8?q?=C3=A4?="},
		"line break from an encoding": {"Subject: =?utf-8?q?a=0D=0ATo:_bob=40example.org?=", "Subject: a  To: b***@example.org"},
		"no field":                    {"this is no field", ""},
		"name with a space":           {"A B: bob@example.org", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := redact.headers(tt.header + "\r\n")
			if want := strings.TrimSuffix(tt.want+"\n", "\n") + "\n"; tt.want != "" && got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			} else if tt.want == "" && got != "" {
				t.Errorf("got %q, want nothing", got)
			}
		})
	}
}

func TestHeadersEndAtTheEmptyLine(t *testing.T) {
	got := (&redactor{}).headers("Subject: a\r\n\r\nTo be read by bob@example.org: a body\r\n")
	if got != "Subject: a\n" {
		t.Errorf("%q", got)
	}
}

// TestNoRecipientLeaves looks for recipients in everything that is sent.
func TestNoRecipientLeaves(t *testing.T) {
	b, ts := testBuilder(t)
	n := tidy(infected())
	mail, err := b.forOperator(ts, n, true, "noc@isp.example")
	if err != nil {
		t.Fatal(err)
	}
	report := b.xarf(n)
	json, err := event{Notice: &n, XARF: &report}.encode()
	if err != nil {
		t.Fatal(err)
	}
	all := string(json)
	_, parts := leaves(t, mail)
	for _, p := range parts {
		all += p.body
		if p.mediaType == "message/rfc822" {
			_, inner := leaves(t, []byte(p.body))
			for _, q := range inner {
				all += q.body
			}
		}
	}
	for _, e := range report.Evidence {
		all += decoded(t, e.Payload)
	}
	for _, secret := range []string{"bob@", "bob%40", "bob=40", "Miller", "eve@", "victim@", "carol@"} {
		if strings.Contains(all, secret) {
			t.Errorf("%q is in what is sent", secret)
		}
	}
	for _, kept := range []string{"b***@example.org", "e***@example.com", "v***@elsewhere.example", "c***@example.com"} {
		if !strings.Contains(all, kept) {
			t.Errorf("%q is not in what is sent", kept)
		}
	}
}
