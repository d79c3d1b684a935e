package model

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func digest(i int) Digest { return DigestOf(fmt.Appendf(nil, "message %d", i)) }

// taught has learned n messages of each kind: spam says "casino", ham
// "choir", both much else.
func taught(n int) *Learned {
	l := new(Learned)
	for i := range n {
		l.Learn(digest(2*i), bagOf("casino", "evening", fmt.Sprint(i)).Vector(), true)
		l.Learn(digest(2*i+1), bagOf("choir", "evening", fmt.Sprint(i)).Vector(), false)
	}
	return l
}

const most = 3.0

func TestLearnedTellsTheKindsApart(t *testing.T) {
	l := taught(100)
	for word, spam := range map[string]bool{"casino": true, "choir": false} {
		points, reasons := l.Points(bagOf(word, "evening"), most, 3)
		if points > 0 != spam || len(reasons) == 0 || reasons[0].Name != word {
			t.Errorf("%s: %v points for %v", word, points, reasons)
		}
	}
	if points, _ := l.Points(bagOf("weather"), most, 3); points != 0 {
		t.Errorf("an unknown word has %v points", points)
	}
}

func TestNothingLearnedSaysNothing(t *testing.T) {
	for _, l := range []*Learned{nil, new(Learned)} {
		if points, reasons := l.Points(bagOf("casino"), most, 3); points != 0 || reasons != nil {
			t.Errorf("%v points for %v", points, reasons)
		}
	}
}

func TestMoreExamplesSayMore(t *testing.T) {
	before := 0.0
	for _, n := range []int{2, 5, 20, 100, 500} {
		points, _ := taught(n).Points(bagOf("casino", "evening"), most, 3)
		if points <= before || points > most {
			t.Errorf("%d examples: %v points, before %v", n, points, before)
		}
		before = points
	}
}

// A flood of reports of one kind, whatever they say, moves a message by far
// less than examples of both kinds can.
func TestAFloodOfOneKindSaysLittle(t *testing.T) {
	l := new(Learned)
	for i := range 20_000 {
		l.Learn(digest(i), bagOf("meeting", "minutes", fmt.Sprint(i)).Vector(), true)
	}
	points, _ := l.Points(bagOf("meeting", "minutes"), most, 3)
	if points < 0 || points > most/4 {
		t.Errorf("%v points, want at most %v", points, most/4)
	}
}

func TestAMessageCountsOnce(t *testing.T) {
	l := new(Learned)
	v := bagOf("casino").Vector()
	if !l.Learn(digest(1), v, true) || l.Learn(digest(1), v, true) {
		t.Error("the second time changed something, or the first did not")
	}
	if !l.Learn(digest(1), v, false) {
		t.Error("the message did not change sides")
	}
	if spam, ham := l.Messages(); spam != 0 || ham != 1 {
		t.Errorf("%d spam, %d ham", spam, ham)
	}
}

func TestLearnedIsBounded(t *testing.T) {
	l := new(Learned)
	v := bagOf("x").Vector()
	for i := range MaxLearned {
		l.Learn(digest(i), v, true)
	}
	if !l.Full() || l.Learn(digest(-1), v, true) {
		t.Error("one more than fits was learned")
	}
	if !l.Forget(digest(3), v) || l.Full() || !l.Learn(digest(-1), v, true) {
		t.Error("what was forgotten made no room")
	}
}

// Whatever is learned and forgotten again, in whatever order, leaves the same
// as if it had never been there, and survives encoding.
func TestForgettingIsComplete(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, plain := new(Learned), new(Learned)
		words := []string{"a", "b", "c", "d", "e"}
		vector := func(i int) Vector { return bagOf(words[i%5], words[i/5%5]).Vector() }
		kept := rapid.SliceOfN(rapid.IntRange(0, 40), 0, 20).Draw(t, "kept")
		gone := rapid.SliceOfN(rapid.IntRange(50, 90), 0, 20).Draw(t, "gone")
		for _, i := range append(slices.Clone(gone), kept...) {
			l.Learn(digest(i), vector(i), i%3 == 0)
		}
		for _, i := range gone {
			l.Forget(digest(i), vector(i))
		}
		for _, i := range kept {
			plain.Learn(digest(i), vector(i), i%3 == 0)
		}
		got, _ := l.MarshalBinary()
		want, _ := plain.MarshalBinary()
		if !bytes.Equal(got, want) {
			t.Fatal("something is left")
		}
		again, err := ParseLearned(got)
		if err != nil {
			t.Fatal(err)
		}
		if data, _ := again.MarshalBinary(); !bytes.Equal(data, got) {
			t.Error("the encoding does not survive")
		}
	})
}

func FuzzParseLearned(f *testing.F) {
	data, _ := taught(3).MarshalBinary()
	f.Add(data)
	f.Add(learnedMagic)
	f.Fuzz(func(t *testing.T, data []byte) {
		if l, err := ParseLearned(data); err == nil {
			l.Points(bagOf("casino"), most, 3)
		}
	})
}
