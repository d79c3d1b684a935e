package filter

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/filter/journal"
	"sluice/policy/standing"
)

// hosted has a domain that is acme's, and one that is the relay's own customers'.
const hosted = `
[group.login]
authenticated = true
policy = "home"

[group.home]
clients = ["203.0.113.0/24"]
policy = "home"

[owner.acme]
domains = ["acme.example", ".acme.example"]
logins  = ["bob"]

[owner.isp]
domains = ["isp.example", "b\u00fccher.example"]
groups  = ["home", "login"]

[policy.home]
inherits = "relayed"
`

// authorising is hosted with an action, or with more of the policy's authorisation.
func authorising(keys string) string {
	return hosted + "authorisation = { " + keys + " }\n"
}

// as connects a client of home, with a login unless that is empty.
func (f *fixture) as(login string) *peer {
	f.Helper()
	p := f.connect("203.0.113.7")
	p.macros["auth_authen"] = login
	return p
}

// write takes a message with these header fields to its end, and returns the text
// of the first refusal, with the verb before it unless that is the end.
func (p *peer) write(from string, headers ...string) string {
	p.Helper()
	if reply := p.mail(from); reply.Text != "" {
		return "MAIL " + reply.Text
	}
	if reply := p.rcpt("x@example.org"); reply.Text != "" {
		return "RCPT " + reply.Text
	}
	return p.finish(headers...).Text
}

const refusal550 = "550 5.7.1 Mail in the name of acme.example is not accepted from your connection (unauthorised, ref "

func TestHostedDomainIsForItsOwn(t *testing.T) {
	const author = "From: Ann <a@acme.example>"
	for name, c := range map[string]struct {
		keys, login, from string
		headers           []string
		want              string
		record            *journal.Authorisation
	}{
		"its own": {`action = "refuse"`, "bob", "a@acme.example", []string{author}, "",
			&journal.Authorisation{Domain: "acme.example", From: "envelope", Owner: "acme", By: "login bob", Allowed: true}},
		"another, at MAIL": {`action = "refuse"`, "", "a@ACME.example.", nil, "MAIL " + refusal550,
			&journal.Authorisation{Domain: "acme.example", From: "envelope", Owner: "acme"}},
		"another login": {`action = "refuse"`, "eve", "a@acme.example", nil, "MAIL " + refusal550,
			&journal.Authorisation{Domain: "acme.example", From: "envelope", Owner: "acme"}},
		"at RCPT": {"action = \"refuse\" }\ndelay_reject = true\nkey = { ipv4 = 32", "", "a@acme.example", nil, "RCPT " + refusal550,
			&journal.Authorisation{Domain: "acme.example", From: "envelope", Owner: "acme"}},
		"own 4xx": {"action = \"refuse\" }\nreplies = { unauthorised = \"450 4.7.1 Not {domain}\"", "", "a@acme.example", nil, "MAIL 450 4.7.1 Not acme.example (unauth",
			&journal.Authorisation{Domain: "acme.example", From: "envelope", Owner: "acme"}},
		"the author": {`action = "refuse"`, "", "a@isp.example", []string{author}, refusal550,
			&journal.Authorisation{Domain: "acme.example", From: "header", Owner: "acme"}},
		"the second author": {`action = "refuse"`, "", "a@example.net", []string{"From: a@example.net, b@acme.example"}, refusal550,
			&journal.Authorisation{Domain: "acme.example", From: "header", Owner: "acme"}},
		"the second field": {`action = "refuse"`, "", "a@example.net", []string{"From: a@example.net", author}, refusal550,
			&journal.Authorisation{Domain: "acme.example", From: "header", Owner: "acme"}},
		"the header does not count": {`action = "refuse", header = false`, "", "a@isp.example", []string{author}, "",
			&journal.Authorisation{Domain: "isp.example", From: "envelope", Owner: "isp", By: "group home", Allowed: true}},
		"nobody's":        {`action = "refuse"`, "", "a@example.net", []string{"From: a@example.com"}, "", nil},
		"nobody's author": {`action = "refuse"`, "", "a@example.net", nil, "", nil},
		"the null sender": {`action = "refuse"`, "", "", []string{author}, "", nil},
		"off":             {`action = "off"`, "", "a@acme.example", []string{author}, "", nil},
		"recorded": {`action = "record"`, "", "a@acme.example", []string{author}, "",
			&journal.Authorisation{Domain: "acme.example", From: "envelope", Owner: "acme"}},
		"internationalised": {`action = "refuse", domains = "own"`, "", "a@B\u00dcCHER.example", []string{"From: <a@xn--bcher-kva.example>"}, "",
			&journal.Authorisation{Domain: "xn--bcher-kva.example", From: "envelope", Owner: "isp", By: "group home", Allowed: true}},
		"not its own": {`action = "refuse", domains = "own"`, "", "a@example.net", nil, "MAIL 550 5.7.1 Mail in the name of example.net ",
			&journal.Authorisation{Domain: "example.net", From: "envelope"}},
		"an author who is not its own": {`action = "refuse", domains = "own"`, "", "a@isp.example", []string{"From: a@example.net"}, "550 5.7.1 Mail in the name of example.net ",
			&journal.Authorisation{Domain: "example.net", From: "header"}},
		"an unclear author": {`action = "refuse"`, "", "a@example.net", []string{"From: Undisclosed"}, "",
			&journal.Authorisation{From: "header", Unclear: "no address in From", Allowed: true}},
		"an unclear author, not its own": {`action = "refuse", domains = "own"`, "", "a@isp.example", []string{"From: a@isp.example", "From: a@isp.example"}, "550 5.7.1 Mail without a domain of yours ",
			&journal.Authorisation{From: "header", Unclear: "several From fields"}},
		"without an author, its own": {`action = "refuse", domains = "own"`, "", "a@isp.example", nil, "",
			&journal.Authorisation{Domain: "isp.example", From: "envelope", Owner: "isp", By: "group home", Allowed: true}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, authorising(c.keys))
			got := f.as(c.login).write(c.from, c.headers...)
			if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if len(f.records) == 0 && strings.HasPrefix(c.want, "RCPT") {
				return // the transaction goes on
			}
			r := f.last()
			if diff := cmp.Diff(c.record, r.Authorisation); diff != "" {
				t.Error(diff)
			}
			if refused := c.want != ""; refused != (r.Verdict.Reason == "unauthorised") || refused && r.Verdict.Detail != c.record.Domain {
				t.Errorf("verdict %+v", r.Verdict)
			}
		})
	}
}

