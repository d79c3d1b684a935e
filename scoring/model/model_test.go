package model

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

// trained is a small model.
func trained() *Model { return New(Train(stream(100), DefaultOptions()), line) }

func TestBuiltInModel(t *testing.T) {
	m, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	weights := 0
	for _, w := range m.weights {
		if w != 0 {
			weights++
		}
	}
	if weights < 10_000 || len(m.knots) < 3 {
		t.Errorf("%d weights, %d knots", weights, len(m.knots))
	}
}

func TestModelSurvivesEncoding(t *testing.T) {
	m := trained()
	data, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	b := bagOf("prize", "word-3", "word-77")
	if x, y := m.Margin(b.Vector()), again.Margin(b.Vector()); x != y {
		t.Errorf("margin %v, after encoding %v", x, y)
	}
	if second, _ := again.MarshalBinary(); !bytes.Equal(data, second) {
		t.Error("the second encoding differs")
	}
}

func TestParseRefusesWhatIsNoModel(t *testing.T) {
	data, _ := trained().MarshalBinary()
	flip := func(at int) []byte {
		d := slices.Clone(data)
		d[at] ^= 1
		return d
	}
	for name, tt := range map[string]struct {
		data []byte
		want error
	}{
		"nothing":         {nil, errForeign},
		"another file":    {[]byte(strings.Repeat("x", len(data))), errForeign},
		"another version": {flip(13), errForeign},
		"cut":             {data[:len(data)-1], errDamaged},
		"cut short":       {data[:100], errForeign},
		"a weight":        {flip(5000), errDamaged},
		"a knot":          {flip(50), errDamaged},
		"more":            {append(slices.Clone(data), 0), errDamaged},
	} {
		if _, err := Parse(tt.data); !errors.Is(err, tt.want) {
			t.Errorf("%s: error %v, want %v", name, err, tt.want)
		}
	}
}

// Rounding the weights changes little.
func TestRoundingIsFine(t *testing.T) {
	w := Train(stream(100), DefaultOptions())
	m := New(w, line)
	for _, s := range stream(100) {
		if a, b := w.Margin(s.Vector), m.Margin(s.Vector); a-b > 0.02 || b-a > 0.02 {
			t.Fatalf("margin %v, rounded %v", a, b)
		}
	}
}

func TestReasonsSpeakForTheVerdict(t *testing.T) {
	m := trained()
	for word, spam := range map[string]bool{"prize": true, "meeting": false} {
		b := bagOf(word, "word-1", "word-2", "word-3", "word-4", "word-5")
		points, reasons := m.Weigh(b, 3)
		if points > 0 != spam || len(reasons) == 0 || len(reasons) > 3 || reasons[0].Name != word {
			t.Errorf("%s: %v points for %v", word, points, reasons)
		}
		for i, r := range reasons {
			if (r.Margin > 0) != spam || i > 0 && abs(r.Margin) > abs(reasons[i-1].Margin) {
				t.Errorf("%s: reasons %v are not in order", word, reasons)
			}
		}
	}
}

func abs(x float64) float64 { return max(x, -x) }

func FuzzParse(f *testing.F) {
	data, _ := trained().MarshalBinary()
	f.Add(data)
	f.Add(data[:200])
	f.Add(magic)
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(data)
		if err != nil {
			return
		}
		m.Weigh(bagOf("prize"), 3)
	})
}

func BenchmarkWeigh(b *testing.B) {
	m := trained()
	bag := new(Bag)
	for i := range 500 {
		bag.Add(Word, strings.Repeat("x", i%10)+string(rune('a'+i%26)))
	}
	b.ReportAllocs()
	for b.Loop() {
		m.Weigh(bag, 5)
	}
}
