package filter

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serving starts the fixture's server on a unix socket.
func (f *fixture) serving() (dial func() net.Conn) {
	f.Helper()
	path := filepath.Join(f.TempDir(), "milter.sock")
	ln, err := net.Listen("unix", path)
	if err != nil {
		f.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := f.server.Serve(ln); err != nil {
			f.Error(err)
		}
	})
	f.Cleanup(func() {
		ln.Close()
		wg.Wait()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		f.server.Drain(ctx)
	})
	return func() net.Conn {
		f.Helper()
		c, err := net.Dial("unix", path)
		if err != nil {
			f.Fatal(err)
		}
		f.Cleanup(func() { c.Close() })
		c.SetDeadline(time.Now().Add(10 * time.Second))
		return c
	}
}

// frame is one packet of the milter protocol.
func frame(command byte, data string) []byte {
	n := len(data) + 1
	return append([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n), command}, data...)
}

const offer = "\x00\x00\x00\x06" + "\x00\x00\x01\xff" + "\x00\x1f\xff\xff"

// say sends a frame and, if an answer is due, returns its command.
func (f *fixture) say(c net.Conn, command byte, data string) byte {
	f.Helper()
	if _, err := c.Write(frame(command, data)); err != nil {
		f.Fatal(err)
	}
	return f.hear(c)
}

func (f *fixture) hear(c net.Conn) byte {
	f.Helper()
	answer, err := readFrame(c)
	if err != nil {
		f.Fatal(err)
	}
	return answer
}

// begin negotiates and goes as far as RCPT.
func (f *fixture) begin(c net.Conn) {
	f.Helper()
	f.say(c, 'O', offer)
	for _, step := range []struct {
		command byte
		data    string
	}{
		{'C', "unknown\x004\x12\x67203.0.113.7\x00"}, {'H', "PC\x00"}, {'M', "<a@example.net>\x00"}, {'R', "<x@example.org>\x00"},
	} {
		if got := f.say(c, step.command, step.data); got != 'c' {
			f.Fatalf("answer to %c: %c", step.command, got)
		}
	}
}

func TestDrainFinishesTheMessageInFlight(t *testing.T) {
	f := newFixture(t, someGroups)
	dial := f.serving()
	busy, idle := dial(), dial()
	f.begin(busy)
	f.say(idle, 'O', offer)
	drained := make(chan error)
	go func() { drained <- f.server.Drain(context.Background()) }()
	if n, err := idle.Read(make([]byte, 1)); err == nil {
		t.Errorf("the idle connection was not closed: %d bytes", n)
	}
	if got := f.say(busy, 'E', ""); got != 'i' { // the header that is inserted
		t.Errorf("answer %c", got)
	}
	if got := f.hear(busy); got != 'i' {
		t.Errorf("answer %c", got)
	}
	if got := f.hear(busy); got != 'a' {
		t.Errorf("answer %c", got)
	}
	if err := <-drained; err != nil {
		t.Error(err)
	}
	if len(f.records) != 1 || f.last().Applied != "accept" {
		t.Errorf("records %+v", f.records)
	}
}

func TestDrainCutsWhatDoesNotFinish(t *testing.T) {
	f := newFixture(t, someGroups)
	c := f.serving()()
	f.begin(c)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := f.server.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if f.last().Stage != "disconnect" {
		t.Errorf("record %+v", f.last())
	}
}

func TestConnectionsBeyondTheBoundAreClosed(t *testing.T) {
	f := newFixture(t, someGroups)
	f.server.MaxConnections = 1
	dial := f.serving()
	f.say(dial(), 'O', offer)
	if _, err := dial().Read(make([]byte, 1)); err == nil {
		t.Error("the second connection was served")
	}
	if got := f.server.Stats.Overflow.Load(); got != 1 {
		t.Errorf("overflow %d", got)
	}
}

// brokenListener fails as a process without file descriptors does, and then
// is closed.
type brokenListener struct {
	net.Listener
	failures int
}

func (l *brokenListener) Accept() (net.Conn, error) {
	if l.failures--; l.failures < 0 {
		return nil, net.ErrClosed
	}
	return nil, errors.New("accept: too many open files")
}

func (l *brokenListener) Addr() net.Addr { return &net.UnixAddr{Name: "broken"} }

func TestFailureToAcceptIsNotTheEnd(t *testing.T) {
	f := newFixture(t, someGroups)
	if err := f.server.Serve(&brokenListener{failures: 3}); err != nil {
		t.Error(err)
	}
	if got := f.server.Stats.AcceptErrors.Load(); got != 3 {
		t.Errorf("%d errors counted", got)
	}
}
