package journal

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// openWith opens a database that holds n numbered records.
func openWith(t testing.TB, n int) *database {
	t.Helper()
	d, err := openDatabase(filepath.Join(t.TempDir(), File))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.close() })
	rows := make([]row, n)
	for i := range rows {
		r := numbered(i)
		text, err := r.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		rows[i] = row{r, text}
	}
	if err := d.add(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	return d
}

// sweepAll sweeps until there is nothing more to do, and returns the number
// of records deleted in each step.
func sweepAll(t testing.TB, d *database, before time.Time, maxSize int64) (steps []int64) {
	t.Helper()
	for {
		deleted, more, err := d.sweep(t.Context(), before, maxSize)
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return steps
		}
		steps = append(steps, deleted)
	}
}

func TestRetentionByAgeKeepsWhatIsYoungEnough(t *testing.T) {
	d := openWith(t, 5)
	sweepAll(t, d, noon.Add(2*time.Second), 0)
	if got, want := refs(t, d.path, Filter{}), []string{"00000004", "00000003", "00000002"}; !cmp.Equal(got, want) {
		t.Errorf("left %v, want %v", got, want)
	}
}

func TestRetentionWithoutBoundsDeletesNothing(t *testing.T) {
	d := openWith(t, 5)
	if steps := sweepAll(t, d, time.Time{}, 0); len(steps) != 0 {
		t.Errorf("steps %v", steps)
	}
}

func TestRetentionStepsAreSmall(t *testing.T) {
	for _, c := range []struct {
		n    int
		want []int64
	}{
		{0, nil},
		{sweepRows, []int64{sweepRows}},
		{sweepRows + 1, []int64{sweepRows, 1}},
	} {
		d := openWith(t, c.n)
		if got := sweepAll(t, d, noon.Add(time.Hour), 0); !cmp.Equal(got, c.want) {
			t.Errorf("%d records: steps %v, want %v", c.n, got, c.want)
		}
	}
}

func TestRetentionBySizeDeletesTheOldest(t *testing.T) {
	const n, maxSize = 4000, 2 << 20
	d := openWith(t, n)
	if used, _, err := d.pages(t.Context()); err != nil || used <= maxSize {
		t.Fatalf("%d bytes are used (%v): too few for the test", used, err)
	}
	sweepAll(t, d, time.Time{}, maxSize)
	used, _, err := d.pages(t.Context())
	if err != nil || used > maxSize || used < maxSize*2/3 {
		t.Errorf("%d bytes are used (%v), want just below %d", used, err, maxSize)
	}
	left := refs(t, d.path, Filter{})
	if len(left) == 0 || left[0] != numbered(n-1).Ref || left[len(left)-1] != numbered(n-len(left)).Ref {
		t.Errorf("%d are left, which are not the newest", len(left))
	}
}

func TestRetentionGivesSpaceBack(t *testing.T) {
	d := openWith(t, 6000)
	if _, err := d.pool.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}
	before := fileSize(t, d.path)
	sweepAll(t, d, noon.Add(time.Hour*24), 0)
	if _, err := d.pool.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}
	_, free, err := d.pages(t.Context())
	if err != nil || free > sparePages || free < sparePages-sweepPages {
		t.Errorf("%d pages are free (%v), want at most %d", free, err, sparePages)
	}
	if after := fileSize(t, d.path); after > before*2/3 {
		t.Errorf("the file has %d bytes, had %d", after, before)
	}
}

func fileSize(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestOpenedJournalDeletesWhatHasBecomeTooOld(t *testing.T) {
	path := filepath.Join(t.TempDir(), File)
	first := open(t, Options{Path: path})
	first.Record(numbered(0))
	first.Record(numbered(10))
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return noon.Add(15 * time.Second) }
	j := open(t, Options{Path: path, MaxAge: 10 * time.Second, Now: now})
	for j.Stats().Deleted == 0 { // retention begins when the writer is idle
		flush(t, j)
	}
	if got, want := refs(t, path, Filter{}), []string{"00000010"}; !cmp.Equal(got, want) {
		t.Errorf("left %v, want %v", got, want)
	}
}

func TestRetentionGoesOnWhileTheQueueIsNeverEmpty(t *testing.T) {
	db := &endless{swept: make(chan struct{}, 10)}
	j, err := start(Options{Path: "endless", Batch: 1, Queue: 100}, func() (keeper, error) { return db, nil })
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		j.Record(sample())
	}
	for range 3 {
		<-db.swept
	}
	if err := j.Close(); err != nil { // although there would be more to delete
		t.Error(err)
	}
}

// endless is a database that never is tidy.
type endless struct{ swept chan struct{} }

func (*endless) add(context.Context, []row) error { return nil }
func (*endless) close() error                     { return nil }

func (e *endless) sweep(context.Context, time.Time, int64) (int64, bool, error) {
	select {
	case e.swept <- struct{}{}:
	default:
	}
	return 1, true, nil
}
