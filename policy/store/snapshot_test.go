package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
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
	want := [][]Level{levels(t, m, 2*time.Minute, keyed("7", "value 7")), levels(t, m, 61*time.Minute, keyed("7", "value 7"))}
	stats := m.Stats().Limits
	mustClose(t, m)

	m = mustOpen(t, Options{Path: path})
	defer mustClose(t, m)
	m.shards.sweep() // before any call has named a time
	got := [][]Level{levels(t, m, 2*time.Minute, keyed("7", "value 7")), levels(t, m, 61*time.Minute, keyed("7", "value 7"))}
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
	m.Give(ctx, at, keyed("k", ""))
	check("give", 3)
	m.Reset(ctx, "k")
	check("reset", 0)
}

// sample is a snapshot with all kinds of counters.
func sample(t testing.TB) []byte {
	m := mustOpen(t, Options{Capacity: 100})
	defer mustClose(t, m)
	m.Take(context.Background(), at, keyed("ip:203.0.113.7", "a"))
	m.Take(context.Background(), at, keyed("login:bob", "b"))
	m.Take(context.Background(), at, keyed("login:bob", "c"))
	var b bytes.Buffer
	if err := m.encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDamagedSnapshotIsPutAside(t *testing.T) {
	good := sample(t)
	cases := map[string][]byte{
		"empty":           {},
		"foreign":         []byte("SQLite format 3\x00 and more"),
		"another version": bytes.Replace(good, []byte("counters 1"), []byte("counters 2"), 1),
		"flipped bit":     flip(good, len(good)/2),
		"doubled":         append(append([]byte(nil), good...), good...),
		"one byte more":   append(append([]byte(nil), good...), 0),
	}
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

func TestSectionsAreSplitAndBounded(t *testing.T) {
	table := newTable(shape{"w", Window, time.Hour}, 1<<20)
	for i := range 10000 {
		key := fmt.Sprintf("%0*d", MaxKey, i)
		table.charge(key, &kinds[0], 0, nanos(at))
	}
	b, n := table.sections(nil)
	if want := len(b)/(sectionSize+maxSection) + 1; n < want {
		t.Errorf("%d sections in %d bytes", n, len(b))
	}
	r, body, total := bytes.NewReader(b), bytes.Buffer{}, 0
	for range n {
		if err := section(r, &body); err != nil {
			t.Fatal(err)
		}
		if err := decodeTable(body.Bytes()[1:], func(shape, string, counter) { total++ }); err != nil {
			t.Fatal(err)
		}
	}
	if total != 10000 || r.Len() != 0 {
		t.Errorf("%d counters, %d bytes left", total, r.Len())
	}
}

func TestLargestCounterFitsASection(t *testing.T) {
	d := &distinct{last: -maxTime}
	for i := range MaxDistinct {
		d.seen = append(d.seen, sight{hash: uint64(i), at: d.last - maxSpan, takes: 1<<32 - 1})
	}
	if n := len(d.append(nil)) + 2*MaxKey; n > maxSection-sectionSize {
		t.Errorf("%d bytes", n)
	}
}

func TestSectionLengths(t *testing.T) {
	for size, ok := range map[int]bool{0: false, 1: true, maxSection: true, maxSection + 1: false} {
		b := seal(make([]byte, 8+size), 0)
		var body bytes.Buffer
		if err := section(bytes.NewReader(b), &body); (err == nil) != ok {
			t.Errorf("a section of %d bytes: %v", size, err)
		}
	}
}

func TestCountersThatCannotBe(t *testing.T) {
	cases := map[string]struct {
		kind  Kind
		state []byte
	}{
		"window in the far future":  {Window, appendInts(nil, maxTime+1, 0, 0)},
		"window below zero":         {Window, appendInts(nil, 0, -1, 0)},
		"window before below zero":  {Window, appendInts(nil, 0, 0, -1)},
		"bucket in the far past":    {Bucket, appendInts(nil, -maxTime-1, 0)},
		"bucket overfull":           {Bucket, appendInts(nil, 0, -1)},
		"bucket in endless debt":    {Bucket, appendInts(nil, 0, maxSpan+1)},
		"distinct too many":         {Distinct, appendInts(nil, 0, MaxDistinct+1)},
		"distinct below zero":       {Distinct, appendInts(nil, 0, -1)},
		"distinct cut off":          {Distinct, appendInts(nil, 0, 1)},
		"distinct newer than last":  {Distinct, value(appendInts(nil, 0, 1), -1, 1)},
		"distinct never taken":      {Distinct, value(appendInts(nil, 0, 1), 0, 0)},
		"distinct taken too often":  {Distinct, value(appendInts(nil, 0, 1), 0, 1<<32)},
		"distinct in the wrong row": {Distinct, value(value(appendInts(nil, 0, 2), 1, 1), 2, 1)},
		"nothing":                   {Window, nil},
	}
	for name, c := range cases {
		if _, ok := untouched(c.kind).read(c.state); ok {
			t.Errorf("%s: read", name)
		}
	}
}

func value(b []byte, age, takes int64) []byte {
	return appendInts(append(b, 1, 2, 3, 4, 5, 6, 7, 8), age, takes)
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
	t.Run("leaves the one before", func(t *testing.T) {
		path := file(t)
		os.WriteFile(path, []byte("before"), 0o600)
		failing := func(w io.Writer) error { w.Write([]byte("half")); return errors.New("disk full") }
		if err := replace(path, failing); err == nil {
			t.Error("no error")
		}
		if b, _ := os.ReadFile(path); string(b) != "before" {
			t.Errorf("found %q", b)
		}
		if _, err := os.Stat(path + ".new"); err == nil {
			t.Error("the half file is left")
		}
	})
}

// FuzzSnapshot reads arbitrary bytes, as a file and as the body of a section
// with a true checksum. What can be read can be written and read again.
func FuzzSnapshot(f *testing.F) {
	good := sample(f)
	f.Add(good, false)
	f.Add(good[:len(good)/2], false)
	for rest := bytes.NewReader(good[len(magic):]); ; {
		var body bytes.Buffer
		if section(rest, &body) != nil {
			break
		}
		f.Add(bytes.Clone(body.Bytes()), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, body bool) {
		if body {
			data = around(data)
		}
		m := &Memory{shards: newShards(10)}
		var err error
		m.seed, err = decode(bytes.NewReader(data), func(s shape, key string, c counter) {
			m.shards.put(s, key, c)
		})
		if err != nil {
			if !errors.Is(err, errDamaged) {
				t.Errorf("the error does not say what is wrong: %v", err)
			}
			return
		}
		m.shards.sweep()
		var again bytes.Buffer
		if err := m.encode(&again); err != nil {
			t.Fatal(err)
		}
		if _, err := decode(&again, func(shape, string, counter) {}); err != nil {
			t.Errorf("what was read cannot be written: %v", err)
		}
	})
}

// around makes a snapshot of one body.
func around(body []byte) []byte {
	b := seal(append(open([]byte(magic), seedSection), make([]byte, 16)...), len(magic))
	start := len(b)
	b = seal(append(append(b, make([]byte, 8)...), body...), start)
	start = len(b)
	return seal(appendInts(open(b, endSection), 2), start)
}
