package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// exTempfail is EX_TEMPFAIL of sysexits(3): try again later.
	exTempfail = 75
	// maxOutput is how much of a program's output is kept for the log, in bytes.
	maxOutput = 2048
	// afterKill is how long the output of a killed program is waited for.
	afterKill = time.Second
)

// commandTransport runs a program with the body on standard input.
type commandTransport struct{ words []string }

func (t commandTransport) send(ctx context.Context, d delivery) error {
	return run(ctx, t.words, d.body)
}

// sendmailTransport runs sendmail: -i because a dot ends nothing, -f <> for the
// null reverse-path (RFC 3834 section 3.3).
type sendmailTransport struct{ program string }

func (t sendmailTransport) send(ctx context.Context, d delivery) error {
	body := bytes.ReplaceAll(d.body, []byte("\r\n"), []byte("\n"))
	return run(ctx, []string{t.program, "-i", "-f", "<>", "--", d.to}, body)
}

// run runs a program in a process group of its own, which is killed as a whole
// at the end of the context. A program that could not start, was out of time, or
// exits with EX_TEMPFAIL may be run again.
func run(ctx context.Context, words []string, input []byte) error {
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Stdin = bytes.NewReader(input)
	var output head
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	cmd.WaitDelay = afterKill
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("run %s: %w; it said %q", words[0], ctx.Err(), output.kept)
	case errors.As(err, &exit) && exit.ExitCode() != exTempfail:
		return fmt.Errorf("run %s: %w: %w; it said %q", words[0], err, errPermanent, output.kept)
	}
	return fmt.Errorf("run %s: %w; it said %q", words[0], err, output.kept)
}

// head keeps the first maxOutput bytes written to it.
type head struct{ kept []byte }

func (t *head) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p[:min(len(p), maxOutput-len(t.kept))]...)
	return len(p), nil
}
