package keep

import (
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/policy/standing"
)

func mustOpen(t *testing.T, path string) *Database {
	t.Helper()
	d, err := Open(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func load(t *testing.T, d *Database) map[string]string {
	t.Helper()
	rows := make(map[string]string)
	if err := d.Load(func(r standing.Row) error { rows[r.Sender] = string(r.Data); return nil }); err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestSendersSurvive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?#.db")
	d := mustOpen(t, path)
	if err := d.Save([]standing.Row{{Sender: "a", Data: []byte("1")}, {Sender: "b", Data: []byte("2")}, {Sender: "c", Data: []byte("3")}}, nil); err != nil {
		t.Fatal(err)
	}
	if err := d.Save([]standing.Row{{Sender: "a", Data: []byte("4")}, {Sender: "b"}, {Sender: "none"}}, nil); err != nil {
		t.Fatal(err)
	}
	// A second connection, while the first is open, is as after a kill -9.
	if diff := cmp.Diff(map[string]string{"a": "4", "c": "3"}, load(t, mustOpen(t, path))); diff != "" {
		t.Error(diff)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
}

func TestHistory(t *testing.T) {
	d := mustOpen(t, filepath.Join(t.TempDir(), File))
	at := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	blocked := standing.Change{
		Sender: "ip:203.0.113.7", Client: netip.MustParseAddr("203.0.113.7"), Group: "home", Policy: "p",
		From: standing.Restricted, To: standing.Blocked, At: at, Until: at.Add(time.Hour), Ref: "7F3K9QX2", Points: 6.5, Observe: true,
	}
	released := standing.Change{Sender: blocked.Sender, From: standing.Blocked, To: standing.Clean, At: at.Add(time.Minute), By: "anna", Why: "clean again"}
	other := standing.Change{Sender: "login:bob", To: standing.Watched, At: at.Add(2 * time.Minute), Told: true}
	if err := d.Save(nil, []standing.Change{blocked, released, other}); err != nil {
		t.Fatal(err)
	}
	same := cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
	for _, c := range []struct {
		sender string
		limit  int
		want   []standing.Change
	}{
		{blocked.Sender, 10, []standing.Change{released, blocked}},
		{blocked.Sender, 1, []standing.Change{released}},
		{"", 10, []standing.Change{other, released, blocked}},
		{"nobody", 10, nil},
	} {
		got, err := d.History(t.Context(), c.sender, c.limit)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got, same); diff != "" {
			t.Errorf("%q: %s", c.sender, diff)
		}
	}
	untold := func(since time.Time) int {
		changes, err := d.Untold(t.Context(), since, 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(changes)
	}
	if n := untold(at); n != 2 {
		t.Errorf("%d are to be told", n)
	}
	if n := untold(at.Add(time.Second)); n != 1 {
		t.Errorf("%d of later are to be told", n)
	}
	if err := d.Told([]standing.Change{blocked}); err != nil {
		t.Fatal(err)
	}
	if n := untold(at); n != 1 {
		t.Errorf("%d are still to be told", n)
	}
	if err := d.Forget(at.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if got, _ := d.History(t.Context(), "", 10); len(got) != 2 {
		t.Errorf("%d are left", len(got))
	}
}

// What cannot be saved as a whole is not saved at all.
func TestSaveIsAllOrNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), File)
	d := mustOpen(t, path)
	if _, err := d.pool.Exec("DROP TABLE change"); err != nil {
		t.Fatal(err)
	}
	if err := d.Save([]standing.Row{{Sender: "a", Data: []byte("1")}}, []standing.Change{{Sender: "a"}}); err == nil {
		t.Error("no error")
	}
	if rows := load(t, d); len(rows) != 0 {
		t.Error(rows)
	}
}

func TestADamagedDatabaseIsPutAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), File)
	if err := os.WriteFile(path, []byte("this is no database, and long enough to be looked at as one"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := mustOpen(t, path)
	if err := d.Save([]standing.Row{{Sender: "a", Data: []byte("1")}}, nil); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path + ".damaged"); err != nil {
		t.Error(err)
	}
}

func TestANewerOrForeignDatabaseIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), File)
	d := mustOpen(t, path)
	if _, err := d.pool.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	d.Close()
	if _, err := Open(path, slog.New(slog.DiscardHandler)); !errors.Is(err, ErrNewerSchema) {
		t.Error(err)
	}
	foreign := filepath.Join(t.TempDir(), "foreign.db")
	db, err := sql.Open("sqlite", foreign)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE t (x)"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if _, err := Open(foreign, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("somebody else's database was taken")
	}
}

func TestNoFolder(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "none", File), slog.New(slog.DiscardHandler)); err == nil {
		t.Error("no error")
	}
}

// Pages in the middle of the file are damaged: what can be read is read, and the
// rest put aside, so that everything can be saved again.
func TestADatabaseWithDamagedPagesIsRenewed(t *testing.T) {
	path := filepath.Join(t.TempDir(), File)
	d := mustOpen(t, path)
	var rows []standing.Row
	for i := range 2000 {
		rows = append(rows, standing.Row{Sender: fmt.Sprintf("ip:10.0.%d.%d", i/250, i%250), Data: []byte(`{"stage":"blocked","ref":"` + strings.Repeat("A", 300) + `"}`)})
	}
	if err := d.Save(rows, nil); err != nil {
		t.Fatal(err)
	}
	d.Close()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(data) / 4; i < len(data)/4+8*4096; i++ {
		data[i] = 0xA5
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	d = mustOpen(t, path)
	loaded := 0
	err = d.Load(func(standing.Row) error { loaded++; return nil })
	if !Damaged(err) {
		t.Fatalf("%d senders, %v", loaded, err)
	}
	if err := d.Renew(slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if err := d.Save(rows, []standing.Change{{Sender: "a"}}); err != nil {
		t.Error(err)
	}
	if n := len(load(t, d)); n != len(rows) {
		t.Errorf("%d senders are kept", n)
	}
	if _, err := os.Stat(path + ".damaged"); err != nil {
		t.Error(err)
	}
}
