package daemon

import (
	"context"

	"sluice/filter/journal"
	"sluice/filter/returned"
	"sluice/policy/standing"
)

// chargeReturned charges bounces to the senders of what they return, from now on.
// Without a journal nobody knows who that is.
func (d *Daemon) chargeReturned() {
	d.returned = returned.New(returned.Options{
		Open:  d.readJournal,
		Rules: func(policy string) *standing.Rules { return d.server.Rules().Policy.Standing(policy) },
		Note: func(r *standing.Rules, sender string, e standing.Event) {
			d.metrics.gained(d.clerk.book.Note(r, sender, e))
		},
		Log: d.Log,
		Now: d.Now,
	})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.returned.Run(ctx)
	}()
	d.onStop(func() error {
		stop()
		<-done
		return nil
	})
}

// readJournal opens the journal with all that has been recorded until now: a bounce may
// be faster than the record of what it returns.
func (d *Daemon) readJournal(ctx context.Context) (returned.Journal, error) {
	if err := d.journal.Flush(ctx); err != nil {
		return nil, err
	}
	r, err := journal.OpenReader(d.database)
	if err != nil {
		return nil, err
	}
	return r, nil
}

// offerReturned takes a record to where bounces are charged, if there is a journal.
func (d *Daemon) offerReturned(r *journal.Record) {
	if d.database != "" {
		d.returned.Offer(r)
	}
}
