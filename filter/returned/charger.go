package returned

import (
	"context"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"sluice/filter/journal"
	"sluice/policy/standing"
)

const (
	queueSize  = 1000                   // bounces that may wait
	gather     = 200 * time.Millisecond // how long one waits for others, to be looked up together
	lookupTime = 10 * time.Second       // for all that are
)

// Journal is where originals are found; *journal.Reader is one.
type Journal interface {
	Find(ctx context.Context, ref string) ([]journal.Record, error)
	FindMessageID(ctx context.Context, id string, since time.Time) ([]journal.Record, error)
	Close() error
}

// Options are what a Charger needs.
type Options struct {
	// Open gives the journal with everything that was recorded until now.
	Open func(context.Context) (Journal, error)

	Rules func(policy string) *standing.Rules // of a policy by its name, nil if there is none
	Note  func(rules *standing.Rules, sender string, e standing.Event)

	Log *slog.Logger
	Now func() time.Time
}

// Outcome is what became of a bounce.
type Outcome uint8

const (
	Charged  Outcome = iota
	Unknown          // the journal has no such original
	Unfit            // it has one which that cannot be the bounce of
	Repeated         // those recipients have come back before
	Distrust         // there are too many from one network
	Failed           // the journal could not be read
	Dropped          // there was no room for it in the queue
	outcomes         // how many there are
)

var outcomeNames = [outcomes]string{"charged", "unknown", "unfit", "repeated", "distrusted", "failed", "dropped"}

func (o Outcome) String() string { return outcomeNames[o] }

// Outcomes are all of them.
func Outcomes() []Outcome {
	all := make([]Outcome, outcomes)
	for i := range all {
		all[i] = Outcome(i)
	}
	return all
}

// bounce is what is needed of the record of one.
type bounce struct {
	ref      string
	at       time.Time
	reporter netip.Addr // who brought it; invalid for the machine itself
	journal.Returned
}

// Charger charges bounces. Offer may be called from anywhere; the rest is done by Run.
type Charger struct {
	options Options
	queue   chan bounce
	counts  [outcomes]atomic.Int64

	// for Run
	seen    seen
	quota   quota
	failing bool
}

// New makes a Charger. Run starts it.
func New(o Options) *Charger {
	return &Charger{options: o, queue: make(chan bounce, queueSize)}
}

// Offer takes the record of a message, and does nothing if that is no bounce which
// brought something back. It never blocks.
func (c *Charger) Offer(r *journal.Record) {
	if r.Returned == nil {
		return
	}
	select {
	case c.queue <- bounceOf(r):
	default:
		c.counts[Dropped].Add(1)
	}
}

// Charge is Offer and its outcome at once, from a journal that is at hand.
func (c *Charger) Charge(ctx context.Context, j Journal, r *journal.Record) (Outcome, error) {
	return c.charge(ctx, j, bounceOf(r))
}

// bounceOf is the bounce in a record that has one.
func bounceOf(r *journal.Record) bounce {
	b := bounce{ref: r.Ref, at: r.Time, Returned: *r.Returned}
	b.reporter, _ = netip.ParseAddr(r.Client.Addr)
	return b
}

// Count is how many bounces had an outcome.
func (c *Charger) Count(o Outcome) int64 { return c.counts[o].Load() }

// Run charges what is offered until ctx ends; what waits then is not charged any more.
func (c *Charger) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case b := <-c.queue:
			batch := []bounce{b}
			select {
			case <-ctx.Done():
				return
			case <-time.After(gather):
			}
			for range len(c.queue) {
				batch = append(batch, <-c.queue)
			}
			c.chargeAll(ctx, batch)
		}
	}
}

// chargeAll looks up bounces together: the journal is opened anew, for its writer may
// have begun another file.
func (c *Charger) chargeAll(ctx context.Context, batch []bounce) {
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	j, err := c.options.Open(ctx)
	if err != nil {
		c.counts[Failed].Add(int64(len(batch)))
		c.complain(err)
		return
	}
	defer j.Close()
	for _, b := range batch {
		outcome, err := c.charge(ctx, j, b)
		if err != nil {
			outcome = Failed
		}
		c.complain(err)
		c.counts[outcome].Add(1)
	}
}

// complain says once that the journal cannot be read, and when it can again.
func (c *Charger) complain(err error) {
	if failing := err != nil; failing != c.failing {
		c.failing = failing
		if failing {
			c.options.Log.Error("bounces are not charged to those who caused them: the journal cannot be read", "err", err)
		} else {
			c.options.Log.Info("bounces are charged again")
		}
	}
}
