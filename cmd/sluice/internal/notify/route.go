package notify

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"
)

const (
	// routeQueue is how many deliveries of a route wait, and how many are kept
	// to be tried again.
	routeQueue = 100
	// attempts of one delivery, the first included.
	attempts = 4
)

// pauses are the times before the second attempt, the third and so on.
var pauses = [attempts - 1]time.Duration{5 * time.Second, 30 * time.Second, 3 * time.Minute}

// errPermanent marks a failure that another attempt would meet again.
var errPermanent = errors.New("not tried again")

// delivery is one thing to send, ready made.
type delivery struct {
	id     string // of the event
	what   string // for the log: "blocked", "digest"
	sender string // for the log
	to     string // recipient of a mail, else empty
	body   []byte

	attempt int // how many were made
	due     time.Time
}

// transport sends one delivery, once, within the context.
type transport interface {
	send(ctx context.Context, d delivery) error
}

// route has a transport, a queue and a goroutine: one that hangs holds up no
// other. A delivery that fails is set aside and tried again later; those behind
// it go on.
type route struct {
	name      string
	transport transport
	queue     chan delivery // closed to stop
	timeout   time.Duration
	log       *slog.Logger
	now       func() time.Time
	stats     *Stats

	waiting []delivery // to be tried again, the next one first
}

// put queues a delivery, or drops it.
func (r *route) put(d delivery) {
	select {
	case r.queue <- d:
	default:
		r.stats.Dropped.Add(1)
		r.log.Warn("notice dropped: too many wait", "route", r.name, "sender", d.sender, "change", d.what)
	}
}

// run sends until the queue is closed and empty. What is then to be tried again
// is tried once more, at once.
func (r *route) run(ctx context.Context) {
	for {
		timer := time.NewTimer(r.untilNext())
		select {
		case d, open := <-r.queue:
			if !open {
				timer.Stop()
				r.finish(ctx)
				return
			}
			r.try(ctx, d)
		case <-timer.C:
			if len(r.waiting) > 0 {
				d := r.waiting[0]
				r.waiting = slices.Delete(r.waiting, 0, 1)
				r.try(ctx, d)
			}
		}
		timer.Stop()
	}
}

// untilNext is the time until the next attempt is due, long if none is.
func (r *route) untilNext() time.Duration {
	if len(r.waiting) == 0 {
		return time.Hour
	}
	return max(0, r.waiting[0].due.Sub(r.now()))
}

// finish makes the last attempts.
func (r *route) finish(ctx context.Context) {
	waiting := r.waiting
	r.waiting = nil
	for _, d := range waiting {
		d.attempt = attempts - 1
		r.try(ctx, d)
	}
}

// try sends once. A failure is set aside, or final.
func (r *route) try(ctx context.Context, d delivery) {
	sending, cancel := context.WithTimeout(ctx, r.timeout)
	err := r.transport.send(sending, d)
	cancel()
	d.attempt++
	log := r.log.With("route", r.name, "id", d.id, "sender", d.sender, "change", d.what, "to", d.to, "attempt", d.attempt)
	switch {
	case err == nil:
		r.stats.Sent.Add(1)
		log.Info("notice sent")
	case errors.Is(err, errPermanent) || d.attempt >= attempts || ctx.Err() != nil || len(r.waiting) >= routeQueue:
		r.stats.Failed.Add(1)
		log.Error("notice not sent", "err", err)
	default:
		log.Warn("notice not sent, it will be tried again", "err", err)
		r.setAside(d)
	}
}

// setAside keeps a delivery, in the order in which they are due.
func (r *route) setAside(d delivery) {
	d.due = r.now().Add(pauses[d.attempt-1])
	at, _ := slices.BinarySearchFunc(r.waiting, d, func(a, b delivery) int {
		if a.due.After(b.due) {
			return 1
		}
		return -1
	})
	r.waiting = slices.Insert(r.waiting, at, d)
}
