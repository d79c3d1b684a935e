package wire

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/emersion/go-milter"
)

// Defaults of Options.
const (
	// DefaultIdle is the longest wait for the next frame: an SMTP client may be
	// slow, and libmilter itself waits 7,210 seconds.
	DefaultIdle = 2 * time.Hour
	// DefaultFrame is the longest that one frame may take from its first byte
	// to its last, and the wait for the MTA's first frame.
	DefaultFrame = 30 * time.Second
	// DefaultWrite is the longest that an answer may take to be taken in.
	DefaultWrite = 10 * time.Second
	// DefaultMaxFrame is the longest frame in bytes, without the four of its
	// length. It is also the most that can be configured, since the library
	// refuses more. Body chunks have 64 KiB at most, header fields as much as
	// the MTA lets through (Postfix: 100 KB).
	DefaultMaxFrame = 1 << 20
)

// Options bound a connection. Zero and negative values stand for the defaults.
type Options struct {
	Idle     time.Duration
	Frame    time.Duration
	Write    time.Duration
	MaxFrame int          // bytes, at most DefaultMaxFrame
	Log      *slog.Logger // nil for none
}

func (o Options) withDefaults() Options {
	if o.Idle <= 0 {
		o.Idle = DefaultIdle
	}
	if o.Frame <= 0 {
		o.Frame = DefaultFrame
	}
	if o.Write <= 0 {
		o.Write = DefaultWrite
	}
	if o.MaxFrame <= 0 || o.MaxFrame > DefaultMaxFrame {
		o.MaxFrame = DefaultMaxFrame
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Serve runs one connection of an MTA, from negotiation to its end, and closes
// it. It calls h.Close exactly once, last of all. It returns nil when the MTA
// has ended the connection between frames; ErrProtocol, a deadline or another
// error of the connection otherwise; and the cause of ctx when that has cut it.
//
// Cancelling ctx, or closing conn from elsewhere, lets Serve return as soon as
// the Handler has returned from what it is at.
func Serve(ctx context.Context, conn net.Conn, h Handler, o Options) error {
	s := newSession(h, conn, o.withDefaults())
	defer s.close()
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	err := s.run()
	if err == nil || errors.Is(err, io.EOF) {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// run negotiates and then lets the library drive the session until its
// connection is closed.
func (s *session) run() error {
	if err := s.negotiate(); err != nil {
		return err
	}
	server := &milter.Server{
		NewMilter: func() milter.Milter { return s },
		Actions:   s.terms.actions,
		Protocol:  s.terms.protocol,
		SymList:   s.terms.macros(),
	}
	// Serve has started the session when it comes back for a second connection.
	if err := server.Serve(&oneShot{conn: s.tap}); !errors.Is(err, net.ErrClosed) {
		return err
	}
	<-s.tap.closed
	if s.tap.err == nil {
		return errors.New("the library has ended the session") // by a panic of its own
	}
	return s.tap.err
}

// oneShot is a listener with a single connection: a server of the library that
// listens to nothing else gives that connection a session of its own.
type oneShot struct{ conn net.Conn }

// Accept returns the connection, and net.ErrClosed from then on.
func (l *oneShot) Accept() (net.Conn, error) {
	conn := l.conn
	if conn == nil {
		return nil, net.ErrClosed
	}
	l.conn = nil
	return conn, nil
}

// Close leaves the connection open: it is the session's.
func (l *oneShot) Close() error { return nil }

// Addr returns nil: nobody asks.
func (l *oneShot) Addr() net.Addr { return nil }
