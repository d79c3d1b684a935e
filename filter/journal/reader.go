package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxFound = 100 // records that Find returns at most: an MTA uses its queue ids again
	pageRows = 500 // records that Query reads at a time
)

// Reader reads a journal while another process may be writing it. It holds no
// lock between two reads, so it never keeps the writer from tidying up. Its
// methods may be called concurrently.
type Reader struct {
	pool *sql.DB
}

// Filter selects records; a field with its zero value selects all. What is
// given must hold together.
type Filter struct {
	Since  time.Time // records of this moment or later
	Until  time.Time // records before this moment
	Client string    // the client's address
	Sender string    // who is held responsible: "ip:203.0.113.7", "login:bob"
	From   string    // envelope sender, or "@example.net" for all of a domain; either case
	Action string    // of the verdict
	Group  string
	Limit  int // records at most

	OldestFirst bool // in the order of time, rather than newest first
}

// OpenReader opens the database at path for reading only. It is an error if
// there is none, or if a later version has written it (ErrNewerSchema).
func OpenReader(path string) (*Reader, error) {
	pool, err := openReadOnly(path)
	if err != nil {
		return nil, fmt.Errorf("read journal %s: %w", path, err)
	}
	return &Reader{pool}, nil
}

func openReadOnly(path string) (*sql.DB, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	dsn, err := dataSource(path, url.Values{
		"mode":    {"ro"},
		"_pragma": {fmt.Sprintf("busy_timeout(%d)", busyTimeout)},
	})
	if err != nil {
		return nil, err
	}
	pool, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	found, err := schemaVersion(pool)
	if err == nil && found == 0 {
		err = errors.New("it is empty")
	}
	if err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

// Close closes the reader.
func (r *Reader) Close() error { return r.pool.Close() }

// Find returns the records with this reference, however it is written, or this
// queue id, newest first; none if there are none.
func (r *Reader) Find(ctx context.Context, refOrQueueID string) ([]Record, error) {
	if refOrQueueID == "" {
		return nil, nil // not the records without a queue id
	}
	return r.find(ctx, refOrQueueID, "ref = ? OR queue_id = ?", NormalizeRef(refOrQueueID), refOrQueueID)
}

// FindMessageID returns the records of messages with this Message-ID since a moment,
// newest first. Those that were written before the journal's schema had a place for it
// are not found.
func (r *Reader) FindMessageID(ctx context.Context, id string, since time.Time) ([]Record, error) {
	return r.find(ctx, id, "message_id = ? AND message_id <> '' AND time >= ?", id, since.UnixMilli()) // as the index has it
}

func (r *Reader) find(ctx context.Context, what, where string, args ...any) ([]Record, error) {
	rows, err := r.read(ctx, where, args, "DESC", maxFound)
	if err != nil {
		return nil, fmt.Errorf("find %q in journal: %w", what, err)
	}
	records := make([]Record, len(rows))
	for i, row := range rows {
		records[i] = row.record
	}
	return records, nil
}

// Query walks the records that the filter selects, newest first unless it says
// otherwise. An error ends the walk.
func (r *Reader) Query(ctx context.Context, f Filter) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		where, args := f.condition()
		after, further, order := place{time: math.MaxInt64}, "<", "DESC"
		if f.OldestFirst {
			after, further, order = place{time: math.MinInt64}, ">", "ASC"
		}
		left := f.Limit
		for f.Limit == 0 || left > 0 {
			size := pageRows
			if f.Limit > 0 {
				size = min(size, left)
			}
			page, err := r.read(ctx, where+" AND (time, id) "+further+" (?, ?)", append(args, after.time, after.id), order, size)
			if err != nil {
				yield(Record{}, fmt.Errorf("query journal: %w", err))
				return
			}
			for _, found := range page {
				if !yield(found.record, nil) {
					return
				}
				after = found.place
			}
			if left -= len(page); len(page) < size {
				return
			}
		}
	}
}

// place is where a record is in the order of records.
type place struct{ time, id int64 }

// found is a record that was read, and where.
type found struct {
	place
	record Record
}

// condition returns the filter as a condition in SQL with its arguments.
func (f Filter) condition() (string, []any) {
	terms, args := []string{"true"}, []any(nil)
	add := func(term string, arg any) {
		terms = append(terms, term)
		args = append(args, arg)
	}
	if !f.Since.IsZero() {
		add("time >= ?", f.Since.UnixMilli())
	}
	if !f.Until.IsZero() {
		add("time < ?", f.Until.UnixMilli())
	}
	if f.Client != "" {
		add("client = ?", canonicalAddr(f.Client))
	}
	if f.Sender != "" {
		add("sender = ?", f.Sender)
	}
	if strings.HasPrefix(f.From, "@") {
		add("lower(substr(mail_from, ?)) = lower(?)", -utf8.RuneCountInString(f.From))
		args = append(args, f.From)
	} else if f.From != "" {
		add("lower(mail_from) = lower(?)", f.From)
	}
	if f.Action != "" {
		add("action = ?", f.Action)
	}
	if f.Group != "" {
		add("sender_group = ?", f.Group)
	}
	return strings.Join(terms, " AND "), args
}

// canonicalAddr returns an address the way records have it.
func canonicalAddr(s string) string {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return s // what no record has
	}
	return addr.Unmap().WithZone("").String()
}

// read returns the first records, in an order of time, of which the condition is
// true.
func (r *Reader) read(ctx context.Context, where string, args []any, order string, limit int) ([]found, error) {
	rows, err := r.pool.QueryContext(ctx,
		"SELECT time, id, json FROM record WHERE "+where+" ORDER BY time "+order+", id "+order+" LIMIT ?", append(args, limit)...)
	if err != nil {
		return nil, classify(err)
	}
	defer rows.Close()
	var list []found
	for rows.Next() {
		var f found
		var text []byte
		if err := rows.Scan(&f.time, &f.id, &text); err != nil {
			return nil, classify(err)
		}
		if err := json.Unmarshal(text, &f.record); err != nil {
			return nil, fmt.Errorf("record %d: %w", f.id, err)
		}
		list = append(list, f)
	}
	return list, classify(rows.Err())
}
