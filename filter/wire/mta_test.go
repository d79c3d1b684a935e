package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-milter"
)

// What current MTAs offer.
const (
	allActions  = uint32(0x1ff)
	allProtocol = uint32(0x1fffff)
)

// mta is the other end of a connection, driven frame by frame.
type mta struct {
	t    testing.TB
	conn net.Conn
	done <-chan error // what Serve returns
}

// start serves h on one end of a pipe and returns the other.
func start(t testing.TB, h Handler, o Options) *mta {
	t.Helper()
	near, far := net.Pipe()
	done := make(chan error, 1)
	go func() { done <- Serve(t.Context(), far, h, o) }()
	t.Cleanup(func() { near.Close() })
	return &mta{t: t, conn: near, done: done}
}

// attach is start, and the negotiation of everything that current MTAs offer.
func attach(t testing.TB, h Handler, o Options) *mta {
	t.Helper()
	m := start(t, h, o)
	m.negotiate(6, allActions, allProtocol)
	return m
}

func (m *mta) negotiate(version, actions, protocol uint32) (gotActions milter.OptAction, gotProtocol milter.OptProtocol) {
	m.t.Helper()
	m.send('O', offer(version, actions, protocol))
	answer := m.recv()
	if answer[0] != 'O' || len(answer) < 13 {
		m.t.Fatalf("answer to negotiation: %q", answer)
	}
	return milter.OptAction(binary.BigEndian.Uint32([]byte(answer[5:]))), milter.OptProtocol(binary.BigEndian.Uint32([]byte(answer[9:])))
}

// send writes a frame. A peer that has closed is for recv and end to notice.
func (m *mta) send(cmd byte, data string) {
	m.t.Helper()
	m.sendRaw(frameOf(cmd, data))
}

func (m *mta) sendRaw(raw string) {
	m.t.Helper()
	if _, err := io.WriteString(m.conn, raw); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		m.t.Fatalf("write: %v", err)
	}
}

// recv reads a frame: its command and its data.
func (m *mta) recv() string {
	m.t.Helper()
	var length [4]byte
	if _, err := io.ReadFull(m.conn, length[:]); err != nil {
		m.t.Fatalf("read the length of an answer: %v", err)
	}
	data := make([]byte, binary.BigEndian.Uint32(length[:]))
	if _, err := io.ReadFull(m.conn, data); err != nil {
		m.t.Fatalf("read an answer: %v", err)
	}
	return string(data)
}

// ask sends a command and wants this answer.
func (m *mta) ask(cmd byte, data, want string) {
	m.t.Helper()
	m.send(cmd, data)
	if got := m.recv(); got != want {
		m.t.Fatalf("answer to %q: %q, want %q", cmd, got, want)
	}
}

// greet brings the session to where MAIL is due.
func (m *mta) greet() {
	m.t.Helper()
	m.ask('C', "h7.example.net\x004\x12\x67203.0.113.7\x00", "c")
	m.ask('H', "PC\x00", "c")
}

// end waits for Serve to return.
func (m *mta) end() error {
	m.t.Helper()
	return <-m.done
}

// quit ends the session as MTAs do.
func (m *mta) quit() {
	m.t.Helper()
	m.send('Q', "")
	if err := m.end(); err != nil {
		m.t.Errorf("Serve: %v", err)
	}
}

func offer(version, actions, protocol uint32) string {
	var b []byte
	for _, v := range []uint32{version, actions, protocol} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return string(b)
}

func frameOf(cmd byte, data string) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)+1))
	return string(b) + string(cmd) + data
}

// strs joins strings as the protocol does.
func strs(parts ...string) string {
	return strings.Join(parts, "\x00") + "\x00"
}

// recorder is a Handler that notes what it is told. It is to be read after
// Serve has returned.
type recorder struct {
	events []string
	macros []string                 // to be noted with each event that has macros, if they are set
	reply  func(event string) Reply // nil to continue always
	edit   func(Editor)
	room   int // body chunks until there are enough; 0 for no end

	bodies int
}

func (r *recorder) note(m Macros, format string, args ...any) Reply {
	event := fmt.Sprintf(format, args...)
	noted := event
	for _, name := range r.macros {
		if v := m.Get(name); v != "" {
			noted += fmt.Sprintf(" %s=%s", name, v)
		}
	}
	r.events = append(r.events, noted)
	if r.reply == nil {
		return Reply{}
	}
	return r.reply(event)
}

func (r *recorder) Connect(p Peer, m Macros) Reply {
	return r.note(m, "connect %s %s %v %d", p.Name, p.Family, p.Addr, p.Port)
}
func (r *recorder) Helo(name string, m Macros) Reply { return r.note(m, "helo %s", name) }
func (r *recorder) Rcpt(a Address, m Macros) Reply   { return r.note(m, "rcpt %s %q", a.Path, a.Args) }
func (r *recorder) Header(name, value string)        { r.note(new(macros), "header %s:%s", name, value) }
func (r *recorder) EndOfHeaders(m Macros)            { r.note(m, "eoh") }
func (r *recorder) Abort()                           { r.note(new(macros), "abort") }
func (r *recorder) Close()                           { r.note(new(macros), "close") }

func (r *recorder) Mail(a Address, m Macros) Reply {
	r.bodies = 0
	return r.note(m, "mail %s %q", a.Path, a.Args)
}

func (r *recorder) Body(chunk []byte) bool {
	r.note(new(macros), "body %s", chunk)
	r.bodies++
	return r.bodies != r.room
}

func (r *recorder) End(e Editor, m Macros) Reply {
	if r.edit != nil {
		r.edit(e)
	}
	return r.note(m, "end")
}

// forgetful is a Handler that does nothing but count.
type forgetful struct{ headers, bodies int }

func (*forgetful) Connect(Peer, Macros) Reply { return Reply{} }
func (*forgetful) Helo(string, Macros) Reply  { return Reply{} }
func (*forgetful) Mail(Address, Macros) Reply { return Reply{} }
func (*forgetful) Rcpt(Address, Macros) Reply { return Reply{} }
func (f *forgetful) Header(string, string)    { f.headers++ }
func (*forgetful) EndOfHeaders(Macros)        {}
func (f *forgetful) Body([]byte) bool         { f.bodies++; return true }
func (*forgetful) End(Editor, Macros) Reply   { return Reply{Action: Accept} }
func (*forgetful) Abort()                     {}
func (*forgetful) Close()                     {}

// answering makes a recorder's reply out of a table; other events continue.
func answering(replies map[string]Reply) func(string) Reply {
	return func(event string) Reply { return replies[event] }
}

// quiet fails the test if anything is logged as an error.
func quiet(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(failing{t}, &slog.HandlerOptions{Level: slog.LevelError}))
}

type failing struct{ t testing.TB }

func (f failing) Write(p []byte) (int, error) {
	f.t.Errorf("logged: %s", p)
	return len(p), nil
}

// patience bounds what a test waits for something that should not happen.
const patience = 10 * time.Second