// What waits for RCPT is on record with sender and recipient, and costs nothing.
func TestUnauthorisedAtRcpt(t *testing.T) {
	f := newFixture(t, authorising(`action = "refuse"`)+"delay_reject = true\nmessages = \"1/1h\"\n")
	for range 2 {
		p := f.as("")
		if got := p.write("a@acme.example"); !strings.HasPrefix(got, "RCPT "+refusal550) {
			t.Error(got)
		}
		p.Close()
		if r := f.last(); r.Stage != "rcpt" || len(r.Refused) != 1 || r.Refused[0].Reason != "unauthorised" || r.Verdict.Reason != "unauthorised" {
			t.Errorf("record %+v", r)
		}
	}
	f.expect("a message of its own", f.as("").send("a@isp.example", "x@example.org"), "")
}

func TestUnauthorisedIsObserved(t *testing.T) {
	f := newFixture(t, "mode = \"observe\"\n"+authorising(`action = "refuse"`))
	p := f.as("")
	if got := p.write("a@isp.example", "From: a@acme.example"); got != "" {
		t.Error(got)
	}
	if r := f.last(); r.Verdict.Reason != "unauthorised" || r.Verdict.Action != "reject" || r.Applied != "accept" {
		t.Errorf("record %+v", r)
	}
	if !strings.Contains(strings.Join(p.edits, "\n"), "accept; would=reject; reason=unauthorised; group=home") {
		t.Errorf("edits %q", p.edits)
	}
	if got := f.as("").write("a@acme.example"); got != "" || f.last().Verdict.Reason != "unauthorised" {
		t.Errorf("at MAIL: %q, %+v", got, f.last())
	}
}

func TestUnauthorisedIsScored(t *testing.T) {
	f := newFixture(t, authorising(`action = "score", points = 2.5`)+"standing = { mode = \"off\" }\n")
	f.scorer.score = 2
	p := f.as("")
	for from, want := range map[string]float64{"a@acme.example": 4.5, "a@example.net": 4.5, "": 2} {
		if got := p.write(from, "From: a@acme.example"); got != "" {
			t.Error(got)
		}
		r := f.last()
		if r.Score != want || (want == 4.5) != (r.Verdict.Action == "tag") {
			t.Errorf("from <%s>: score %v, %+v", from, r.Score, r.Verdict)
		}
	}
	p.write("a@acme.example", "From: a@acme.example")
	want := []journal.Hit{{Rule: "UNAUTHORISED_SENDER", Points: 2.5, Note: "acme.example"}, {Rule: "TEST", Points: 2}}
	if diff := cmp.Diff(want, f.last().Hits); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(strings.Join(p.edits, "\n"), "X-Sluice-Report: UNAUTHORISED_SENDER=2.5 TEST=2") {
		t.Errorf("edits %q", p.edits)
	}
	p.write("a@isp.example", "From: a@isp.example")
	if r := f.last(); r.Score != 2 || len(r.Hits) != 1 {
		t.Errorf("its own: %+v", r)
	}
}

