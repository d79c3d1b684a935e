package notify

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/cmd/sluice/internal/mta"
	"sluice/policy/config"
)

var discard = slog.New(slog.DiscardHandler)

// patience is longer than any exchange on the same machine takes.
const patience = 30 * time.Second

// TestMailThroughAnMTA sends a notice to operator and customer over real SMTP.
func TestMailThroughAnMTA(t *testing.T) {
	sink, err := mta.StartSink()
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Stop()
	c := Default()
	c.Operator, c.Customer, c.Mail = []string{"noc@isp.example"}, true, fmt.Sprint("smtp:127.0.0.1:", sink.Port())
	n, err := New(c, Options{Hostname: "relay.isp.example", Version: "v1"})
	if err != nil {
		t.Fatal(err)
	}
	notice := infected()
	notice.Samples[1].Headers += "X-Dot: a\r\n.\r\nTo: hidden\r\n" // a line that would end the message
	n.Notify(notice)
	if err := n.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := sink.Messages()
	if len(got) != 2 {
		t.Fatalf("%d messages", len(got))
	}
	for i, to := range []string{"noc@isp.example", "anna@home.example"} {
		if diff := cmp.Diff([]string{to}, got[i].To); diff != "" || got[i].From != "" {
			t.Errorf("from <%s> to %s", got[i].From, got[i].To)
		}
		if header := got[i].Header("To"); len(header) != 1 || header[0] != "<"+to+">" {
			t.Errorf("To: %q", header)
		}
	}
	_, parts := leaves(t, got[0].Data)
	if len(parts) != 3 {
		t.Errorf("%d parts arrived", len(parts))
	}
}

// scripted is an SMTP server that gives the replies of a script, one a command.
func scripted(t *testing.T, replies ...string) (address string, heard chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	heard = make(chan string, 100)
	done := make(chan struct{})
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(patience))
		lines := bufio.NewScanner(conn)
		for _, reply := range replies {
			io.WriteString(conn, reply+"\r\n")
			if !lines.Scan() {
				return
			}
			heard <- lines.Text()
		}
	}()
	return l.Addr().String(), heard
}

func TestRefusalsOfTheMTA(t *testing.T) {
	for name, tt := range map[string]struct {
		replies   []string
		permanent bool
		err       string
	}{
		"busy":               {[]string{"421 4.3.2 Busy"}, false, "421"},
		"no such mailbox":    {[]string{"220 a", "250 a", "250 a", "550 5.1.1 No such mailbox"}, true, "RCPT TO:<noc@isp.example>: 550"},
		"deferred":           {[]string{"220 a", "250-a\r\n250 SIZE", "250 a", "451 4.7.1 Later"}, false, "451"},
		"null sender":        {[]string{"220 a", "250 a", "553 5.5.4 No null sender"}, true, "MAIL FROM:<>: 553"},
		"no data":            {[]string{"220 a", "250 a", "250 a", "251 a", "452 4.3.1 Full"}, false, "DATA: 452"},
		"no SMTP":            {[]string{"HTTP/1.1 400 Bad Request"}, false, ""},
		"a reply with traps": {[]string{"220 a", "550 \x1b[31mno\x07"}, true, "[31mno"},
	} {
		t.Run(name, func(t *testing.T) {
			address, _ := scripted(t, tt.replies...)
			err := smtpTransport{address, "relay"}.send(t.Context(), delivery{to: "noc@isp.example", body: []byte("a")})
			if err == nil || errors.Is(err, errPermanent) != tt.permanent || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "\x1b") {
				t.Errorf("error %v, want one with %q, permanent: %v", err, tt.err, tt.permanent)
			}
		})
	}
}

func TestSilentMTA(t *testing.T) {
	address, _ := scripted(t, "220 a", "") // after EHLO an empty line, then nothing that makes sense
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() // takes the connection and never says a word
	err = smtpTransport{l.Addr().String(), "relay"}.send(ctx, delivery{to: "a@b"})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the deadline", err)
	}
	if err := (smtpTransport{address, "relay"}).send(t.Context(), delivery{to: "a@b"}); err == nil {
		t.Error("an empty reply is taken for success")
	}
}

