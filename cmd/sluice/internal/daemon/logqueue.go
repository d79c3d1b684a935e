package daemon

import (
	"bytes"
	"context"
	"io"
	"sync"
	"time"
)

const (
	// maxLogQueue is how much of the log waits at most, in bytes: some 20,000
	// lines of messages. As much again may be on its way out.
	maxLogQueue = 8 << 20
	// logDrain is the longest that the end of a log waits until it is written.
	logDrain = 2 * time.Second
	// dropsEvery is how often the log is told what it lacks.
	dropsEvery = 10 * time.Second
)

// LogQueue stands between a log and the file or pipe that it goes to, so that
// mail flows when nobody reads there: Write never blocks. Lines keep their
// order. One that finds no room is dropped whole, and counted, as are those
// that cannot be written. A kill -9 loses what waits, which is nothing as long
// as somebody reads.
type LogQueue struct {
	to    io.Writer
	ready chan struct{} // has an element when there is something to do
	done  chan struct{} // closed when all is written

	mu      sync.Mutex
	waiting []byte
	closed  bool
	dropped int64
}

// NewLogQueue returns a queue that writes to w. It wants its Close.
func NewLogQueue(w io.Writer) *LogQueue {
	q := &LogQueue{to: w, ready: make(chan struct{}, 1), done: make(chan struct{})}
	go q.run()
	return q
}

// Write takes in one line, its end included. It never fails.
func (q *LogQueue) Write(line []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || len(q.waiting)+len(line) > maxLogQueue {
		q.dropped++
		return len(line), nil
	}
	q.waiting = append(q.waiting, line...)
	q.wake()
	return len(line), nil
}

// Dropped is how many lines were not written.
func (q *LogQueue) Dropped() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}

// Close waits until what came before is written, for no longer than logDrain.
// Lines that come later are dropped. Closing twice does nothing more.
func (q *LogQueue) Close() {
	q.mu.Lock()
	q.closed = true
	q.wake()
	q.mu.Unlock()
	select {
	case <-q.done:
	case <-time.After(logDrain):
	}
}

func (q *LogQueue) wake() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// run writes until the queue is closed and empty.
func (q *LogQueue) run() {
	defer close(q.done)
	for range q.ready {
		lines, last := q.take()
		if _, err := q.to.Write(lines); err != nil {
			q.lost(bytes.Count(lines, []byte("\n")))
		}
		if last {
			return
		}
	}
}

// take returns what waits, and whether nothing comes after it.
func (q *LogQueue) take() (lines []byte, last bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	lines, q.waiting = q.waiting, nil
	return lines, q.closed
}

func (q *LogQueue) lost(lines int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dropped += int64(lines)
}

// dropped is how many lines the log lacks, 0 if it cannot lack any.
func (d *Daemon) dropped() int64 {
	if d.Lines == nil {
		return 0
	}
	return d.Lines.Dropped()
}

// reportDrops says in the log that it lacks lines, until ctx ends.
func (d *Daemon) reportDrops(ctx context.Context) {
	tick := time.NewTicker(dropsEvery)
	defer tick.Stop()
	for reported := int64(0); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if n := d.dropped(); n > reported {
				d.Log.Error("lines of this log were dropped: it was not read fast enough", "lines", n-reported)
				reported = n
			}
		}
	}
}
