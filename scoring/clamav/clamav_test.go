package clamav

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is longer than any exchange with a fake on the same machine takes.
const patience = 30 * time.Second

func newClient(t *testing.T, address string, timeout time.Duration) *Client {
	t.Helper()
	c, err := New(address, timeout)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAddresses(t *testing.T) {
	for address, ok := range map[string]bool{
		"unix:/run/clamav/clamd.ctl": true,
		"inet:127.0.0.1:3310":        true,
		"inet:[::1]:3310":            true,
		"":                           false,
		"unix:":                      false,
		"inet:":                      false,
		"inet:127.0.0.1":             false,
		"inet:127.0.0.1:":            false,
		"/run/clamav/clamd.ctl":      false,
		"tcp:127.0.0.1:3310":         false,
	} {
		if _, err := New(address, time.Second); (err == nil) != ok {
			t.Errorf("New(%q): error %v, want ok = %v", address, err, ok)
		}
	}
}

func TestAnswers(t *testing.T) {
	tests := map[string]struct {
		reply, virus, err string
	}{
		"clean":                     {"stream: OK\x00", "", ""},
		"infected":                  {"stream: Test-Signature FOUND\x00", "Test-Signature", ""},
		"name with control bytes":   {"stream: A\r\nB\xff FOUND\x00", "AB", ""},
		"name of nothing printable": {"stream: \x01 FOUND\x00", "unnamed", ""},
		"name at the bound":         {"stream: " + strings.Repeat("a", maxName) + " FOUND\x00", strings.Repeat("a", maxName), ""},
		"name above the bound":      {"stream: " + strings.Repeat("a", maxName+1) + " FOUND\x00", strings.Repeat("a", maxName), ""},
		"error":                     {"stream: Can't allocate memory ERROR\x00", "", "Can't allocate memory"},
		"too large":                 {"INSTREAM size limit exceeded. ERROR\x00", "", ErrSize.Error()},
		"unknown command":           {"UNKNOWN COMMAND\x00", "", "UNKNOWN COMMAND"},
		"garbage":                   {"\xff\xfe\x00", "", "clamd answers"},
		"OK without its stream":     {"OK\x00", "", "clamd answers"},
		"empty":                     {"\x00", "", "clamd answers"},
		"closed without an answer":  {"", "", "no end after 0 bytes"},
		"answer cut off":            {"stream: OK", "", "no end after 10 bytes"},
		"answer at the bound":       {"stream: " + strings.Repeat("a", maxReply-15) + " FOUND\x00", strings.Repeat("a", maxName), ""},
		"answer above the bound":    {"stream: " + strings.Repeat("a", maxReply-14) + " FOUND\x00", "", "no end after 1024 bytes"},
		"answer without end":        {strings.Repeat("a", 100*maxReply), "", "no end after 1024 bytes"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, fakeClamd(t, answer(tt.reply)), patience)
			virus, err := c.Scan(t.Context(), strings.NewReader("a message"))
			if virus != tt.virus {
				t.Errorf("virus %q, want %q", virus, tt.virus)
			}
			switch {
			case tt.err == "" && err != nil:
				t.Errorf("error %v", err)
			case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
				t.Errorf("error %v, want one with %q", err, tt.err)
			}
		})
	}
}

func TestWholeMessageIsSentInChunks(t *testing.T) {
	for name, tt := range map[string]struct {
		size   int
		chunks []int
	}{
		"nothing":          {0, nil},
		"one byte":         {1, []int{1}},
		"one chunk":        {chunkSize, []int{chunkSize}},
		"one byte more":    {chunkSize + 1, []int{chunkSize, 1}},
		"two and a little": {2*chunkSize + 7, []int{chunkSize, chunkSize, 7}},
	} {
		t.Run(name, func(t *testing.T) {
			message := strings.Repeat("x", tt.size)
			got := make(chan stream, 1)
			c := newClient(t, fakeClamd(t, func(conn net.Conn) {
				s, _ := readStream(conn)
				got <- s
				io.WriteString(conn, "stream: OK\x00")
			}), patience)
			// Readers may return fewer bytes than asked: chunks do not shrink.
			if _, err := c.Scan(t.Context(), iotest.HalfReader(strings.NewReader(message))); err != nil {
				t.Fatal(err)
			}
			want := stream{command: "zINSTREAM\x00", chunks: tt.chunks, body: message}
			if diff := cmp.Diff(want, <-got, cmp.AllowUnexported(stream{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRefusalWhileSending(t *testing.T) {
	c := newClient(t, fakeClamd(t, func(conn net.Conn) {
		io.ReadFull(conn, make([]byte, 100))
		io.WriteString(conn, "INSTREAM size limit exceeded. ERROR\x00")
	}), patience)
	_, err := c.Scan(t.Context(), bytes.NewReader(make([]byte, 8<<20)))
	if !errors.Is(err, ErrSize) {
		t.Errorf("error %v, want ErrSize", err)
	}
}

func TestAnswerToHalfAMessageIsNoAnswer(t *testing.T) {
	c := newClient(t, fakeClamd(t, func(conn net.Conn) {
		io.ReadFull(conn, make([]byte, 100))
		io.WriteString(conn, "stream: OK\x00")
	}), patience)
	if virus, err := c.Scan(t.Context(), bytes.NewReader(make([]byte, 8<<20))); err == nil {
		t.Errorf("virus %q and no error", virus)
	}
}

func TestHangingClamd(t *testing.T) {
	for name, read := range map[string]bool{"reads and says nothing": true, "does not even read": false} {
		t.Run(name, func(t *testing.T) {
			release := make(chan struct{})
			defer close(release)
			c := newClient(t, fakeClamd(t, func(conn net.Conn) {
				if read {
					readStream(conn)
				}
				<-release
			}), 20*time.Millisecond)
			_, err := c.Scan(t.Context(), bytes.NewReader(make([]byte, 8<<20)))
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v, want the deadline", err)
			}
		})
	}
}

func TestCallerGivesUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := newClient(t, fakeClamd(t, func(conn net.Conn) {
		readStream(conn)
		cancel()
		io.Copy(io.Discard, conn) // until the client closes
	}), patience)
	if _, err := c.Scan(ctx, strings.NewReader("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want cancelled", err)
	}
}

func TestNobodyListens(t *testing.T) {
	c := newClient(t, "unix:"+t.TempDir()+"/nothing", patience)
	if _, err := c.Scan(t.Context(), strings.NewReader("x")); err == nil || !strings.Contains(err.Error(), "connect to clamd") {
		t.Errorf("error %v, want one about the connection", err)
	}
}

func TestMessageThatCannotBeRead(t *testing.T) {
	broken := errors.New("broken")
	c := newClient(t, fakeClamd(t, func(conn net.Conn) {
		io.ReadFull(conn, make([]byte, len("zINSTREAM\x00")))
	}), patience)
	if _, err := c.Scan(t.Context(), iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("error %v, want that of the reader", err)
	}
}
