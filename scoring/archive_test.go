package scoring

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// zipOf returns a ZIP archive with the given names, stored.
func zipOf(names ...string) string {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		w, err := z.CreateRaw(&zip.FileHeader{Name: name, CompressedSize64: 5, UncompressedSize64: 5})
		write(w, err, "hello")
	}
	z.Close()
	return b.String()
}

// packed returns a ZIP archive with files, name and content by turns, compressed.
// The lengths of the files come after them.
func packed(files ...string) string {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		write(w, err, files[i+1])
	}
	z.Close()
	return b.String()
}

func write(w io.Writer, err error, content string) {
	if err == nil {
		_, err = io.WriteString(w, content)
	}
	if err != nil {
		panic(err)
	}
}

// lockedZip returns a ZIP archive whose entry says that it is encrypted.
func lockedZip(name string) string {
	b := []byte(zipOf(name))
	b[6] |= 1
	b[bytes.Index(b, []byte("PK\x01\x02"))+8] |= 1
	return string(b)
}

// tarOf returns a TAR archive with files, name and content by turns.
func tarOf(files ...string) string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		write(w, w.WriteHeader(&tar.Header{Name: files[i], Size: int64(len(files[i+1])), Mode: 0o644}), files[i+1])
	}
	w.Close()
	return b.String()
}

func gzipped(content string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	write(w, nil, content)
	w.Close()
	return b.String()
}

// rar4Of returns a RAR archive of version 4 with a file of five bytes.
func rar4Of(name string, locked bool) string {
	block := func(kind byte, flags uint16, fields, data string) string {
		h := binary.LittleEndian.AppendUint16([]byte{0, 0, kind}, flags) // no program checks the sum before it reads names
		h = binary.LittleEndian.AppendUint16(h, uint16(len(h)+2+len(fields)))
		return string(h) + fields + data
	}
	var flags uint16 = 0x8000
	if locked {
		flags |= 4
	}
	file := "\x05\x00\x00\x00" + "\x05\x00\x00\x00" + strings.Repeat("\x00", 9) + "\x1d\x30" +
		string(binary.LittleEndian.AppendUint16(nil, uint16(len(name)))) + "\x20\x00\x00\x00" + name
	return string(rar4Start) + block(rar4Main, 0, "\x00\x00\x00\x00\x00\x00", "") + block(rar4File, flags, file, "hello") + block(0x7b, 0, "", "")
}

// rar5Of is rar4Of for version 5.
func rar5Of(name string, locked bool) string {
	block := func(fields, data string) string {
		return "\x00\x00\x00\x00" + string(binary.AppendUvarint(nil, uint64(len(fields)))) + fields + data
	}
	file := "\x02\x02" + "\x05" + "\x00" + "\x05" + "\x20" + "\x00" + "\x01" + string(binary.AppendUvarint(nil, uint64(len(name)))) + name
	if locked {
		file = "\x02\x03" + "\x04" + "\x05" + file[3:] + "\x03\x01\x00\x00" // a record of what encrypts it
	}
	return string(rar5Start) + block("\x01\x00\x00", "") + block(file, "hello") + block("\x05\x00\x00", "")
}

func lookInside(name, data string) (Inside, *unpacker) {
	var u unpacker
	return u.look(name, []byte(data)), &u
}

func namesIn(in Inside) (names []string) {
	for _, e := range in.Entries {
		names = append(names, e.Name)
	}
	return names
}

func numbered(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("f%d.txt", i))
	}
	return names
}

