package invented

import (
	"bytes"
	"net/mail"
	"strings"
	"testing"
)

// root is where the invented mail is.
const root = "../../testdata/mail/invented"

func load(t testing.TB) []Mail {
	t.Helper()
	mails, err := Load(root)
	if err != nil {
		t.Fatal(err)
	}
	return mails
}

// Every file can be read, each set has hundreds of messages, and their
// languages are many.
func TestLoad(t *testing.T) {
	sets, langs := make(map[string]int), make(map[string]int)
	for _, m := range load(t) {
		sets[m.Set]++
		if !m.Spam {
			langs[m.Lang]++
		}
	}
	for set, n := range sets {
		if n < 200 {
			t.Errorf("set %s has %d messages", set, n)
		}
	}
	if len(langs) < 26 {
		t.Errorf("honest mail in %d languages: %v", len(langs), langs)
	}
}

// No message is there twice, not even in part.
func TestNothingIsRepeated(t *testing.T) {
	seen := make(map[string]string)
	for _, m := range load(t) {
		text := m.From + "\n" + m.Subject + "\n" + strings.Join(m.body, "\n")
		if other, ok := seen[text]; ok {
			t.Errorf("%s is the message of %s", m.Place, other)
		}
		seen[text] = m.Place
	}
}

// Each variant is a message that a strict reader reads, and the same each
// time.
func TestMessagesAreWellFormed(t *testing.T) {
	for i, m := range load(t) {
		if i%7 != 0 {
			continue
		}
		for variant := range 2 {
			data := m.Message(variant, 1)
			msg, err := mail.ReadMessage(bytes.NewReader(data))
			if err != nil {
				t.Fatalf("%s: %v", m.Place, err)
			}
			if from, err := mail.ParseAddress(msg.Header.Get("From")); err != nil {
				t.Errorf("%s: From %q: %v, %v", m.Place, msg.Header.Get("From"), from, err)
			}
			if bytes.Contains(data, []byte(".example/")) {
				t.Errorf("%s: a host has no top-level domain", m.Place)
			}
			if !bytes.Equal(data, m.Message(variant, 1)) {
				t.Errorf("%s: variant %d differs the second time", m.Place, variant)
			}
		}
		if bytes.Equal(m.Message(0, 1), m.Message(1, 1)) || bytes.Equal(m.Message(0, 1), m.Message(0, 2)) {
			t.Errorf("%s: variants or seeds make no difference", m.Place)
		}
	}
}

// Ham and spam wear the same dresses: nothing about programs, layouts and
// encodings tells them apart.
func TestDressesAreShared(t *testing.T) {
	var count [2]map[string]float64
	count[0], count[1] = make(map[string]float64), make(map[string]float64)
	var total [2]float64
	for _, m := range load(t) {
		d := newDress(m, 0, 1)
		kind := 0
		if m.Spam {
			kind = 1
		}
		count[kind][d.layout]++
		count[kind]["program "+d.program.messageID]++
		total[kind]++
	}
	for what, n := range count[0] {
		ham, spam := n/total[0], count[1][what]/total[1]
		if ham > 1.5*spam || spam > 1.5*ham {
			t.Errorf("%s: %.3f of ham, %.3f of spam", what, ham, spam)
		}
	}
}

func TestMistakesHaveAPlace(t *testing.T) {
	for text, want := range map[string]string{
		"text\n===\n":                            "x.txt:1: text before",
		"===\nkind: a\nlang: en\n\nbody\n":       "x.txt:1: a message needs kind, lang, from and a body",
		"===\nkind a\n\nbody\n":                  `x.txt:2: "kind a" is no field`,
		"===\nkinds: a\n\nbody\n":                `x.txt:2: there is no field "kinds"`,
		"===\nstyle: fancy\n\nbody\n":            `x.txt:2: style "fancy" is none of plain, html, both`,
		"===\nkind: a\nlang: en\nfrom: a@b\n===": "x.txt:1: a message needs",
	} {
		_, err := Parse(strings.NewReader(text), "x.txt")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

func TestMarks(t *testing.T) {
	m := Mail{From: "a@b.example", Lang: "en", body: []string{
		"# Head", "See [here](https://b.example/x) or https://b.example/y", "[[Go]](https://b.example/z)",
		"- one", "> said", "| a | b |", "![alt](p.png)", "~ small", "--", "Ann",
	}}
	d := newDress(m, 0, 1)
	d.tracker = ""
	page, plain := d.page(blocks(m.body)), d.hosts(d.plain(blocks(m.body)))
	for _, want := range []string{"Head</h1>", ">here</a>", "/y", "Go</a>", "<li>one", "<blockquote>said", ">a</td>", `alt="alt"`, "small</p>", "Ann"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q:\n%s", want, page)
		}
	}
	for _, want := range []string{"Head\n", "here ", "/x", "/z", "one\n", "> said\n", "a  b\n", "[alt]", "small\n", "-- \n"} {
		if !strings.Contains(plain, want) {
			t.Errorf("the text has no %q:\n%s", want, plain)
		}
	}
}
