package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"sluice/cmd/sluice/internal/daemon"
	"sluice/filter"
	"sluice/filter/journal"
	"sluice/filter/returned"
	"sluice/policy/exception"
	"sluice/policy/standing"
	"sluice/policy/store"
	"sluice/scoring"
)

// rerun decides records again with the real session, on their own clock and with
// counters and standing of its own.
type rerun struct {
	server  *filter.Server
	memory  *store.Memory
	book    *standing.Book
	bounces *returned.Charger
	recall  *recall
	out     *bufio.Writer // nil if nobody wants the records
	now     time.Time
	record  journal.Record  // that is decided again
	decided *journal.Record // what came of it
	outcome *outcome
}

func newRerun(loaded *daemon.Loaded, out io.Writer) (*rerun, error) {
	log := slog.New(slog.DiscardHandler)
	exceptions, err := loaded.Exceptions()
	if err != nil {
		return nil, err
	}
	memory, err := store.OpenMemory(store.Options{Log: log, Capacity: loaded.Config.State.Keys, Interval: 24 * time.Hour})
	if err != nil {
		return nil, err
	}
	r := &rerun{memory: memory, recall: newRecall(), outcome: newOutcome()}
	if out != io.Discard {
		r.out = bufio.NewWriterSize(out, 1<<16)
	}
	r.book = standing.NewBook(standing.Options{
		Capacity: loaded.Config.State.Keys,
		Rules:    loaded.Rules.Policy.Standing,
		Changed:  r.outcome.change,
	})
	r.bounces = returned.New(returned.Options{
		Rules: loaded.Rules.Policy.Standing,
		Note:  func(rules *standing.Rules, sender string, e standing.Event) { r.book.Note(rules, sender, e) },
		Log:   log,
		Now:   func() time.Time { return r.now },
	})
	scripted := *loaded.Rules
	scripted.Scorer = r
	r.server = filter.New(filter.Options{
		Rules: &scripted,
		Store: memory,
		Book:  r.book,

		Exceptions: exception.Of(exceptions),

		Recorder: r,
		Log:      log,
		Now:      func() time.Time { return r.now },
		NewRef:   r.ref,
		Budget:   time.Minute,
	})
	return r, nil
}

// sweepEvery is how often what has become idle is forgotten, in the time of the
// records.
const sweepEvery = time.Hour

// all decides all records again. The clock never goes back: a record that is older
// than the one before is decided at that one's time.
func (r *rerun) all(ctx context.Context, source events) error {
	var swept time.Time
	for {
		err := source.Next(ctx, &r.record)
		if errors.Is(err, io.EOF) {
			break
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			return errors.Join(err, r.flush())
		}
		if r.record.Time.After(r.now) {
			r.now = r.record.Time
		}
		if r.now.Sub(swept) >= sweepEvery {
			r.book.Sweep(r.now)
			swept = r.now
		}
		if err := r.one(ctx); err != nil {
			return err
		}
	}
	return r.flush()
}

func (r *rerun) one(ctx context.Context) error {
	r.decided = nil
	r.server.Replay(ctx, &r.record)
	if r.decided == nil { // a connection that is let in now
		r.decided = &journal.Record{Time: r.record.Time, Ref: r.record.Ref, Stage: r.record.Stage, Client: r.record.Client, Applied: "accept"}
	}
	r.outcome.add(&r.record, r.decided)
	r.recall.add(r.decided)
	if r.decided.Returned != nil {
		if _, err := r.bounces.Charge(ctx, r.recall, r.decided); err != nil {
			return err
		}
	}
	if r.out == nil {
		return nil
	}
	line, err := r.decided.MarshalJSON()
	if err != nil {
		return fmt.Errorf("record %s: %w", r.decided.Ref, err)
	}
	_, err = r.out.Write(append(line, '\n'))
	return err
}

// Record takes what was decided.
func (r *rerun) Record(decided *journal.Record) {
	decided.Time = r.record.Time
	r.decided = decided
}

// ref keeps the reference of a record.
func (r *rerun) ref() string {
	if r.record.Ref == "" {
		return journal.NewRef()
	}
	return r.record.Ref
}

// Score returns what the message scored the first time.
func (r *rerun) Score(_ context.Context, _ *scoring.Message, in scoring.Input) (scoring.Report, error) {
	report := filter.Report(&r.record)
	report.Set = in.Set
	return report, nil
}

func (r *rerun) flush() error {
	if r.out == nil {
		return nil
	}
	return r.out.Flush()
}

func (r *rerun) close() { r.memory.Close() }