func TestAuthorIsRecorded(t *testing.T) {
	for header, want := range map[string]string{
		"From: Ann <a@News.EXAMPLE.net>":           "news.example.net",
		"From: a@b\u00fccher.example, b@a.example": "xn--bcher-kva.example",
		"Sender: a@example.net":                    "",
		"From: Ann":                                "",
	} {
		f := newFixture(t, authorising(`action = "off"`))
		f.as("").write("a@example.net", header)
		if got := f.last().Author; got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
}

// A client behind an incoming relay is asked about once it is known, and not for
// the group of the relay.
func TestAuthorisationBehindARelay(t *testing.T) {
	const relay = "[relay.second]\nclients = [\"192.0.2.9\"]\nheader = \"X-Client\"\nmatch = \"\"\n"
	for name, c := range map[string]struct{ from, client, author, want string }{
		"its own":     {"a@isp.example", "203.0.113.7", "a@isp.example", ""},
		"sender":      {"a@acme.example", "203.0.113.7", "a@isp.example", refusal550},
		"author":      {"a@isp.example", "203.0.113.7", "a@acme.example", refusal550},
		"a stranger":  {"a@acme.example", "198.51.100.1", "a@acme.example", ""},
		"nobody says": {"a@acme.example", "", "a@acme.example", ""},
	} {
		f := newFixture(t, strings.Replace(authorising(`action = "refuse"`), "[policy.home]", relay+"[policy.home]", 1))
		p := f.connect("192.0.2.9")
		if got := p.write(c.from, "X-Client: "+c.client, "From: "+c.author); !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestUnauthorisedIsEvidence(t *testing.T) {
	f := newFixture(t, authorising(`action = "record"`))
	f.server.Book = standing.NewBook(standing.Options{})
	f.as("").write("a@isp.example", "From: a@acme.example")
	want := []journal.Evidence{{Kind: "unauthorised", Points: 0.5, Count: 1}}
	if diff := cmp.Diff(want, f.last().Evidence); diff != "" {
		t.Error(diff)
	}
	f.as("bob").write("a@acme.example", "From: a@acme.example")
	if e := f.last().Evidence; len(e) != 0 {
		t.Errorf("evidence %v of its own", e)
	}
}

func TestDomainsOfAMessageAreEvidence(t *testing.T) {
	for name, c := range map[string]struct {
		from, author string
		want         []string
	}{
		"both":      {"a@example.net", "example.org", []string{"example.net", "example.org"}},
		"the same":  {"a@Example.net.", "example.net", []string{"example.net"}},
		"no author": {"a@example.net", "", []string{"example.net"}},
		"no sender": {"", "example.org", []string{"example.org"}},
		"neither":   {"", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			tx := &transaction{from: c.from, author: c.author}
			if diff := cmp.Diff(c.want, tx.domains()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A record is decided again by the domains that are in it; an old one, that has no
// author, by its envelope sender alone.
func TestReplayedAuthors(t *testing.T) {
	f := newFixture(t, authorising(`action = "refuse", domains = "own"`))
	for author, want := range map[string]string{"acme.example": "unauthorised", "isp.example": "score", "": "score"} {
		f.server.Replay(context.Background(), &journal.Record{
			Stage: "end", Client: journal.Client{Addr: "203.0.113.7"}, From: "a@isp.example", Author: author, Rcpts: []string{"x@example.org"}, Size: 2000,
		})
		if r := f.last(); r.Verdict.Reason != want || r.Author != author || r.Size != 2000 {
			t.Errorf("author %q: %+v", author, r)
		}
	}
}

// What the sender scored is not counted twice, and a second author is not lost.
func TestReplayedScore(t *testing.T) {
	f := newFixture(t, authorising(`action = "score", points = 2.2`))
	f.scorer.score = 0.1
	f.as("").write("a@isp.example", "From: a@isp.example, b@acme.example")
	first := f.last()
	report := Report(first)
	if len(report.Hits) != 1 || report.Score != 0.1 || report.Set != "relayed" || report.Print != first.Print {
		t.Errorf("report %+v", report)
	}
	f.server.Replay(context.Background(), first)
	if diff := cmp.Diff(first.Authorisation, f.last().Authorisation); diff != "" || f.last().Score != first.Score || first.Score != 2.3 {
		t.Errorf("score %v, then %v\n%s", first.Score, f.last().Score, diff)
	}
}

// Fields that no reader would see are no way round.
func TestAuthorBehindAThousandFields(t *testing.T) {
	f := newFixture(t, authorising(`action = "refuse"`))
	headers := make([]string, 0, 1300)
	for range 1299 {
		headers = append(headers, "Cc: x@example.org")
	}
	if got := f.as("").write("a@isp.example", append(headers, "From: a@acme.example")...); !strings.HasPrefix(got, refusal550) {
		t.Error(got)
	}
}
