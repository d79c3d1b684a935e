package main

import (
	"context"
	"slices"
	"time"

	"sluice/filter/journal"
)

// maxRecall is how many messages a replay remembers to find the originals of
// bounces: the last so many that went through, at some 300 bytes each.
const maxRecall = 100_000

// recall is the journal of a replay: what went through of late. Half of it is
// forgotten at a time.
type recall struct{ young, old memory }

// memory is messages, and their references by Message-ID.
type memory struct {
	byRef map[string]journal.Record
	byID  map[string][]string
}

func newMemory() memory {
	return memory{make(map[string]journal.Record), make(map[string][]string)}
}

func newRecall() *recall { return &recall{newMemory(), newMemory()} }

// add remembers what of a record is needed to charge its sender.
func (r *recall) add(d *journal.Record) {
	if d.Stage != "end" || d.From == "" {
		return
	}
	if len(r.young.byRef) >= maxRecall/2 {
		r.young, r.old = newMemory(), r.young
	}
	r.young.byRef[d.Ref] = journal.Record{
		Time: d.Time, Ref: d.Ref, MessageID: d.MessageID, Stage: d.Stage, Applied: d.Applied,
		Sender: d.Sender, Group: d.Group, Policy: d.Policy, From: d.From, Rcpts: d.Rcpts,
	}
	if d.MessageID != "" {
		r.young.byID[d.MessageID] = append(r.young.byID[d.MessageID], d.Ref)
	}
}

// Find is part of returned.Journal.
func (r *recall) Find(_ context.Context, ref string) ([]journal.Record, error) {
	for _, m := range []memory{r.young, r.old} {
		if found, known := m.byRef[ref]; known {
			return []journal.Record{found}, nil
		}
	}
	return nil, nil
}

// FindMessageID is part of returned.Journal.
func (r *recall) FindMessageID(_ context.Context, id string, since time.Time) ([]journal.Record, error) {
	var found []journal.Record
	for _, m := range []memory{r.young, r.old} {
		for _, ref := range slices.Backward(m.byID[id]) {
			if d := m.byRef[ref]; !d.Time.Before(since) {
				found = append(found, d)
			}
		}
	}
	return found, nil
}

// Close is part of returned.Journal.
func (r *recall) Close() error { return nil }
