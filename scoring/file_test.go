package scoring

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNamesInAnArchive(t *testing.T) {
	many := func(n int) (names []string) {
		for i := range n {
			names = append(names, fmt.Sprintf("f%d.txt", i))
		}
		return names
	}
	two := zipOf("a.txt", "b.txt")
	streamed := []byte(two) // the first entry's length comes after its data
	binary.LittleEndian.PutUint16(streamed[6:], 8)
	binary.LittleEndian.PutUint32(streamed[18:], 0)
	huge := []byte(two) // the first entry claims to be 4 GB
	binary.LittleEndian.PutUint32(huge[18:], 0xffffffff)
	for name, tt := range map[string]struct {
		head string
		want []string
	}{
		"nothing":                 {"", nil},
		"no archive":              {"PK is how archives begin", nil},
		"empty":                   {zipOf(), nil},
		"two":                     {two, []string{"a.txt", "b.txt"}},
		"cut in the first header": {two[:zipHeaderLen-1], nil},
		"cut in the first name":   {two[:zipHeaderLen+4], nil},
		"cut after the name":      {two[:zipHeaderLen+5], []string{"a.txt"}},
		"of unknown length":       {string(streamed), []string{"a.txt"}},
		"of a huge length":        {string(huge), []string{"a.txt"}},
		"at the bound":            {zipOf(many(maxEntries)...), many(maxEntries)},
		"above the bound":         {zipOf(many(maxEntries + 1)...), many(maxEntries)},
	} {
		got, _ := zipEntries([]byte(tt.head))
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestExtensions(t *testing.T) {
	for name, want := range map[string][2]string{
		"a.pdf":                    {"pdf", ""},
		"A.PDF":                    {"pdf", ""},
		"invoice.pdf.exe":          {"exe", "pdf"},
		"invoice.pdf     .exe":     {"exe", "pdf"},
		"invoice.pdf____.exe":      {"exe", "pdf"},
		"invoice.exe. ":            {"exe", ""},
		"archive.tar.gz":           {"gz", "tar"},
		"none":                     {"", ""},
		"":                         {"", ""},
		".":                        {"", ""},
		"3. report of the meeting": {"", ""},
		"a.averylongending":        {"", ""},
	} {
		f := newFile(Attachment{Name: name})
		if got := [2]string{f.ext, f.inner}; got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestPrograms(t *testing.T) {
	offset := func(n uint32) string { // of a header beyond what is kept
		head := []byte(program[:64])
		binary.LittleEndian.PutUint32(head[60:], n)
		return string(head)
	}
	for name, tt := range map[string]struct {
		head string
		want bool
	}{
		"Windows":              {program, true},
		"Windows, beyond":      {offset(maxStub), true},
		"Windows, far":         {offset(maxStub + 1), false},
		"Windows, at 0":        {offset(0), false},
		"letters":              {"MZ" + strings.Repeat(" text", 30), false},
		"offset to no header":  {"MZ" + strings.Repeat("\x00", 100), false},
		"short":                {"MZ", false},
		"ELF":                  {"\x7fELF\x02", true},
		"Mach-O":               {"\xcf\xfa\xed\xfe", true},
		"Mach-O of 32 bits":    {"\xce\xfa\xed\xfe", true},
		"nothing":              {"", false},
		"class file, not here": {"\xca\xfe\xba\xbe", false},
	} {
		f := newFile(Attachment{Head: []byte(tt.head)})
		if got := f.isProgram(); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

// FuzzFile holds that no attachment makes newFile panic or keep too much.
func FuzzFile(f *testing.F) {
	f.Add("invoice.pdf.exe", []byte(program))
	f.Add("a.zip", []byte(zipOf("a", "b/c.exe")))
	f.Add("", []byte("PK\x03\x04"))
	f.Add(". .", []byte(macros))
	f.Fuzz(func(t *testing.T, name string, head []byte) {
		a := newFile(Attachment{Name: name, Head: head})
		a.isProgram()
		a.hasMacros()
		if len(a.entries) > maxEntries {
			t.Errorf("%d entries", len(a.entries))
		}
	})
}
