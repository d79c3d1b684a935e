package wire

import (
	"errors"
	"io"
	"log"
	"net"
	"strings"
	"testing"
)

// FuzzFrames feeds a session anything: it has to end, with the Handler closed
// once, without a panic, and without a word from the library.
func FuzzFrames(f *testing.F) {
	hello := frameOf('O', offer(6, allActions, allProtocol))
	old := frameOf('O', offer(2, 0x3f, 0x7f))
	message := frameOf('D', "C"+strs("j", "mx", "{client_addr}", "203.0.113.7")) +
		frameOf('C', "h7.example.net\x004\x12\x67203.0.113.7\x00") +
		frameOf('H', "PC\x00") +
		frameOf('D', "M"+strs("{auth_authen}", "")) +
		frameOf('M', strs("<a@example.net>", "SIZE=1000")) +
		frameOf('R', strs("<x@example.org>")) +
		frameOf('D', "L"+strs("i", "4Xk1")) +
		frameOf('L', strs("Subject", " hello\n\tthere")) +
		frameOf('L', strs("X-Empty", "")) +
		frameOf('N', "") + frameOf('B', "text\r\n") + frameOf('E', "") + frameOf('A', "")
	for _, seed := range []string{
		"",
		hello,
		hello + message + frameOf('Q', ""),
		hello + message + message,
		old + message + frameOf('T', "") + frameOf('Q', ""),
		hello + frameOf('C', "h\x006\x00\x19IPv6:2001:db8::1\x00"),
		hello + frameOf('C', "localhost\x00L\x00\x00/run/x\x00") + frameOf('C', "localhost\x00U"),
		hello + frameOf('C', "no end"),
		hello + frameOf('L', "\x00\x00"),
		hello + frameOf('L', strs("a", "b", "c")),
		hello + frameOf('D', "C"+strs("j")),
		hello + frameOf('D', ""),
		hello + "\x00\x00\x00\x00",
		hello + "\xff\xff\xff\xff",
		hello + "\x00\x00\x00\x09L",
		hello + frameOf('K', ""),
		message,
		hello + hello,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		defer log.SetOutput(log.Writer())
		log.SetOutput(failing{t})
		near, far := net.Pipe()
		defer near.Close()
		go func() {
			near.Write(stream)
			near.Close()
		}()
		go io.Copy(io.Discard, near)
		h := new(closing)
		err := Serve(t.Context(), far, h, Options{Log: quiet(t)})
		if h.closed != 1 {
			t.Errorf("closed %d times", h.closed)
		}
		known := err == nil || errors.Is(err, ErrProtocol) || errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), "write answer")
		if !known {
			t.Errorf("Serve: %v", err)
		}
	})
}

// closing is a Handler that does nothing, counts its end, and checks what the
// decoding promises.
type closing struct {
	forgetful
	closed int
}

func (c *closing) Connect(p Peer, _ Macros) Reply {
	if internet := p.Family == "tcp4" || p.Family == "tcp6"; internet != p.Addr.IsValid() {
		panic("an address and a family that do not fit")
	}
	return Reply{}
}

func (c *closing) Header(name, _ string) {
	if name == "" {
		panic("a header field without a name")
	}
}

func (c *closing) End(e Editor, m Macros) Reply {
	_ = e.InsertHeader("X-Sluice-Ref", m.Get("i"))
	return Reply{Reject, "550 5.7.1 " + m.Get("j")}
}

func (c *closing) Close() { c.closed++ }
