package scoring

import (
	"bytes"
	"compress/gzip"
	"io"
	"path"
	"strings"
)

// Archives are looked into for the names of what they hold, and for the first
// bytes where those can be had: ZIP, TAR and GZIP, and RAR by name. Archives
// in them are looked into likewise.

// Bounds of what is looked at in the archives of a message, all of them
// together. What goes beyond is named in the report.
const (
	maxArchiveDepth = 3       // archives within each other: a.zip, b.zip in it, c.zip in that
	maxEntries      = 500     // names
	maxUnpacked     = 2 << 20 // bytes that are unpacked
	maxEntryName    = 200     // bytes of a name that are kept, its end
	entryProbe      = 512     // first bytes of an entry that tell what it is; a TAR header has as many
)

// Inside is what was found in a file that is an archive or a document.
type Inside struct {
	Entries []Entry // at most maxEntries
	Locked  bool    // something in it is encrypted
	Macros  bool    // it is an OLE document with macros
}

// Entry is a file in an archive.
type Entry struct {
	Name    string // lower case, behind those of the archives in which it is: "b.zip/c.exe"
	Depth   int    // 0 in the attached archive itself, 1 in an archive in it
	Only    bool   // there is no other in the same archive
	Program bool   // its first bytes are those of a program
	Macros  bool   // it is an OLE document with macros
}

// unpacker looks into the archives of one message.
type unpacker struct {
	in      *Inside   // what is found
	entries int       // names read so far
	spent   int       // bytes unpacked so far
	cut     bool      // there was more than the bounds let it look at
	flate   io.Reader // used again; nil at first
}

// look finds out what is inside a file.
func (u *unpacker) look(name string, data []byte) (in Inside) {
	u.in = &in
	if !u.archive(strings.ToLower(name), "", data, 0) {
		in.Macros = hasOLEMacros(data)
	}
	return in
}

// archive looks into data if that is an archive, and says whether it is. name
// is that of the file in lower case, within is what stands before the names of
// its entries.
func (u *unpacker) archive(name, within string, data []byte, depth int) bool {
	kind := archiveKind(name, data)
	switch {
	case kind == "":
		return false
	case depth >= maxArchiveDepth:
		u.cut = true
		return true
	}
	first := len(u.in.Entries)
	switch kind {
	case "zip":
		u.zip(data, within, depth, !isPackage(extension(name)))
	case "rar":
		u.rar(data, within, depth)
	case "gz":
		u.gzip(name, within, data, depth)
	case "tar":
		u.tar(data, within, depth)
	}
	u.markOnly(first, depth)
	return true
}

// archiveKind says by its first bytes what kind of archive a file is, or by its
// name where those may say nothing: "zip", "rar", "gz", "tar" or "".
func archiveKind(name string, head []byte) string {
	ext := extension(name)
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return "zip"
	case bytes.HasPrefix(head, []byte("Rar!\x1a\x07")):
		return "rar"
	case bytes.HasPrefix(head, []byte("\x1f\x8b\x08")):
		return "gz"
	case len(head) >= entryProbe && (bytes.HasPrefix(head[257:], []byte("ustar")) || ext == "tar"):
		return "tar"
	case ext == "zip":
		return "zip" // behind something else
	}
	return ""
}

// packages are formats that are ZIP archives by their nature. Names tell all
// that is to be known of what is in them.
var packages = set(`docx docm dotx dotm xlsx xlsm xltx xltm xlsb xlam pptx pptm potx potm ppsx ppsm ppam sldm vsdx
	odt ods odp odg ott epub jar apk xpi crx kmz 3mf pages numbers key`)

func isPackage(ext string) bool { return packages[ext] }

// enter notes an entry and says whether there was room for it.
func (u *unpacker) enter(within, name string, depth int) (*Entry, bool) {
	if u.entries >= maxEntries {
		u.cut = true
		return nil, false
	}
	u.entries++
	name = strings.TrimRight(name, ". ") // Windows does the same
	name = within + name[max(len(name)-maxEntryName, 0):]
	name = strings.ToLower(strings.ToValidUTF8(name[max(len(name)-maxEntryName, 0):], "?"))
	u.in.Entries = append(u.in.Entries, Entry{Name: name, Depth: depth})
	return &u.in.Entries[len(u.in.Entries)-1], true
}

// content looks at an entry through its first bytes. all gives what can be had
// of its content; what it has given counts as unpacked.
func (u *unpacker) content(e *Entry, head []byte, all func() []byte) {
	e.Program = isProgram(head)
	name, depth := e.Name, e.Depth
	switch {
	case bytes.HasPrefix(head, oleStart):
		e.Macros = hasOLEMacros(all())
	case archiveKind(name, head) == "":
	case depth+1 >= maxArchiveDepth:
		u.cut = true
	default:
		u.archive(name, name+"/", all(), depth+1) // e may move
	}
}

// take reads up to n bytes, as far as they may still be unpacked. n below 0
// stands for all there is.
func (u *unpacker) take(r io.Reader, n int) []byte {
	left := maxUnpacked - u.spent
	if n >= 0 {
		left = min(left, n)
	}
	data, _ := io.ReadAll(io.LimitReader(r, int64(left))) // what was read before an error tells something, too
	u.spent += len(data)
	if u.spent >= maxUnpacked {
		u.cut = true
	}
	return data
}

// gzip looks into a compressed file (RFC 1952), which has one entry or is a TAR
// archive.
func (u *unpacker) gzip(name, within string, data []byte, depth int) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return
	}
	inner := strings.TrimSuffix(path.Base(name), "."+extension(name))
	if extension(name) == "tgz" {
		inner += ".tar"
	}
	head := u.take(r, entryProbe)
	rest := io.MultiReader(bytes.NewReader(head), r)
	if archiveKind(inner, head) == "tar" {
		u.tar(u.take(rest, -1), within, depth)
		return
	}
	if e, ok := u.enter(within, inner, depth); ok {
		u.content(e, head, func() []byte { return u.take(rest, -1) })
	}
}

// markOnly marks the entry that is alone in its archive, of those from first
// on. Directories and what macOS puts beside files do not count.
func (u *unpacker) markOnly(first, depth int) {
	only := -1
	for i, e := range u.in.Entries[first:] {
		if e.Depth != depth || strings.HasSuffix(e.Name, "/") || strings.Contains(e.Name, "__macosx/") {
			continue
		}
		if only >= 0 {
			return
		}
		only = first + i
	}
	if only >= 0 && u.entries < maxEntries {
		u.in.Entries[only].Only = true
	}
}
