package notify

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// noticeQueue is how many notices wait to be looked at.
const noticeQueue = 1000

// Options are what is no configuration.
type Options struct {
	Log      *slog.Logger     // nil for none
	Now      func() time.Time // nil for time.Now
	Hostname string           // of this machine, fully qualified; empty if it has no name
	Version  string           // of Sluice
	Dir      string           // of the configuration file: relative paths are below it
}

// Stats counts, since the start. Each recipient of a mail, each post and each
// run of the command is one delivery.
type Stats struct {
	Sent       atomic.Int64 // deliveries that were taken
	Failed     atomic.Int64 // deliveries that were given up
	Suppressed atomic.Int64 // notices that said nothing new
	Gathered   atomic.Int64 // notices that went into a digest
	Dropped    atomic.Int64 // notices and deliveries that found their queue full
}

// Notifier tells people. It is safe for concurrent use.
type Notifier struct {
	config    Config
	log       *slog.Logger
	now       func() time.Time
	builder   builder // without identifier
	templates templates
	customers atomic.Pointer[Customers]
	throttle  *throttle
	newID     func() string
	stats     Stats

	mail, webhook, command *route // nil where there is none
	routes                 []*route
	workers                sync.WaitGroup

	mu     sync.RWMutex // guards closed, and queue against a send after its close
	closed bool
	queue  chan Notice

	done   chan struct{} // closed when all is sent
	cancel context.CancelFunc

	gathered digest
}

// digest is what the hour was too full for.
type digest struct {
	start time.Time // of the hour
	rows  []Row
	count int
	due   *time.Timer // nil when there is nothing
}

// New starts a notifier for a configuration that Check had nothing against. It
// wants its Close.
func New(c Config, o Options) (*Notifier, error) {
	n, err := build(c, o)
	if err != nil {
		return nil, err
	}
	n.start()
	return n, nil
}

// start runs the goroutines.
func (n *Notifier) start() {
	ctx, cancel := context.WithCancel(context.Background())
	n.cancel = cancel
	for _, r := range n.routes {
		n.workers.Go(func() { r.run(ctx) })
	}
	go func() {
		defer close(n.done)
		n.dispatch()
		for _, r := range n.routes {
			close(r.queue)
		}
		n.workers.Wait()
	}()
}

// SetCustomers replaces the addresses of customers.
func (n *Notifier) SetCustomers(c *Customers) { n.customers.Store(c) }

// Stats are the counters, for metrics.
func (n *Notifier) Stats() *Stats { return &n.stats }

// Wants says whether a change from one stage to another is told to anybody, so
// that nobody collects samples for nothing. The stages are those that are told, nil
// for those of the configuration.
func (n *Notifier) Wants(from, to string, stages []string) bool {
	if len(stages) == 0 {
		stages = n.config.Stages
	}
	change := Notice{From: from, To: to}
	return len(n.routes) > 0 && (slices.Contains(stages, change.Kind()) || slices.Contains(stages, to))
}

// Notify takes in a notice. It never blocks: if too many wait, the notice is
// dropped and counted. What it was given may be changed afterwards.
func (n *Notifier) Notify(notice Notice) {
	if !n.Wants(notice.From, notice.To, notice.Stages) {
		return
	}
	notice = tidy(notice)
	n.mu.RLock()
	defer n.mu.RUnlock()
	if n.closed {
		n.stats.Dropped.Add(1)
		return
	}
	select {
	case n.queue <- notice:
	default:
		n.stats.Dropped.Add(1)
	}
}

// Close sends what waits, the digest of the hour too, and returns when all is
// sent or given up. What failed before is tried once more, at once. At the end
// of the context the rest is given up and its error returned. Closing again
// waits again.
func (n *Notifier) Close(ctx context.Context) error {
	n.mu.Lock()
	if !n.closed {
		n.closed = true
		close(n.queue)
	}
	n.mu.Unlock()
	defer n.cancel()
	select {
	case <-n.done:
		return nil
	case <-ctx.Done():
		n.cancel()
		<-n.done
		return fmt.Errorf("send the last notices: %w", ctx.Err())
	}
}
