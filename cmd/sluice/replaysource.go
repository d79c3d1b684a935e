package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"time"

	"sluice/filter/journal"
)

// maxEvent is the longest line of events, in bytes: a record with all that it may
// name.
const maxEvent = 1 << 20

// lineEvents reads JSON lines.
type lineEvents struct {
	f     io.ReadCloser
	name  string
	lines *bufio.Scanner
	n     int
	bar   bar
}

func newLineEvents(f io.ReadCloser, name string, b bar) *lineEvents {
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 1<<16), maxEvent)
	return &lineEvents{f: f, name: name, lines: lines, bar: b}
}

// Next reads the next line that is not empty. An error has its place.
func (e *lineEvents) Next(_ context.Context, into *journal.Record) error {
	for e.lines.Scan() {
		e.n++
		line := e.lines.Bytes()
		e.bar.add(len(line) + 1)
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if err := into.UnmarshalJSON(line); err != nil {
			return fmt.Errorf("%s:%d: %w (a decision record as JSON on one line is wanted)", e.name, e.n, err)
		}
		if into.Time.IsZero() {
			return fmt.Errorf(`%s:%d: the record has no time (write "time":"2026-05-04T10:00:00Z")`, e.name, e.n)
		}
		return nil
	}
	if err := e.lines.Err(); err != nil {
		return fmt.Errorf("%s:%d: %w", e.name, e.n+1, err)
	}
	return io.EOF
}

func (e *lineEvents) Close() error {
	e.bar.stop()
	return e.f.Close()
}

// recordEvents walks the journal, oldest first.
type recordEvents struct {
	reader *journal.Reader
	next   func() (journal.Record, error, bool)
	stop   func()
}

func newJournalEvents(reader *journal.Reader, since time.Time) *recordEvents {
	e := &recordEvents{reader: reader}
	e.next, e.stop = iter.Pull2(reader.Query(context.Background(), journal.Filter{Since: since, OldestFirst: true}))
	return e
}

func (e *recordEvents) Next(ctx context.Context, into *journal.Record) error {
	r, err, more := e.next()
	if !more {
		return io.EOF
	}
	*into = r
	return err
}

func (e *recordEvents) Close() error {
	e.stop()
	return e.reader.Close()
}
