package mta

import (
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
)

// logSocket is a syslog socket that keeps what comes.
type logSocket struct {
	conn *net.UnixConn

	mu   sync.Mutex
	text strings.Builder
}

// maxLogLine is more than syslog(3) sends in one datagram.
const maxLogLine = 64 << 10

func listenLog(path string) (*logSocket, error) {
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, fmt.Errorf("make a log socket: %w", err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		conn.Close()
		return nil, fmt.Errorf("make a log socket: %w", err)
	}
	l := &logSocket{conn: conn}
	go l.receive()
	return l, nil
}

// receive keeps lines until the socket is closed.
func (l *logSocket) receive() {
	buf := make([]byte, maxLogLine)
	for {
		n, err := l.conn.Read(buf)
		if err != nil {
			return
		}
		l.mu.Lock()
		l.text.Write(buf[:n])
		l.text.WriteByte('\n')
		l.mu.Unlock()
	}
}

// String is everything received so far, a message a line.
func (l *logSocket) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Close ends the reception; the text stays.
func (l *logSocket) Close() error { return l.conn.Close() }
