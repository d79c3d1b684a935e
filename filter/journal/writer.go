package journal

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"
)

// upkeepEvery is how often the writer looks after the database: opens it again
// after a failure, and deletes what is too old or too much.
const upkeepEvery = 10 * time.Second

// errUnavailable is Flush's answer while the database cannot be opened.
var errUnavailable = errors.New("the journal's database is not available")

// counts are what Stats reports.
type counts struct {
	written, dropped, lost, linesLost, deleted atomic.Uint64
}

// keeper is the database as the writer needs it.
type keeper interface {
	add(ctx context.Context, rows []row) error
	sweep(ctx context.Context, before time.Time, maxSize int64) (deleted int64, more bool, err error)
	close() error
}

// writer takes records from the queue, encodes each once, and writes them in
// batches. Rows that the database does not take wait until it does again, as
// many as fit into the queue once more; lines do not wait for the database.
type writer struct {
	o Options
	*counts
	queue <-chan *Record
	flush <-chan chan error

	lines *lines
	open  func() (keeper, error)
	db    keeper // nil without a database, and while it cannot be opened

	text     bytes.Buffer // lines of the batch
	batch    int          // records of the batch
	rows     []row        // those of the batch, after those that are left from earlier
	untidy   bool         // retention has more to do
	reported uint64       // drops that have been logged

	onDatabase, onLines, onEncode complaint
}

// run writes until the queue is closed and empty. The context is done when a
// closed queue has not become empty in time: what is left is lost.
func (w *writer) run(ctx context.Context) {
	defer w.shut()
	due := time.NewTimer(w.o.Flush)
	defer due.Stop()
	upkeep := time.NewTicker(upkeepEvery)
	defer upkeep.Stop()
	always := make(chan struct{})
	close(always)
	w.untidy = w.db != nil
	for ctx.Err() == nil {
		var idle <-chan struct{}
		if w.untidy && len(w.queue) == 0 {
			idle = always
		}
		select {
		case r, open := <-w.queue:
			if !open {
				w.last(ctx)
				return
			}
			if w.batch == 0 {
				due.Reset(w.o.Flush)
			}
			w.take(r)
			if w.batch >= w.o.Batch {
				w.commit(ctx)
			}
		case <-due.C:
			w.commit(ctx)
		case reply := <-w.flush:
			w.drain()
			reply <- w.commit(ctx)
		case <-upkeep.C:
			w.upkeep(ctx)
		case <-idle:
			w.sweep(ctx)
		}
	}
}

// take encodes a record and puts it into the batch.
func (w *writer) take(r *Record) {
	w.batch++
	text, err := r.MarshalJSON()
	if err != nil {
		if w.o.Path != "" {
			w.lost.Add(1)
		}
		if w.o.Lines != "" {
			w.linesLost.Add(1)
		}
		w.onEncode.log(w.o.Log, w.o.Now(), "a decision record cannot be written", slog.String("ref", r.Ref), slog.Any("error", err))
		return
	}
	if w.o.Lines != "" {
		w.text.Write(text)
		w.text.WriteByte('\n')
	}
	switch {
	case w.o.Path == "":
	case w.db == nil && len(w.rows) >= w.o.Queue:
		w.lost.Add(1)
	default:
		w.rows = append(w.rows, row{r, text})
	}
}

// drain takes everything that is queued now.
func (w *writer) drain() {
	for range len(w.queue) {
		r, open := <-w.queue
		if !open {
			return
		}
		w.take(r)
	}
}

// commit writes the batch, and everything that is left from earlier ones.
func (w *writer) commit(ctx context.Context) error {
	err := errors.Join(w.writeLines(), w.writeRows(ctx))
	w.batch = 0
	if w.untidy {
		w.sweep(ctx) // or the database would grow as long as the queue is never empty
	}
	return err
}

func (w *writer) writeLines() error {
	err := w.lines.write(w.text.Bytes())
	if err != nil {
		w.linesLost.Add(uint64(bytes.Count(w.text.Bytes(), []byte("\n"))))
		w.complainOfLines(err)
	}
	w.text.Reset()
	return err
}

