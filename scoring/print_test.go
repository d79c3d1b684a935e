package scoring

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/scoring/campaign"
	"sluice/scoring/invented"
)

// store is one that has seen nothing.
func store(t testing.TB) *campaign.Store {
	t.Helper()
	s, err := campaign.Open(campaign.Options{Prints: 50_000, Windows: []time.Duration{time.Hour, 24 * time.Hour}, Interval: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// alike counts how many of the messages are of the same campaign as the first.
func alike(t *testing.T, texts []string) int {
	t.Helper()
	s, n, first := store(t), 0, ""
	for _, text := range texts {
		m, err := ReadMessage(strings.NewReader(text), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		p := newFacts(m, Input{From: "x@example.net"}).print()
		if p.IsNone() {
			continue
		}
		id := s.See(campaign.Sighting{Print: p, Sender: "a", Now: time.Now()}).ID
		if n == 0 {
			first = id
		}
		if id == first {
			n++
		}
	}
	return n
}

// pitch is what a campaign says: 45 words.
const pitch = `your mailbox has reached its limit and new messages are being held back. To keep your account you must
confirm your password within 24 hours at https://login.example/verify?t=TOKEN or all messages will be deleted. The administrator
of your mail system thanks you for your understanding. Case NUMBER.`

// personal returns copies of the pitch, each changed in its own way.
func personal(n int, change func(r *rand.Rand, text string) (fields, body string)) []string {
	r := rand.New(rand.NewPCG(1, 1))
	var copies []string
	for range n {
		text := strings.NewReplacer("TOKEN", fmt.Sprintf("%x", r.Uint64()), "NUMBER", fmt.Sprint(r.IntN(1e9))).Replace(pitch)
		fields, body := change(r, text)
		copies = append(copies, letter(fields, body))
	}
	return copies
}

func gibberish(r *rand.Rand, n int) string {
	var words []string
	for range n {
		word := make([]byte, 3+r.IntN(6))
		for i := range word {
			word[i] = 'a' + byte(r.IntN(26))
		}
		words = append(words, string(word))
	}
	return strings.Join(words, " ")
}

func TestPersonalCopiesAreAlike(t *testing.T) {
	const n = 40
	for name, change := range map[string]func(r *rand.Rand, text string) (fields, body string){
		"number and token": func(r *rand.Rand, text string) (string, string) { return "", "Dear user, " + text },
		"recipient's name": func(r *rand.Rand, text string) (string, string) {
			name := gibberish(r, 2)
			return "To: " + name + " <" + strings.ReplaceAll(name, " ", ".") + "@example.org>", "Dear " + name + ", " + text
		},
		"a name that is nowhere": func(r *rand.Rand, text string) (string, string) { return "", "Dear " + gibberish(r, 1) + ", " + text },
		"random words appended":  func(r *rand.Rand, text string) (string, string) { return "", text + "\n\n" + gibberish(r, 10) },
		"shuffled lines": func(r *rand.Rand, text string) (string, string) {
			return "", "Attention! " + text + "\n" + fmt.Sprintf("ref=%x&u=%d", r.Uint64(), r.IntN(1000))
		},
		"look-alike letters": func(r *rand.Rand, text string) (string, string) {
			return "", strings.Map(func(c rune) rune {
				if like := map[rune]rune{'a': 'а', 'e': 'е', 'o': 'о'}[c]; like != 0 && r.IntN(4) == 0 {
					return like
				}
				return c
			}, strings.ReplaceAll(text, "https://login.example", "http://x"))
		},
		"zero-width characters": func(r *rand.Rand, text string) (string, string) {
			at := r.IntN(20)
			return "", text[:at] + "\u200b" + text[at:]
		},
		"capitals": func(r *rand.Rand, text string) (string, string) {
			if r.IntN(2) == 0 {
				text = strings.ToUpper(text)
			}
			return "", text
		},
		"HTML or text": func(r *rand.Rand, text string) (string, string) {
			if r.IntN(2) == 0 {
				return "Content-Type: text/html", "<p style='color:#123'>" + text + "</p><div style='display:none'>" + gibberish(r, 50) + "</div>"
			}
			return "", text
		},
	} {
		if got := alike(t, personal(n, change)); got < n-2 {
			t.Errorf("%s: %d of %d are alike", name, got, n)
		}
	}
}

// Different newsletters of one sender are different, whatever frame they share.
func TestNewslettersOfOneSenderAreNotAlike(t *testing.T) {
	mails := load(t)
	var issues []string
	for _, m := range mails {
		if m.Lang == "en" && strings.Contains(m.Place, "newsletters") && len(issues) < 40 {
			text := strings.ReplaceAll(string(m.Message(0, 1)), m.From, "News <news@example.net>")
			head, body, _ := strings.Cut(text, "\n\n")
			if strings.Contains(head, "multipart") || strings.Contains(head, "base64") {
				continue
			}
			issues = append(issues, head+"\n\n"+"View this email in your browser. Dear reader, here is what is new in our shop this week.<br>\n"+body+
				"<br>\nYou receive this because you joined our list at the till or on our website. Fish Row Books, 14 Fish Row, Whitmouth. Stop the letters, or change your address.")
		}
	}
	if len(issues) < 20 {
		t.Fatalf("only %d issues", len(issues))
	}
	if got := alike(t, issues); got != 1 {
		t.Errorf("%d of %d are like the first", got, len(issues))
	}
}

func load(t *testing.T) []invented.Mail {
	t.Helper()
	mails, err := invented.Load("../testdata/mail/invented")
	if err != nil {
		t.Fatal(err)
	}
	return mails
}

// Among thousands of different messages hardly any is taken for another: those
// that are, are from the same form of a company, or the same old spam. Variants
// of a message are known again, but for those with an attachment of their own,
// and short ones whose links lead elsewhere.
func TestInventedMailIsToldApart(t *testing.T) {
	const most, mostMissed = 2, 5 // of a thousand
	s, mails := store(t), load(t)
	owner := make(map[string]string)
	wrong, missed, twice := 0, 0, 0
	for i, m := range mails {
		variants, first := 1, ""
		if i%4 == 0 && len(m.Attach) == 0 {
			variants, twice = 2, twice+1
		}
		for variant := range variants {
			message, err := ReadMessage(bytes.NewReader(m.Message(variant, 1)), 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			p := newFacts(message, Input{From: "ann@example.org"}).print()
			if p.IsNone() {
				continue
			}
			id := s.See(campaign.Sighting{Print: p, Sender: "a", Now: time.Now()}).ID
			if first != "" && id != first {
				missed++
			}
			first = id
			if other, seen := owner[id]; seen && other != m.Place {
				wrong++
				t.Logf("%s is like %s", m.Place, other)
				break
			}
			owner[id] = m.Place
		}
	}
	if len(mails) < 3000 || 1000*wrong > most*len(mails) {
		t.Errorf("of %d messages %d are taken for another", len(mails), wrong)
	}
	if twice < 500 || 1000*missed > mostMissed*twice {
		t.Errorf("of %d messages %d are not known again", twice, missed)
	}
}

func TestShortAndEmptyMessages(t *testing.T) {
	const link = " https://evil.example/a"
	eleven, twelve := strings.Repeat("pay now ", 5)+"pay", strings.Repeat("pay now ", 6)
	for name, c := range map[string]struct {
		body string
		want bool
	}{
		"empty":                           {"", false},
		"a link alone":                    {link, false},
		"three words and a link":          {"look at this" + link, false},
		"four words and a link":           {"please look at this" + link, true},
		"four words":                      {"please look at this", false},
		"eleven words":                    {eleven, false},
		"eleven words and a link":         {eleven + link, true},
		"a link to the author himself":    {"please look at this https://www.example.org/a", false},
		"twelve words":                    {twelve, true},
		"a link from a telephone":         {"https://news.example/a\n\nSent from my iPhone\n", false},
		"twelve words, of them a closing": {eleven + "\n\nSent from my iPhone\n", false},
	} {
		if got := printOf(t, letter("From: Ann <ann@example.org>", c.body), Input{From: "ann@example.org"}) != ""; got != c.want {
			t.Errorf("%s: has a print: %v", name, got)
		}
	}
	a := printOf(t, letter("", "please look at this"+link), Input{})
	if b := printOf(t, letter("", "please look at this https://evil.example/other?x=1"), Input{}); b != a {
		t.Error("the path of a link makes a difference")
	}
	for _, other := range []string{"please look at this https://good.example/a", "please look at that" + link, "please look at this" + link + " http://192.0.2.1/"} {
		if printOf(t, letter("", other), Input{}) == a {
			t.Errorf("%q is the same", other)
		}
	}
}

// What a machine says again and again is told apart by what it brings.
func TestFilesTellShortMessagesApart(t *testing.T) {
	message := func(words int, kind, disposition, content string) string {
		return "From: Ann <ann@example.org>\nTo: Bob <bob@example.net>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n" +
			strings.TrimSpace(strings.Repeat("this scan was sent from your copier ", 10)[:words*6]) + "\n--b\nContent-Type: " + kind +
			"\nContent-Disposition: " + disposition + "; filename=x\n\n" + content + "\n--b--\n"
	}
	same := func(a, b string) bool {
		id := printOf(t, a, Input{})
		return id != "" && id == printOf(t, b, Input{})
	}
	for name, c := range map[string]struct {
		words             int
		kind, disposition string
		want              bool // other content, the same print
	}{
		"a few words":             {10, "application/pdf", "attachment", false},
		"some words":              {30, "application/pdf", "attachment", false},
		"enough words":            {50, "application/pdf", "attachment", true},
		"some words and an image": {30, "image/png", "attachment", true},
		"some words, and inline":  {30, "application/pdf", "inline", true},
		"a signature":             {30, "application/pgp-signature", "attachment", true},
	} {
		one, other := message(c.words, c.kind, c.disposition, "%PDF-1 one"), message(c.words, c.kind, c.disposition, "%PDF-1 other")
		if same(one, other) != c.want {
			t.Errorf("%s: the same print: %v", name, !c.want)
		}
		if !same(one, one) {
			t.Errorf("%s: it is not like itself", name)
		}
	}
}

// Reports and automatic replies from the null sender have no print.
func TestMachinesHaveNoPrint(t *testing.T) {
	for from, want := range map[string]bool{"": false, "ann@example.org": true} {
		if got := printOf(t, letter("Auto-Submitted: auto-replied", prose), Input{From: from}) != ""; got != want {
			t.Errorf("from %q: has a print: %v", from, got)
		}
	}
	if printOf(t, letter("", prose), Input{}) == "" {
		t.Error("a letter from the null sender has none")
	}
}

func TestPrintWords(t *testing.T) {
	names := map[string]bool{"xaver": true}
	for text, want := range map[string]string{
		"Dear Xaver, pay $1,200.50 NOW!":     "dear pay 0 now",
		"see https://x.example/a www.x.de a": "see a",
		"write to ann@example.org.":          "write to",
		"order a8f-77 of 24/12/2026":         "order 0 of 0",
		"pаypаl аccount":                     "paypal account",
		"ｆｕｌｌ　ｗｉｄｔｈ":                         "full width",
		"привет мир":                         "привет мир",
		"明天开会ok":                             "明天 天开 开会 会 ok",
		"don't":                              "don t",
		"- * . !":                            "",
	} {
		if got := strings.Join(printWords(text, names), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if n := len(printWords(strings.Repeat("pay now ", campaign.MaxWords), nil)); n != campaign.MaxWords {
		t.Errorf("%d words", n)
	}
	if n := len(printWords(strings.Repeat("天", 2*campaign.MaxWords), nil)); n != campaign.MaxWords {
		t.Errorf("%d words without spaces", n)
	}
}

func TestNamesAndFilesAreBounded(t *testing.T) {
	var to []string
	for i := range maxNames + 1 {
		to = append(to, "person"+string(rune('a'+i))+"@example.org")
	}
	m := feed(t, "To: "+strings.Join(to, ",\n "), "x")
	names := newFacts(m, Input{Rcpts: slices.Concat(to[1:], to)}).recipientNames()
	if !names["person"+string(rune('a'+maxNames-1))] || len(names) != maxNames+1 {
		t.Errorf("%d names", len(names))
	}
}
