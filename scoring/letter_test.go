package scoring

import (
	"fmt"
	"strings"
	"testing"
)

// printOf is the print of a message in text form.
func printOf(t testing.TB, text string, in Input) string {
	t.Helper()
	m, err := ReadMessage(strings.NewReader(text), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	p := newFacts(m, in).print()
	if p.IsNone() {
		return ""
	}
	return p.ID()
}

func TestWithoutQuotations(t *testing.T) {
	const own = "I have read them, fine with me."
	for name, text := range map[string]string{
		"lines":                own + "\n\nOn Monday, Ann Miller wrote:\n> the minutes\n> of Monday",
		"attribution in two":   own + "\n\nOn Monday, 4 May 2026 at 10:00, Ann Miller <\nann@example.org> wrote:\n\n> the minutes",
		"lines before":         "Am 4. Mai schrieb Ann:\n> the minutes\n" + own,
		"original":             own + "\n-----Original Message-----\nFrom: Ann\nthe minutes",
		"original, German":     own + "\n-----Ursprüngliche Nachricht-----\nVon: Ann\nthe minutes",
		"Outlook's line":       own + "\n________________________________\nVon: Ann\nGesendet: Montag\nthe minutes",
		"header":               own + "\nFrom: Ann Miller\nSent: Monday\nTo: Xaver\nthe minutes",
		"header, French":       own + "\nDe : Ann Miller\nEnvoyé : lundi\nthe minutes",
		"header, Japanese":     own + "\n差出人: Ann\n送信日時: 月曜日\nthe minutes",
		"two quotations":       "> the minutes\n" + own + "\n> of Monday",
		"nothing":              own,
		"a colon, and no more": own,
	} {
		if got := strings.TrimSpace(withoutQuotations(text)); got != own {
			t.Errorf("%s: %q", name, got)
		}
	}
	for _, text := range []string{"From: here to there", "From: a\nand so on", "three - - - four", "---\ntwo"} {
		if got := withoutQuotations(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestWithoutSignature(t *testing.T) {
	long := strings.Repeat("word ", minPrintWords)
	lines := func(n int) string { return strings.Repeat("\nline", n) }
	for name, c := range map[string]struct{ text, want string }{
		"delimiter":              {"Fine.\n-- \nAnn Miller\nMiller Ltd", "Fine."},
		"none":                   {"Fine.\nAnn", "Fine.\nAnn"},
		"the last 15 lines":      {"Fine.\n--" + lines(maxSignature), "Fine."},
		"and one more":           {"Fine.\n--" + lines(maxSignature+1), "Fine.\n--" + lines(maxSignature+1)},
		"80 words":               {"Fine.\n--\n" + strings.Repeat("w ", maxSignWords), "Fine."},
		"and one more word":      {"Fine.\n--\n" + strings.Repeat("w ", maxSignWords+1), "Fine.\n--\n" + strings.Repeat("w ", maxSignWords+1)},
		"a list's footer":        {long + "\n_______________________________________________\nlist mailing list", long},
		"a rule, nothing before": {"Fine.\n----------\nPay now.", "Fine.\n----------\nPay now."},
		"a short rule":           {long + "\n---------\nPay now.", long + "\n---------\nPay now."},
	} {
		if got := withoutSignature(c.text); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestWithoutClosing(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"none":              {"Fine.\n\nAnn", "Fine.\n\nAnn"},
		"disclaimer":        {"Fine.\n\nAnn\n\nThis message is CONFIDENTIAL and\nmay not be read.", "Fine.\n\nAnn"},
		"two":               {"Fine.\nGet Outlook for iOS\nThis e-mail is privileged.", "Fine."},
		"telephone":         {"Fine.\n\nVon meinem iPhone gesendet\n", "Fine."},
		"in the middle":     {"This is confidential.\n\nPay now.", "This is confidential.\n\nPay now."},
		"all of it":         {"Sent from my iPhone", ""},
		"250 words":         {"Pay.\n" + strings.Repeat("virus ", maxClosing), "Pay."},
		"and one more word": {"Pay.\n" + strings.Repeat("virus ", maxClosing+1), strings.TrimSpace("Pay.\n" + strings.Repeat("virus ", maxClosing+1))},
		"too late":          {"Pay.\n" + strings.Repeat("w", maxLooked) + " virus", "Pay.\n" + strings.Repeat("w", maxLooked) + " virus"},
	} {
		if got := strings.TrimSpace(withoutClosing(c.text)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// In HTML, what is quoted stands between tags.
func TestQuotationsInHTML(t *testing.T) {
	m := feed(t, "Content-Type: text/html\nIn-Reply-To: <1@example.net>", "<div>Fine with me.</div><div>On Monday, Ann wrote:<br></div>"+
		"<BLOCKQUOTE class=x>the minutes<blockquote>of Monday</blockquote></BLOCKQUOTE><p>Bob</p>")
	got := strings.TrimSpace(withoutQuotations(newFacts(m, Input{}).shown()))
	if strings.Join(strings.Fields(got), " ") != "Fine with me. Bob" {
		t.Errorf("%q", got)
	}
}

// feed is a message that has been parsed.
func feed(t testing.TB, fields, body string) *Message {
	t.Helper()
	m, err := ReadMessage(strings.NewReader(letter(fields, body)), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	m.Parse()
	return m
}

// What honest messages have in common does not make them alike.
func TestHonestMessagesAreNotAlike(t *testing.T) {
	quoted := strings.Repeat("\n> The committee has read the report on the bridge and wants to hear by Friday which of the three offers is the best one.", 8)
	signature := "\n-- \nMiller & Sons Ltd, 14 Fish Row, Whitmouth WH2 5RT\nTelephone 01632 960001, www.miller.example\nThe house for bridges since 1904"
	disclaimer := "\n\nThis e-mail is confidential and intended only for the person to whom it is addressed. If you have received it in error, tell the sender and delete it. " +
		"Nobody but the person named above may copy it or pass it on. The company is not liable for what it says or leaves out, nor for what its staff believe.\n"
	notes := []string{
		"Thanks, that helps.",
		"I would take the second one: it is dearer, but they have built two of the kind in our valley already.",
		"Could we talk about this by telephone on Thursday? I am in the office from nine until about three.",
		"Sorry for the delay, my daughter was ill. None of the three convinces me, to be honest, see my comments in the file.",
		"Hello Xaver, here is the drawing of the north pier that you asked for last week. Best wishes, Tom",
	}
	for name, around := range map[string]func(own string) string{
		"a quotation":       func(own string) string { return own + "\n\nOn Monday, Ann Miller wrote:" + quoted },
		"one that is first": func(own string) string { return "On Monday, Ann Miller wrote:" + quoted + "\n\n" + own },
		"Outlook's": func(own string) string {
			return own + "\n\nFrom: Ann Miller\nSent: Monday\nSubject: Bridge\n" + strings.ReplaceAll(quoted, "> ", "")
		},
		"signature and quotation": func(own string) string { return own + signature + quoted },
		"signature":               func(own string) string { return own + signature },
		"disclaimer":              func(own string) string { return own + disclaimer },
		"list": func(own string) string {
			return own + "\n_______________________________________________\nBridges mailing list\nBridges@lists.example\nhttps://lists.example/bridges"
		},
	} {
		ids := make(map[string]string)
		for _, own := range notes {
			id := printOf(t, letter("In-Reply-To: <1@example.net>\nSubject: Re: Bridge", around(own)), Input{From: "tom@example.org"})
			if other, seen := ids[id]; seen && id != "" {
				t.Errorf("%s: %q is like %q", name, own, other)
			}
			ids[id] = own
			if len(strings.Fields(own)) >= minPrintWords && id != printOf(t, letter("In-Reply-To: <1@example.net>", own), Input{}) {
				t.Errorf("%s: %q has another print than without it", name, own)
			}
		}
	}
}

func BenchmarkPrint(b *testing.B) {
	for _, size := range []int{4 << 10, 48 << 10} {
		m := feed(b, "In-Reply-To: <1@example.net>", strings.Repeat(prose+"\n", size/len(prose)))
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			f := newFacts(m, Input{})
			for b.Loop() {
				f.print()
			}
		})
	}
}
