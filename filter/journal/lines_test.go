package journal

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// openLines opens a journal that writes only lines.
func openLines(t *testing.T, o Options) *Journal {
	t.Helper()
	j, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

// lineRefs returns the references of the records in a text of lines.
func lineRefs(t *testing.T, text []byte) []string {
	t.Helper()
	var list []string
	for line := range strings.Lines(string(text)) {
		var r Record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		list = append(list, r.Ref)
	}
	return list
}

func fileRefs(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return lineRefs(t, text)
}

func TestLinesThatCannotBeWrittenAreSaidAtTheStart(t *testing.T) {
	var log bytes.Buffer
	folder := filepath.Join(t.TempDir(), "later")
	o := Options{Lines: filepath.Join(folder, "records"), Log: slog.New(slog.NewTextHandler(&log, nil))}
	j := openLines(t, o)
	if !strings.Contains(log.String(), `msg="decision records cannot be written as lines" file=`+o.Lines) {
		t.Errorf("logged: %s", &log)
	}
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	j.Record(sample())
	flush(t, j)
	if got := fileRefs(t, o.Lines); len(got) != 1 {
		t.Errorf("once the folder is there: %v", got)
	}
}

func TestLinesGoToStandardOutput(t *testing.T) {
	var out bytes.Buffer
	j := openLines(t, Options{Lines: "-", Stdout: &out})
	j.Record(sample())
	j.Record(numbered(2))
	j.Reopen() // nothing to open there
	flush(t, j)
	if got, want := strings.SplitN(out.String(), "\n", 2)[0], contract; got != want {
		t.Errorf("line:\n got %s\nwant %s", got, want)
	}
	if got, want := lineRefs(t, out.Bytes()), []string{"7F3K9QX2", "00000002"}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestLinesAreAppendedAndRotated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "records.jsonl")
	write(t, path, []byte(contract+"\n"))
	j := openLines(t, Options{Lines: path})
	j.Record(numbered(1))
	flush(t, j)
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	j.Record(numbered(2))
	flush(t, j) // into the renamed file: nobody has said that it was renamed
	j.Reopen()
	j.Record(numbered(3))
	flush(t, j)
	if got, want := fileRefs(t, path+".1"), []string{"7F3K9QX2", "00000001", "00000002"}; !cmp.Equal(got, want) {
		t.Errorf("old file: got %v, want %v", got, want)
	}
	if got, want := fileRefs(t, path), []string{"00000003"}; !cmp.Equal(got, want) {
		t.Errorf("new file: got %v, want %v", got, want)
	}
}

func TestLinesThatCannotBeWrittenAreCounted(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	path := filepath.Join(dir, "records.jsonl")
	j := openLines(t, Options{Lines: path})
	j.Record(numbered(1))
	j.Record(numbered(2))
	if err := j.Flush(t.Context()); err == nil {
		t.Error("no error")
	}
	if got, want := j.Stats(), (Stats{LinesLost: 2}); got != want {
		t.Errorf("stats = %+v, want %+v", got, want)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	j.Record(numbered(3))
	flush(t, j)
	if got, want := fileRefs(t, path), []string{"00000003"}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestLinesDoNotWaitForTheDatabase(t *testing.T) {
	var out bytes.Buffer
	j, err := start(Options{Path: "failing", Lines: "-", Stdout: &out}, func() (keeper, error) { return nil, errPassing(t) })
	if err != nil {
		t.Fatal(err)
	}
	j.Record(numbered(1))
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := lineRefs(t, out.Bytes()), []string{"00000001"}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestALineAfterATornOneIsWhole(t *testing.T) {
	disk := &limited{left: 3}
	l := lines{path: "-", stdout: disk}
	for i, text := range []string{"first\n", "second\n", "third\n"} {
		err := l.write([]byte(text))
		if (err != nil) != (i < 2) {
			t.Fatalf("write %q: %v", text, err)
		}
		if i == 1 {
			disk.left = 100
		}
	}
	if err := l.write([]byte("fourth\n")); err != nil {
		t.Fatal(err)
	}
	if got, want := disk.String(), "fir\nthird\nfourth\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// limited is a disk with so many bytes left.
type limited struct {
	bytes.Buffer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	n := min(len(p), l.left)
	l.left -= n
	l.Buffer.Write(p[:n])
	if n < len(p) {
		return n, io.ErrShortWrite
	}
	return n, nil
}

func TestLinesFileIsNotForEverybody(t *testing.T) {
	path := filepath.Join(t.TempDir(), "records.jsonl")
	j := openLines(t, Options{Lines: path})
	j.Record(sample())
	flush(t, j)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm()&0o007 != 0 {
		t.Errorf("mode %v", info.Mode())
	}
}
