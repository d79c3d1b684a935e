package campaign

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
)

// A snapshot is the magic line, the windows, and the prints of each stripe:
//
//	snapshot = magic | section of windows { section of prints } | empty section
//	section  = length of body (4 bytes) | CRC-32C of body (4 bytes) | body
//	windows  = { seconds (4 bytes) }
//	prints   = { print (80 bytes) sender last (4 each) seen [tally] }
//	seen     = 0 once, 1 more than once: a tally follows
//	tally    = for each window 7 counts and the newest slot (4 each),
//	           16 times sender last copies (4 each)
//
// Numbers are little endian. The version is part of the magic line; there is no
// reading of other versions, for the price is only that nothing is known.
const magic = "sluice campaigns 1\n"

// maxSection is the longest body that is read, in bytes; one that is written
// has at most one print beyond a half of it.
const maxSection = 1 << 21

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errDamaged is wrapped by every complaint about the contents of a snapshot.
var errDamaged = errors.New("damaged snapshot")

func damaged(what string) error { return fmt.Errorf("%w: %s", errDamaged, what) }

// encode writes a snapshot: all prints, or those that were seen more than once.
// Sightings wait only for the copy of their own stripe.
func (s *Store) encode(w io.Writer, all bool) error {
	if _, err := io.WriteString(w, magic); err != nil {
		return err
	}
	if err := writeSection(w, appendNumbers(nil, s.spans...)); err != nil {
		return err
	}
	var body []byte
	for i := range s.stripes {
		st := &s.stripes[i]
		for from, more := 0, true; more; {
			st.mu.Lock()
			body, from = st.append(body[:0], from, all, len(s.spans))
			more = from < len(st.prints)
			st.mu.Unlock()
			if len(body) == 0 {
				continue
			}
			if err := writeSection(w, body); err != nil {
				return err
			}
		}
	}
	return writeSection(w, nil)
}

// append writes prints behind b, from the given one on, until there are none or
// b is long, and returns the next one.
func (st *stripe) append(b []byte, from int, all bool, windows int) ([]byte, int) {
	for ; from < len(st.prints) && len(b) < maxSection/2; from++ {
		k, t := &st.prints[from], st.tallies[from]
		if t == nil && !all {
			continue
		}
		for _, v := range k.print {
			b = binary.LittleEndian.AppendUint16(b, v)
		}
		b = appendNumbers(b, k.sender, k.last)
		if t == nil {
			b = append(b, 0)
			continue
		}
		b = t.append(append(b, 1), windows)
	}
	return b, from
}

func (t *tally) append(b []byte, windows int) []byte {
	for _, r := range t.rings[:windows] {
		b = appendNumbers(appendNumbers(b, r.counts[:]...), r.last)
	}
	for _, s := range t.senders {
		b = appendNumbers(b, s.hash, s.last, s.copies)
	}
	return b
}

func writeSection(w io.Writer, body []byte) error {
	_, err := w.Write(append(appendNumbers(nil, uint32(len(body)), crc32.Checksum(body, castagnoli)), body...))
	return err
}

// decode fills an empty store from a snapshot.
func (s *Store) decode(r io.Reader) error {
	head := make([]byte, len(magic))
	if _, err := io.ReadFull(r, head); err != nil {
		return fmt.Errorf("%w: cut off: %w", errDamaged, err)
	}
	if string(head) != magic {
		return damaged("no snapshot of this version")
	}
	windows, err := readSection(r)
	if err != nil {
		return err
	}
	if !slices.Equal(windows, appendNumbers(nil, s.spans...)) {
		return damaged("of other windows")
	}
	for {
		body, err := readSection(r)
		if err != nil {
			return err
		}
		if len(body) == 0 {
			break
		}
		if err := s.decodePrints(body); err != nil {
			return err
		}
	}
	if n, err := io.ReadFull(r, make([]byte, 1)); n > 0 || err != io.EOF {
		return damaged("something follows the end")
	}
	return nil
}

func readSection(r io.Reader) ([]byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, fmt.Errorf("%w: cut off: %w", errDamaged, err)
	}
	length := binary.LittleEndian.Uint32(head[:])
	if length > maxSection {
		return nil, damaged("impossible length")
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, fmt.Errorf("%w: cut off: %w", errDamaged, err)
	}
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(head[4:]) {
		return nil, damaged("wrong checksum")
	}
	return body, nil
}

func (s *Store) decodePrints(b []byte) error {
	const fixed = 2*size + 2*4 + 1
	more := len(s.spans)*(slots+1)*4 + MaxSenders*3*4
	for len(b) > 0 {
		if len(b) < fixed || b[fixed-1] > 1 || b[fixed-1] == 1 && len(b) < fixed+more {
			return damaged("impossible print")
		}
		var k kept
		for i := range k.print {
			k.print[i] = binary.LittleEndian.Uint16(b[2*i:])
		}
		readNumbers(b[2*size:], &k.sender, &k.last)
		var t *tally
		seen := b[fixed-1]
		b = b[fixed:]
		if seen == 1 {
			t = new(tally)
			t.read(b, len(s.spans))
			b = b[more:]
		}
		s.keep(k, t)
	}
	return nil
}

// read takes a tally from b, which is long enough.
func (t *tally) read(b []byte, windows int) {
	for i := range t.rings[:windows] {
		r := &t.rings[i]
		for j := range r.counts {
			b = readNumbers(b, &r.counts[j])
		}
		b = readNumbers(b, &r.last)
	}
	for i := range t.senders {
		s := &t.senders[i]
		b = readNumbers(b, &s.hash, &s.last, &s.copies)
	}
}

// keep puts a print from a snapshot into its stripe. Where fewer prints fit
// than there were, the rules of a full store hold.
func (s *Store) keep(k kept, t *tally) {
	own := int(k.print.hash() % uint64(len(s.stripes)))
	st := &s.stripes[own]
	i := s.place(st, k.last)
	st.prints[i], st.tallies[i] = k, t
	s.enter(&k.print, uint32(i*len(s.stripes)+own)+1)
}

func appendNumbers(b []byte, numbers ...uint32) []byte {
	for _, n := range numbers {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	return b
}

func readNumbers(b []byte, numbers ...*uint32) []byte {
	for _, n := range numbers {
		*n, b = binary.LittleEndian.Uint32(b), b[4:]
	}
	return b
}
