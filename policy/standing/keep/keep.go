// Package keep keeps the standing of senders, and the history of its changes, in a
// SQLite database, so that both survive a restart and a kill -9. Only what has
// changed is written, many senders in one transaction; no message costs a write.
//
// A power cut may lose the last transaction, never the database. One that turns
// out to be damaged is put aside, and a new one begun: mail must flow.
package keep

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"sluice/policy/atomicfile"
	"sluice/policy/standing"
)

// File is the name of the database in the state directory.
const File = "standing.db"

// version is the version of the schema, kept in the database's user_version.
const version = 1

// schema has a row for each sender, with its state as JSON, and one for each change
// of a stage, the times in seconds since 1970.
const schema = `
CREATE TABLE sender (
	key  TEXT PRIMARY KEY,
	data TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE change (
	id      INTEGER PRIMARY KEY,
	time    INTEGER NOT NULL,
	sender  TEXT NOT NULL,
	client  TEXT NOT NULL,
	grp     TEXT NOT NULL,
	policy  TEXT NOT NULL,
	was     TEXT NOT NULL,
	became  TEXT NOT NULL,
	until   INTEGER NOT NULL,
	ref     TEXT NOT NULL,
	points  REAL NOT NULL,
	observe INTEGER NOT NULL,
	who     TEXT NOT NULL,
	why     TEXT NOT NULL,
	told    INTEGER NOT NULL
);
CREATE INDEX change_sender ON change (sender, time);
CREATE INDEX change_time   ON change (time);
CREATE INDEX change_untold ON change (time) WHERE NOT told;
PRAGMA user_version = 1;`

// ErrNewerSchema is returned for a database that a later version has written.
var ErrNewerSchema = errors.New("written by a later version of sluice")

// busyTimeout is how long another process may hold the database, in milliseconds.
const busyTimeout = 2000

// Database keeps senders in a file. It has one writer: the process that opened it.
type Database struct {
	path string

	mu   sync.RWMutex // guards pool, which Renew replaces
	pool *sql.DB      // of one connection
}

func (d *Database) db() *sql.DB {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.pool
}

var _ standing.Keeper = (*Database)(nil)

// Open opens the database, or begins one. A damaged one is renamed to end in
// ".damaged", and logged.
func Open(path string, log *slog.Logger) (*Database, error) {
	d, err := open(path)
	if err == nil || !Damaged(err) {
		return d, err
	}
	if err := putAside(path, log); err != nil {
		return nil, err
	}
	return open(path)
}

// Renew puts a database that turned out to be damaged aside, and begins another in
// its place, which knows nothing.
func (d *Database) Renew(log *slog.Logger) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pool.Close() // what it could not write is lost with it
	if err := putAside(d.path, log); err != nil {
		return err
	}
	fresh, err := open(d.path)
	if err != nil {
		return err
	}
	d.pool = fresh.pool
	return nil
}

func putAside(path string, log *slog.Logger) error {
	aside, err := atomicfile.PutAside(path)
	if err != nil {
		return fmt.Errorf("put the damaged standing of senders aside: %w", err)
	}
	for _, rest := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + rest); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	log.Error("the standing of senders is damaged, and put aside", "path", aside)
	return nil
}

func open(path string) (_ *Database, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	f.Close()
	query := url.Values{
		"_txlock": {"immediate"},
		"_pragma": {fmt.Sprintf("busy_timeout(%d)", busyTimeout), "journal_mode(WAL)", "synchronous(NORMAL)"},
	}
	dsn := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: query.Encode()}
	pool, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	if err := prepare(pool); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), pool.Close())
	}
	return &Database{path: path, pool: pool}, nil
}

// prepare makes the schema in an empty database, and looks at the version of
// another.
func prepare(pool *sql.DB) error {
	var found, tables int
	err := pool.QueryRow("SELECT user_version, (SELECT count(*) FROM sqlite_schema) FROM pragma_user_version").Scan(&found, &tables)
	switch {
	case err != nil:
		return err
	case found > version:
		return fmt.Errorf("%w (schema %d, known is %d)", ErrNewerSchema, found, version)
	case found == version:
		return nil
	case tables > 0:
		return errors.New("not the standing of senders: it has other tables")
	}
	tx, err := pool.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.Exec(schema); err != nil {
		return err
	}
	return tx.Commit()
}

