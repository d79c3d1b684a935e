package campaign

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// snapshotOf is what a store writes.
func snapshotOf(t testing.TB, s *Store, all bool) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.encode(&b, all); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// reopened closes a store and opens another on its snapshot.
func reopened(t *testing.T, s *Store, change func(*Options)) *Store {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return opened(t, func(o *Options) {
		o.Path = s.options.Path
		change(o)
	})
}

func TestARestartForgetsNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "campaigns")
	s := opened(t, func(o *Options) { o.Path = path })
	once, often := someText(1), someText(2)
	see(s, once, "a", 0)
	for i := range 20 {
		see(s, often, fmt.Sprint(i%5), time.Duration(i)*time.Minute)
	}
	s = reopened(t, s, func(*Options) {})
	expect(t, "seen once", see(s, once, "b", time.Minute), "2/2/1/1", "2/2/1/1")
	expect(t, "seen often", see(s, often, "9", 21*time.Minute), "21/6/17/1", "21/6/17/1")
}

// A kill forgets what was seen once, and nothing else that was saved.
func TestWhatAKillForgets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "campaigns")
	s := opened(t, func(o *Options) { o.Path = path })
	once, twice := someText(1), someText(2)
	see(s, once, "a", 0)
	see(s, twice, "a", 0)
	see(s, twice, "b", 0)
	if err := s.Snapshot(); err != nil {
		t.Fatal(err)
	}
	s = opened(t, func(o *Options) { o.Path = path })
	expect(t, "seen once", see(s, once, "a", time.Minute), "1/1/0/1", "1/1/0/1")
	expect(t, "seen twice", see(s, twice, "a", time.Minute), "3/2/1/2", "3/2/1/2")
}

func TestSnapshotsAreWrittenInTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "campaigns")
	s := opened(t, func(o *Options) { o.Path, o.Interval = path, time.Millisecond })
	empty, _ := os.Stat(path)
	see(s, someText(1), "a", 0)
	see(s, someText(1), "a", 0)
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if now, err := os.Stat(path); err == nil && now.Size() > empty.Size() {
			return
		}
		if time.Now().After(end) {
			t.Fatal("nothing is written")
		}
	}
}

// With less room than before, what was seen once goes first.
func TestFewerPrintsThanBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "campaigns")
	s := opened(t, func(o *Options) { o.Path = path })
	for i := range 50 {
		see(s, someText(i), "a", 0)
	}
	see(s, someText(7), "b", 0)
	s = reopened(t, s, func(o *Options) { o.Prints = 5 })
	if got := s.Stats().Prints; got != 5 {
		t.Errorf("%d prints", got)
	}
	expect(t, "seen twice", see(s, someText(7), "c", 0), "3/3/2/1", "3/3/2/1")
}

// In a snapshot, a print that was seen once takes 89 bytes, and with two windows
// 256 more if it was seen more than once.
func TestSizeOfASnapshot(t *testing.T) {
	s := opened(t, func(*Options) {})
	empty := len(snapshotOf(t, s, true))
	see(s, someText(1), "a", 0)
	section := 8
	if got := len(snapshotOf(t, s, true)) - empty - section; got != 89 {
		t.Errorf("seen once: %d bytes", got)
	}
	see(s, someText(1), "a", 0)
	if got := len(snapshotOf(t, s, false)) - empty - section; got != 345 {
		t.Errorf("seen twice: %d bytes", got)
	}
}

func TestManySections(t *testing.T) {
	s := opened(t, func(o *Options) { o.Prints = 60_000 })
	for i := range 60_000 {
		st := &s.stripes[0] // one stripe of the others: all into it
		st.prints, st.tallies = append(st.prints, kept{last: uint32(i + 1)}), append(st.tallies, nil)
	}
	data := snapshotOf(t, s, true)
	again := opened(t, func(o *Options) { o.Prints = 60_000 })
	if err := again.decode(bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	if len(data) < 2*maxSection {
		t.Errorf("%d bytes are no several sections", len(data))
	}
}

// sealed is a section.
func sealed(body []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(body)))
	return append(binary.LittleEndian.AppendUint32(b, crc32.Checksum(body, castagnoli)), body...)
}

func TestDamagedSnapshots(t *testing.T) {
	s := opened(t, func(*Options) {})
	see(s, someText(1), "a", 0)
	see(s, someText(1), "a", 0)
	good := snapshotOf(t, s, true)
	windows := sealed(appendNumbers(nil, s.spans...))
	end := sealed(nil)
	print := make([]byte, 89)
	print[88] = 2
	begin := append([]byte(magic), windows...)
	for name, data := range map[string][]byte{
		"empty":                 {},
		"another version":       bytes.Replace(good, []byte("campaigns 1"), []byte("campaigns 2"), 1),
		"other windows":         bytes.Join([][]byte{[]byte(magic), sealed(appendNumbers(nil, 60)), end}, nil),
		"cut off":               good[:len(good)-1],
		"something follows":     append(bytes.Clone(good), 0),
		"a bit":                 append(append(bytes.Clone(good[:100]), good[100]^1), good[101:]...),
		"too long a section":    binary.LittleEndian.AppendUint64(bytes.Clone(begin), maxSection+1),
		"part of a print":       bytes.Join([][]byte{begin, sealed(print[:80]), end}, nil),
		"unknown kind of print": bytes.Join([][]byte{begin, sealed(print), end}, nil),
	} {
		fresh := newStore(someOptions())
		if err := fresh.decode(bytes.NewReader(data)); !errors.Is(err, errDamaged) {
			t.Errorf("%s: error %v", name, err)
		}
		path := filepath.Join(t.TempDir(), "campaigns")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		opened(t, func(o *Options) { o.Path = path })
		if aside, err := os.ReadFile(path + ".damaged"); err != nil || !bytes.Equal(aside, data) {
			t.Errorf("%s: not put aside: %v", name, err)
		}
	}
}

func TestNoSnapshotCanBeKept(t *testing.T) {
	o := someOptions()
	o.Path = filepath.Join(t.TempDir(), "missing", "campaigns")
	if _, err := Open(o); err == nil {
		t.Error("no error")
	}
}

// FuzzDecode: whatever a snapshot says, reading it ends, and what was read can
// be written and used.
func FuzzDecode(f *testing.F) {
	s := opened(f, func(*Options) {})
	see(s, someText(1), "a", 0)
	see(s, someText(2), "a", 0)
	see(s, someText(2), "b", 0)
	f.Add(snapshotOf(f, s, true)[len(magic):])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		o := someOptions()
		o.Prints = 10
		s := newStore(o)
		if err := s.decode(bytes.NewReader(append([]byte(magic), data...))); err != nil && !errors.Is(err, errDamaged) {
			t.Fatal(err)
		}
		see(s, someText(1), "c", time.Hour)
		snapshotOf(t, s, true)
	})
}
