package wire

import (
	"net"
	"syscall"
)

// quickAck returns a function that has the kernel acknowledge at once what was
// read from a TCP connection. Sendmail writes a stage's macros and its command
// in two packets: its kernel holds the second back (Nagle) until ours, 40 ms
// later, acknowledges the first. The kernel forgets the option as it pleases
// (tcp(7)), so it is set again after every read. For what is no TCP connection
// the function does nothing; one that wraps a TCP connection has to have the
// method NetConn that tls.Conn has.
func quickAck(conn net.Conn) func() {
	if wrapped, ok := conn.(interface{ NetConn() net.Conn }); ok {
		return quickAck(wrapped.NetConn())
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return func() {}
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return func() {}
	}
	set := func(fd uintptr) { // a failure costs time only
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	}
	return func() { _ = raw.Control(set) }
}
