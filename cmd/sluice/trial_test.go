package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/cmd/sluice/internal/daemon"
)

// fakeClamd finds a virus in every stream, and sends the sizes of what it was
// given.
func fakeClamd(t *testing.T) (address string, sizes <-chan int64) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clamd")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	got := make(chan int64, 10)
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			got <- readStream(conn)
			io.WriteString(conn, "stream: Test.Virus FOUND\x00")
			conn.Close()
		}
	}()
	return "unix:" + path, got
}

// readStream reads an INSTREAM command and returns the size of what it carries,
// in bytes.
func readStream(conn io.Reader) (size int64) {
	if _, err := io.CopyN(io.Discard, conn, int64(len("zINSTREAM\x00"))); err != nil {
		return -1
	}
	for {
		var chunk uint32
		if err := binary.Read(conn, binary.BigEndian, &chunk); err != nil || chunk == 0 {
			return size
		}
		n, _ := io.CopyN(io.Discard, conn, int64(chunk))
		size += n
	}
}

// A message larger than the view and smaller than clamav.max_size is scanned
// under try as it is under serve: all of it, or not at all.
func TestTrialKeepsWhatClamdWants(t *testing.T) {
	address, sizes := fakeClamd(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "sluice.toml")
	toml := fmt.Sprintf("[clamav]\naddress = %q\nmax_size = \"2M\"\npoints = 100.0\n", address)
	if err := os.WriteFile(path, []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, ps := daemon.Load(path, slog.New(slog.DiscardHandler))
	if loaded.Rules == nil {
		t.Fatal(ps.All())
	}
	for size, want := range map[int]string{1_500_000: "550 5.7.1", 2_500_000: "accept"} {
		text := "Subject: Hello\r\n\r\n" + strings.Repeat("This is a line of text, one of many.\r\n", size/38)
		if err := os.WriteFile(filepath.Join(dir, "large.eml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		trial, err := newTrial(t.Context(), loaded.Rules, dir, &out)
		if err != nil {
			t.Fatal(err)
		}
		script := "client 192.0.2.1\nmail a@example.net\nrcpt x@example.org\nmessage large.eml\nend\n=> " + want + "\n"
		if err := trial.run("script", strings.NewReader(script)); err != nil {
			t.Errorf("%d bytes: %v\n%s", size, err, out.String())
		}
		trial.close()
		select {
		case got := <-sizes:
			if want == "accept" || got < int64(len(text)-100) {
				t.Errorf("clamd got %d bytes of %d", got, len(text))
			}
		default:
			if want != "accept" {
				t.Errorf("clamd was not asked")
			}
		}
	}
}
