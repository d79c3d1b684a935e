package filter

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"sluice/filter/journal"
	"sluice/filter/wire"
	"sluice/policy"
	"sluice/policy/breaker"
	"sluice/policy/exception"
	"sluice/policy/standing"
	"sluice/policy/store"
	"sluice/scoring"
)

// Rules is everything compiled from one configuration. It is immutable; a
// reload swaps it as a whole, and a message keeps the one it began with.
type Rules struct {
	Policy  *policy.Rules
	Scorer  Scorer
	MaxView int64 // bytes of a message that the rules look at
	Keep    int64 // bytes that are kept for other checks; what is below MaxView means nothing more
}

// Scorer scores a message; *scoring.Scorer is the real one.
type Scorer interface {
	Score(context.Context, *scoring.Message, scoring.Input) (scoring.Report, error)
}

// Recorder takes decision records. It must never block.
type Recorder interface {
	Record(*journal.Record)
}

// Options are what a Server needs and shares between its sessions.
type Options struct {
	Rules *Rules
	Store store.Store
	Book  *standing.Book // the standing of senders; nil for one that is kept nowhere

	Exceptions *exception.List // nil for none
	Breaker    *breaker.Board  // of what suddenly refuses far more than before; nil for none

	Recorder Recorder
	Log      *slog.Logger
	Now      func() time.Time // the clock by which limits are counted
	NewRef   func() string    // makes references; nil for journal.NewRef

	Campaigns scoring.Campaigns // where copies of messages are counted; nil for nowhere

	Budget         time.Duration // the longest that the end of a message may take
	MaxConnections int           // of MTAs, over all listeners; those beyond are closed at once
	Wire           wire.Options
}

// Stats counts what happens on the way, for metrics.
type Stats struct {
	Accepted      atomic.Int64 // connections of MTAs, since the start
	Open          atomic.Int64 // of them, now
	Overflow      atomic.Int64 // closed because there were too many
	AcceptErrors  atomic.Int64 // failures to accept one
	RelayFailures atomic.Int64 // messages of incoming relays that do not say whose they are
	Panics        atomic.Int64
}

// Server is the milter: it answers MTAs on any number of listeners.
type Server struct {
	Options
	Gauge *policy.Gauge
	Stats *Stats

	rules atomic.Pointer[Rules]

	mu       sync.Mutex
	conns    map[*conn]struct{}
	draining bool
	sessions sync.WaitGroup
}

// New makes a server; Serve starts it.
func New(o Options) *Server {
	if o.NewRef == nil {
		o.NewRef = journal.NewRef
	}
	if o.Book == nil {
		o.Book = standing.NewBook(standing.Options{})
	}
	s := &Server{
		Options: o,
		Gauge:   policy.NewGauge(),
		Stats:   new(Stats),
		conns:   make(map[*conn]struct{}),
	}
	s.rules.Store(o.Rules)
	return s
}

// Rules returns the rules in force.
func (s *Server) Rules() *Rules { return s.rules.Load() }

// Swap puts other rules in force for every message that begins from now on.
func (s *Server) Swap(r *Rules) { s.rules.Store(r) }

// Backoff bounds between failures to accept a connection, such as too many
// open files.
const (
	minBackoff = 5 * time.Millisecond
	maxBackoff = time.Second
)

// Serve accepts connections until the listener is closed, and then returns
// nil. A failure to accept is never the end: it is logged, counted and waited
// out.
func (s *Server) Serve(ln net.Listener) error {
	backoff := minBackoff
	for {
		nc, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			s.Stats.AcceptErrors.Add(1)
			s.Log.Warn("cannot accept a connection", "listener", ln.Addr().String(), "err", err, "retry", backoff)
			time.Sleep(backoff)
			backoff = min(2*backoff, maxBackoff)
			continue
		}
		backoff = minBackoff
		s.start(nc)
	}
}

// start runs a session on the connection, unless there are too many.
func (s *Server) start(nc net.Conn) {
	c := s.track(nc)
	if c == nil {
		s.Stats.Overflow.Add(1)
		nc.Close()
		return
	}
	go func() {
		defer s.untrack(c)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		c.session = s.session(ctx)
		if err := wire.Serve(ctx, c, c.session, s.Wire); err != nil {
			s.Log.Debug("connection of the MTA ended", "err", err)
		}
	}()
}

// Session returns a session of its own, as one connection of an MTA has: for
// whoever drives the verbs himself.
func (s *Server) Session(ctx context.Context) wire.Handler { return s.session(ctx) }

func (s *Server) session(ctx context.Context) *session { return &session{Server: s, ctx: ctx} }

func (s *Server) track(nc net.Conn) *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining || len(s.conns) >= s.MaxConnections {
		return nil
	}
	c := &conn{Conn: nc}
	s.conns[c] = struct{}{}
	s.sessions.Add(1)
	s.Stats.Accepted.Add(1)
	s.Stats.Open.Add(1)
	return c
}

func (s *Server) untrack(c *conn) {
	c.Conn.Close()
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	s.Stats.Open.Add(-1)
	s.sessions.Done()
}

// Drain ends all sessions without losing a message: those between messages are
// closed, those within one may finish it until ctx ends, and then they are cut.
// The listeners are to be closed before.
func (s *Server) Drain(ctx context.Context) error {
	s.mu.Lock()
	s.draining = true
	open := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		open = append(open, c)
	}
	s.mu.Unlock()
	for _, c := range open {
		c.drain()
	}
	done := make(chan struct{})
	go func() { s.sessions.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	for _, c := range open {
		c.Conn.Close()
	}
	<-done
	return ctx.Err()
}

// conn knows whether its session is between messages: it is, when the session
// has no transaction and waits to read. Until it reads, its last answer may
// not have been written.
type conn struct {
	net.Conn
	session *session

	mu       sync.Mutex
	waiting  bool // between messages
	draining bool
}

// NetConn lets wire reach the socket under it, for its options.
func (c *conn) NetConn() net.Conn { return c.Conn }

// Read is called from the session's own goroutine.
func (c *conn) Read(p []byte) (int, error) {
	if !c.wait(c.session.tx == nil) {
		return 0, net.ErrClosed
	}
	n, err := c.Conn.Read(p)
	c.wait(false)
	return n, err
}

// wait notes whether the session is between messages, and refuses to go on
// between messages when draining.
func (c *conn) wait(between bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = between
	return !(between && c.draining)
}

// drain closes the connection now if it is between messages, else when it is.
func (c *conn) drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.draining = true
	if c.waiting {
		c.Conn.Close()
	}
}
