package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"testing"
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
