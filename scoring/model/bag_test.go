package model

import (
	"fmt"
	"math"
	"testing"
)

// bagOf makes a bag of words.
func bagOf(words ...string) *Bag {
	b := new(Bag)
	for _, w := range words {
		b.Add(Word, w)
	}
	return b
}

func TestAFeatureCountsOnce(t *testing.T) {
	b := bagOf("one", "two", "one")
	b.Add(Subject, "one")
	if b.Len() != 3 {
		t.Errorf("%d features, want 3", b.Len())
	}
}

func TestBagIsBounded(t *testing.T) {
	for _, n := range []int{MaxFeatures, MaxFeatures + 1} {
		b := new(Bag)
		for i := range n {
			b.Add(Word, fmt.Sprint(i))
		}
		if b.Len() != MaxFeatures || b.Full() != (n > MaxFeatures) {
			t.Errorf("of %d: %d features, full %v", n, b.Len(), b.Full())
		}
		b.Reset()
		if b.Len() != 0 || b.Full() || len(b.Vector()) != 0 {
			t.Errorf("after Reset: %d features, full %v", b.Len(), b.Full())
		}
		if b.Add(Word, "0"); b.Len() != 1 {
			t.Error("a feature of before Reset is not taken again")
		}
	}
}

// However many features a group has, it is as long as its share; with few it
// is shorter.
func TestGroupsAreScaled(t *testing.T) {
	length := func(n int) float64 {
		b := new(Bag)
		for i := range n {
			b.Add(Word, fmt.Sprint(i))
		}
		sum := 0.0
		for _, v := range b.Vector() {
			sum += float64(v.Value * v.Value)
		}
		return math.Sqrt(sum)
	}
	few, typical, many := length(5), length(20), length(1000)
	if math.Abs(few-0.5) > 0.01 || math.Abs(typical-1) > 0.01 || math.Abs(many-1) > 0.01 {
		t.Errorf("lengths %v, %v, %v, want 0.5, 1, 1", few, typical, many)
	}
}

func TestVectorIsSorted(t *testing.T) {
	v := bagOf("a", "b", "c", "d", "e", "f").Vector()
	for i := 1; i < len(v); i++ {
		if v[i].Bucket <= v[i-1].Bucket {
			t.Errorf("bucket %d after %d", v[i].Bucket, v[i-1].Bucket)
		}
	}
}
