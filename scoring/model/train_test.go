package model

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// stream makes n messages of each kind: spam speaks of "prize" and ham of
// "meeting", both of much else; each has a word that nobody else has.
func stream(n int) []Sample {
	random := rand.New(rand.NewPCG(7, 7))
	var samples []Sample
	for i := range 2 * n {
		spam := i%2 == 0
		words := []string{"meeting", fmt.Sprintf("only-%d", i)}
		if spam {
			words[0] = "prize"
		}
		for range 20 {
			words = append(words, fmt.Sprintf("word-%d", random.IntN(100)))
		}
		samples = append(samples, Sample{Vector: bagOf(words...).Vector(), Spam: spam, Source: "test"})
	}
	return samples
}

func TestTrainTellsSpamFromHam(t *testing.T) {
	w := Train(stream(200), DefaultOptions())
	for _, s := range stream(300) { // two thirds are as in training
		if (w.Margin(s.Vector) > 0) != s.Spam {
			t.Fatalf("margin %v, spam %v", w.Margin(s.Vector), s.Spam)
		}
	}
	if spam, ham := w.Margin(bagOf("prize").Vector()), w.Margin(bagOf("meeting").Vector()); spam <= 0 || ham >= 0 {
		t.Errorf("margins %v and %v, want one above and one below zero", spam, ham)
	}
}

// The same samples and seed give the same bytes, in whatever order a map hands
// them out.
func TestTrainIsReproducible(t *testing.T) {
	encode := func(seed uint64) []byte {
		o := DefaultOptions()
		o.Seed = seed
		data, err := New(Train(stream(100), o), line).MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	if !bytes.Equal(encode(1), encode(1)) {
		t.Error("the same seed gave another model")
	}
	if bytes.Equal(encode(1), encode(2)) {
		t.Error("the seed makes no difference")
	}
}

// What fewer clusters than needed have gets no weight: nothing that one person
// wrote, however often, can be read back.
func TestRareFeaturesLeaveNoTrace(t *testing.T) {
	samples := stream(50)
	for range 10 { // ten copies of one message are one cluster
		samples = append(samples, Sample{Vector: bagOf("secret", "prize").Vector(), Spam: true, Source: "copies", Cluster: "one"})
	}
	w := Train(samples, DefaultOptions())
	for _, word := range []string{"secret", "only-3"} {
		if x := w.Buckets[bagOf(word).Vector()[0].Bucket]; x != 0 {
			t.Errorf("%q weighs %v", word, x)
		}
	}
	if w.Buckets[bagOf("prize").Vector()[0].Bucket] == 0 {
		t.Error(`"prize" weighs nothing`)
	}
}

// A source that is a hundred times as large does not have a hundred times the
// say.
func TestLargeSourcesDoNotDrownOthers(t *testing.T) {
	var samples []Sample
	for i := range 20 * sourceSize {
		samples = append(samples, Sample{Vector: bagOf("offer", fmt.Sprint(i)).Vector(), Spam: true, Source: "large"})
	}
	for i := range sourceSize {
		samples = append(samples, Sample{Vector: bagOf("offer", fmt.Sprint(-i)).Vector(), Source: "small"})
	}
	o := DefaultOptions()
	o.HamCost = 1
	if m := Train(samples, o).Margin(bagOf("offer").Vector()); m < -0.3 || m > 0.3 {
		t.Errorf("margin %v, want about zero", m)
	}
}

func BenchmarkTrain(b *testing.B) {
	samples := stream(1000)
	for b.Loop() {
		Train(samples, DefaultOptions())
	}
}
