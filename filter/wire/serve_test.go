package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestHowConnectionsEnd(t *testing.T) {
	tests := map[string]struct {
		raw  string
		want error // nil for a clean end
	}{
		"QUIT":                 {frameOf('Q', ""), nil},
		"QUIT_NC":              {frameOf('K', ""), nil},
		"QUIT without end":     {frameOf('M', strs("<a@example.net>")) + frameOf('Q', ""), nil},
		"closed":               {"", nil},
		"closed in a frame":    {frameOf('H', "PC\x00")[:5], io.ErrUnexpectedEOF},
		"zero length":          {"\x00\x00\x00\x00", ErrProtocol},
		"4 GiB":                {"\xff\xff\xff\xff", ErrProtocol},
		"CONNECT without NUL":  {frameOf('C', "h.example.net"), ErrProtocol},
		"header of one string": {frameOf('L', strs("Subject")), ErrProtocol},
		"macro without value":  {frameOf('D', "C"+strs("j")), ErrProtocol},
		"unknown command":      {frameOf('U', strs("FOO")), ErrProtocol},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := new(recorder)
			m := attach(t, h, Options{Log: quiet(t)})
			go io.Copy(io.Discard, m.conn)
			m.sendRaw(tt.raw)
			if tt.raw == "" || errors.Is(tt.want, io.ErrUnexpectedEOF) {
				m.conn.Close()
			}
			if err := m.end(); !errors.Is(err, tt.want) {
				t.Errorf("Serve: %v, want %v", err, tt.want)
			}
			if n := len(h.events); h.events[n-1] != "close" || slices.Index(h.events, "close") != n-1 {
				t.Errorf("close is not the one last event: %q", h.events)
			}
		})
	}
}

func TestHalfOpenMTA(t *testing.T) {
	o := Options{Idle: time.Hour, Frame: time.Minute}
	tests := map[string]struct {
		say  func(*mta)
		want time.Duration
	}{
		"before negotiation": {func(*mta) {}, time.Minute},
		"after negotiation":  {func(m *mta) { m.negotiate(6, allActions, allProtocol) }, time.Hour},
		"within a message":   {func(m *mta) { m.negotiate(6, allActions, allProtocol); m.ask('M', strs("<a@example.net>"), "c") }, time.Hour},
		"within a frame":     {func(m *mta) { m.negotiate(6, allActions, allProtocol); m.sendRaw("\x00\x00") }, time.Minute},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := new(recorder)
				m := start(t, h, o)
				tt.say(m)
				began := time.Now()
				if err := m.end(); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("Serve: %v, want a deadline", err)
				}
				if d := time.Since(began); d != tt.want {
					t.Errorf("waited %v, want %v", d, tt.want)
				}
				if h.events[len(h.events)-1] != "close" {
					t.Errorf("the handler was not told: %q", h.events)
				}
				if _, err := m.conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
					t.Errorf("the connection is still open: %v", err)
				}
			})
		})
	}
}

func TestAnswerBeforeAQuitThatDidNotWait(t *testing.T) {
	m := attach(t, new(recorder), Options{Log: quiet(t)})
	m.sendRaw(frameOf('E', "") + frameOf('Q', ""))
	if got := m.recv(); got != "c" {
		t.Errorf("answer %q", got)
	}
	if err := m.end(); err != nil {
		t.Error(err)
	}
}

func TestCancelledContextCutsTheConnection(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	near, far := net.Pipe()
	defer near.Close()
	h := new(recorder)
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, far, h, Options{Log: quiet(t)}) }()
	m := &mta{t: t, conn: near, done: done}
	m.negotiate(6, allActions, allProtocol)
	m.greet()
	stop := errors.New("the daemon stops")
	cancel(stop)
	if err := m.end(); !errors.Is(err, stop) {
		t.Errorf("Serve: %v, want the cause", err)
	}
	if h.events[len(h.events)-1] != "close" {
		t.Errorf("the handler was not told: %q", h.events)
	}
}

func TestConnectionClosedFromElsewhere(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	done := make(chan error, 1)
	go func() { done <- Serve(t.Context(), far, new(recorder), Options{Log: quiet(t)}) }()
	m := &mta{t: t, conn: near, done: done}
	m.negotiate(6, allActions, allProtocol)
	far.Close()
	if err := m.end(); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Serve: %v", err)
	}
}
