package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"time"
)

// A snapshot is the magic line and a sequence of sections:
//
//	section = length of body (4 bytes) | CRC-32C of body (4 bytes) | body
//	body    = 's' seed                                        the first
//	        | 't' kind window length limit { counter }        any number
//	        | 'e' number of sections before                   the last
//	counter = length key state
//
// Fixed numbers are little endian, all others are varints. The version is part
// of the magic line; there is no reading of other versions, for the price is
// only that counting starts from zero.
const magic = "sluice counters 2\n"

const (
	sectionSize = 1 << 20 // of a body, before another is begun
	maxSection  = 1 << 21 // of a body that is read
)

const (
	seedSection  = 's'
	tableSection = 't'
	endSection   = 'e'
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errDamaged is wrapped by every complaint about the contents of a snapshot.
var errDamaged = errors.New("damaged snapshot")

func damaged(what string) error { return fmt.Errorf("%w: %s", errDamaged, what) }

// open begins a section behind b, and seal ends the one that begins at start.
func open(b []byte, kind byte) []byte {
	return append(b, 0, 0, 0, 0, 0, 0, 0, 0, kind)
}

func seal(b []byte, start int) []byte {
	body := b[start+8:]
	binary.LittleEndian.PutUint32(b[start:], uint32(len(body)))
	binary.LittleEndian.PutUint32(b[start+4:], crc32.Checksum(body, castagnoli))
	return b
}

// sections writes a table behind b, and counts its sections.
func (t *table) sections(b []byte) ([]byte, int) {
	start, n := len(b), 0
	for key, c := range t.counters {
		if n == 0 || len(b)-start > sectionSize {
			if n > 0 {
				b = seal(b, start)
			}
			start, n = len(b), n+1
			b = open(b, tableSection)
			b = appendInts(b, int64(t.shape.kind), int64(t.shape.span))
			b = appendString(b, t.shape.limit)
		}
		b = c.append(appendString(b, key))
	}
	if n > 0 {
		b = seal(b, start)
	}
	return b, n
}

// decode reads a snapshot, one section at a time. The counters it hands on may
// be kept if the error is nil.
func decode(r io.Reader, keep func(shape, string, counter)) (seed, error) {
	var seed seed
	var body bytes.Buffer
	head := make([]byte, len(magic))
	if _, err := io.ReadFull(r, head); err != nil {
		return seed, fmt.Errorf("%w: cut off: %w", errDamaged, err)
	}
	if string(head) != magic {
		return seed, damaged("no snapshot of this version")
	}
	for n := 0; ; n++ {
		if err := section(r, &body); err != nil {
			return seed, fmt.Errorf("section %d: %w", n, err)
		}
		kind, rest := body.Bytes()[0], body.Bytes()[1:]
		switch {
		case n == 0 && kind == seedSection && len(rest) == len(seed):
			copy(seed[:], rest)
		case n > 0 && kind == tableSection:
			if err := decodeTable(rest, keep); err != nil {
				return seed, fmt.Errorf("section %d: %w", n, err)
			}
		case n > 0 && kind == endSection:
			return seed, decodeEnd(rest, n, r)
		default:
			return seed, damaged(fmt.Sprintf("section %d out of place", n))
		}
	}
}

// section reads the next body, which is not empty. What it takes from memory
// follows what is there to be read, not what the length says.
func section(r io.Reader, body *bytes.Buffer) error {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return fmt.Errorf("%w: cut off: %w", errDamaged, err)
	}
	size := binary.LittleEndian.Uint32(head[:])
	if size == 0 || size > maxSection {
		return damaged("impossible length")
	}
	body.Reset()
	if _, err := io.CopyN(body, r, int64(size)); err != nil {
		return fmt.Errorf("%w: cut off: %w", errDamaged, err)
	}
	if crc32.Checksum(body.Bytes(), castagnoli) != binary.LittleEndian.Uint32(head[4:]) {
		return damaged("wrong checksum")
	}
	return nil
}

func decodeTable(b []byte, keep func(shape, string, counter)) error {
	var kind, span int64
	b, ok := readInts(b, &kind, &span)
	if !ok || kind < 0 || kind > int64(Distinct) || span <= 0 || span > maxSpan {
		return damaged("impossible limit")
	}
	limit, b, ok := readString(b)
	if !ok {
		return damaged("impossible limit")
	}
	s := shape{limit: limit, kind: Kind(kind), span: time.Duration(span)}
	for len(b) > 0 {
		var key string
		c := untouched(s.kind)
		if key, b, ok = readString(b); !ok || len(key) > MaxKey {
			return damaged("impossible key")
		}
		if b, ok = c.read(b); !ok {
			return damaged("impossible counter")
		}
		keep(s, key, c)
	}
	return nil
}

// decodeEnd checks that the last section closes the snapshot.
func decodeEnd(b []byte, sections int, r io.Reader) error {
	var n int64
	if b, ok := readInts(b, &n); !ok || len(b) > 0 || n != int64(sections) {
		return damaged("sections are missing")
	}
	if n, err := io.ReadFull(r, make([]byte, 1)); n > 0 || err != io.EOF {
		return damaged("something follows the end")
	}
	return nil
}

func appendInts(b []byte, ints ...int64) []byte {
	for _, i := range ints {
		b = binary.AppendVarint(b, i)
	}
	return b
}

func readInts(b []byte, ints ...*int64) ([]byte, bool) {
	for _, i := range ints {
		v, n := binary.Varint(b)
		if n <= 0 {
			return nil, false
		}
		*i, b = v, b[n:]
	}
	return b, true
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func readString(b []byte) (string, []byte, bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return "", nil, false
	}
	end := n + int(size)
	return string(b[n:end]), b[end:], true
}

// inTime says that a time is one of those that count.
func inTime(t int64) bool { return t >= -maxTime && t <= maxTime }
