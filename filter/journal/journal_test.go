package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is when the records of the tests begin.
var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// sample is a record with something in every field.
func sample() *Record {
	return &Record{
		Time: noon, Ref: "7F3K9QX2", QueueID: "4Xk1", MessageID: "<1@example.net>", Listener: "smtp", Stage: "end",
		Client: Client{
			Addr: "203.0.113.7", Port: 4711, Name: "h7.dyn.example.net", Verified: true, Helo: "PC",
			Auth: "bob", TLS: "TLSv1.3", Relay: "198.51.100.4",
		},
		Sender: "login:bob", Group: "home", Match: "203.0.113.0/20", Policy: "home",
		From: "a@example.net", Author: "example.net", Rcpts: []string{"x@example.org"}, RcptsTotal: 1, RcptsRefused: 2, Size: 2231,
		Set: "relayed", Score: 2.1,
		Hits:     []Hit{{Rule: "HTML_ONLY", Points: 0.4, Note: "no text", Observe: true}},
		Skipped:  []Skip{{Check: "reputation", Why: "policy"}},
		Print:    "3f9a0c12be77",
		Limits:   []Limit{{Name: "recipients-1h", Key: "login:bob", Cost: 1, Used: 41, Max: 250, Over: true, Wait: 90, Observe: true}},
		Standing: "clean",

		Authorisation: &Authorisation{Domain: "example.net", From: "envelope", Owner: "acme", By: "group home", Unclear: "several", Allowed: true},

		Verdict: Verdict{Action: "reject", Code: 550, Enhanced: "5.7.1", Text: "No (ref 7F3K9QX2)", Reason: "score", Detail: "12"},
		Applied: "reject", Mode: "enforce", Failure: "store",
		Micros: Micros{Total: 900, Score: 610},
	}
}

// numbered is the record of number n: one second after the one before.
func numbered(n int) *Record {
	r := sample()
	r.Time = noon.Add(time.Duration(n) * time.Second)
	r.Ref = fmt.Sprintf("%08d", n)
	r.QueueID = fmt.Sprintf("Q%d", n)
	return r
}

// open opens a journal in a new directory, and closes it after the test.
func open(t testing.TB, o Options) *Journal {
	t.Helper()
	if o.Path == "" {
		o.Path = filepath.Join(t.TempDir(), File)
	}
	j, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

func flush(t testing.TB, j *Journal) {
	t.Helper()
	if err := j.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// refs returns the references of all records in the database, newest first.
func refs(t testing.TB, path string, f Filter) []string {
	t.Helper()
	r, err := OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var list []string
	for record, err := range r.Query(t.Context(), f) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, record.Ref)
	}
	return list
}

func TestRecordIsFoundWithEveryField(t *testing.T) {
	j := open(t, Options{})
	j.Record(sample())
	flush(t, j)
	r, err := OpenReader(j.options.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := r.Find(t.Context(), "7F3K9QX2")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Record{*sample()}, got); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	if s := j.Stats(); s != (Stats{Written: 1}) {
		t.Errorf("stats = %+v", s)
	}
}

