package scoring

import (
	"bytes"
	"encoding/binary"
	"path"
	"slices"
	"strings"
)

// file is an attachment and what its first bytes say.
type file struct {
	Attachment
	ext   string // lower case, without the dot: "pdf"
	inner string // the extension before it, if there is one: "pdf" in "invoice.pdf.exe"
}

func newFile(a Attachment) file {
	f := file{Attachment: a}
	f.ext, f.inner = extensions(a.Name)
	return f
}

// extensions returns the extension of a file name, in lower case, and the one
// before it: "exe" and "pdf" of "invoice.pdf.exe".
func extensions(name string) (ext, inner string) {
	name = strings.ToLower(strings.TrimRight(strings.TrimSpace(name), ". "))
	if ext = extension(name); ext != "" {
		inner = extension(strings.TrimRight(strings.TrimSuffix(name, "."+ext), " _"))
	}
	return ext, inner
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

// maxStub is how far a program's "PE" header may be from its beginning, in
// bytes; where text has the same first letters, it is far more.
const maxStub = 1 << 20

// isProgram says whether the first bytes are those of a program: DOS and
// Windows with its "PE" header, ELF, Mach-O.
func isProgram(h []byte) bool {
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

// hasMacros says whether the file is an office document with programs in it,
// by name or by content: OLE streams and ZIP entries of that name.
func (f *file) hasMacros() bool {
	if f.Inside.Macros || isMacroName(f.ext) {
		return true
	}
	return slices.ContainsFunc(f.Inside.Entries, func(e Entry) bool { return e.Depth == 0 && e.isMacroStream() })
}

// isMacroName says whether documents of that name have macros.
func isMacroName(ext string) bool {
	switch ext {
	case "docm", "dotm", "xlsm", "xltm", "xlam", "xlsb", "pptm", "potm", "ppam", "ppsm", "sldm":
		return true
	}
	return false
}

// isMacroStream says whether an entry of a document is its macros.
func (e *Entry) isMacroStream() bool { return path.Base(e.Name) == "vbaproject.bin" }

// oleStart is how OLE files begin, as the documents of old Office are.
var oleStart = []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")

// oleMacros is the name of the stream with the macros.
var oleMacros = wideASCII("_VBA_PROJECT")

func hasOLEMacros(data []byte) bool {
	return bytes.HasPrefix(data, oleStart) && bytes.Contains(data, oleMacros)
}

// wideASCII is how OLE files write names.
func wideASCII(ascii string) []byte {
	var b []byte
	for i := range len(ascii) {
		b = append(b, ascii[i], 0)
	}
	return b
}
