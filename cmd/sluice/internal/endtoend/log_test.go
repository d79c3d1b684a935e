package endtoend

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// pipeSize is as small as a pipe can be: ten lines of messages.
const pipeSize = 4096

// TestMailFlowsWithoutAReaderOfTheLog has sluice log into a pipe that nobody
// reads, as after a log collector has hung, and then has not even an end to be
// read from, as after it has gone.
func TestMailFlowsWithoutAReaderOfTheLog(t *testing.T) {
	eachServer(t, nil, func(t *testing.T, l *lab) {
		l.begin(t, "")
		must(t, l.sluice.stop())
		read, write, err := os.Pipe()
		must(t, err)
		t.Cleanup(func() { read.Close() })
		_, err = unix.FcntlInt(write.Fd(), unix.F_SETPIPE_SZ, pipeSize)
		must(t, err)
		l.sluice = &process{cmd: exec.Command(l.binary, "serve", "-c", l.configPath()), log: newWatched(), ended: make(chan error, 1), stopping: true}
		l.sluice.cmd.Stderr = write
		l.sluice.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		must(t, l.sluice.cmd.Start())
		write.Close()
		go func() { l.sluice.ended <- l.sluice.cmd.Wait() }()
		must(t, await("the milter socket", func() bool { return exists(l.setup.Socket) }))

		l.send(t, 40)
		read.Close()
		l.send(t, 10)
		must(t, l.sluice.cmd.Process.Signal(syscall.SIGTERM))
		must(t, l.sluice.end())
		if got := len(l.sink.Messages()); got != 50 {
			t.Errorf("%d of 50 messages have arrived", got)
		}
		if records, err := l.records(); err != nil || strings.Count(records, "\n") < 50 {
			t.Errorf("%d decisions are recorded, %v", strings.Count(records, "\n"), err)
		}
	})
}

// send sends some messages, all on one connection.
func (l *lab) send(t *testing.T, n int) {
	t.Helper()
	e := example{dialogue: []line{{text: "client 127.0.0.2 pc.example"}}}
	for i := range n {
		for _, text := range []string{
			"> MAIL FROM:<a@example.net>", "< 250", "> RCPT TO:<x@example.org>", "< 250", "> DATA", "< 354",
			"| Subject: Minutes", fmt.Sprintf("| Message-ID: <%d@example.net>", i), "|", "| Hello.", ".", "< 250",
		} {
			e.dialogue = append(e.dialogue, line{text: text})
		}
	}
	k := newTalk(l, &e)
	if err := k.run(); err != nil {
		t.Fatalf("%v\n%s", err, k.transcript.String())
	}
	must(t, l.settle())
}
