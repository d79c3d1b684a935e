package scoring

import (
	"strings"
	"testing"

	"sluice/scoring/model"
)

func TestBuiltInTopics(t *testing.T) {
	x, err := topics()
	if err != nil {
		t.Fatal(err)
	}
	if len(x.names) < 50 || len(x.entries)+len(x.prefixes) < 5000 {
		t.Errorf("%d topics, %d words, %d beginnings", len(x.names), len(x.entries), len(x.prefixes))
	}
	known := make(map[string]bool)
	for _, name := range x.names {
		if known[name] || strings.ContainsAny(name, " \t") {
			t.Errorf("topic %q is there twice, or is no word", name)
		}
		known[name] = true
	}
}

// seen returns the topics that are found in a text, in alphabetical order.
func seen(x *topicIndex, text string) string {
	r := &wordReader{bag: new(model.Bag), topics: topicReader{topicIndex: x, counts: make([]int, len(x.names))}}
	r.read(text, model.Word, model.Pair)
	var names []string
	for t, n := range r.topics.counts {
		if n > 0 {
			names = append(names, x.names[t])
		}
	}
	return strings.Join(names, " ")
}

func TestTopicsOfAText(t *testing.T) {
	x, err := parseTopics(`# words of a test
animal: what lives
en cat hound* big_bad_wolf guinea_pi*
zh 大熊猫

place: where it lives
en house hound*
th หมา
`)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"The Cat sat":                 "animal",
		"cats":                        "",
		"concat":                      "",
		"a house":                     "place",
		"houndhouse":                  "animal place",
		"houn d":                      "",
		"the big bad wolf":            "animal",
		"the big bad old wolf":        "",
		"big big bad wolf":            "animal",
		"big bad\nwolf":               "",
		"a guinea pig":                "animal",
		"guinea":                      "",
		"我喜欢大熊猫":                      "animal",
		"熊猫":                          "",
		"มีหมาอยู่":                   "place",
		"ｃａｔ":                         "animal", // full width
		"\u0441at":                    "animal", // a Cyrillic c
		"h\u043euse":                  "place",  // a Cyrillic o
		strings.Repeat("big bad ", 9): "",
	} {
		if got := seen(x, text); got != want {
			t.Errorf("%q: topics %q, want %q", text, got, want)
		}
	}
}

func TestMistakesInTopics(t *testing.T) {
	for text, want := range map[string]string{
		"animal\n":             `topics:1: "animal" is no name of a topic`,
		"a: x\nen ab*\n":       `topics:2: "ab*": there are 4 letters before *`,
		"a: x\nen one_a*\n":    `topics:2: "one_a*": there are 2 letters before *`,
		"a: x\nen a_b_c_d_e\n": `topics:2: "a_b_c_d_e" has more than 4 words`,
		"a: x\nen Cat\n":       `topics:2: "Cat" is no entry`,
		"a: x\nen cat_\n":      `topics:2: "cat_" is no entry`,
		"a: x\nen cat\n\nb: x\nen cat\n\nc: x\nen cat\n":      `topics:8: "cat" is in two topics already`,
		strings.Repeat("a: x\nen cats\n\n", 300)[:10] + "b\n": "",
	} {
		_, err := parseTopics(text)
		if got := ""; err != nil {
			got = err.Error()
			if !strings.HasPrefix(got, want) || want == "" {
				t.Errorf("%.40q: %v, want %q", text, err, want)
			}
		} else if want != "" {
			t.Errorf("%.40q: no error, want %q", text, want)
		}
	}
}
