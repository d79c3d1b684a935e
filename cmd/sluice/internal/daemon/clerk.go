package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"sluice/policy/exception"
	"sluice/policy/standing"
	"sluice/policy/standing/keep"
)

const (
	sweepEvery = time.Minute           // how often blocks that have ended are looked for
	promptly   = 50 * time.Millisecond // within which a change of a stage is on disk

	// maxUnsaved bounds the changes that wait while the disk does not take them; the
	// oldest are then missing from the history, and from nothing else.
	maxUnsaved = 10_000

	// historyFor is how long changes of stages are remembered.
	historyFor = 366 * 24 * time.Hour
)

// clerk keeps the standing of senders on disk: changes of a stage at once, the rest
// every interval. Without a database it keeps nothing.
type clerk struct {
	book       *standing.Book
	database   *keep.Database // nil for none
	exceptions *exception.List
	interval   time.Duration
	log        *slog.Logger
	now        func() time.Time

	saving   sync.Mutex // one save at a time
	mu       sync.Mutex
	changes  []standing.Change // not on disk yet
	told     []standing.Change // people were told, which is not on disk yet
	failing  bool
	failures int64 // of saves

	forgot time.Time // when old history was dropped; for run

	wake chan struct{}
	stop chan struct{}
	done chan struct{}
}

// openStanding reads what is known of senders, and begins to keep it.
func (d *Daemon) openStanding(dir string) error {
	k := &clerk{
		interval: time.Duration(d.config.State.Snapshot),
		log:      d.Log,
		now:      d.Now,
		wake:     make(chan struct{}, 1),
		stop:     make(chan struct{}),
		done:     make(chan struct{}),
	}
	if dir != "" {
		var err error
		if k.database, err = keep.Open(inDir(dir, keep.File), d.Log); err != nil {
			return fmt.Errorf("open the standing of senders: %w", err)
		}
	}
	var err error
	if k.exceptions, err = exception.Open(inDir(dir, exception.File), d.Log); err != nil {
		return err
	}
	k.book = standing.NewBook(standing.Options{
		Capacity: d.config.State.Keys,
		Kept:     k.database != nil,
		Rules:    func(policy string) *standing.Rules { return d.server.Rules().Policy.Standing(policy) },
		Changed:  d.standingChanged,
	})
	if k.database != nil {
		n, err := k.book.Restore(k.database)
		if err != nil {
			d.Log.Error("not everything that was known of senders could be read", "senders", n, "err", err)
		}
		if keep.Damaged(err) {
			if err := k.database.Renew(d.Log); err != nil {
				return fmt.Errorf("open the standing of senders: %w", err)
			}
			k.book.TouchAll()
		}
	}
	d.clerk = k
	d.onStop(k.close)
	return nil
}

// keepStanding saves what is known of senders from now on.
func (d *Daemon) keepStanding() {
	go d.clerk.run()
	d.onStop(func() error {
		close(d.clerk.stop)
		<-d.clerk.done
		return nil
	})
}

// standingChanged takes a change of a stage to everybody who wants to know.
func (d *Daemon) standingChanged(c standing.Change) {
	d.metrics.standing(c)
	d.Log.LogAttrs(context.Background(), slog.LevelInfo, "standing", standingAttrs(c)...)
	c.Told = !d.teller.wants(c)
	d.clerk.changed(c)
	if !c.Told {
		d.teller.changed(c)
	}
}

// standingAttrs is a change as a line of the log.
func standingAttrs(c standing.Change) []slog.Attr {
	attrs := []slog.Attr{slog.String("sender", c.Sender), slog.Any("from", c.From), slog.Any("to", c.To)}
	if c.Group != "" {
		attrs = append(attrs, slog.String("group", c.Group))
	}
	if c.Ref != "" {
		attrs = append(attrs, slog.String("ref", c.Ref), slog.Float64("points", c.Points))
	}
	if !c.Until.IsZero() {
		attrs = append(attrs, slog.Time("until", c.Until))
	}
	if c.Observe {
		attrs = append(attrs, slog.Bool("observe", true))
	}
	if c.By != "" {
		attrs = append(attrs, slog.String("by", c.By), slog.String("why", c.Why))
	}
	return attrs
}

func (k *clerk) failed() int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.failures
}

func (k *clerk) changed(c standing.Change) {
	if k.database == nil {
		return
	}
	k.mu.Lock()
	if len(k.changes) >= maxUnsaved {
		k.changes = k.changes[1:]
	}
	k.changes = append(k.changes, c)
	k.mu.Unlock()
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// forget drops old history, once a day.
func (k *clerk) forget() {
	now := k.now()
	if k.database == nil || now.Sub(k.forgot) < 24*time.Hour {
		return
	}
	k.forgot = now
	if err := k.database.Forget(now.Add(-historyFor)); err != nil {
		k.log.Error("old history of senders is not forgotten", "err", err)
	}
}

// wasTold notes that people have been told of a change.
func (k *clerk) wasTold(c standing.Change) {
	if k.database == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.told) < maxUnsaved {
		k.told = append(k.told, c)
	}
}

// run saves until close.
func (k *clerk) run() {
	defer close(k.done)
	save, sweep := time.NewTicker(k.interval), time.NewTicker(sweepEvery)
	defer save.Stop()
	defer sweep.Stop()
	for {
		select {
		case <-k.stop:
			return
		case <-sweep.C:
			k.book.Sweep(k.now())
			k.forget()
		case <-save.C:
			k.save()
		case <-k.wake:
			time.Sleep(promptly) // several may come at once
			k.save()
		}
	}
}

// save writes what has changed. That it does not work is said once, and when it
// works again.
func (k *clerk) save() {
	if k.database == nil {
		return
	}
	k.saving.Lock()
	defer k.saving.Unlock()
	err := errors.Join(k.saveBook(), k.exceptions.Save())
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		k.failures++
	}
	if failing := err != nil; failing != k.failing {
		k.failing = failing
		if failing {
			k.log.Error("the standing of senders is not saved; it is tried again", "err", err)
		} else {
			k.log.Info("the standing of senders is saved again")
		}
	}
}

// saveBook writes senders, changes and who was told; each is tried again by itself.
// A database that turns out to be damaged is put aside for a new one, which gets all
// that is in memory.
func (k *clerk) saveBook() error {
	k.mu.Lock()
	changes, told := k.changes, k.told
	k.changes, k.told = nil, nil
	k.mu.Unlock()
	err := k.book.Save(k.database, changes)
	if keep.Damaged(err) {
		if err = k.database.Renew(k.log); err == nil {
			k.book.TouchAll()
			err = k.book.Save(k.database, changes)
		}
	}
	if err != nil {
		k.again(changes, told)
		return err
	}
	if err := k.database.Told(told); err != nil {
		k.again(nil, told)
		return err
	}
	return nil
}

// again keeps what could not be written for the next time.
func (k *clerk) again(changes, told []standing.Change) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.changes = append(changes, k.changes...)
	k.changes = k.changes[max(len(k.changes)-maxUnsaved, 0):]
	k.told = append(told, k.told...)
	k.told = k.told[max(len(k.told)-maxUnsaved, 0):]
}

func (k *clerk) close() error {
	k.save()
	if k.database == nil {
		return nil
	}
	return errors.Join(k.database.Forget(k.now().Add(-historyFor)), k.database.Close())
}
