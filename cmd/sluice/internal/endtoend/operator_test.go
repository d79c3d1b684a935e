package endtoend

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"sluice/cmd/sluice/internal/mta"
)

// This page is what an operator does in a dialogue: commands, and the links in
// notices.

// send is "send CODE FROM TO SUBJECT": a whole message of the connected client,
// whose last answer has that code.
func (k *talk) send(args []string) error {
	c := k.clients[k.turn]
	if c == nil || len(args) < 4 {
		return fmt.Errorf("no client is connected, or a word is missing")
	}
	code, from, to, subject := args[0], args[1], args[2], strings.Join(args[3:], " ")
	for _, step := range [][2]string{{"MAIL FROM:<" + from + ">", "250"}, {"RCPT TO:<" + to + ">", "250"}, {"DATA", "354"}} {
		if err := c.ask(step[0], step[1]); err != nil {
			return err
		}
	}
	fmt.Fprintf(&k.message, "From: <%s>\nTo: <%s>\nSubject: %s\nDate: Tue, 24 Nov 2026 10:00:00 +0000\nMessage-ID: <%s>\n\nHello, the minutes are in the usual place.\n", from, to, subject, to)
	if err := k.endMessage(); err != nil {
		return err
	}
	return c.expect(code)
}

// command runs sluice beside the daemon, on its configuration.
func (k *talk) command(args []string) error {
	cmd := exec.Command(k.lab.binary, append(args, "-c", k.lab.configPath())...)
	out, err := cmd.CombinedOutput()
	k.output = string(out)
	fmt.Fprintf(&k.transcript, "%s\n", out)
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// prints holds what the last command has printed against a pattern.
func (k *talk) prints(pattern string) error {
	re, err := regexp.Compile("(?m)" + pattern)
	if err != nil {
		return err
	}
	if !re.MatchString(k.output) {
		return fmt.Errorf("%q is not in\n%s", pattern, k.output)
	}
	return nil
}

// linkIn finds a release link.
var linkIn = regexp.MustCompile(`https?://\S+/release\?token=[\w%.=-]+`)

// reported is what a notice to an operator has in it, beside the link: evidence, a
// message of the sender, an ARF and an XARF report (RFC 5965).
var reported = []string{"spam", "sluice explain", "Feedback-Type: abuse", "Message-ID: <", `"xarf_version"`}

// notice waits for a notice with a release link and all that belongs to it, and
// returns the link.
func (k *talk) notice() (link string, err error) {
	var notice string
	err = await("a notice with a link", func() bool {
		for _, m := range k.lab.sink.Messages() {
			if text := readable(m); linkIn.MatchString(text) {
				link, notice = linkIn.FindString(text), text
			}
		}
		return link != ""
	})
	for _, part := range reported {
		if err == nil && !strings.Contains(notice, part) {
			err = fmt.Errorf("%s is not in the notice\n%s", part, notice)
		}
	}
	return link, err
}

// follow opens the link in a notice as a mail scanner would, and then presses the
// button as a person does.
func (k *talk) follow() error {
	link, err := k.notice()
	if err != nil {
		return err
	}
	page, err := url.Parse(link)
	if err != nil {
		return err
	}
	answer, err := http.Get(link)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the page: %s", answer.Status)
	}
	button := *page
	button.RawQuery = ""
	answer, err = http.PostForm(button.String(), url.Values{"token": {page.Query().Get("token")}, "who": {"Anna"}})
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the button: %s", answer.Status)
	}
	return nil
}

// readable is all text of a message, its parts decoded.
func readable(m mta.Message) string {
	parsed, err := mail.ReadMessage(bytes.NewReader(m.Data))
	if err != nil {
		return ""
	}
	var b strings.Builder
	readPart(&b, parsed.Header.Get("Content-Type"), parsed.Header.Get("Content-Transfer-Encoding"), parsed.Body)
	return b.String()
}

func readPart(b *strings.Builder, contentType, encoding string, body io.Reader) {
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if kind == "message/rfc822" {
		if inner, err := mail.ReadMessage(body); err == nil {
			readPart(b, inner.Header.Get("Content-Type"), inner.Header.Get("Content-Transfer-Encoding"), inner.Body)
		}
		return
	}
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		io.Copy(b, body)
		b.WriteByte('\n')
		return
	}
	parts := multipart.NewReader(body, params["boundary"])
	for {
		p, err := parts.NextRawPart()
		if err != nil {
			return
		}
		readPart(b, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p)
	}
}

func TestReadable(t *testing.T) {
	text := "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\nhttp://h/release?token=3Dab=\ncd.ef\n--b\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\naGk=\n--b--\n"
	got := readable(mta.Message{Data: []byte(text)})
	if linkIn.FindString(got) != "http://h/release?token=abcd.ef" || !strings.Contains(got, "hi") {
		t.Errorf("%q", got)
	}
}
