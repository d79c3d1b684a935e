package journal

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// errPassing returns an error of SQLite that may pass: a lock that somebody holds.
func errPassing(t testing.TB) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "locked.db")
	holder := rawDatabase(t, path)
	if _, err := holder.Exec("BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	other := rawDatabase(t, path)
	_, err := other.Exec("CREATE TABLE t (a)")
	if !passing(err) {
		t.Fatalf("%v does not pass", err)
	}
	return err
}

// rawDatabase opens any SQLite file on one connection.
func rawDatabase(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

func TestNewerSchemaIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), File)
	if _, err := rawDatabase(t, path).Exec(fmt.Sprintf("PRAGMA user_version = %d", version+1)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Path: path}); !errors.Is(err, ErrNewerSchema) {
		t.Errorf("Open = %v, want ErrNewerSchema", err)
	}
	if _, err := OpenReader(path); !errors.Is(err, ErrNewerSchema) {
		t.Errorf("OpenReader = %v, want ErrNewerSchema", err)
	}
}

func TestSomebodyElsesDatabaseIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), File)
	if _, err := rawDatabase(t, path).Exec("CREATE TABLE theirs (a)"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Path: path}); err == nil || !strings.Contains(err.Error(), "not a journal") {
		t.Errorf("Open = %v", err)
	}
}

func TestDamagedDatabaseIsMovedAside(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, path string)
	}{
		{"never was one", func(t *testing.T, path string) {
			write(t, path, []byte(strings.Repeat("no database ", 1000)))
		}},
		{"overwritten", func(t *testing.T, path string) {
			j, err := Open(Options{Path: path})
			if err != nil {
				t.Fatal(err)
			}
			j.Record(numbered(1))
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			copy(text[100:], bytes.Repeat([]byte{0xff}, len(text)-100))
			write(t, path, text)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), File)
			c.damage(t, path)
			damaged, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			j := open(t, Options{Path: path, Log: slog.New(slog.NewTextHandler(&log, nil))})
			j.Record(numbered(2))
			flush(t, j)
			if got, want := refs(t, path, Filter{}), []string{"00000002"}; !cmp.Equal(got, want) {
				t.Errorf("records = %v, want %v", got, want)
			}
			if !strings.Contains(log.String(), path+".damaged") {
				t.Errorf("log does not say where the old file is:\n%s", &log)
			}
			if aside, err := os.ReadFile(path + ".damaged"); err != nil || !bytes.Equal(aside, damaged) {
				t.Errorf("the damaged file is not kept as it was (%v)", err)
			}
		})
	}
}

func TestDamageFoundWhileWritingIsMovedAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), File)
	first := true
	j, err := start(Options{Path: path}, func() (keeper, error) {
		d, err := openDatabase(path)
		if err != nil {
			return nil, err
		}
		if first {
			first = false
			return torn{d}, nil
		}
		return d, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	j.Record(numbered(1))
	if err := j.Flush(t.Context()); !errors.Is(err, errDamaged) {
		t.Errorf("Flush = %v, want errDamaged", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := refs(t, path, Filter{}), []string{"00000001"}; !cmp.Equal(got, want) {
		t.Errorf("records in the new database = %v, want %v", got, want)
	}
	if _, err := os.Stat(path + ".damaged"); err != nil {
		t.Error(err)
	}
}

// torn is a database that turns out to be damaged when it is written.
type torn struct{ *database }

func (torn) add(context.Context, []row) error { return errDamaged }

func TestOlderDamagedDatabaseLeavesNoLogBehind(t *testing.T) {
	path := filepath.Join(t.TempDir(), File)
	write(t, path+".damaged", []byte("older"))
	write(t, path+".damaged-wal", []byte("older"))
	write(t, path, []byte("newer"))
	write(t, path+"-shm", []byte("newer"))
	if _, err := moveAside(path); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{path + ".damaged"}; !cmp.Equal(left, want) {
		t.Errorf("left %v, want %v", left, want)
	}
	if text, err := os.ReadFile(path + ".damaged"); err != nil || string(text) != "newer" {
		t.Errorf("kept %q (%v)", text, err)
	}
}

func TestFullDiskLosesNothingThatFitsLater(t *testing.T) {
	path := filepath.Join(t.TempDir(), File)
	full := true
	j, err := start(Options{Path: path}, func() (keeper, error) {
		d, err := openDatabase(path)
		if err == nil && full {
			_, err = d.pool.Exec("PRAGMA max_page_count = 8")
		}
		full = false
		return d, err
	})
	if err != nil {
		t.Fatal(err)
	}
	const n = 20
	for i := range n {
		j.Record(numbered(i))
	}
	if err := j.Flush(t.Context()); !passing(err) {
		t.Errorf("Flush = %v, want an error that passes", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := j.Stats(), (Stats{Written: n}); got != want {
		t.Errorf("stats = %+v, want %+v", got, want)
	}
	if got := refs(t, path, Filter{}); len(got) != n {
		t.Errorf("%d records, want %d", len(got), n)
	}
}

func TestErrorsThatPass(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{errPassing(t), true},
		{&fs.PathError{Op: "open", Path: File, Err: syscall.ENOSPC}, true},
		{&fs.PathError{Op: "open", Path: File, Err: syscall.EDQUOT}, true},
		{&fs.PathError{Op: "open", Path: File, Err: syscall.EACCES}, false},
		{ErrNewerSchema, false},
		{errDamaged, false},
	} {
		if got := passing(c.err); got != c.want {
			t.Errorf("passing(%v) = %v", c.err, got)
		}
	}
}

func TestDatabaseIsNotForEverybody(t *testing.T) {
	j := open(t, Options{})
	j.Record(sample())
	flush(t, j)
	for _, part := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(j.options.Path + part)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o007 != 0 {
			t.Errorf("%s has mode %v", info.Name(), info.Mode())
		}
	}
}

func TestPathMayHaveAnyCharacter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "100% a?b#c&d.db")
	j := open(t, Options{Path: path})
	j.Record(numbered(1))
	flush(t, j)
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
	if got := refs(t, path, Filter{}); len(got) != 1 {
		t.Errorf("records = %v", got)
	}
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
