package corpus

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"

	"sluice/scoring"
	"sluice/scoring/model"
)

// Item is a message of a corpus as it was read.
type Item struct {
	Entry
	Rules  float64 // points of everything but the model
	Model  float64 // points of the model that is configured
	Hits   []scoring.Hit
	Vector model.Vector
}

// Reader reads messages the way the daemon would.
type Reader struct {
	Scorer  *scoring.Scorer
	MaxView int64
	Input   scoring.Input
	Step    func() // called after each message, from any goroutine; may be nil
}

// Read reads all entries, on all processors, and returns the items in their
// order. Messages that cannot be read are left out and named in the error.
func (r Reader) Read(ctx context.Context, entries []Entry) ([]Item, error) {
	items := make([]Item, len(entries))
	failed := make([]error, len(entries))
	next := make(chan int)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range next {
				items[i], failed[i] = r.read(ctx, entries[i])
				if r.Step != nil {
					r.Step()
				}
			}
		})
	}
	for i := range entries {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	workers.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	read := items[:0]
	for i, item := range items {
		if failed[i] == nil {
			read = append(read, item)
		}
	}
	return read, errors.Join(failed...)
}

func (r Reader) read(ctx context.Context, e Entry) (Item, error) {
	f, err := os.Open(e.Path)
	if err != nil {
		return Item{}, err
	}
	defer f.Close()
	m, err := scoring.ReadMessage(f, r.MaxView)
	if err != nil {
		return Item{}, fmt.Errorf("%s: %w", e.Path, err)
	}
	report, err := r.Scorer.Score(ctx, m, r.Input)
	if err != nil {
		return Item{}, fmt.Errorf("%s: %w", e.Path, err)
	}
	item := Item{Entry: e}
	for _, h := range report.Hits {
		switch {
		case h.Rule == scoring.LearnedRule:
			continue // this is measured without what a site has taught
		case h.Rule == scoring.ModelRule:
			item.Model = h.Points
			continue
		case !h.Observe:
			item.Rules += h.Points
		}
		item.Hits = append(item.Hits, h)
	}
	bag, err := r.Scorer.Features(m, r.Input)
	if err != nil {
		return Item{}, fmt.Errorf("%s: %w", e.Path, err)
	}
	item.Vector = bag.Vector()
	return item, nil
}
