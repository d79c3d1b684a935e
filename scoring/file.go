package scoring

import (
	"bytes"
	"encoding/binary"
	"path"
	"strings"
)

// file is an attachment and what its first bytes say.
type file struct {
	Attachment
	ext     string   // lower case, without the dot: "pdf"
	inner   string   // the extension before it, if there is one: "pdf" in "invoice.pdf.exe"
	entries []string // names in a ZIP archive, as far as its beginning tells, at most maxEntries
	locked  bool     // a ZIP archive with an encrypted entry
}

// maxEntries is how many names of an archive are read.
const maxEntries = 50

func newFile(a Attachment) file {
	f := file{Attachment: a}
	name := strings.ToLower(strings.TrimRight(strings.TrimSpace(a.Name), ". "))
	f.ext = extension(name)
	if f.ext != "" {
		f.inner = extension(strings.TrimRight(strings.TrimSuffix(name, "."+f.ext), " _"))
	}
	f.entries, f.locked = zipEntries(a.Head)
	return f
}

// extension returns what follows the last dot of a file name, if that looks
// like an extension.
func extension(name string) string {
	ext := strings.TrimPrefix(path.Ext(name), ".")
	if len(ext) > 12 || strings.ContainsAny(ext, " /\\") {
		return ""
	}
	return ext
}

// zipHeaderLen is the fixed part of a local file header (APPNOTE.TXT section
// 4.3.7).
const zipHeaderLen = 30

// zipEntries walks the local file headers at the beginning of a ZIP archive.
// It ends where data of unknown length follow.
func zipEntries(head []byte) (names []string, locked bool) {
	for len(names) < maxEntries && len(head) >= zipHeaderLen && bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		flags := binary.LittleEndian.Uint16(head[6:])
		size := int64(binary.LittleEndian.Uint32(head[18:]))
		nameLen := int(binary.LittleEndian.Uint16(head[26:]))
		extraLen := int(binary.LittleEndian.Uint16(head[28:]))
		end := zipHeaderLen + nameLen
		if end > len(head) {
			break
		}
		names = append(names, strings.ToLower(string(head[zipHeaderLen:end])))
		locked = locked || flags&1 != 0
		next := int64(end) + int64(extraLen) + size
		if flags&8 != 0 && size == 0 || next > int64(len(head)) {
			break // the length comes after the data, or the data go beyond what is kept
		}
		head = head[next:]
	}
	return names, locked
}

// maxStub is how far a program's "PE" header may be from its beginning, in
// bytes; where text has the same first letters, it is far more.
const maxStub = 1 << 20

// isProgram says whether the first bytes are those of a program: DOS and
// Windows with its "PE" header, ELF, Mach-O.
func (f *file) isProgram() bool {
	h := f.Head
	switch {
	case bytes.HasPrefix(h, []byte("MZ")) && len(h) >= 64:
		pe := binary.LittleEndian.Uint32(h[60:])
		if int64(pe)+4 > int64(len(h)) {
			return pe <= maxStub
		}
		return bytes.HasPrefix(h[pe:], []byte("PE\x00\x00"))
	case bytes.HasPrefix(h, []byte("\x7fELF")):
		return true
	}
	return bytes.HasPrefix(h, []byte("\xcf\xfa\xed\xfe")) || bytes.HasPrefix(h, []byte("\xce\xfa\xed\xfe"))
}

// isHTML says whether the file is a page that a browser opens.
func (f *file) isHTML() bool {
	switch f.ext {
	case "htm", "html", "shtml", "xhtml", "xht", "mht", "mhtml", "svg":
		return true
	}
	return f.Type == "text/html" || f.Type == "application/xhtml+xml" || f.Type == "image/svg+xml"
}

// hasMacros says whether the file is an office document with programs in it,
// by name or by content: OLE streams and ZIP entries of that name.
func (f *file) hasMacros() bool {
	switch f.ext {
	case "docm", "dotm", "xlsm", "xltm", "xlam", "xlsb", "pptm", "potm", "ppam", "ppsm", "sldm":
		return true
	}
	for _, name := range f.entries {
		if path.Base(name) == "vbaproject.bin" {
			return true
		}
	}
	ole := bytes.HasPrefix(f.Head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))
	return ole && bytes.Contains(f.Head, wideASCII("_VBA_PROJECT"))
}

// wideASCII is how OLE files write names.
func wideASCII(ascii string) []byte {
	var b []byte
	for i := range len(ascii) {
		b = append(b, ascii[i], 0)
	}
	return b
}
