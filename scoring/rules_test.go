package scoring

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"
)

// A ruleCase is a message that a rule is for and one that it is nearly for.
type ruleCase struct {
	rule      string
	hit, near string // from letter, page or attachment
	in        Input  // Set is Direct, From and Now are given if they are not set
}

// now is when all messages of the tests arrive: a day after their Date.
var now = time.Date(2026, 5, 5, 10, 0, 0, 0, time.UTC)

// letter is a plain message. Its header is a sound one with the lines of
// fields in place of those of the same name; "-Date" removes one, and a second
// line of the same name is a second field.
func letter(fields, body string) string {
	lines := []string{
		"From: Ann Author <ann@example.org>",
		"To: bob@example.net",
		"Subject: The minutes of our meeting",
		"Date: Mon, 4 May 2026 10:00:00 +0000",
		"Message-ID: <1.2.3@example.org>",
		"MIME-Version: 1.0",
		"Content-Type: text/plain; charset=utf-8",
	}
	replaced := make(map[string]bool)
	for field := range strings.SplitSeq(fields, "\n") {
		if field == "" {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(field, "-"), ":")
		if !replaced[name] && !strings.HasPrefix(field, "\t") {
			replaced[name] = true
			lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, name+":") })
		}
		if !strings.HasPrefix(field, "-") {
			lines = append(lines, field)
		}
	}
	return strings.Join(lines, "\n") + "\n\n" + body + "\n"
}

// page is a message with text and HTML that say the same.
func page(html string) string {
	return letter("Content-Type: multipart/alternative; boundary=b",
		"--b\nContent-Type: text/plain; charset=utf-8\n\n"+prose+"\n"+
			"--b\nContent-Type: text/html; charset=utf-8\n\n<html><body>"+html+"<p>"+prose+"</p></body></html>\n--b--")
}

// prose is text that no rule has anything against.
const prose = `Good morning Bob, here are the minutes of our meeting on Monday. Please read them before the
next one and send your remarks to the whole group. The hall is booked for the second week of June.`

// attachment is a message with a text and a file.
func attachment(name, mediaType, content string) string {
	return attachmentTo(prose, name, mediaType, content)
}

func attachmentTo(text, name, mediaType, content string) string {
	return letter("Content-Type: multipart/mixed; boundary=b",
		"--b\nContent-Type: text/plain; charset=utf-8\n\n"+text+"\n"+
			"--b\nContent-Type: "+mediaType+"\nContent-Transfer-Encoding: base64\n"+
			"Content-Disposition: attachment; filename=\""+name+"\"\n\n"+
			base64.StdEncoding.EncodeToString([]byte(content))+"\n--b--")
}

// scoreText scores a message given as text.
func scoreText(t testing.TB, s *Scorer, text string, in Input) Report {
	t.Helper()
	m, err := ReadMessage(strings.NewReader(text), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if in.Set == "" {
		in.Set = Direct
	}
	if in.Now.IsZero() {
		in.Now = now
	}
	r, err := s.Score(t.Context(), m, in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// hit returns the hit of a rule.
func (r Report) hit(rule string) (Hit, bool) {
	i := slices.IndexFunc(r.Hits, func(h Hit) bool { return h.Rule == rule })
	if i < 0 {
		return Hit{}, false
	}
	return r.Hits[i], true
}

func TestRules(t *testing.T) {
	s := withDefaults(t)
	for _, c := range slices.Concat(headerCases, mimeCases, urlCases, htmlCases, attachmentCases, archiveCases, pageCases, phraseCases, reportCases) {
		t.Run(c.rule, func(t *testing.T) {
			if r := scoreText(t, s, c.hit, c.in); !has(r, c.rule) {
				t.Errorf("does not hit; hits %+v", r.Hits)
			}
			if r := scoreText(t, s, c.near, c.in); has(r, c.rule) {
				t.Errorf("hits what is only near it; hits %+v", r.Hits)
			}
		})
	}
}

func has(r Report, rule string) bool {
	_, ok := r.hit(rule)
	return ok
}

func TestEveryRuleHasACase(t *testing.T) {
	tested := make(map[string]bool)
	for _, c := range slices.Concat(headerCases, mimeCases, urlCases, htmlCases, attachmentCases, archiveCases, pageCases, phraseCases, reportCases) {
		tested[c.rule] = true
	}
	for _, r := range Rules() {
		if !tested[r.Name] {
			t.Errorf("%s has no case", r.Name)
		}
		delete(tested, r.Name)
	}
	for name := range tested {
		t.Errorf("a case is for %s, which is no rule", name)
	}
}

func TestTableOfRules(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range Rules() {
		if seen[r.Name] {
			t.Errorf("%s is there twice", r.Name)
		}
		seen[r.Name] = true
		if strings.Trim(r.Name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" || len(r.Name) > maxRuleName {
			t.Errorf("%q is no name for a rule", r.Name)
		}
		if !strings.HasSuffix(r.Doc, ".") {
			t.Errorf("%s: %q is no sentence", r.Name, r.Doc)
		}
		if r.Points[Direct] == 0 || r.Points[Relayed] == 0 || r.Points[Authenticated] == 0 {
			t.Errorf("%s is worth nothing in a set: %v", r.Name, r.Points)
		}
		if p := r.Points; p[Relayed] > p[Direct] || p[Authenticated] > p[Direct] {
			t.Errorf("%s is worth more when our own customers send it: %v", r.Name, p)
		}
	}
	if len(seen) < 50 {
		t.Errorf("%d rules", len(seen))
	}
}

func TestSoundMessagesScoreNothing(t *testing.T) {
	s := withDefaults(t)
	for name, text := range map[string]string{
		"letter":     letter("", prose),
		"page":       page("<h1>Minutes</h1>"),
		"attachment": attachment("minutes.pdf", "application/pdf", "%PDF-1.7 ..."),
	} {
		if r := scoreText(t, s, text, Input{From: "ann@example.org"}); r.Score != 0 || len(r.Hits) != 0 {
			t.Errorf("%s: score %v, hits %+v", name, r.Score, r.Hits)
		}
	}
}
