package corpus

import (
	"hash/fnv"
	"maps"
	"runtime"
	"slices"
	"sync"

	"sluice/scoring/model"
)

// Splits are the ways to divide a corpus for cross-validation: a message is
// weighed by a model that has seen nothing of its part.
var Splits = []string{"source", "cluster"}

// parts is how many parts clusters are divided into.
const parts = 5

// part returns which part of a split an item is in.
func part(e Entry, split string) string {
	if split == "source" {
		return e.Source
	}
	key := e.Cluster
	if key == "" {
		key = e.Path
	}
	h := fnv.New32a()
	h.Write([]byte(key))
	return string(rune('0' + h.Sum32()>>8%parts))
}

// samples returns what a model is trained on.
func samples(items []Item) []model.Sample {
	var all []model.Sample
	for _, item := range items {
		all = append(all, model.Sample{Vector: item.Vector, Spam: item.Spam(), Source: item.Source, Cluster: item.Cluster})
	}
	return all
}

// Train makes a model of a corpus. What its margins are worth is found out by
// cross-validation.
func Train(items []Item, o model.Options) *model.Model {
	margins := Margins(items, items, "cluster", o)
	return model.New(model.Train(samples(items), o), calibrate(items, margins))
}

// calibrate finds out what margins are worth from those of honest messages.
func calibrate(items []Item, margins []float64) []model.Knot {
	var ham []model.Judged
	for i, item := range items {
		if item.Label == "ham" {
			ham = append(ham, model.Judged{Margin: margins[i], Source: item.Source})
		}
	}
	return model.Calibrate(ham)
}

// Margins weighs each item by a model that was trained on what of the corpus
// is in other parts than the item.
func Margins(items, corpus []Item, split string, o model.Options) []float64 {
	margins := make([]float64, len(items))
	each(items, corpus, split, func(part string, train []Item, members []int) {
		w := model.Train(samples(train), o)
		for _, i := range members {
			margins[i] = w.Margin(items[i].Vector)
		}
	})
	return margins
}

// Validate returns the points that each item gets from a model that was
// trained, and calibrated, on what of the corpus is in other parts.
func Validate(items, corpus []Item, split string, o model.Options) []float64 {
	points := make([]float64, len(items))
	each(items, corpus, split, func(part string, train []Item, members []int) {
		m := Train(train, o)
		for _, i := range members {
			points[i] = m.Points(m.Margin(items[i].Vector))
		}
	})
	return points
}

// each calls f for every part, on all processors, with what of the corpus is
// outside of it and the indices of the items in it.
func each(items, corpus []Item, split string, f func(part string, train []Item, members []int)) {
	members := make(map[string][]int)
	for i, item := range items {
		p := part(item.Entry, split)
		members[p] = append(members[p], i)
	}
	free := make(chan bool, runtime.GOMAXPROCS(0))
	var running sync.WaitGroup
	for _, p := range slices.Sorted(maps.Keys(members)) {
		var train []Item
		for _, item := range corpus {
			if part(item.Entry, split) != p {
				train = append(train, item)
			}
		}
		free <- true
		running.Go(func() {
			f(p, train, members[p])
			<-free
		})
	}
	running.Wait()
}
