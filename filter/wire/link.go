package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

const (
	lengthSize = 4 // bytes of the length before each frame, big-endian

	// readSize is what a connection's input buffer has to begin with.
	readSize = 8 << 10
	// keepSize is the largest input buffer that is kept once it is empty: room
	// for a body chunk. What a rare long frame needs beyond is let go.
	keepSize = 80 << 10
	// flushSize is how much output is gathered before it is written without
	// waiting for the end of the answer.
	flushSize = 32 << 10
)

// link carries whole frames over a connection. Input is buffered; output is
// gathered, and leaves before the next wait for input. It belongs to one
// goroutine.
type link struct {
	conn   net.Conn
	limits Options
	ack    func() // after each read: acknowledges it at once

	in   []byte // in[r:w] has come and is not yet taken
	r, w int
	late bool // the deadline for the rest of the current frame is set

	out    []byte
	broken error // of the first write that failed: the peer may have half a frame
}

func newLink(conn net.Conn, o Options) *link {
	return &link{conn: conn, limits: o, ack: quickAck(conn), in: make([]byte, readSize)}
}

// next returns the next frame as it came, with its length before it; it is
// valid until the next call. The wait for its first byte is bounded by idle.
// The error is io.EOF when the peer has closed between frames, and that of the
// output when that has failed.
func (l *link) next(idle time.Duration) ([]byte, error) {
	if l.broken != nil {
		return nil, l.broken
	}
	l.late = false
	if err := l.fill(lengthSize, idle); err != nil {
		return nil, err
	}
	length := binary.BigEndian.Uint32(l.in[l.r:])
	if length == 0 {
		return nil, fmt.Errorf("%w: frame of length zero", ErrProtocol)
	}
	if length > uint32(l.limits.MaxFrame) {
		return nil, fmt.Errorf("%w: frame of %d bytes, more than %d", ErrProtocol, length, l.limits.MaxFrame)
	}
	size := lengthSize + int(length)
	if err := l.fill(size, idle); err != nil {
		return nil, err
	}
	raw := l.in[l.r : l.r+size]
	l.r += size
	return raw, nil
}

// fill reads until n bytes of the current frame are there.
func (l *link) fill(n int, idle time.Duration) error {
	if l.w-l.r >= n {
		return nil
	}
	l.makeRoom(n)
	for l.w-l.r < n {
		if err := l.read(idle); err != nil {
			return err
		}
	}
	return nil
}

// makeRoom moves what is there to the front of a buffer that holds n bytes.
func (l *link) makeRoom(n int) {
	switch {
	case n > len(l.in):
		grown := make([]byte, max(n, min(2*len(l.in), keepSize)))
		copy(grown, l.in[l.r:l.w])
		l.in, l.r, l.w = grown, 0, l.w-l.r
	case l.r == l.w && len(l.in) > keepSize:
		l.in, l.r, l.w = make([]byte, readSize), 0, 0
	default:
		l.w = copy(l.in, l.in[l.r:l.w])
		l.r = 0
	}
}

// read reads once. Until a frame has begun the wait is an idle one; from then
// on there is one deadline for all the rest of it, however it trickles in.
func (l *link) read(idle time.Duration) error {
	if err := l.flush(); err != nil {
		return err
	}
	begun := l.w > l.r
	if !begun {
		l.deadline(idle)
	} else if !l.late {
		l.late = true
		l.deadline(l.limits.Frame)
	}
	n, err := l.conn.Read(l.in[l.w:])
	l.w += n
	if n > 0 {
		l.ack()
		return nil
	}
	if errors.Is(err, io.EOF) && begun {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("read frame: %w", err)
	}
	return nil
}

// deadline bounds the reads that follow. A connection that cannot take one is
// closed, and its read says so.
func (l *link) deadline(d time.Duration) { _ = l.conn.SetReadDeadline(time.Now().Add(d)) }

// write gathers output.
func (l *link) write(p []byte) error {
	l.out = append(l.out, p...)
	if len(l.out) < flushSize {
		return l.broken
	}
	return l.flush()
}

// flush writes out what was gathered. After a failure there is no more output,
// since nobody knows how much of a frame has left.
func (l *link) flush() error {
	if l.broken != nil || len(l.out) == 0 {
		return l.broken
	}
	_ = l.conn.SetWriteDeadline(time.Now().Add(l.limits.Write))
	_, err := l.conn.Write(l.out)
	l.out = l.out[:0]
	if err != nil {
		l.broken = fmt.Errorf("write answer: %w", err)
	}
	return l.broken
}
