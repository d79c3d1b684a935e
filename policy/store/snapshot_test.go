package store

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

var kinds = []Charge{
	{Limit: "w", Kind: Window, Max: 100, Window: time.Hour, Cost: 3},
	{Limit: "b", Kind: Bucket, Max: 60, Burst: 50, Window: time.Hour, Cost: 3},
	{Limit: "d", Kind: Distinct, Max: 100, Window: time.Hour},
}

func keyed(key, value string) []Charge {
	charges := append([]Charge(nil), kinds...)
	for i := range charges {
		charges[i].Key, charges[i].Value = key, value
	}
	return charges
}

func mustOpen(t testing.TB, o Options) *Memory {
	t.Helper()
	m, err := OpenMemory(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func mustClose(t testing.TB, m *Memory) {
	t.Helper()
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
}

func levels(t testing.TB, m *Memory, after time.Duration, charges []Charge) []Level {
	t.Helper()
	l, err := m.Peek(context.Background(), at.Add(after), charges)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func file(t *testing.T) string { return filepath.Join(t.TempDir(), "counters") }

func TestRestartKeepsCounters(t *testing.T) {
	path := file(t)
	m := mustOpen(t, Options{Path: path})
	for i := range 5000 {
		m.Take(context.Background(), at, keyed(fmt.Sprint(i), fmt.Sprint("value ", i)))
	}
	m.Take(context.Background(), at.Add(time.Minute), keyed("7", "another"))
	want := [][]Level{levels(t, m, 2*time.Minute, keyed("7", "value 7")), levels(t, m, 60*time.Minute, keyed("7", "value 7"))}
	stats := m.Stats().Limits
	mustClose(t, m)

	m = mustOpen(t, Options{Path: path})
	defer mustClose(t, m)
	m.shards.sweep() // before any call has named a time
	got := [][]Level{levels(t, m, 2*time.Minute, keyed("7", "value 7")), levels(t, m, 60*time.Minute, keyed("7", "value 7"))}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("levels (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(stats, m.Stats().Limits); diff != "" {
		t.Errorf("stats (-before +after):\n%s", diff)
	}
}

func TestRestartWithLessCapacity(t *testing.T) {
	path := file(t)
	m := mustOpen(t, Options{Path: path})
	for i := range 50 {
		m.Take(context.Background(), at, keyed(fmt.Sprint(i), ""))
	}
	mustClose(t, m)
	m = mustOpen(t, Options{Path: path, Capacity: 10})
	defer mustClose(t, m)
	for _, s := range m.Stats().Limits {
		if s.Keys != 10 {
			t.Errorf("%s: %d keys, want 10", s.Limit, s.Keys)
		}
	}
}

func TestSnapshotEveryInterval(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(dir, "counters")
		m := mustOpen(t, Options{Path: path})
		m.Take(context.Background(), at, keyed("k", ""))
		opened := m.Stats().Saved

		time.Sleep(DefaultInterval - time.Second)
		synctest.Wait()
		if m.Stats().Saved != opened {
			t.Error("written before the interval is over")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		written := m.Stats().Saved
		if got := written.Sub(opened); got != DefaultInterval {
			t.Errorf("written after %v", got)
		}
		killed := mustOpen(t, Options{Path: copied(t, path)})
		if got := levels(t, killed, 0, keyed("k", ""))[0].Used; got != 3 {
			t.Errorf("after a kill %d are used, want 3", got)
		}
		mustClose(t, killed)

		time.Sleep(3 * DefaultInterval)
		synctest.Wait()
		if m.Stats().Saved != written {
			t.Error("written though nothing has changed")
		}
		mustClose(t, m)
		mustClose(t, m)
	})
}

// copied is the snapshot as it is now, under another name.
func copied(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	path += ".copy"
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEveryChangeIsSaved(t *testing.T) {
	path := file(t)
	m := mustOpen(t, Options{Path: path})
	defer mustClose(t, m)
	check := func(name string, want int64) {
		t.Helper()
		if err := m.Snapshot(); err != nil {
			t.Fatal(err)
		}
		killed := mustOpen(t, Options{Path: copied(t, path)})
		defer mustClose(t, killed)
		if got := levels(t, killed, 0, keyed("k", ""))[0].Used; got != want {
			t.Errorf("%s: %d used after a kill, want %d", name, got, want)
		}
	}
	ctx := context.Background()
	m.Take(ctx, at, keyed("k", ""))
	m.Take(ctx, at, keyed("k", ""))
	check("take", 6)
	given := keyed("k", "")
	for i := range given {
		given[i].Taken = at
	}
	m.Give(ctx, at, given)
	check("give", 3)
	m.Reset(ctx, "k")
	check("reset", 0)
}

func TestSnapshotWhileCharging(t *testing.T) {
	path := file(t)
	m := mustOpen(t, Options{Path: path})
	var busy sync.WaitGroup
	for worker := range 4 {
		busy.Go(func() {
			for i := range 500 {
				m.Take(context.Background(), at, keyed(fmt.Sprint(worker, i), fmt.Sprint(i)))
			}
		})
	}
	for range 5 {
		if err := m.Snapshot(); err != nil {
			t.Error(err)
		}
		m.shards.sweep()
		m.Stats()
	}
	busy.Wait()
	mustClose(t, m)
	m = mustOpen(t, Options{Path: path})
	defer mustClose(t, m)
	for _, s := range m.Stats().Limits {
		if s.Keys != 4*500 {
			t.Errorf("%s: %d keys after a restart, want %d", s.Limit, s.Keys, 4*500)
		}
	}
}

func TestDamagedSnapshotIsPutAside(t *testing.T) {
	good := sample(t)
	cases := map[string][]byte{
		"empty":           {},
		"foreign":         []byte("SQLite format 3\x00 and more"),
		"another version": bytes.Replace(good, []byte("counters 2"), []byte("counters 1"), 1),
		"flipped bit":     flip(good, len(good)/2),
		"doubled":         append(append([]byte(nil), good...), good...),
		"one byte more":   append(append([]byte(nil), good...), 0),
	}
	first, second := bounds(t, good, 1)
	cases["a section missing"] = append(append([]byte(nil), good[:first]...), good[second:]...)
	for i := 1; i < len(good); i += 7 {
		cases[fmt.Sprintf("cut off after %d bytes", i)] = good[:i]
	}
	for name, content := range cases {
		t.Run(name, func(t *testing.T) {
			path := file(t)
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			var log strings.Builder
			m := mustOpen(t, Options{Path: path, Log: slog.New(slog.NewTextHandler(&log, nil))})
			defer mustClose(t, m)
			if len(m.Stats().Limits) != 0 {
				t.Error("counters from a damaged snapshot are in force")
			}
			if aside, err := os.ReadFile(path + ".damaged"); err != nil || !bytes.Equal(aside, content) {
				t.Errorf("not put aside as it was: %v", err)
			}
			if !strings.Contains(log.String(), "damaged snapshot") {
				t.Errorf("log: %q", log.String())
			}
		})
	}
}

func flip(b []byte, i int) []byte {
	b = append([]byte(nil), b...)
	b[i] ^= 1
	return b
}

func TestUnwritableSnapshot(t *testing.T) {
	t.Run("is an error at start", func(t *testing.T) {
		if _, err := OpenMemory(Options{Path: filepath.Join(t.TempDir(), "missing", "counters")}); err == nil {
			t.Error("no error")
		}
	})
	t.Run("is counted and tried again", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "state", "counters")
		os.Mkdir(filepath.Dir(path), 0o700)
		m := mustOpen(t, Options{Path: path})
		m.Take(context.Background(), at, keyed("k", ""))
		os.RemoveAll(filepath.Dir(path))
		for range 2 {
			if err := m.Snapshot(); err == nil {
				t.Error("no error")
			}
		}
		if m.Stats().Failed != 2 {
			t.Errorf("%d failures counted", m.Stats().Failed)
		}
		os.Mkdir(filepath.Dir(path), 0o700)
		mustClose(t, m)
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	})
}
