package daemon

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sluice/filter/journal"
)

// stuck is a writer that takes nothing until it is let go.
type stuck struct {
	bytes.Buffer
	free chan struct{}
}

func (s *stuck) Write(p []byte) (int, error) {
	<-s.free
	return s.Buffer.Write(p)
}

func TestLogKeepsItsOrder(t *testing.T) {
	var out bytes.Buffer
	q := NewLogQueue(&out)
	var want strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(q, "line %d\n", i)
		fmt.Fprintf(&want, "line %d\n", i)
	}
	q.Close()
	q.Close()
	if out.String() != want.String() || q.Dropped() != 0 {
		t.Errorf("%d bytes of %d, %d dropped", out.Len(), want.Len(), q.Dropped())
	}
	q.Write([]byte("too late\n"))
	if out.String() != want.String() || q.Dropped() != 1 {
		t.Errorf("%d dropped after the end", q.Dropped())
	}
}

// At the bound a line is taken, one byte more is dropped whole.
func TestLogQueueIsBounded(t *testing.T) {
	for more, want := range map[int]int64{0: 0, 1: 1} {
		synctest.Test(t, func(t *testing.T) {
			out := &stuck{free: make(chan struct{})}
			q := NewLogQueue(out)
			q.Write([]byte("first\n"))
			synctest.Wait() // it is on its way out
			q.Write(bytes.Repeat([]byte("x"), maxLogQueue-5))
			q.Write(append(bytes.Repeat([]byte("y"), 4+more), '\n'))
			if got := q.Dropped(); got != want {
				t.Errorf("%d bytes too many: %d dropped, want %d", more, got, want)
			}
			close(out.free)
			q.Close()
			if got := out.Len(); got != len("first\n")+maxLogQueue-5*int(want) {
				t.Errorf("%d bytes too many: %d bytes written", more, got)
			}
		})
	}
}

func TestEndOfALogIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &stuck{free: make(chan struct{})}
		q := NewLogQueue(out)
		q.Write([]byte("a line\n"))
		begun := time.Now()
		q.Close()
		if got := time.Since(begun); got != logDrain {
			t.Errorf("closed after %v", got)
		}
		close(out.free)
	})
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("nobody is there") }

func TestLinesThatCannotBeWrittenAreCounted(t *testing.T) {
	q := NewLogQueue(broken{})
	q.Write([]byte("one\ntwo\n"))
	q.Close()
	if got := q.Dropped(); got != 2 {
		t.Errorf("%d dropped", got)
	}
}

// TestLogThatIsNotReadStopsNoMail has a pipe for the log that nobody reads:
// recording and stopping go on, what is dropped is counted, and what was taken
// comes out in order.
func TestLogThatIsNotReadStopsNoMail(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	lines := NewLogQueue(write)
	r := &running{T: t, dir: t.TempDir(), log: new(logBuffer)}
	r.path = r.dir + "/sluice.toml"
	r.write("sluice.toml", strings.Replace(inTest(r.dir), r.dir+"/state", "", 1)+homeGroup)
	r.startWith(Options{Path: r.path, Log: slog.New(slog.NewTextHandler(lines, nil)), Lines: lines, Now: time.Now})

	const n = 8000
	long := strings.Repeat("x", 2000)
	for i := range n {
		r.Record(&journal.Record{Ref: fmt.Sprint("R", i), From: long, Verdict: journal.Verdict{Action: "accept"}})
	}
	dropped := lines.Dropped()
	if dropped == 0 || dropped >= n {
		t.Errorf("%d of %d dropped", dropped, n)
	}
	if want := fmt.Sprintf("sluice_log_dropped_total %d\n", dropped); !strings.Contains(r.scrape(), want) {
		t.Errorf("the metrics lack %q", want)
	}
	r.stop()

	var out bytes.Buffer
	copied := make(chan struct{})
	go func() { out.ReadFrom(read); close(copied) }()
	lines.Close()
	write.Close()
	<-copied
	read.Close()
	last, count := -1, 0
	for line := range strings.Lines(out.String()) {
		_, rest, isMessage := strings.Cut(line, " ref=R")
		if !isMessage {
			continue
		}
		var i int
		if _, err := fmt.Sscan(rest, &i); err != nil || i <= last {
			t.Fatalf("after %d: %s", last, line)
		}
		last, count = i, count+1
	}
	if count != n-int(dropped) {
		t.Errorf("%d lines of messages, want %d", count, n-int(dropped))
	}
}
