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
		trial, err := newTrial(t.Context(), loaded, dir, &out)
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

// A script sees campaigns as serve does, by its own clock. A message that is
// sent again after a 4xx is no further copy.
func TestTrialCountsCopies(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "sluice.toml")
	toml := `
[campaign]
copies = 3
senders = 3
points = 100.0
max_points = 100.0
[group.home]
clients = ["203.0.113.0/24"]
policy = "home"
[policy.home]
inherits = "relayed"
thresholds = { tag = 0.0, tempfail = 90.0, reject = 0.0 }
`
	if err := os.WriteFile(path, []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, ps := daemon.Load(path, slog.New(slog.DiscardHandler))
	if loaded.Rules == nil {
		t.Fatal(ps.All())
	}
	var out strings.Builder
	trial, err := newTrial(t.Context(), loaded, dir, &out)
	if err != nil {
		t.Fatal(err)
	}
	defer trial.close()
	for i, c := range []struct {
		client, id, at, want, note string
	}{
		{"203.0.113.1", "1", "+1s", "accept", ""},
		{"203.0.113.2", "2", "+1s", "accept", ""},
		{"203.0.113.3", "3", "+1s", "451 4.7.1", "3 copies from 3 senders in 1h"},
		{"203.0.113.3", "3", "+5m", "451 4.7.1", "3 copies from 3 senders in 1h"}, // again
		{"203.0.113.3", "4", "+1s", "451 4.7.1", "4 copies from 3 senders in 1h"},
		{"203.0.113.4", "5", "+2h", "451 4.7.1", "5 copies from 4 senders in 1d"},
		{"203.0.113.4", "6", "+3d", "accept", ""},
	} {
		message := "Subject: Your account\nMessage-ID: <" + c.id + "@example.net>\n\n" +
			"Dear customer number " + c.id + ", your mailbox is full, please confirm your password today or we have to delete all that you keep in it.\n"
		if err := os.WriteFile(filepath.Join(dir, "copy.eml"), []byte(message), 0o600); err != nil {
			t.Fatal(err)
		}
		script := "at " + c.at + "\nclient " + c.client + "\nmail a@example.net\nrcpt x@example.org\nmessage copy.eml\nend\n"
		if err := trial.run("script", strings.NewReader(script)); err != nil || !strings.HasPrefix(trial.answer, c.want) {
			t.Fatalf("%d: %v\n%s", i, err, out.String())
		}
		note := ""
		for _, h := range trial.record.Hits {
			if h.Rule == "CAMPAIGN" {
				note = h.Note
			}
		}
		if !strings.HasPrefix(note, c.note) || (note == "") != (c.note == "") {
			t.Errorf("%d: note %q, want %q", i, note, c.note)
		}
	}
}
