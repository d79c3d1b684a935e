package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Options say where records go and how long they stay. The zero value of a
// field is its default.
type Options struct {
	Path    string        // of the database; "" for none
	MaxAge  time.Duration // records older than this are deleted; 0 for never
	MaxSize int64         // bytes of the database without its write-ahead log; 0 for any size

	Lines  string    // file for JSON lines, "-" for Stdout, "" for none
	Stdout io.Writer // os.Stdout unless set

	Queue int           // records that may wait, by default 10,000: at most 400 MB, usually 10
	Batch int           // records written together at most, by default 500
	Flush time.Duration // longest that a record waits for others, by default 250 ms
	Drain time.Duration // longest that Close waits for what is queued, by default 5 s

	Log *slog.Logger     // nothing is logged unless set
	Now func() time.Time // time.Now unless set; retention goes by it
}

func (o Options) withDefaults() Options {
	setDefault(&o.Stdout, io.Writer(os.Stdout))
	setDefault(&o.Queue, 10_000)
	setDefault(&o.Batch, 500)
	setDefault(&o.Flush, 250*time.Millisecond)
	setDefault(&o.Drain, 5*time.Second)
	setDefault(&o.Log, slog.New(slog.DiscardHandler))
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func setDefault[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}

// ErrClosed is returned for a journal that has been closed.
var ErrClosed = errors.New("journal is closed")

// Stats counts records since the journal was opened.
type Stats struct {
	Queued    int    // waiting now
	Written   uint64 // written into the database
	Dropped   uint64 // given up because the queue was full, or the journal closed
	Lost      uint64 // taken from the queue, and not written into the database
	LinesLost uint64 // not written as a line
	Deleted   uint64 // deleted by age or size
}

// Journal takes decision records. Its methods may be called concurrently.
type Journal struct {
	options Options
	counts  *counts
	lines   *lines

	mu     sync.RWMutex // guards closed, and that nothing is sent on a closed queue
	closed bool

	queue chan *Record
	flush chan chan error // Flush waits for the answer
	done  chan struct{}   // closed when the writer has ended
	abort context.CancelFunc
}

// Open opens the journal and starts its writer. A database that is damaged is
// moved aside and a new one begun; one that cannot be opened for a reason that
// may pass, such as a full disk, is tried again later. Any other reason, such
// as ErrNewerSchema or a directory that is missing, is returned. A file of
// lines that cannot be opened is logged, and tried again with the next records.
func Open(o Options) (*Journal, error) {
	return start(o, func() (keeper, error) {
		d, err := openDatabase(o.Path)
		if err != nil {
			return nil, err
		}
		return d, nil
	})
}

// start is Open with a database of the caller's.
func start(o Options, open func() (keeper, error)) (*Journal, error) {
	o = o.withDefaults()
	ctx, cancel := context.WithCancel(context.Background())
	j := &Journal{
		options: o,
		counts:  new(counts),
		lines:   &lines{path: o.Lines, stdout: o.Stdout},
		queue:   make(chan *Record, o.Queue),
		flush:   make(chan chan error),
		done:    make(chan struct{}),
		abort:   cancel,
	}
	w := &writer{o: o, counts: j.counts, lines: j.lines, queue: j.queue, flush: j.flush, open: open}
	if err := w.reopen(); err != nil {
		if !passing(err) {
			cancel()
			return nil, err
		}
		w.failed(err)
	}
	w.tryLines()
	go func() {
		defer close(j.done)
		w.run(ctx)
	}()
	return j, nil
}

// Record takes a record in. It never blocks: a record that does not fit into
// the queue is dropped and counted. Texts and lists that a peer controls are
// shortened; the record itself is not changed.
func (j *Journal) Record(r *Record) {
	j.mu.RLock()
	defer j.mu.RUnlock()
	if !j.closed {
		select {
		case j.queue <- bounded(r):
			return
		default:
		}
	}
	j.counts.dropped.Add(1)
}

// Flush waits until everything recorded before is written, and returns the
// error if it could not be. It returns ErrClosed after Close.
func (j *Journal) Flush(ctx context.Context) error {
	reply := make(chan error, 1)
	select {
	case j.flush <- reply:
	case <-j.done:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-reply:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Reopen makes the next line go to a new file: call it after the file of the
// JSON lines has been renamed.
func (j *Journal) Reopen() { j.lines.reopen.Store(true) }

// Stats returns the counts.
func (j *Journal) Stats() Stats {
	return Stats{
		Queued:    len(j.queue),
		Written:   j.counts.written.Load(),
		Dropped:   j.counts.dropped.Load(),
		Lost:      j.counts.lost.Load(),
		LinesLost: j.counts.linesLost.Load(),
		Deleted:   j.counts.deleted.Load(),
	}
}

// Close writes what is queued, within Options.Drain, and closes the journal.
// Records that come later are dropped. Closing twice does nothing.
func (j *Journal) Close() error {
	if !j.shut() {
		return nil
	}
	defer j.abort()
	select {
	case <-j.done:
		return nil
	case <-time.After(j.options.Drain):
		return fmt.Errorf("close journal: not done within %v, %d records still queued", j.options.Drain, len(j.queue))
	}
}

// shut ends the queue, and says whether it was still open.
func (j *Journal) shut() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return false
	}
	j.closed = true
	close(j.queue)
	return true
}