// Damaged says whether an error is that of a damaged database.
func Damaged(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	code := e.Code() & 0xff
	return code == lib.SQLITE_CORRUPT || code == lib.SQLITE_NOTADB
}

// Load is part of standing.Keeper.
func (d *Database) Load(each func(standing.Row) error) error {
	rows, err := d.db().Query("SELECT key, data FROM sender")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var r standing.Row
		if err := rows.Scan(&r.Sender, &r.Data); err != nil {
			return err
		}
		if err := each(r); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Save is part of standing.Keeper.
func (d *Database) Save(senders []standing.Row, changes []standing.Change) error {
	tx, err := d.db().Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := saveSenders(tx, senders); err != nil {
		return err
	}
	if err := saveChanges(tx, changes); err != nil {
		return err
	}
	return tx.Commit()
}

func saveSenders(tx *sql.Tx, senders []standing.Row) error {
	put, err := tx.Prepare("INSERT OR REPLACE INTO sender (key, data) VALUES (?, ?)")
	if err != nil {
		return err
	}
	defer put.Close()
	drop, err := tx.Prepare("DELETE FROM sender WHERE key = ?")
	if err != nil {
		return err
	}
	defer drop.Close()
	for _, s := range senders {
		if s.Data == nil {
			_, err = drop.Exec(s.Sender)
		} else {
			_, err = put.Exec(s.Sender, string(s.Data))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func saveChanges(tx *sql.Tx, changes []standing.Change) error {
	for _, c := range changes {
		client := ""
		if c.Client.IsValid() {
			client = c.Client.String()
		}
		if _, err := tx.Exec(`INSERT INTO change
			(time, sender, client, grp, policy, was, became, until, ref, points, observe, who, why, told)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			c.At.Unix(), c.Sender, client, c.Group, c.Policy, c.From.String(), c.To.String(),
			seconds(c.Until), c.Ref, c.Points, c.Observe, c.By, c.Why, c.Told,
		); err != nil {
			return err
		}
	}
	return nil
}

func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// History returns the last changes of a sender, newest first; of all senders if
// none is named.
func (d *Database) History(ctx context.Context, sender string, limit int) ([]standing.Change, error) {
	return d.changes(ctx, "WHERE sender = ? OR ? = '' ORDER BY time DESC, id DESC LIMIT ?", sender, sender, limit)
}

// Untold returns the changes since a time of which people are still to be told,
// oldest first.
func (d *Database) Untold(ctx context.Context, since time.Time, limit int) ([]standing.Change, error) {
	return d.changes(ctx, "WHERE NOT told AND time >= ? ORDER BY time, id LIMIT ?", since.Unix(), limit)
}

// Told notes that people have been told of changes.
func (d *Database) Told(changes []standing.Change) error {
	tx, err := d.db().Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, c := range changes {
		if _, err := tx.Exec("UPDATE change SET told = 1 WHERE sender = ? AND time = ? AND became = ?", c.Sender, c.At.Unix(), c.To.String()); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func (d *Database) changes(ctx context.Context, where string, args ...any) ([]standing.Change, error) {
	rows, err := d.db().QueryContext(ctx, `SELECT
		time, sender, client, grp, policy, was, became, until, ref, points, observe, who, why, told
		FROM change `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read the history of senders: %w", err)
	}
	defer rows.Close()
	var changes []standing.Change
	for rows.Next() {
		var c standing.Change
		var at, until int64
		var client, was, became string
		if err := rows.Scan(&at, &c.Sender, &client, &c.Group, &c.Policy, &was, &became, &until, &c.Ref, &c.Points, &c.Observe, &c.By, &c.Why, &c.Told); err != nil {
			return nil, err
		}
		c.At = time.Unix(at, 0).UTC()
		if until != 0 {
			c.Until = time.Unix(until, 0).UTC()
		}
		c.Client, _ = netip.ParseAddr(client) // without one there was none
		if err := errors.Join(c.From.UnmarshalText([]byte(was)), c.To.UnmarshalText([]byte(became))); err != nil {
			return nil, err
		}
		changes = append(changes, c)
	}
	return changes, rows.Err()
}

// Forget drops the history of before a time.
func (d *Database) Forget(before time.Time) error {
	_, err := d.db().Exec("DELETE FROM change WHERE time < ?", before.Unix())
	return err
}

// Close closes the database.
func (d *Database) Close() error { return d.db().Close() }
