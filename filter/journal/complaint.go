package journal

import (
	"context"
	"log/slog"
	"time"
)

// complainEvery is how often one kind of failure is logged; it may recur with
// every batch.
const complainEvery = time.Minute

// complaint is one kind of failure. Its zero value is ready to use.
type complaint struct {
	last  time.Time
	quiet int // failures since last that were not logged
}

// log logs the failure, unless one of its kind was logged within complainEvery.
func (c *complaint) log(log *slog.Logger, now time.Time, msg string, attrs ...slog.Attr) {
	if !c.last.IsZero() && now.Sub(c.last) < complainEvery {
		c.quiet++
		return
	}
	if c.quiet > 0 {
		attrs = append(attrs, slog.Int("not_logged", c.quiet))
	}
	log.LogAttrs(context.Background(), slog.LevelError, msg, attrs...)
	c.last, c.quiet = now, 0
}