func TestRecordsSurviveClosing(t *testing.T) {
	path := filepath.Join(t.TempDir(), File)
	for i := range 3 {
		j, err := Open(Options{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		j.Record(numbered(i))
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := refs(t, path, Filter{}), []string{"00000002", "00000001", "00000000"}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestClosedJournalDropsAndCounts(t *testing.T) {
	j := open(t, Options{})
	if err := errors.Join(j.Close(), j.Close()); err != nil {
		t.Fatal(err)
	}
	j.Record(sample())
	if err := j.Flush(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("Flush = %v, want ErrClosed", err)
	}
	if s := j.Stats(); s != (Stats{Dropped: 1}) {
		t.Errorf("stats = %+v", s)
	}
}

func TestManyWritersLoseNothing(t *testing.T) {
	const writers, each = 16, 200
	j := open(t, Options{Queue: writers * each, Batch: 7})
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range each {
				j.Record(numbered(w*each + i))
				if i%50 == 0 {
					j.Stats()
					j.Flush(context.Background())
				}
			}
		})
	}
	group.Wait()
	flush(t, j)
	if s := j.Stats(); s != (Stats{Written: writers * each}) {
		t.Errorf("stats = %+v", s)
	}
	if n := len(refs(t, j.options.Path, Filter{})); n != writers*each {
		t.Errorf("%d records in the database", n)
	}
}

// slow is a database whose add waits until it may go on, or fails.
type slow struct {
	entered chan int // gets the size of each batch
	goOn    chan error
}

func newSlow() *slow { return &slow{make(chan int), make(chan error)} }

func (s *slow) add(ctx context.Context, rows []row) error {
	s.entered <- len(rows)
	select {
	case err := <-s.goOn:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *slow) sweep(context.Context, time.Time, int64) (int64, bool, error) { return 0, false, nil }
func (s *slow) close() error                                                 { return nil }

// startSlow starts a journal upon a slow database.
func startSlow(t *testing.T, o Options) (*Journal, *slow) {
	t.Helper()
	s := newSlow()
	o.Path = "slow"
	j, err := start(o, func() (keeper, error) { return s, nil })
	if err != nil {
		t.Fatal(err)
	}
	return j, s
}

func TestBlockedWriterDropsBeyondTheQueue(t *testing.T) {
	for _, c := range []struct{ queue, extra, dropped int }{
		{queue: 3, extra: 0, dropped: 0},
		{queue: 3, extra: 1, dropped: 1},
		{queue: 3, extra: 5, dropped: 5},
	} {
		t.Run(fmt.Sprintf("%d beyond a queue of %d", c.extra, c.queue), func(t *testing.T) {
			j, s := startSlow(t, Options{Queue: c.queue, Batch: 1})
			j.Record(numbered(0))
			<-s.entered // the writer is blocked with the first
			for i := range c.queue + c.extra {
				j.Record(numbered(i + 1))
			}
			if got, want := j.Stats(), (Stats{Queued: c.queue, Dropped: uint64(c.dropped)}); got != want {
				t.Errorf("stats = %+v, want %+v", got, want)
			}
			go func() {
				for range s.entered {
					s.goOn <- nil
				}
			}()
			s.goOn <- nil
			if err := j.Close(); err != nil {
				t.Error(err)
			}
			close(s.entered)
			if got, want := j.Stats(), (Stats{Written: uint64(1 + c.queue), Dropped: uint64(c.dropped)}); got != want {
				t.Errorf("stats = %+v, want %+v", got, want)
			}
		})
	}
}

func TestCloseGivesUpAfterTheDrainTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, s := startSlow(t, Options{Queue: 10, Batch: 1, Drain: time.Minute})
		j.Record(numbered(0))
		<-s.entered
		j.Record(numbered(1))
		begun := time.Now()
		err := j.Close()
		if err == nil || !strings.Contains(err.Error(), "not done within 1m0s, 1 records still queued") {
			t.Errorf("Close = %v", err)
		}
		if waited := time.Since(begun); waited != time.Minute {
			t.Errorf("waited %v", waited)
		}
		<-j.done
		if got, want := j.Stats(), (Stats{Lost: 2}); got != want {
			t.Errorf("stats = %+v, want %+v", got, want)
		}
	})
}

func TestBatchIsWrittenWhenFullOrDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, s := startSlow(t, Options{Batch: 3, Flush: time.Second})
		begun := time.Now()
		for i := range 4 {
			j.Record(numbered(i))
		}
		if n := <-s.entered; n != 3 {
			t.Errorf("first batch has %d records, want 3", n)
		}
		if waited := time.Since(begun); waited != 0 {
			t.Errorf("a full batch waited %v", waited)
		}
		s.goOn <- nil
		if n := <-s.entered; n != 1 {
			t.Errorf("second batch has %d records, want 1", n)
		}
		if waited := time.Since(begun); waited != time.Second {
			t.Errorf("an incomplete batch waited %v, want 1s", waited)
		}
		s.goOn <- nil
		j.Close()
	})
}

func TestFailedBatchIsWrittenLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, s := startSlow(t, Options{Batch: 2, Flush: time.Second})
		j.Record(numbered(0))
		j.Record(numbered(1))
		<-s.entered
		s.goOn <- errors.New("disk full")
		j.Record(numbered(2))
		if err := j.Flush(t.Context()); !errors.Is(err, errUnavailable) {
			t.Errorf("Flush = %v, want errUnavailable", err)
		}
		for _, want := range []int{2, 1} { // upkeep tries again
			if n := <-s.entered; n != want {
				t.Errorf("batch of %d, want %d", n, want)
			}
			s.goOn <- nil
		}
		j.Close()
		if got, want := j.Stats(), (Stats{Written: 3}); got != want {
			t.Errorf("stats = %+v, want %+v", got, want)
		}
	})
}

func TestFailingDatabaseHoldsOneMoreQueueAndLosesTheRest(t *testing.T) {
	o := Options{Path: "failing", Queue: 5, Batch: 2}
	j, err := start(o, func() (keeper, error) { return nil, errPassing(t) })
	if err != nil {
		t.Fatal(err)
	}
	for i := range 7 {
		j.Record(numbered(i))
		j.Flush(t.Context())
	}
	if got, want := j.Stats(), (Stats{Lost: 2}); got != want {
		t.Errorf("stats = %+v, want %+v", got, want)
	}
	j.Close()
	if got, want := j.Stats(), (Stats{Lost: 7}); got != want {
		t.Errorf("stats after Close = %+v, want %+v", got, want)
	}
}

func TestDropsAreLoggedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		j, s := startSlow(t, Options{Queue: 1, Batch: 1, Log: slog.New(slog.NewTextHandler(&log, nil))})
		j.Record(numbered(0))
		<-s.entered
		for i := range 4 { // one fits
			j.Record(numbered(i + 1))
		}
		s.goOn <- nil
		<-s.entered
		s.goOn <- nil
		time.Sleep(3 * upkeepEvery)
		j.Close()
		if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "records=3") {
			t.Errorf("log:\n%s", got)
		}
	})
}

func TestFailuresOfTheDatabaseAreLoggedAtABoundedRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		o := Options{Path: "failing", Log: slog.New(slog.NewTextHandler(&log, nil))}
		j, err := start(o, func() (keeper, error) { return nil, syscall.ENOSPC })
		if err != nil {
			t.Fatal(err)
		}
		j.Record(numbered(0))
		time.Sleep(complainEvery + time.Second)
		j.Close()
		if got := log.String(); strings.Count(got, "\n") != 2 || !strings.Contains(got, "not_logged=5") {
			t.Errorf("log:\n%s", got)
		}
	})
}

func TestFlushReturnsWhenItsContextEnds(t *testing.T) {
	j, s := startSlow(t, Options{Batch: 1})
	j.Record(numbered(0))
	<-s.entered
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := j.Flush(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Flush = %v, want context.Canceled", err)
	}
	s.goOn <- nil
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}

func TestUnencodableRecordIsLostAlone(t *testing.T) {
	for _, c := range []struct {
		name string
		o    Options
		want Stats
	}{
		{"database", Options{Path: filepath.Join(t.TempDir(), File)}, Stats{Written: 1, Lost: 1}},
		{"lines", Options{Lines: "-", Stdout: io.Discard}, Stats{LinesLost: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			j, err := Open(c.o)
			if err != nil {
				t.Fatal(err)
			}
			bad := numbered(0)
			bad.Score = math.NaN()
			j.Record(bad)
			j.Record(numbered(1))
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			if got := j.Stats(); got != c.want {
				t.Errorf("stats = %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestOpenRefusesWhatTimeDoesNotHeal(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "other.db")
	if err := os.Mkdir(other, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"a directory that is missing": filepath.Join(dir, "missing", File),
		"a directory as file":         other,
	} {
		t.Run(name, func(t *testing.T) {
			j, err := Open(Options{Path: path})
			if err == nil {
				j.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), path) {
				t.Errorf("error does not name the file: %v", err)
			}
		})
	}
}

func TestWithoutADatabaseNothingIsKept(t *testing.T) {
	j, err := Open(Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	j.Record(sample())
	flush(t, j)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if s := j.Stats(); s != (Stats{}) {
		t.Errorf("stats = %+v", s)
	}
}
