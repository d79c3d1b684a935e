package scoring

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
	"strings"
)

// Fixed parts of the records of a ZIP archive, in bytes (APPNOTE.TXT sections
// 4.3.7, 4.3.12 and 4.3.16).
const (
	zipLocalLen     = 30
	zipDirectoryLen = 46
	zipEndLen       = 22
	zipMaxComment   = 1<<16 - 1
)

// zipEntry is an entry as one of its two headers describes it.
type zipEntry struct {
	name    string
	flags   uint16
	method  uint16
	size    int64 // of its data in the archive, in bytes
	offset  int64 // of its local header
	unknown bool  // the size comes after the data
}

func (e *zipEntry) locked() bool { return e.flags&1 != 0 }

// zip looks into a ZIP archive: at the names in its directory, and at those
// beside the data, which some programs believe instead. With inside, it looks
// at what the entries begin with.
func (u *unpacker) zip(data []byte, within string, depth int, inside bool) {
	room := maxEntries - u.entries + 1
	entries := zipDirectory(data, room)
	known := make(map[int64]bool, len(entries))
	for _, e := range entries {
		known[e.offset] = true
	}
	for _, e := range zipLocals(data, room) {
		if !known[e.offset] {
			entries = append(entries, e)
		}
	}
	for _, e := range entries {
		found, ok := u.enter(within, e.name, depth)
		if !ok {
			return
		}
		u.in.Locked = u.in.Locked || e.locked()
		if inside && !e.locked() && !strings.HasSuffix(e.name, "/") {
			u.zipContent(found, data, e)
		}
	}
}

// zipContent looks at what an entry has in it.
func (u *unpacker) zipContent(found *Entry, data []byte, e zipEntry) {
	packed, ok := e.packed(data)
	if !ok {
		return
	}
	open := func() io.Reader {
		switch e.method {
		case 0:
			return bytes.NewReader(packed)
		case 8:
			return u.inflate(packed)
		}
		return bytes.NewReader(nil) // methods that hardly any program knows
	}
	head := u.take(open(), entryProbe)
	u.content(found, head, func() []byte { return u.take(open(), -1) })
}

// inflate undoes Deflate (RFC 1951). What it returned before is no longer valid.
func (u *unpacker) inflate(packed []byte) io.Reader {
	if u.flate == nil {
		u.flate = flate.NewReader(bytes.NewReader(packed))
	} else if err := u.flate.(flate.Resetter).Reset(bytes.NewReader(packed), nil); err != nil {
		return bytes.NewReader(nil)
	}
	return u.flate
}

// zipDirectory reads the central directory, at most n entries of it.
func zipDirectory(data []byte, n int) (entries []zipEntry) {
	tail := max(len(data)-zipEndLen-zipMaxComment, 0)
	end := bytes.LastIndex(data[tail:], []byte("PK\x05\x06"))
	if end < 0 || tail+end+zipEndLen > len(data) {
		return nil
	}
	end += tail
	size := int64(binary.LittleEndian.Uint32(data[end+12:]))
	start := int64(end) - size
	shift := start - int64(binary.LittleEndian.Uint32(data[end+16:])) // what stands before the archive
	if start < 0 {
		return nil
	}
	for rest := data[start:end]; len(entries) < n && len(rest) >= zipDirectoryLen && bytes.HasPrefix(rest, []byte("PK\x01\x02")); {
		name := zipDirectoryLen + int(binary.LittleEndian.Uint16(rest[28:]))
		next := name + int(binary.LittleEndian.Uint16(rest[30:])) + int(binary.LittleEndian.Uint16(rest[32:]))
		if name > len(rest) {
			break
		}
		entries = append(entries, zipEntry{
			name:   string(rest[zipDirectoryLen:name]),
			flags:  binary.LittleEndian.Uint16(rest[8:]),
			method: binary.LittleEndian.Uint16(rest[10:]),
			size:   int64(binary.LittleEndian.Uint32(rest[20:])),
			offset: int64(binary.LittleEndian.Uint32(rest[42:])) + shift,
		})
		rest = rest[min(next, len(rest)):]
	}
	return entries
}

// zipLocals walks the headers that stand before the data of the entries, at
// most n of them, up to data of unknown length.
func zipLocals(data []byte, n int) (entries []zipEntry) {
	for offset := int64(0); len(entries) < n; {
		e, begin, ok := zipLocal(data, offset)
		if !ok {
			break
		}
		entries = append(entries, e)
		offset = begin + e.size
		if e.unknown || offset > int64(len(data)) {
			break
		}
	}
	return entries
}

// zipLocal reads the header of an entry that stands before its data, and where
// these begin.
func zipLocal(data []byte, offset int64) (e zipEntry, begin int64, ok bool) {
	if offset < 0 || offset+zipLocalLen > int64(len(data)) || !bytes.HasPrefix(data[offset:], []byte("PK\x03\x04")) {
		return zipEntry{}, 0, false
	}
	h := data[offset:]
	name := zipLocalLen + int(binary.LittleEndian.Uint16(h[26:]))
	if name > len(h) {
		return zipEntry{}, 0, false
	}
	e = zipEntry{
		name:   string(h[zipLocalLen:name]),
		flags:  binary.LittleEndian.Uint16(h[6:]),
		method: binary.LittleEndian.Uint16(h[8:]),
		size:   int64(binary.LittleEndian.Uint32(h[18:])),
		offset: offset,
	}
	e.unknown = e.flags&8 != 0 && e.size == 0
	return e, offset + int64(name) + int64(binary.LittleEndian.Uint16(h[28:])), true
}

// packed returns the data of an entry, as many as there are.
func (e *zipEntry) packed(data []byte) ([]byte, bool) {
	local, begin, ok := zipLocal(data, e.offset)
	if !ok || begin > int64(len(data)) {
		return nil, false
	}
	end := begin + e.size
	if e.unknown && local.unknown || end > int64(len(data)) {
		end = int64(len(data))
	}
	return data[begin:end], true
}
