package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

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

// bounds is where the n-th section of a snapshot begins and ends.
func bounds(t *testing.T, b []byte, n int) (begin, end int) {
	t.Helper()
	r, body := bytes.NewReader(b[len(magic):]), bytes.Buffer{}
	for range n + 1 {
		begin = len(b) - r.Len()
		if err := section(r, &body); err != nil {
			t.Fatal(err)
		}
	}
	return begin, len(b) - r.Len()
}

func TestSectionsAreSplitAndBounded(t *testing.T) {
	table := newTable(shape{"w", Window, time.Hour}, 1<<20)
	for i := range 10000 {
		key := fmt.Sprintf("%0*d", MaxKey, i)
		table.charge(key, &kinds[0], 0, nanos(at))
	}
	b, n := table.sections(nil)
	if want := (len(b)-1)/sectionSize + 1; n != want {
		t.Errorf("%d sections in %d bytes, want %d", n, len(b), want)
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

func TestKeyLengthsInASnapshot(t *testing.T) {
	for n, ok := range map[int]bool{0: true, MaxKey: true, MaxKey + 1: false} {
		body := appendString(appendInts(nil, int64(Window), int64(time.Hour)), "w")
		body = appendInts(appendString(body, strings.Repeat("k", n)), 0)
		if err := decodeTable(body, func(shape, string, counter) {}); (err == nil) != ok {
			t.Errorf("a key of %d bytes: %v", n, err)
		}
	}
}

func TestCountersThatCannotBe(t *testing.T) {
	cases := map[string]struct {
		kind  Kind
		state []byte
	}{
		"window of too many slots":  {Window, appendInts(nil, maxSlots+1)},
		"window of fewer than none": {Window, appendInts(nil, -1)},
		"window cut off":            {Window, appendInts(nil, 1, 0)},
		"window in the far future":  {Window, appendInts(nil, 1, maxTime+1, 1)},
		"window beyond the end":     {Window, appendInts(nil, 2, maxTime, 1, 1, 1)},
		"window of an empty slot":   {Window, appendInts(nil, 1, 0, 0)},
		"window below zero":         {Window, appendInts(nil, 1, 0, -1)},
		"window in the wrong row":   {Window, appendInts(nil, 2, 5, 1, -1, 1)},
		"window of twice one time":  {Window, appendInts(nil, 2, 5, 1, 0, 1)},
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
