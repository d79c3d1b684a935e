package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"sluice/filter"
	"sluice/filter/journal"
	"sluice/filter/returned"
	"sluice/filter/wire"
	"sluice/policy/breaker"
	"sluice/policy/config"
	"sluice/policy/store"
	"sluice/scoring"
	"sluice/scoring/campaign"
)

// Options are what a daemon is started with.
type Options struct {
	Path    string // of the configuration; empty for the built-in defaults
	Version string // of the program, for the metrics
	Log     *slog.Logger
	Lines   *LogQueue // what Log writes to, for its count of drops; nil if it is something else
	Now     func() time.Time
}

// Daemon is one running Sluice.
type Daemon struct {
	Options
	started     time.Time
	stateless   bool   // nothing is kept
	config      Config // as started; [listen], [state], [milter], [journal] and the prints and windows of [campaign] hold until a restart
	server      *filter.Server
	journal     *journal.Journal
	database    string // path of the journal's; empty for none
	memory      *store.Memory
	campaigns   *campaign.Store
	breaker     *breaker.Board
	clerk       *clerk
	returned    *returned.Charger
	teller      *teller
	releaseAddr net.Addr // nil when no links are served
	metrics     *metrics
	listeners   []net.Listener
	hangups     chan os.Signal
	teardown    []func() error // undone last to first
	rewatch     time.Duration  // rewatchEvery, but in tests

	reload sync.Mutex // one reload at a time
	loaded *Loaded    // in force; guarded by reload
	seen   *Loaded    // read last, whether it could be used or not; guarded by reload
}

// New reads the configuration, opens the state and listens. The MTA can
// connect from then on; Run answers.
func New(o Options) (d *Daemon, err error) {
	loaded, ps := Load(o.Path, o.Log)
	logProblems(o.Log, ps)
	if loaded.Rules == nil {
		return nil, Failed{ps.All()}
	}
	d = &Daemon{Options: o, config: loaded.Config, loaded: loaded, seen: loaded, rewatch: rewatchEvery, started: time.Now()}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.undo())
		}
	}()
	d.onStop(func() error { d.loaded.Scorer.Close(); return nil })
	d.catchHangups()
	if err := d.openState(); err != nil {
		return d, err
	}
	if err := d.openTeller(); err != nil {
		return d, err
	}
	d.breaker = breaker.NewBoard(d.config.Breaker, d.tripped)
	d.metrics = newMetrics(d)
	d.server = filter.New(filter.Options{
		Rules:          loaded.Rules,
		Store:          d.memory,
		Book:           d.clerk.book,
		Exceptions:     d.clerk.exceptions,
		Breaker:        d.breaker,
		Campaigns:      d.campaigns,
		Recorder:       d,
		Log:            o.Log,
		Now:            o.Now,
		Budget:         time.Duration(d.config.Milter.Budget),
		MaxConnections: d.config.Milter.MaxConnections,
		Wire:           d.config.Milter.Wire(wire.Options{Log: o.Log}),
	})
	d.teller.start()
	d.keepStanding()
	d.chargeReturned()
	d.metrics.reloaded(loaded, nil)
	return d, d.listen()
}

// catchHangups keeps SIGHUP from ending the process; one that comes before Run
// reloads as soon as it runs.
func (d *Daemon) catchHangups() {
	d.hangups = make(chan os.Signal, 1)
	signal.Notify(d.hangups, syscall.SIGHUP)
	d.onStop(func() error { signal.Stop(d.hangups); return nil })
}

func (d *Daemon) listen() error {
	for _, spec := range d.config.Listen.Milter {
		ln, err := d.config.Listen.listen(spec)
		if err != nil {
			return fmt.Errorf("listen at %s: %w", spec, err)
		}
		d.listeners = append(d.listeners, ln)
		d.onStop(func() error { return ignoreClosed(ln.Close()) })
	}
	if err := d.serveControl(); err != nil {
		return err
	}
	if err := d.serveRelease(); err != nil {
		return err
	}
	if d.config.Listen.Metrics == "" {
		return nil
	}
	return d.metrics.listen(d)
}

