package wire

import (
	"net"
	"syscall"
	"testing"
)

// wrapped is a connection around another, as a server has that counts them.
type wrapped struct{ net.Conn }

func (w wrapped) NetConn() net.Conn { return w.Conn }

func TestQuickAck(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()

	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	option := func(set bool) (v int) {
		raw.Control(func(fd uintptr) {
			if set {
				err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 0)
				return
			}
			v, err = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK)
		})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for name, c := range map[string]net.Conn{"plain": conn, "wrapped": wrapped{conn}} {
		option(true)
		if option(false) != 0 {
			t.Fatalf("%s: the option cannot be taken away", name)
		}
		quickAck(c)()
		if option(false) != 1 {
			t.Errorf("%s: the option is not set", name)
		}
	}
}

func TestQuickAckIsForTCP(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	quickAck(near)()
	quickAck(wrapped{far})()
}
