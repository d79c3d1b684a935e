package clamav

import (
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
)

// fakeClamd serves one connection by a script and returns its address.
func fakeClamd(t *testing.T, script func(net.Conn)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clamd")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		script(conn)
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return "unix:" + path
}

// stream is what one INSTREAM command carried.
type stream struct {
	command string
	chunks  []int
	body    string
}

// readStream reads a whole INSTREAM command.
func readStream(conn io.Reader) (stream, error) {
	var s stream
	command := make([]byte, len("zINSTREAM\x00"))
	if _, err := io.ReadFull(conn, command); err != nil {
		return s, err
	}
	s.command = string(command)
	var body strings.Builder
	for {
		var size uint32
		if err := binary.Read(conn, binary.BigEndian, &size); err != nil {
			return s, err
		}
		if size == 0 {
			s.body = body.String()
			return s, nil
		}
		s.chunks = append(s.chunks, int(size))
		if _, err := io.CopyN(&body, conn, int64(size)); err != nil {
			return s, err
		}
	}
}

// answer reads the message and sends the reply as it is.
func answer(reply string) func(net.Conn) {
	return func(conn net.Conn) {
		if _, err := readStream(conn); err == nil {
			io.WriteString(conn, reply)
		}
	}
}