// Addrs are the addresses of the milter sockets, in the order of the
// configuration.
func (d *Daemon) Addrs() []net.Addr {
	var addrs []net.Addr
	for _, ln := range d.listeners {
		addrs = append(addrs, ln.Addr())
	}
	return addrs
}

// MetricsAddr is where the metrics are served, nil if they are not.
func (d *Daemon) MetricsAddr() net.Addr { return d.metrics.addr }

// Run serves until ctx ends, then drains and closes everything.
func (d *Daemon) Run(ctx context.Context) error {
	var serving sync.WaitGroup
	for _, ln := range d.listeners {
		serving.Go(func() {
			if err := d.server.Serve(ln); err != nil {
				d.Log.Error("cannot listen any more", "listener", ln.Addr().String(), "err", err)
			}
		})
	}
	d.Log.Info("ready", "milter", d.config.Listen.Milter, "metrics", d.config.Listen.Metrics, "config", d.Path, "in_force", d.loaded.Summary())
	watching, stopWatching := context.WithCancel(ctx)
	serving.Go(func() { d.watch(watching) })
	serving.Go(func() { d.notify(watching) })
	serving.Go(func() { d.reportDrops(watching) })
	<-ctx.Done()
	stopWatching()
	d.Log.Info("stopping: waiting for messages in flight")
	for _, ln := range d.listeners {
		ln.Close()
	}
	serving.Wait()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Duration(d.config.Milter.DrainTimeout))
	defer cancel()
	if err := d.server.Drain(drain); err != nil {
		d.Log.Warn("messages in flight were cut off", "err", err)
	}
	err := d.undo()
	d.Log.Info("stopped")
	return err
}

// scorer is the one in force.
func (d *Daemon) scorer() *scoring.Scorer {
	d.reload.Lock()
	defer d.reload.Unlock()
	return d.loaded.Scorer
}

// Record takes a decision record to everything that derives from it. None of
// that blocks: the journal has a queue, and the log is a LogQueue under serve.
func (d *Daemon) Record(r *journal.Record) {
	d.metrics.record(r)
	d.journal.Record(r)
	d.offerReturned(r)
	d.Log.LogAttrs(context.Background(), slog.LevelInfo, "message", slog.Any("", r))
}

// Reload reads the configuration again and puts it in force for every message
// that begins from now on. When it is wrong, the old one stays.
func (d *Daemon) Reload() error {
	d.reload.Lock()
	defer d.reload.Unlock()
	loaded, ps := load(d.Path, d.Log, d.loaded.Scorer)
	d.seen = loaded
	logProblems(d.Log, ps)
	if loaded.Rules == nil {
		err := Failed{ps.All()}
		d.metrics.reloaded(nil, err)
		d.Log.Error("reload failed: the old configuration stays in force", "err", err)
		return err
	}
	d.server.Swap(loaded.Rules)
	d.breaker.Use(loaded.Config.Breaker, loaded.Rules.Policy.Groups())
	if err := d.teller.use(loaded); err != nil {
		d.Log.Error("people are told as before", "err", err)
	}
	d.loaded = loaded
	d.metrics.reloaded(loaded, nil)
	d.warnOfRestart(&loaded.Config)
	d.Log.Info("reloaded", "config", d.Path, "in_force", loaded.Summary())
	return nil
}

func (d *Daemon) onStop(f func() error) { d.teardown = append(d.teardown, f) }

// undo takes down what New has put up, last to first.
func (d *Daemon) undo() error {
	var errs []error
	for i := len(d.teardown) - 1; i >= 0; i-- {
		errs = append(errs, d.teardown[i]())
	}
	d.teardown = nil
	return errors.Join(errs...)
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func logProblems(log *slog.Logger, ps *config.Problems) {
	for _, p := range ps.All() {
		if p.Warning {
			log.Warn(p.String())
		} else {
			log.Error(p.String())
		}
	}
}
