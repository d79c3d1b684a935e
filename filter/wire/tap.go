package wire

import (
	"io"
	"net"

	"github.com/emersion/go-milter"
)

// tap is the connection as the library sees it. Each frame is seen by the
// session before; macros go no further than that, and a body chunk goes on
// without its content, which the session has and the library would only copy.
type tap struct {
	net.Conn // for what is neither read nor written: addresses
	link     *link
	observe  func(cmd milter.Code, data []byte) error

	rest   []byte // what the library has still to read of the current frame
	err    error  // why there are no more frames; io.EOF when the MTA has ended it
	closed chan struct{}
}

// bareBody is a body command without its chunk.
var bareBody = []byte{0, 0, 0, 1, byte(milter.CodeBody)}

// Read gives the library the next bytes. Whatever the reason, it ends with
// io.EOF: the reason is Serve's to return, and the library would log it.
func (t *tap) Read(p []byte) (int, error) {
	for len(t.rest) == 0 {
		if t.err = t.advance(); t.err != nil {
			return 0, io.EOF
		}
	}
	n := copy(p, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}

// advance takes the next frame and leaves in rest what the library is to see
// of it, if anything.
func (t *tap) advance() error {
	raw, err := t.link.next(t.link.limits.Idle)
	if err != nil {
		return err
	}
	cmd, data := milter.Code(raw[lengthSize]), raw[lengthSize+1:]
	if err := t.observe(cmd, data); err != nil {
		return err
	}
	switch cmd {
	case milter.CodeQuit, milter.CodeQuitNewConn:
		return io.EOF
	case milter.CodeMacro:
	case milter.CodeBody:
		t.rest = bareBody
	default:
		t.rest = raw
	}
	return nil
}

// Write gathers the library's answers; they leave before the next frame is
// waited for. It never fails: if they cannot leave, there is no next frame.
func (t *tap) Write(p []byte) (int, error) {
	_ = t.link.write(p)
	return len(p), nil
}

// Close is called by the library when the session is over, as the last thing
// it does in the session's goroutine.
func (t *tap) Close() error {
	_ = t.link.flush() // an answer before a QUIT that did not wait for it
	err := t.Conn.Close()
	close(t.closed)
	return err
}
