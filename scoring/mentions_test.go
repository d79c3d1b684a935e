package scoring

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// mentionsOf reads a message and returns what it mentions, "ask name" each.
func mentionsOf(t *testing.T, text string) (all []string) {
	t.Helper()
	m, err := ReadMessage(strings.NewReader(text), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range newFacts(m, Input{}).mentions() {
		all = append(all, found.ask+" "+found.name)
	}
	return all
}

func TestWhatIsMentioned(t *testing.T) {
	author := "author example.org"
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"nothing": {letter("", prose), []string{author}},
		"links, each once": {letter("", "http://www.One.example.co.uk/a http://www.one.example.co.uk/b https://two.example/"), []string{
			"domains example.co.uk", "hosts www.one.example.co.uk", "domains two.example", "hosts two.example", author}},
		"suspicious ones first": {page(`<a href="http://one.example/">one</a> <a href="http://two.example/">www.bank.example</a>
			<form action="http://three.example/"></form> <a href="http://bank.example@four.example/">four</a>`), []string{
			"domains two.example", "hosts two.example", "domains three.example", "hosts three.example",
			"domains four.example", "hosts four.example", "domains one.example", "hosts one.example",
			"domains bank.example", "hosts www.bank.example", author}},
		"images last": {page(`<img src="http://i.one.example/"><a href="http://two.example/">two</a>`), []string{
			"domains two.example", "hosts two.example", author, "domains one.example", "hosts i.one.example"}},
		"addresses": {letter("", "http://203.0.113.7/ http://3405803783/ http://192.168.0.1/ http://127.0.0.1/ http://[2001:db8::1]/"), []string{
			"addresses 203.0.113.7", "addresses 2001:db8::1", author}},
		"author and replies": {letter("From: A <a@mail.one.example>\nReply-To: <b@Two.example>", prose), []string{
			"reply-to two.example", "author mail.one.example"}},
		"mailboxes": {letter("", "write to Ann@One.example, <bob@two.example>. (c@three.example) or d@localhost @five.example"), []string{
			author, "mailboxes one.example", "mailboxes two.example", "mailboxes three.example"}},
		"not what a reply quotes": {letter("Subject: Re: your question\nIn-Reply-To: <1@example.org>",
			"This is my answer to you: bob@two.example\n\n> write to ann@one.example\n> and soon"), []string{author, "mailboxes two.example"}},
		"not what a report returns": {returning("http://one.example/ write to ann@one.example"), []string{"domains example.org", "hosts mx.example.org", author}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, mentionsOf(t, tt.text)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// returning is a delivery report that returns a message with the given body.
func returning(body string) string {
	return letter("Content-Type: multipart/report; report-type=delivery-status; boundary=b",
		"--b\nContent-Type: text/plain\n\nYour message could not be delivered.\n"+
			"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\nAction: failed\n"+
			"--b\nContent-Type: message/rfc822\n\nSubject: hello\n\n"+body+"\n--b--")
}

func TestMailboxesAreBounded(t *testing.T) {
	for n, want := range map[int]int{0: 0, 1: 1, maxAtSigns: maxAtSigns, maxAtSigns + 1: maxAtSigns} {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "a@b%d.example ", i)
		}
		if got := len(mailboxes(b.String())); got != want {
			t.Errorf("%d: %d found, want %d", n, got, want)
		}
	}
	for text, want := range map[string]int{"a@": 0, "@": 0, "@b.example": 0, "a@b.example": 1, "a@.": 0, strings.Repeat("@", 10_000): 0, "a@" + strings.Repeat("b.", 10_000): 1} {
		if got := mailboxes(text); len(got) != want {
			t.Errorf("%.20q: %.300q", text, got)
		}
	}
}
