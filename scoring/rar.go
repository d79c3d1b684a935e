package scoring

import (
	"bytes"
	"encoding/binary"
)

// RAR archives are read by the names in their headers only: what is in the
// files takes an algorithm that is described nowhere but in programs.

var (
	rar4Start = []byte("Rar!\x1a\x07\x00")
	rar5Start = []byte("Rar!\x1a\x07\x01\x00")
)

// rar looks into a RAR archive of version 4 or 5.
func (u *unpacker) rar(data []byte, within string, depth int) {
	next, rest := nextRAR4, data
	switch {
	case bytes.HasPrefix(data, rar4Start):
		rest = data[len(rar4Start):]
	case bytes.HasPrefix(data, rar5Start):
		next, rest = nextRAR5, data[len(rar5Start):]
	default:
		return
	}
	for len(rest) > 0 {
		b, ok := next(rest)
		u.in.Locked = u.in.Locked || b.locked
		if b.name != "" {
			if _, room := u.enter(within, b.name, depth); !room {
				return
			}
		}
		if !ok || b.length > uint64(len(rest)) {
			return
		}
		rest = rest[b.length:]
	}
}

// rarBlock is a block of a RAR archive: a header and the data behind it.
type rarBlock struct {
	name   string // of a file, else ""
	locked bool   // the file, or all further headers, are encrypted
	length uint64 // bytes up to the next block
}

// Blocks of version 4, as in the TECHNOTE.TXT of RAR 4.
const (
	rar4Main      = 0x73
	rar4File      = 0x74
	rar4HeaderLen = 7
	rar4FileLen   = 32
)

// nextRAR4 reads the block that data begin with. ok is false if no other can
// be found behind it.
func nextRAR4(data []byte) (b rarBlock, ok bool) {
	if len(data) < rar4HeaderLen {
		return b, false
	}
	kind, flags := data[2], binary.LittleEndian.Uint16(data[3:])
	size := int(binary.LittleEndian.Uint16(data[5:]))
	b.length = uint64(size)
	b.locked = kind == rar4Main && flags&0x80 != 0 || kind == rar4File && flags&4 != 0
	if size < rar4HeaderLen || size > len(data) {
		return b, false
	}
	if kind == rar4File || flags&0x8000 != 0 {
		if size < rar4HeaderLen+4 {
			return b, false
		}
		b.length += uint64(binary.LittleEndian.Uint32(data[7:]))
	}
	if kind == rar4File && size >= rar4FileLen {
		b.name = rar4Name(data[:size], flags)
	}
	return b, !(kind == rar4Main && b.locked)
}

// rar4Name returns the name in the header of a file. Behind it, after a NUL,
// may stand how its letters differ in Unicode.
func rar4Name(header []byte, flags uint16) string {
	begin := rar4FileLen
	if flags&0x100 != 0 { // sizes of 64 bits
		begin += 8
	}
	end := begin + int(binary.LittleEndian.Uint16(header[26:]))
	if end > len(header) {
		return ""
	}
	name, _, _ := bytes.Cut(header[begin:end], []byte{0})
	return string(bytes.ReplaceAll(name, []byte(`\`), []byte("/")))
}

// Blocks of version 5, as in "RAR 5.0 archive format".
const (
	rar5File    = 2
	rar5Encrypt = 4 // all blocks behind it are encrypted
	rar5CRCLen  = 4
)

// nextRAR5 is nextRAR4 for version 5.
func nextRAR5(data []byte) (b rarBlock, ok bool) {
	if len(data) < rar5CRCLen {
		return b, false
	}
	size, n := binary.Uvarint(data[rar5CRCLen:])
	begin := rar5CRCLen + n
	if n <= 0 || size > uint64(len(data)-begin) {
		return b, false
	}
	b.length = uint64(begin) + size
	f := rarFields{data: data[begin:b.length]}
	kind, flags := f.number(), f.number()
	var extra uint64
	if flags&1 != 0 {
		extra = f.number()
	}
	var packed uint64
	if flags&2 != 0 {
		packed = f.number()
	}
	switch kind {
	case rar5File:
		b.name = f.fileName()
		b.locked = extra > 0 && extra <= size && isRAR5Locked(data[begin+int(size-extra):begin+int(size)])
	case rar5Encrypt:
		b.locked = true
	}
	b.length += min(packed, uint64(len(data))) // beyond the end is beyond the end
	return b, kind != rar5Encrypt
}

// rarFields reads the fields of a header one by one; beyond its end all are 0.
type rarFields struct{ data []byte }

func (f *rarFields) number() uint64 {
	v, n := binary.Uvarint(f.data)
	f.skip(uint64(max(n, 0)))
	return v
}

func (f *rarFields) skip(n uint64) { f.data = f.data[min(n, uint64(len(f.data))):] }

// fileName returns the name in what follows the general fields of a file's
// header.
func (f *rarFields) fileName() string {
	flags := f.number()
	f.number() // size
	f.number() // attributes
	if flags&2 != 0 {
		f.skip(4) // time
	}
	if flags&4 != 0 {
		f.skip(4) // CRC
	}
	f.number() // compression
	f.number() // system
	length := f.number()
	return string(f.data[:min(length, uint64(len(f.data)))])
}

// isRAR5Locked says whether the records at the end of a file's header have one
// that says how it is encrypted.
func isRAR5Locked(extra []byte) bool {
	for f := (rarFields{extra}); len(f.data) > 0; {
		size := f.number()
		record := rarFields{f.data}
		if record.number() == 1 {
			return true
		}
		f.skip(max(size, 1))
	}
	return false
}
