package endtoend

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/cmd/sluice/internal/mta"
)

// This page is what a lab does with its sluice: configure, start, stop.

func (l *lab) configPath() string { return filepath.Join(l.dir, "sluice.toml") }

// config adds what a case cannot know to its configuration. It comes last: the
// case may begin with keys that are in no table.
func (l *lab) config(text string) string {
	model := "\n[model]\nstrength = 0\n" // most cases count points
	if strings.Contains(text, "[model]") {
		model = ""
	}
	release := ""
	if l.release != "" {
		release = fmt.Sprintf("release = %q", l.release)
	}
	return fmt.Sprintf(`%s
%s
[listen]
milter = ["unix:%s", "inet:127.0.0.1:%d"]
socket_mode = "0666"
%s

[state]
directory = %q
snapshot = "1s"

[journal]
lines = %q

[resolver]
servers = [%q]
`, l.words.Replace(text), model, l.setup.Socket, l.setup.MilterPort, release, l.stateDir(), l.recordsPath(), l.dns.Addr())
}

func (l *lab) stateDir() string { return filepath.Join(l.dir, "state") }

func (l *lab) snapshotPath() string { return filepath.Join(l.stateDir(), "counters") }

func (l *lab) recordsPath() string { return filepath.Join(l.dir, "records.jsonl") }

// start starts sluice on the state that there is.
func (l *lab) start() (err error) {
	l.sluice, err = startProcess(l.binary, l.configPath(), l.log)
	if err == nil {
		l.sockets = l.sluice.sockets()
		l.snapshot, err = os.Stat(l.snapshotPath())
	}
	return err
}

// awaitIdle waits until the server has closed all its connections to sluice. A
// client that has got its answer to QUIT may be faster.
func (l *lab) awaitIdle() error {
	return await("sluice to be idle", func() bool { return l.sluice.sockets() <= l.sockets })
}

// stopListening tells sluice to stop, and returns when it takes no connections
// any more.
func (l *lab) stopListening() error {
	if err := l.sluice.beginStop(); err != nil {
		return err
	}
	return await("the end of the milter socket", func() bool { return !exists(l.setup.Socket) })
}

// awaitSnapshot returns when the counters have been written down since the start.
func (l *lab) awaitSnapshot() error {
	return await("a snapshot of the counters", func() bool {
		now, err := os.Stat(l.snapshotPath())
		return err == nil && !(os.SameFile(now, l.snapshot) && now.ModTime().Equal(l.snapshot.ModTime()))
	})
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// await returns when something has come true.
func await(what string, is func() bool) error {
	for end := time.Now().Add(processTime); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			return fmt.Errorf("after %s still waiting for %s", processTime, what)
		}
	}
	return nil
}

// The words of a configuration that stand for sockets.
const (
	wordClamd = "$CLAMD" // a clamd that works
	wordMute  = "$MUTE"  // a socket that accepts connections and says nothing
	wordMTA   = "$MTA"   // the mail server of the case
	wordLink  = "$LINK"  // where release links are answered, by sluice
)

// startScanners starts what the case's configuration has words for.
func (l *lab) startScanners(t *testing.T, e *example) {
	t.Helper()
	var words []string
	if e.mentions(wordClamd) {
		skipIfMissing(t, mta.ClamdMissing())
		c, err := mta.StartClamd()
		must(t, err)
		t.Cleanup(func() { must(t, c.Stop()) })
		words = append(words, wordClamd, "unix:"+c.Socket())
	}
	if e.mentions(wordMute) {
		silent, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		t.Cleanup(func() { silent.Close() })
		words = append(words, wordMute, "inet:"+silent.Addr().String())
	}
	l.release = ""
	if e.mentions(wordLink) {
		l.release = freeAddress(t)
		words = append(words, wordLink, l.release)
	}
	words = append(words, wordMTA, fmt.Sprintf("127.0.0.1:%d", l.server.Port()))
	l.words = strings.NewReplacer(words...)
}

// freeAddress is an address of loopback with a port that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer ln.Close()
	return ln.Addr().String()
}
