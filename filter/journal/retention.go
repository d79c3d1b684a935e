package journal

import (
	"context"
	"fmt"
	"time"
)

// Retention works in steps, between which records are written.
const (
	sweepRows  = 500  // records that a step deletes at most
	sweepPages = 256  // pages that a step gives back to the file system at most
	sparePages = 1024 // free pages that are kept for new records; 4 MB
)

// sweep makes one step towards the bounds: it deletes records from before a
// time, or the oldest if the database is larger than maxSize bytes (0 for
// any), or shortens the file. It says how many records it deleted and whether
// there is more to do.
func (d *database) sweep(ctx context.Context, before time.Time, maxSize int64) (deleted int64, more bool, err error) {
	deleted, err = d.deleteWhere(ctx, "time < ?", before.UnixMilli())
	if err != nil || deleted > 0 {
		return deleted, true, err
	}
	used, free, err := d.pages(ctx)
	if err != nil {
		return 0, false, err
	}
	if maxSize > 0 && used > maxSize {
		deleted, err = d.deleteWhere(ctx, "true")
		return deleted, deleted > 0, err
	}
	if free <= sparePages {
		return 0, false, nil
	}
	_, err = d.pool.ExecContext(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", sweepPages))
	return 0, err == nil, classify(err)
}

// deleteWhere deletes the oldest records of which the condition is true.
func (d *database) deleteWhere(ctx context.Context, condition string, args ...any) (int64, error) {
	result, err := d.pool.ExecContext(ctx, `DELETE FROM record WHERE id IN
		(SELECT id FROM record WHERE `+condition+` ORDER BY time, id LIMIT ?)`, append(args, sweepRows)...)
	if err != nil {
		return 0, classify(err)
	}
	return result.RowsAffected()
}

// pages returns the bytes of the pages that are in use, and the number of
// those that are not.
func (d *database) pages(ctx context.Context) (used, free int64, err error) {
	var count, size int64
	err = d.pool.QueryRowContext(ctx, `SELECT page_count, page_size, freelist_count
		FROM pragma_page_count, pragma_page_size, pragma_freelist_count`).Scan(&count, &size, &free)
	return (count - free) * size, free, classify(err)
}
