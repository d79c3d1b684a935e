package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// version is the version of the schema, kept in the database's user_version.
const version = 2

// schemas bring a database of one version to the next, the first an empty one. There
// is a column for everything that is searched; the record itself is its JSON. Times are
// in milliseconds since 1970. Every index ends in the time, so that the newest records
// of something are found without sorting.
var schemas = [version]string{`
CREATE TABLE record (
	id           INTEGER PRIMARY KEY,
	time         INTEGER NOT NULL,
	ref          TEXT NOT NULL,
	queue_id     TEXT NOT NULL,
	client       TEXT NOT NULL,
	sender       TEXT NOT NULL,
	sender_group TEXT NOT NULL,
	policy       TEXT NOT NULL,
	mail_from    TEXT NOT NULL,
	login        TEXT NOT NULL,
	action       TEXT NOT NULL,
	reason       TEXT NOT NULL,
	score        REAL NOT NULL,
	json         TEXT NOT NULL
);
CREATE INDEX record_time     ON record (time);
CREATE INDEX record_ref      ON record (ref, time);
CREATE INDEX record_queue_id ON record (queue_id, time);
CREATE INDEX record_client   ON record (client, time);
CREATE INDEX record_sender   ON record (sender, time);
PRAGMA user_version = 1;`,
	// Records of before cannot be found by their Message-ID.
	`
ALTER TABLE record ADD COLUMN message_id TEXT NOT NULL DEFAULT '';
CREATE INDEX record_message_id ON record (message_id, time) WHERE message_id <> '';
PRAGMA user_version = 2;`,
}

const insertRow = `INSERT INTO record
	(time, ref, queue_id, client, sender, sender_group, policy, mail_from, login, action, reason, score, json, message_id)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// busyTimeout is how long another process may hold the database, in
// milliseconds. A reader never does; an operator with a tool of his own may.
const busyTimeout = 2000

// maxWAL bounds the write-ahead log's file when it is not in use, in bytes.
const maxWAL = 16 << 20

// ErrNewerSchema is returned for a database that a later version has written.
var ErrNewerSchema = errors.New("written by a later version of sluice")

// errDamaged is returned for a file that is no database, or not any more.
var errDamaged = errors.New("damaged")

// row is a record with its JSON, which is encoded once.
type row struct {
	*Record
	json []byte
}

// database is the journal's file, as its only writer sees it.
type database struct {
	path   string
	pool   *sql.DB // of one connection
	insert *sql.Stmt
}

// openDatabase opens the database, or begins one.
func openDatabase(path string) (*database, error) {
	d, err := tryDatabase(path)
	if err != nil {
		return nil, fmt.Errorf("open journal %s: %w", path, err)
	}
	return d, nil
}

func tryDatabase(path string) (_ *database, err error) {
	if err := createFile(path); err != nil {
		return nil, err
	}
	dsn, err := dataSource(path, url.Values{
		"_auto_vacuum": {"INCREMENTAL"},
		"_txlock":      {"immediate"},
		"_pragma": {
			fmt.Sprintf("busy_timeout(%d)", busyTimeout),
			fmt.Sprintf("journal_size_limit(%d)", maxWAL),
			"journal_mode(WAL)",
			"synchronous(NORMAL)", // a power cut may lose the last batches, never the database
		},
	})
	if err != nil {
		return nil, err
	}
	pool, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	defer func() {
		if err != nil {
			pool.Close()
		}
	}()
	if err := prepareSchema(pool); err != nil {
		return nil, err
	}
	insert, err := pool.Prepare(insertRow)
	if err != nil {
		return nil, classify(err)
	}
	return &database{path: path, pool: pool, insert: insert}, nil
}

// createFile makes sure that the file is there with the right mode; what
// SQLite puts beside it gets the same.
func createFile(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, logMode)
	if err != nil {
		return err
	}
	return file.Close()
}

// dataSource returns the URI of the file, whatever characters are in its path.
func dataSource(path string, query url.Values) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: query.Encode()}
	return u.String(), nil
}

// prepareSchema brings a database to the version of this program, in one step.
func prepareSchema(pool *sql.DB) error {
	found, err := schemaVersion(pool)
	if err != nil || found == version {
		return err
	}
	tx, err := pool.Begin()
	if err != nil {
		return classify(err)
	}
	defer tx.Rollback()
	for _, next := range schemas[found:] {
		if _, err := tx.Exec(next); err != nil {
			return classify(err)
		}
	}
	return classify(tx.Commit())
}

// schemaVersion returns the version of the schema: 0 for an empty database.
func schemaVersion(pool *sql.DB) (int, error) {
	var found, tables int
	err := pool.QueryRow("SELECT user_version, (SELECT count(*) FROM sqlite_schema) FROM pragma_user_version").Scan(&found, &tables)
	switch {
	case err != nil:
		return 0, classify(err)
	case found > version:
		return 0, fmt.Errorf("%w (schema %d, known is %d)", ErrNewerSchema, found, version)
	case found == 0 && tables > 0:
		return 0, errors.New("not a journal: it has other tables")
	}
	return found, nil
}

// add writes all the rows, or none.
func (d *database) add(ctx context.Context, rows []row) error {
	tx, err := d.pool.BeginTx(ctx, nil)
	if err != nil {
		return classify(err)
	}
	defer tx.Rollback()
	insert := tx.StmtContext(ctx, d.insert)
	defer insert.Close()
	for _, r := range rows {
		if _, err := insert.ExecContext(ctx,
			r.Time.UnixMilli(), r.Ref, r.QueueID, r.Client.Addr, r.Sender, r.Group, r.Policy, r.From,
			r.Client.Auth, r.Verdict.Action, r.Verdict.Reason, r.Score, string(r.json), r.MessageID,
		); err != nil {
			return classify(err)
		}
	}
	return classify(tx.Commit())
}

func (d *database) close() error {
	return errors.Join(d.insert.Close(), d.pool.Close())
}

// moveAside renames a damaged database to PATH.damaged, in the place of an
// earlier one, so that a new one can begin.
func moveAside(path string) (string, error) {
	aside := path + ".damaged"
	if err := os.Rename(path, aside); err != nil {
		return "", err
	}
	err := os.Rename(path+"-wal", aside+"-wal") // what is in the log may help to repair it
	if errors.Is(err, fs.ErrNotExist) {
		err = os.Remove(aside + "-wal") // the log of an earlier one would spoil it
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := os.Remove(path + "-shm"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return aside, nil
}

// classify makes damage known as errDamaged.
func classify(err error) error {
	switch primary(err) {
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	return err
}

// passing says whether what is wrong may be over later without anybody's
// doing: a full disk, an input or output error, a lock.
func passing(err error) bool {
	switch primary(err) {
	case lib.SQLITE_FULL, lib.SQLITE_IOERR, lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return true
	}
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// primary returns SQLite's primary result code, 0 for any other error.
func primary(err error) int {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Code() & 0xff
}
