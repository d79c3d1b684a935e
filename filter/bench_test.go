package filter

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/filter/journal"
	"sluice/filter/wire"
	"sluice/policy"
	"sluice/policy/config"
	"sluice/policy/store"
	"sluice/scoring"
)

type noRecords struct{}

func (noRecords) Record(*journal.Record) {}

// BenchmarkSession is a whole message over a unix socket, from MAIL to the
// answer at its end, with the real policy, limits and scoring.
func BenchmarkSession(b *testing.B) {
	for _, size := range []int{4 << 10, 40 << 10, 1 << 20} {
		b.Run(fmt.Sprintf("%dKB", size>>10), func(b *testing.B) {
			c := benchServer(b)
			message := benchMessage(size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Write(message); err != nil {
					b.Fatal(err)
				}
				if err := untilVerdict(c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func benchServer(b *testing.B) net.Conn {
	b.Helper()
	log := slog.New(slog.DiscardHandler)
	var ps config.Problems
	c := policy.Default()
	config.Read("bench.toml", []byte("[group.home]\nclients = [\"203.0.113.0/24\"]\npolicy = \"home\"\n[policy.home]\ninherits = \"relayed\"\nrecipients = \"1000000000/1h\"\nenvelope_senders = []\n"), &c, &ps)
	rules := &Rules{
		Policy:  policy.Compile(c, ".", &ps),
		Scorer:  scoring.Compile(scoring.Default(), ".", log, &ps),
		MaxView: 2 << 20,
	}
	if ps.Failed() {
		b.Fatal(ps.All())
	}
	memory, err := store.OpenMemory(store.Options{Log: log})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { memory.Close() })
	server := New(Options{Rules: rules, Store: memory, Recorder: noRecords{}, Log: log, Now: time.Now,
		Budget: time.Minute, MaxConnections: 10, Wire: wire.Options{Log: log}})
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	ln, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { ln.Close() })
	go server.Serve(ln)
	conn, err := net.Dial("unix", ln.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	greeting := append(frame('O', offer), frame('C', "unknown\x004\x12\x67203.0.113.7\x00")...)
	if _, err := conn.Write(append(greeting, frame('H', "PC\x00")...)); err != nil {
		b.Fatal(err)
	}
	for range 3 {
		if _, err := readFrame(conn); err != nil {
			b.Fatal(err)
		}
	}
	return conn
}

// benchMessage is a transaction as an MTA sends it that waits for nothing: the
// answers to MAIL, RCPT and the body are read afterwards.
func benchMessage(size int) []byte {
	var b bytes.Buffer
	b.Write(frame('M', "<a@example.net>\x00"))
	b.Write(frame('R', "<x@example.org>\x00"))
	for _, h := range [][2]string{
		{"From", "Anna <anna@home.example>"}, {"To", "Ben <ben@friends.example>"}, {"Subject", "The week at the lake"},
		{"Date", "Mon, 04 May 2026 18:30:02 +0200"}, {"Message-ID", "<1@home.example>"}, {"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"},
	} {
		b.Write(frame('L', h[0]+"\x00"+h[1]+"\x00"))
	}
	b.Write(frame('N', ""))
	body := strings.Repeat("The house is free from the 11th, so shall we say we arrive on Saturday?\r\n", size/73+1)[:size]
	const chunk = 65535 - 1
	for len(body) > 0 {
		n := min(len(body), chunk)
		b.Write(frame('B', body[:n]))
		body = body[n:]
	}
	b.Write(frame('E', ""))
	return b.Bytes()
}

// untilVerdict reads answers up to the one that ends the message.
func untilVerdict(r io.Reader) error {
	for {
		answer, err := readFrame(r)
		if err != nil {
			return err
		}
		if answer == 'a' {
			return nil
		}
		if answer != 'c' && answer != 'i' {
			return fmt.Errorf("answer %c", answer)
		}
	}
}

func readFrame(r io.Reader) (command byte, err error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, err
	}
	body := make([]byte, int(head[2])<<8|int(head[3]))
	if _, err := io.ReadFull(r, body); err != nil {
		return 0, err
	}
	return body[0], nil
}