// script writes an executable shell script.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCommand(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	c := Default()
	c.Command = []string{script(t, `cat >"$1"; echo "$2" >>"$1"`), out, "a b; $(id)"}
	n, err := New(c, Options{Hostname: "relay.isp.example"})
	if err != nil {
		t.Fatal(err)
	}
	n.Notify(infected())
	if err := n.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	first, second, _ := strings.Cut(string(data), "\n")
	if second != "a b; $(id)\n" {
		t.Errorf("argument %q", second)
	}
	var e event
	if err := json.Unmarshal([]byte(first), &e); err != nil {
		t.Fatal(err)
	}
	if e.Version != 1 || e.Event != "standing" || e.Kind != Blocked || e.Notice.Sender != "ip:203.0.113.7" || e.Notice.Samples[1].Rcpts[0] != "b***@example.org" || e.Host != "relay.isp.example" {
		t.Errorf("%+v", e)
	}
	report, err := e.XARF.encode()
	if err != nil {
		t.Fatal(err)
	}
	checkXARF(t, report)
}

func TestCommandsThatFail(t *testing.T) {
	for name, tt := range map[string]struct {
		script    string
		permanent bool
		err       string
	}{
		"says why":       {"echo broken >&2; exit 1", true, "broken"},
		"asks to wait":   {"exit 75", false, "exit status 75"},
		"says too much":  {"yes | head -c 1000000; exit 1", true, "y\\ny"},
		"takes too long": {"sleep 100 & sleep 100", false, context.DeadlineExceeded.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			timeout := patience
			if name == "takes too long" {
				timeout = 100 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			defer cancel()
			start := time.Now()
			err := commandTransport{[]string{script(t, tt.script)}}.send(ctx, delivery{body: []byte("{}")})
			if err == nil || errors.Is(err, errPermanent) != tt.permanent || !strings.Contains(err.Error(), tt.err) || len(err.Error()) > 3*maxOutput {
				t.Errorf("error %.200v, want one with %q, permanent: %v", err, tt.err, tt.permanent)
			}
			if time.Since(start) > patience {
				t.Errorf("it took %v", time.Since(start))
			}
		})
	}
	if err := (commandTransport{[]string{"/nowhere/program"}}).send(t.Context(), delivery{}); err == nil || errors.Is(err, errPermanent) {
		t.Errorf("a program that is not there: %v", err)
	}
	if err := (commandTransport{[]string{script(t, "exit 0")}}).send(t.Context(), delivery{body: make([]byte, 1<<20)}); err != nil {
		t.Errorf("a program that does not read: %v", err)
	}
}

func TestSendmail(t *testing.T) {
	dir := t.TempDir()
	program := script(t, `echo "$*" >`+dir+`/args; cat >`+dir+`/body`)
	err := sendmailTransport{program}.send(t.Context(), delivery{to: "noc@isp.example", body: []byte("Subject: a\r\n\r\n.\r\nb\r\n")})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"args": "-i -f <> -- noc@isp.example\n", "body": "Subject: a\n\n.\nb\n"} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, want %q (%v)", name, got, want, err)
		}
	}
}

const secret = "a key of sixteen bytes and more"

func TestWebhookIsSignedAndTriedAgain(t *testing.T) {
	defer func(p [attempts - 1]time.Duration) { pauses = p }(pauses)
	pauses = [attempts - 1]time.Duration{time.Millisecond, time.Millisecond, time.Millisecond}
	ids := make(chan string, 10)
	failures := 2
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		stamp, mac, _ := strings.Cut(strings.TrimPrefix(r.Header.Get(SignatureHeader), "t="), ",v1=")
		h := hmac.New(sha256.New, []byte(secret))
		io.WriteString(h, stamp+"."+string(body))
		if mac != hex.EncodeToString(h.Sum(nil)) || stamp != fmt.Sprint(at.Unix()) {
			t.Errorf("signature %q does not fit", r.Header.Get(SignatureHeader))
		}
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("User-Agent") != "Sluice/v1" {
			t.Errorf("%s %v", r.Method, r.Header)
		}
		var e event
		if err := json.Unmarshal(body, &e); err != nil || e.ID != r.Header.Get(IDHeader) {
			t.Errorf("body %.100s: %v", body, err)
		}
		ids <- e.ID
		if failures--; failures >= 0 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	defer server.Close()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := Default()
	c.Webhook, c.SecretFile = server.URL, "secret"
	n, err := New(c, Options{Dir: dir, Version: "v1", Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	n.Notify(infected())
	first := <-ids
	for range 2 {
		if id := <-ids; id != first {
			t.Errorf("the second attempt is called %s, the first %s", id, first)
		}
	}
	if err := n.Close(t.Context()); err != nil || n.Stats().Sent.Load() != 1 || n.Stats().Failed.Load() != 0 {
		t.Errorf("%d sent, %v", n.Stats().Sent.Load(), err)
	}
}

func TestAnswersOfAWebhook(t *testing.T) {
	for code, want := range map[int]struct{ ok, permanent bool }{
		200: {true, false}, 204: {true, false}, 302: {false, true}, 400: {false, true}, 404: {false, true}, 410: {false, true},
		408: {false, false}, 429: {false, false}, 500: {false, false}, 503: {false, false},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/" {
				t.Errorf("%d was followed to %s", code, r.URL)
			}
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(code)
			io.WriteString(w, strings.Repeat("no\r\n", 1<<16))
		}))
		err := newWebhook(server.URL, nil, "v1", time.Now).send(t.Context(), delivery{})
		if (err == nil) != want.ok || errors.Is(err, errPermanent) != want.permanent || err != nil && len(err.Error()) > 2*maxNote {
			t.Errorf("%d: %v", code, err)
		}
		server.Close()
	}
}

