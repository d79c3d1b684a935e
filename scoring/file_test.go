package scoring

import (
	"encoding/binary"
	"strings"
	"testing"
)

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
		if got := isProgram([]byte(tt.head)); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

// FuzzFile holds that no attachment makes what looks at it panic or keep too
// much.
func FuzzFile(f *testing.F) {
	f.Add("invoice.pdf.exe", []byte(program))
	f.Add("a.zip", []byte(zipOf("a", "b/c.exe")))
	f.Add("a.zip", []byte(packed("b.zip", packed("c.zip", packed("d.exe", program)))))
	f.Add("a.tgz", []byte(gzipped(tarOf("a.exe", program))))
	f.Add("a.js.gz", []byte(gzipped("eval()")))
	f.Add("a.rar", []byte(rar4Of("a.exe", false)))
	f.Add("a.rar", []byte(rar5Of("a.exe", true)))
	f.Add("", []byte("PK\x03\x04"))
	f.Add(". .", []byte(macros))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		var u unpacker
		a := newFile(Attachment{Name: name, Head: data, Inside: u.look(name, data)})
		isProgram(a.Head)
		a.hasMacros()
		checkUnpacker(t, &u, a.Inside)
	})
}
