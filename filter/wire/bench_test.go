package wire

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/textproto"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-milter"
)

// BenchmarkSession is one message over a unix socket, from MAIL to the answer
// at its end, as an MTA sends it that offers everything. The bare library is
// given the same flags, and 20 header fields preceded by macros are as Postfix
// sends them.
func BenchmarkSession(b *testing.B) {
	sizes := []struct {
		name  string
		bytes int
	}{{"4KB", 4 << 10}, {"40KB", 40 << 10}, {"1MB", 1 << 20}}
	servers := []struct {
		name  string
		serve func(net.Conn)
	}{{"wire", serveWire}, {"library", serveLibrary}}
	for _, size := range sizes {
		for _, server := range servers {
			b.Run(size.name+"/"+server.name, func(b *testing.B) { benchmarkSession(b, size.bytes, server.serve) })
		}
	}
}

func benchmarkSession(b *testing.B, size int, serve func(net.Conn)) {
	near, far := socketPair(b)
	go serve(far)
	defer near.Close()
	r := bufio.NewReader(near)
	say := func(frames []byte, answers int) {
		if _, err := near.Write(frames); err != nil {
			b.Fatal(err)
		}
		for range answers {
			skipFrame(b, r)
		}
	}
	say([]byte(frameOf('O', offer(6, allActions, allProtocol))), 1)
	say([]byte(frameOf('C', "h7.example.net\x004\x12\x67203.0.113.7\x00")), 1)
	say([]byte(frameOf('H', "PC\x00")), 1)

	mail := []byte(frameOf('D', "M"+strs("{auth_authen}", "bob")) + frameOf('M', strs("<a@example.net>")))
	rcpt := []byte(frameOf('R', strs("<x@example.org>")))
	field := frameOf('D', "L"+strs("i", "4Xk1")) + frameOf('L', strs("X-Field", " "+strings.Repeat("x", 60)))
	header := strings.Repeat(field, 20) + frameOf('N', "")
	var chunks [][]byte
	for rest := strings.Repeat("x", size); rest != ""; {
		n := min(len(rest), milter.MaxBodyChunk)
		chunks = append(chunks, []byte(frameOf('B', rest[:n])))
		rest = rest[n:]
	}
	chunks[0] = append([]byte(header), chunks[0]...)
	end := []byte(frameOf('D', "E"+strs("i", "4Xk1")) + frameOf('E', ""))
	abort := []byte(frameOf('A', ""))

	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		say(mail, 1)
		say(rcpt, 1)
		for _, chunk := range chunks { // the header goes with the first
			say(chunk, 1)
		}
		say(end, 1)
		say(abort, 0)
	}
}

func serveWire(conn net.Conn) {
	_ = Serve(context.Background(), conn, new(forgetful), Options{})
}

func serveLibrary(conn net.Conn) {
	server := &milter.Server{
		NewMilter: func() milter.Milter { return silent{} },
		Actions:   wantedActions &^ milter.OptSetSymList,
		Protocol:  wantedProtocol,
	}
	_ = server.Serve(&oneShot{conn: conn})
}

// silent is a Milter that answers nothing where nothing is due.
type silent struct{ milter.NoOpMilter }

func (silent) Header(string, string, *milter.Modifier) (milter.Response, error) { return nil, nil }

func (silent) Headers(textproto.MIMEHeader, *milter.Modifier) (milter.Response, error) {
	return nil, nil
}

func socketPair(b *testing.B) (near, far net.Conn) {
	b.Helper()
	ln, err := net.Listen("unix", filepath.Join(b.TempDir(), "s"))
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	if near, err = net.Dial("unix", ln.Addr().String()); err != nil {
		b.Fatal(err)
	}
	if far, err = ln.Accept(); err != nil {
		b.Fatal(err)
	}
	return near, far
}

func skipFrame(b *testing.B, r *bufio.Reader) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		b.Fatal(err)
	}
	if _, err := r.Discard(int(binary.BigEndian.Uint32(length[:]))); err != nil {
		b.Fatal(err)
	}
}