func TestSecretOfAWebhook(t *testing.T) {
	c := Default()
	c.Webhook = "https://desk.isp.example/"
	for name, content := range map[string]string{"short": "fifteen bytes  ", "empty": "\n", "large": strings.Repeat("a", maxSecret+1)} {
		c.SecretFile = filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(c.SecretFile, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(c, Options{}); err == nil {
			t.Errorf("a secret that is %s is taken", name)
		}
	}
	c.SecretFile = "/nowhere/secret"
	if _, err := New(c, Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no secret: %v", err)
	}
}

// TestHostileNotice is what an infected host may make of its fields: one mail
// must come of it, with the fields that we gave it.
func TestHostileNotice(t *testing.T) {
	evil := "a\r\nBcc: evil@example.org\r\n\r\n<script>\x00\x1b[2J\u202e\xff"
	huge := strings.Repeat("Ä", 1<<19) // 1 MB
	b, ts := testBuilder(t)
	for name, text := range map[string]string{"control": evil, "huge": huge} {
		t.Run(name, func(t *testing.T) {
			n := tidy(Notice{
				Sender: "login:" + text, Client: text, Login: text, Helo: text, Name: text, Group: text, Policy: text, From: text, To: Blocked, Ref: text,
				Evidence:   []Evidence{{At: at, Kind: text, Ref: text, Note: text}},
				Samples:    []Sample{{At: at, Ref: text, From: text, Rcpts: []string{text}, Subject: text, MessageID: text, Headers: "Subject: " + text + "\r\n" + text + ": a\r\n"}},
				ReleaseURL: "https://isp.example/" + text, HelpURL: text, Customer: "a@b.example",
			})
			operator, err := b.forOperator(ts, n, true, "noc@isp.example")
			if err != nil {
				t.Fatal(err)
			}
			customer, err := b.forCustomer(ts, n)
			if err != nil {
				t.Fatal(err)
			}
			for _, mail := range [][]byte{operator, customer} {
				if len(mail) > 128<<10 {
					t.Errorf("the mail has %d bytes", len(mail))
				}
				for l := range strings.Lines(string(mail)) {
					if len(l) > 1000 || strings.ContainsAny(l, "\x00\x1b") {
						t.Errorf("line %.100q of %d bytes", l, len(l))
					}
				}
			}
			top, parts := leaves(t, operator)
			if len(parts) != 3 {
				t.Fatalf("%d parts", len(parts))
			}
			report, inner := leaves(t, []byte(parts[1].body))
			if top.Has("Bcc") || report.Has("Bcc") {
				t.Error("a field was injected")
			}
			if len(inner) != 3 {
				t.Errorf("%d parts of ARF", len(inner))
			}
			if got := strings.Count(inner[1].body, "\n"); got != 8 {
				t.Errorf("%d fields in the feedback report:\n%s", got, inner[1].body)
			}
			checkXARF(t, []byte(parts[2].body))
		})
	}
}

func TestNotifyLetsGoOfWhatItWasGiven(t *testing.T) {
	f := &fake{}
	n := newFake(t, Default(), f)
	notice := infected()
	n.Notify(notice)
	for i := range notice.Samples {
		notice.Samples[i].Rcpts[0] = "changed@example.org" // the race detector looks
		notice.Samples[i].Subject = "changed"
	}
	notice.Evidence[0].Kind = "changed"
	if err := n.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ds := f.deliveries(); len(ds) != 1 || strings.Contains(string(ds[0].body), "changed") {
		t.Errorf("%d deliveries, or changed afterwards", len(ds))
	}
}

func TestNobodyToTell(t *testing.T) {
	n, err := New(Default(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n.Wants(Clean, Blocked, nil) {
		t.Error("a notifier without operator, webhook and command wants notices")
	}
	n.Notify(infected())
	if err := n.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := Default()
	c.Mail = "carrier pigeon"
	c.Operator = []string{"a@b"}
	c.PerSender = config.Duration(0)
	if _, err := New(c, Options{}); err == nil {
		t.Error("New takes any way to mail")
	}
}
