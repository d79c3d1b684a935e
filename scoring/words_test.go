package scoring

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/scoring/model"
)

// hashes are those of words as a bag has them.
func inBag(b *model.Bag, g model.Group, hash uint64) bool {
	n := b.Len()
	b.AddHash(g, hash, "")
	return b.Len() == n
}

func TestWords(t *testing.T) {
	for text, want := range map[string][]string{
		"Hello, WORLD":                      {"hello", "world"},
		"don't":                             {"don", "t"},
		"naïve café":                        {"naïve", "café"},
		"see https://example.org/secret it": {"see", "(link)", "it"},
		"www.example.org/secret":            {"(link)"},
		"mail ann@example.org":              {"mail", "(address)"},
		"1,250.00 and 7":                    {"(number of 6)", "and", "(number of 1)"},
		"$5!":                               {"$", "(number of 1)", "!"},
		"日本語":                               {"日本", "本語"},
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxx":      {"(long word)"},
		"dear bob, bob":                     {"dear", "(recipient)"},
		"𝐅𝐫𝐞𝐞 gift":                         {"free", "gift"},
		"v\u0435rify":                       {"verify"}, // a Cyrillic e
		"cегодня":                           {"cегодня"},
	} {
		b := new(model.Bag)
		newWordReader(b, "bob").read(text, model.Subject, model.Pair)
		for _, word := range want {
			if !inBag(b, model.Subject, model.Hash(word)) {
				t.Errorf("%q: %q is missing", text, word)
			}
		}
	}
}

// A pair is two words of one line.
func TestPairs(t *testing.T) {
	pair := func(a, b string) uint64 { return model.Join(model.Hash(a), model.Hash(b)) }
	b := new(model.Bag)
	newWordReader(b, "").read("one two\nthree", model.Word, model.Pair)
	if !inBag(b, model.Pair, pair("one", "two")) || inBag(b, model.Pair, pair("two", "three")) {
		t.Error("pairs are not those of each line")
	}
}

func TestStems(t *testing.T) {
	stems := func(text string) *model.Bag {
		b := new(model.Bag)
		newWordReader(b, "").read(text, model.Word, model.Pair)
		return b
	}
	stem := model.Join(stemSeed, model.Hash("verif"))
	if !inBag(stems("verification"), model.Word, stem) || !inBag(stems("verified"), model.Word, stem) {
		t.Error("words of one stem do not share it")
	}
	if inBag(stems("verify"), model.Word, stem) {
		t.Error("a short word has a stem")
	}
}

func TestLookalikes(t *testing.T) {
	for text, want := range map[string]string{
		"P\u0430yP\u0430l":                      "PayPal",
		"Y\u03bfur acc\u043eunt":                "Your account",
		"сегодня":                               "сегодня",
		"c\u0435\u0433\u043e\u0434\u043d\u044f": "c\u0435\u0433\u043e\u0434\u043d\u044f", // a slip of the keyboard
		"\u03bcm Ωm":                            "\u03bcm Ωm",
		"ｆｕｌｌ":                                  "full",
		"":                                      "",
		"a1!":                                   "a1!",
	} {
		if got := foldLookalikes(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestBrands(t *testing.T) {
	for _, tt := range []struct{ display, domain, want string }{
		{"PayPal", "paypal.com", ""},
		{"PayPal", "paypal.de", ""},
		{"PayPal Service", "example.org", "paypal"},
		{"P\u0430yPal", "example.org", "paypal"},
		{"Papayal", "example.org", ""},
		{"Adobe Farm Hotel", "adobefarm.example", "adobe"},
		{"Kreissparkasse Nord", "kreissparkasse-nord.de", ""},
		{"Sparkasse", "example.org", "sparkasse"},
		{"Anna Chase", "example.org", ""},
		{"Chase Bank Alerts", "example.org", "chase bank"},
		{"", "example.org", ""},
	} {
		got := ""
		if brand, own := claimedBrand(tt.display, tt.domain); brand != nil && !own {
			got = brand.words
		}
		if got != tt.want {
			t.Errorf("%q from %s claims %q, want %q", tt.display, tt.domain, got, tt.want)
		}
	}
}

func TestWithoutTags(t *testing.T) {
	for subject, want := range map[string]string{
		"Re: [list] Fwd: news": "news", "[SPAM] buy": "buy", "[open": "[open", "note: this": "note: this", "RE:": "", "": "",
	} {
		if got := withoutTags(subject); got != want {
			t.Errorf("%q: %q, want %q", subject, got, want)
		}
	}
}

// Features do not depend on anything but the message: two readings give the
// same vector.
func TestFeaturesAreTheSameEachTime(t *testing.T) {
	text := letter("From: Ann <ann@example.org>\nTo: bob@example.net\nReply-To: x@gmail.com\nContent-Type: text/html",
		`<a href="https://a.example/b?c=d">here</a> <img src="https://c.example/1.png"> bob, verify your account within 24 hours`)
	s := withDefaults(t)
	vector := func() model.Vector {
		m, err := ReadMessage(strings.NewReader(text), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.Features(m, Input{Set: Relayed})
		if err != nil {
			t.Fatal(err)
		}
		return b.Vector()
	}
	first := vector()
	for range 20 {
		if diff := cmp.Diff(first, vector()); diff != "" {
			t.Fatal(diff)
		}
	}
	if len(first) < 50 || !slices.IsSortedFunc(first, func(a, b model.Value) int { return int(a.Bucket) - int(b.Bucket) }) {
		t.Errorf("%d features", len(first))
	}
}

// A text of ever new words fills the bag, leaves room for what it speaks of,
// and the report says that not all was looked at.
func TestALongTextLeavesRoom(t *testing.T) {
	var text strings.Builder
	for i := range 6000 {
		fmt.Fprintf(&text, "w%da ", i)
	}
	m, err := ReadMessage(strings.NewReader(letter("", "claim your prize, dear winner\n"+text.String())), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	b, err := withDefaults(t).Features(m, Input{Set: Relayed})
	if err != nil {
		t.Fatal(err)
	}
	if !b.Full() || b.Len() < maxModelWords || b.Len() == model.MaxFeatures {
		t.Errorf("%d features, full %v", b.Len(), b.Full())
	}
	if !inBag(b, model.Topic, model.Hash("about prize")) {
		t.Error("the topic is missing")
	}
}