// tryLines opens the file of lines, so that one that cannot be opened is known
// at the start rather than by the records that it lacks.
func (w *writer) tryLines() {
	if w.o.Lines == "" {
		return
	}
	if _, err := w.lines.writer(); err != nil {
		w.complainOfLines(err)
	}
}

func (w *writer) complainOfLines(err error) {
	w.onLines.log(w.o.Log, w.o.Now(), "decision records cannot be written as lines", slog.String("file", w.o.Lines), slog.Any("error", err))
}

func (w *writer) writeRows(ctx context.Context) error {
	for len(w.rows) > 0 {
		if w.db == nil {
			return errUnavailable
		}
		n := min(len(w.rows), w.o.Batch)
		if err := w.db.add(ctx, w.rows[:n]); err != nil {
			w.failed(err)
			return err
		}
		w.written.Add(uint64(n))
		w.rows = slices.Delete(w.rows, 0, n)
	}
	return nil
}

// failed gives the database up until the next upkeep.
func (w *writer) failed(err error) {
	w.onDatabase.log(w.o.Log, w.o.Now(), "the journal's database fails; trying again", slog.String("file", w.o.Path), slog.Any("error", err))
	w.closeDatabase()
	w.untidy = false
	if errors.Is(err, errDamaged) {
		w.moveAside(err)
	}
}

// reopen opens the database, unless it is open. A damaged one makes room for
// a new one: mail must flow, and its record be kept.
func (w *writer) reopen() (err error) {
	if w.o.Path == "" || w.db != nil {
		return nil
	}
	w.db, err = w.open()
	if errors.Is(err, errDamaged) && w.moveAside(err) {
		w.db, err = w.open()
	}
	return err
}

// moveAside makes room for a new database, and says whether it could.
func (w *writer) moveAside(damage error) bool {
	aside, err := moveAside(w.o.Path)
	if err != nil {
		w.o.Log.Error("a damaged journal cannot be moved aside", slog.String("file", w.o.Path), slog.Any("error", err))
		return false
	}
	w.o.Log.Error("the journal is damaged; a new one begins", slog.String("moved_to", aside), slog.Any("error", damage))
	return true
}

// upkeep opens the database again after a failure, lets retention look for
// something to do, and reports drops.
func (w *writer) upkeep(ctx context.Context) {
	if err := w.reopen(); err != nil {
		w.failed(err)
	}
	w.writeRows(ctx)
	w.untidy = w.db != nil
	if n := w.dropped.Load(); n > w.reported {
		w.o.Log.Error("decision records were dropped: the queue is full", slog.Uint64("records", n-w.reported))
		w.reported = n
	}
}

// sweep makes one step of retention.
func (w *writer) sweep(ctx context.Context) {
	var before time.Time
	if w.o.MaxAge > 0 {
		before = w.o.Now().Add(-w.o.MaxAge)
	}
	deleted, more, err := w.db.sweep(ctx, before, w.o.MaxSize)
	w.deleted.Add(uint64(deleted))
	w.untidy = more
	if err != nil {
		w.failed(err)
	}
}

// last writes what is left when the queue has ended.
func (w *writer) last(ctx context.Context) {
	if err := w.reopen(); err != nil {
		w.failed(err)
	}
	w.untidy = false
	w.commit(ctx)
}

// shut closes everything, and counts what was not written.
func (w *writer) shut() {
	for range w.queue {
		w.lost.Add(1)
	}
	w.lost.Add(uint64(len(w.rows)))
	w.closeDatabase()
	if err := w.lines.close(); err != nil {
		w.o.Log.Error("closing the file of decision records", slog.String("file", w.o.Lines), slog.Any("error", err))
	}
}

func (w *writer) closeDatabase() {
	if w.db == nil {
		return
	}
	if err := w.db.close(); err != nil {
		w.o.Log.Error("closing the journal", slog.String("file", w.o.Path), slog.Any("error", err))
	}
	w.db = nil
}