func TestNamesInAnArchive(t *testing.T) {
	two := zipOf("a.txt", "b.txt")
	huge := []byte(two) // the first entry claims to be 4 GB
	binary.LittleEndian.PutUint32(huge[18:], 0xffffffff)
	other := []byte(two) // the directory has another name than stands before the data
	other[bytes.LastIndex(other, []byte("a.txt"))] = 'c'
	beginning := two[:strings.Index(two, "PK\x01\x02")] // without directory
	for name, tt := range map[string]struct {
		file, data string
		want       []string
	}{
		"nothing":                 {"", "", nil},
		"no archive":              {"a.zip", "PK is how archives begin", nil},
		"empty":                   {"a.zip", zipOf(), nil},
		"two":                     {"", two, []string{"a.txt", "b.txt"}},
		"two behind other data":   {"a.zip", "other data" + two, []string{"a.txt", "b.txt"}},
		"two before other data":   {"", two + "other data", []string{"a.txt", "b.txt"}},
		"no directory":            {"", beginning, []string{"a.txt", "b.txt"}},
		"cut in the first header": {"", beginning[:zipLocalLen-1], nil},
		"cut in the first name":   {"", beginning[:zipLocalLen+4], nil},
		"cut after the name":      {"", beginning[:zipLocalLen+5], []string{"a.txt"}},
		"of unknown length":       {"", packed("a.txt", "x", "b.txt", "x"), []string{"a.txt", "b.txt"}},
		"of a huge length":        {"", string(huge), []string{"a.txt", "b.txt"}},
		"names that differ":       {"", string(other), []string{"c.txt", "b.txt"}},
		"names hidden":            {"", beginning + zipOf("c.txt"), []string{"c.txt", "a.txt", "b.txt"}},
		"at the bound":            {"", zipOf(numbered(maxEntries)...), numbered(maxEntries)},
		"above the bound":         {"", zipOf(numbered(maxEntries + 1)...), numbered(maxEntries)},
		"spaces behind":           {"", zipOf("a.exe . "), []string{"a.exe"}},
		"no text":                 {"", zipOf("\xe4.exe"), []string{"?.exe"}},
		"at the bound of a name":  {"", zipOf(strings.Repeat("x", maxEntryName)), []string{strings.Repeat("x", maxEntryName)}},
		"a longer name":           {"", zipOf("y" + strings.Repeat("x", maxEntryName)), []string{strings.Repeat("x", maxEntryName)}},
		"TAR":                     {"", tarOf("A.txt", "x", "b/c.exe", program), []string{"a.txt", "b/c.exe"}},
		"TAR of another age":      {"a.tar", strings.ReplaceAll(tarOf("a.txt", "x"), "ustar", "\x00\x00\x00\x00\x00"), nil},
		"TAR in GZIP":             {"a.tar.gz", gzipped(tarOf("a.txt", "x")), []string{"a.txt"}},
		"GZIP":                    {"A.txt.gz", gzipped("x"), []string{"a.txt"}},
		"GZIP without name":       {"", gzipped("x"), []string{""}},
		"GZIP cut":                {"a.gz", gzipped("x")[:9], nil},
		"RAR 4":                   {"", rar4Of(`b\A.txt`, false), []string{"b/a.txt"}},
		"RAR 5":                   {"", rar5Of("b/A.txt", false), []string{"b/a.txt"}},
		"RAR 4, cut":              {"", rar4Of("a.txt", false)[:30], nil},
		"RAR 5, cut":              {"", rar5Of("a.txt", false)[:20], nil},
		"RAR of the future":       {"", "Rar!\x1a\x07\x02\x00", nil},
	} {
		in, u := lookInside(tt.file, tt.data)
		if diff := cmp.Diff(tt.want, namesIn(in)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if above := name == "above the bound"; u.cut != above {
			t.Errorf("%s: cut is %v", name, u.cut)
		}
		checkUnpacker(t, u, in)
	}
}

func TestArchivesInArchives(t *testing.T) {
	const noRAR = "Rar!\x1a\x07\x02\x00" // an archive that is not read
	bytesOf := func(n int) string { return program + strings.Repeat("\x00", n-len(program)) }
	for name, tt := range map[string]struct {
		data string
		want []Entry
		cut  bool
	}{
		"one deep": {packed("b.zip", packed("c.exe", "x")), []Entry{{Name: "b.zip", Only: true}, {Name: "b.zip/c.exe", Depth: 1, Only: true}}, false},
		"as deep as it goes": {packed("b", packed("c.gz", gzipped("x"))),
			[]Entry{{Name: "b", Only: true}, {Name: "b/c.gz", Depth: 1, Only: true}, {Name: "b/c.gz/c", Depth: 2, Only: true}}, false},
		"too deep": {packed("b", packed("c", packed("d.zip", zipOf("e.exe")))),
			[]Entry{{Name: "b", Only: true}, {Name: "b/c", Depth: 1, Only: true}, {Name: "b/c/d.zip", Depth: 2, Only: true}}, true},
		"a program by its beginning": {packed("a.txt", program, "b.txt", "x"), []Entry{{Name: "a.txt", Program: true}, {Name: "b.txt"}}, false},
		"macros":                     {packed("a.doc", macros), []Entry{{Name: "a.doc", Only: true, Macros: true}}, false},
		"beside a directory":         {packed("d/", "", "d/a.js", "x", "__MACOSX/d/._a.js", "x"), []Entry{{Name: "d/"}, {Name: "d/a.js", Only: true}, {Name: "__macosx/d/._a.js"}}, false},
		"of a method that is rare":   {strings.ReplaceAll(packed("a.txt", program), "\x08\x00\x08\x00", "\x08\x00\x0c\x00"), []Entry{{Name: "a.txt", Only: true}}, false},
		"as much as is unpacked": {packed("a.txt", bytesOf(entryProbe), "b.rar", noRAR+bytesOf(maxUnpacked-2*entryProbe-len(noRAR)-1)),
			[]Entry{{Name: "a.txt", Program: true}, {Name: "b.rar"}}, false},
		"more": {packed("a.txt", bytesOf(entryProbe), "b.rar", noRAR+bytesOf(maxUnpacked), "c.txt", program),
			[]Entry{{Name: "a.txt", Program: true}, {Name: "b.rar"}, {Name: "c.txt"}}, true},
		"more, in TAR and GZIP":      {gzipped(tarOf("a.txt", bytesOf(maxUnpacked), "b.txt", program)), []Entry{{Name: "a.txt", Program: true, Only: true}}, true},
		"nothing deep in a document": {packed("[Content_Types].xml", "x", "word/a.zip", zipOf("b.exe")), []Entry{{Name: "[content_types].xml"}, {Name: "word/a.zip"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			file := "a.zip"
			if strings.HasSuffix(name, "document") {
				file = "a.docx"
			}
			if strings.HasPrefix(tt.data, "\x1f\x8b") {
				file = "a.tgz"
			}
			in, u := lookInside(file, tt.data)
			if diff := cmp.Diff(tt.want, in.Entries); diff != "" || u.cut != tt.cut {
				t.Errorf("cut is %v; (-want +got):\n%s", u.cut, diff)
			}
			checkUnpacker(t, u, in)
		})
	}
}

// Archives that are made to keep a reader busy.
var bombs = map[string]func() string{
	"zeros": func() string { return packed("b.zip", "PK\x03\x04"+strings.Repeat("\x00", 10<<20)) },
	"zeros in TAR and GZIP": func() string {
		return gzipped(tarOf("a.zip", "PK\x03\x04"+strings.Repeat("\x00", 10<<20)))
	},
	"many names": func() string { return zipOf(numbered(60_000)...) },
	"entries that are one": func() string { // each is the same archive of 500 KB
		inner := packed("c.zip", "PK\x03\x04"+strings.Repeat("\x00", 500<<10))
		return overlapped(packed("b.zip", inner), maxEntries)
	},
	"documents that are one": func() string {
		return overlapped(packed("a.doc", string(oleStart)+strings.Repeat("_\x00V\x00", 200<<10)), maxEntries)
	},
	"many archives in one": func() string {
		var files []string
		for _, name := range numbered(maxEntries / 2) {
			files = append(files, name, packed("a", "PK\x05\x06"+strings.Repeat("PK\x05\x06", 500)))
		}
		return packed(files...)
	},
	"names without end in RAR": func() string { return rar5Of(strings.Repeat("x", 1<<20), false) },
	"blocks without name in RAR": func() string {
		return string(rar4Start) + strings.Repeat("\x00\x00\x7a\x00\x00\x07\x00", 1<<20)
	},
	"PAX records": func() string {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for range 100 {
			h := tar.Header{Name: "a", PAXRecords: map[string]string{"a.b": strings.Repeat("x", 64<<10)}}
			write(w, w.WriteHeader(&h), "")
		}
		return b.String()
	},
}

// overlapped repeats the first entry of an archive in its directory.
func overlapped(archive string, times int) string {
	begin, end := strings.Index(archive, "PK\x01\x02"), strings.LastIndex(archive, "PK\x05\x06")
	entry := archive[begin:end]
	tail := []byte(archive[end:])
	binary.LittleEndian.PutUint32(tail[12:], uint32(times*len(entry)))
	return archive[:begin] + strings.Repeat(entry, times) + string(tail)
}

func TestBombsAreBounded(t *testing.T) {
	s := withDefaults(t)
	for name, make := range bombs {
		t.Run(name, func(t *testing.T) {
			data := make()
			in, u := lookInside("a.zip", data)
			checkUnpacker(t, u, in)
			skipped := slices.Contains(scoreText(t, s, attachment("a.zip", zipType, data), Input{}).Skipped, Skip{"archive", "limit"})
			if skipped != u.cut && len(data) < 700<<10 { // more is beyond the view
				t.Errorf("the report names what was skipped: %v, cut is %v", skipped, u.cut)
			}
		})
	}
}

// checkUnpacker holds the promises that do not depend on the archive.
func checkUnpacker(t testing.TB, u *unpacker, in Inside) {
	t.Helper()
	if len(in.Entries) > maxEntries || u.entries > maxEntries || u.spent > maxUnpacked {
		t.Errorf("%d entries, %d in all, %d bytes unpacked", len(in.Entries), u.entries, u.spent)
	}
	for _, e := range in.Entries {
		if len(e.Name) > maxEntryName || e.Depth >= maxArchiveDepth {
			t.Errorf("%d bytes of a name at depth %d", len(e.Name), e.Depth)
		}
	}
}

func BenchmarkArchive(b *testing.B) {
	for name, make := range bombs {
		data := make()
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				lookInside("a.zip", data)
			}
		})
	}
}
