package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestWriteReplacesTheWholeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	for _, want := range []string{strings.Repeat("long", 1<<16), "short", ""} {
		if err := Write(path, 0o640, text(want)); err != nil {
			t.Fatal(err)
		}
		if got := read(t, path); got != want {
			t.Errorf("%d bytes, want %d", len(got), len(want))
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// What cannot be written as a whole leaves the old file and nothing beside it.
func TestAFailureLeavesTheOldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := Write(path, 0o600, text("old")); err != nil {
		t.Fatal(err)
	}
	full := errors.New("disk full")
	err := Write(path, 0o600, func(w io.Writer) error {
		io.WriteString(w, strings.Repeat("new", 1<<16))
		return full
	})
	if !errors.Is(err, full) || read(t, path) != "old" {
		t.Errorf("%v, %q", err, read(t, path))
	}
	if _, err := os.Stat(path + ".new"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("half a file stays: %v", err)
	}
}

// A crash may leave half a file beside the old one; the next write is not held up.
func TestHalfAFileOfBeforeIsOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path+".new", []byte(strings.Repeat("half", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, 0o600, text("whole")); err != nil || read(t, path) != "whole" {
		t.Errorf("%v, %q", err, read(t, path))
	}
}

func TestNoFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none", "f")
	if err := Write(path, 0o600, text("x")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestPutAsideReplacesAnEarlierOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	for _, want := range []string{"first", "second"} {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		aside, err := PutAside(path)
		if err != nil || read(t, aside) != want {
			t.Errorf("%v, %q at %s", err, read(t, aside), aside)
		}
	}
	if _, err := PutAside(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestRestore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	takes := func(want string) func(io.Reader) error {
		return func(r io.Reader) error {
			data, err := io.ReadAll(r)
			if err == nil && string(data) != want {
				err = errors.New("damaged")
			}
			return err
		}
	}
	if aside, damage, err := Restore(path, takes("x")); aside != "" || damage != nil || err != nil {
		t.Errorf("no file: %q, %v, %v", aside, damage, err)
	}
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if aside, damage, err := Restore(path, takes("x")); aside != "" || damage != nil || err != nil {
		t.Errorf("a good file: %q, %v, %v", aside, damage, err)
	}
	aside, damage, err := Restore(path, takes("y"))
	if damage == nil || err != nil || read(t, aside) != "x" {
		t.Errorf("a damaged file: %q, %v, %v", aside, damage, err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the damaged file is still there: %v", err)
	}
}
