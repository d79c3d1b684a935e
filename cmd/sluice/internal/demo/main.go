// Command demo shows Sluice at work: it starts a private Postfix on loopback
// with Sluice attached, sends hand-written messages as a corporate client, a
// home subscriber, an infected one and a login, and prints each SMTP reply and
// the headers that came out at the other end; the infected one goes on until it is
// contained, and is let back. packaging/quickstart runs it.
//
//	demo SLUICE DIRECTORY
//
// SLUICE is the binary; DIRECTORY holds sluice.toml, its lists and the messages.
// Nothing but loopback is used, and everything is gone afterwards.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sluice/cmd/sluice/internal/mta"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: demo SLUICE DIRECTORY")
		os.Exit(2)
	}
	if err := run(ctx, os.Stdout, os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// stage is what stands while the demo runs.
type stage struct {
	w       io.Writer
	dir     string // private, removed at the end
	sluice  string // the binary
	config  string
	postfix *mta.Postfix
	sink    *mta.Sink
}

func run(ctx context.Context, w io.Writer, sluice, from string) (err error) {
	if sluice, err = filepath.Abs(sluice); err != nil {
		return err
	}
	dir, err := mta.NewDir()
	if err != nil {
		return err
	}
	s := &stage{w: w, dir: dir, sluice: sluice, config: filepath.Join(dir, "sluice.toml")}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := s.configure(from); err != nil {
		return err
	}
	milter, err := s.startSluice(ctx)
	if err != nil {
		return err
	}
	defer milter.stop()
	if s.sink, err = mta.StartSink(); err != nil {
		return err
	}
	defer s.sink.Stop()
	if err := os.Mkdir(filepath.Join(dir, "postfix"), 0o755); err != nil {
		return err
	}
	s.postfix, err = mta.StartPostfix(filepath.Join(dir, "postfix"), mta.Setup{Socket: s.socket(), SinkPort: s.sink.Port()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.postfix.Stop()) }()
	return s.play(ctx, from)
}

func (s *stage) socket() string { return filepath.Join(s.dir, "milter.sock") }

// configure copies the demo's configuration beside the private state, under
// the sockets and folders of this run.
func (s *stage) configure(from string) error {
	toml, err := os.ReadFile(filepath.Join(from, "sluice.toml"))
	if err != nil {
		return err
	}
	listen := fmt.Sprintf("[listen]\nmilter = [\"unix:%s\"]\nsocket_mode = \"0666\"\n\n[state]\ndirectory = %q\n\n", s.socket(), filepath.Join(s.dir, "state"))
	if err := os.WriteFile(s.config, append([]byte(listen), toml...), 0o644); err != nil {
		return err
	}
	infected, err := os.ReadFile(filepath.Join(from, "infected.txt"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.dir, "infected.txt"), infected, 0o644)
}

// process is the running daemon.
type process struct {
	cmd  *exec.Cmd
	done chan error
}

func (s *stage) startSluice(ctx context.Context) (*process, error) {
	log, err := os.Create(filepath.Join(s.dir, "sluice.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(s.sluice, "serve", "-c", filepath.Base(s.config))
	cmd.Dir = s.dir
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, done: make(chan error, 1)}
	go func() { p.done <- cmd.Wait() }()
	for range 200 {
		if _, err := os.Stat(s.socket()); err == nil {
			return p, nil
		}
		select {
		case <-ctx.Done():
			p.stop()
			return nil, ctx.Err()
		case err := <-p.done:
			text, _ := os.ReadFile(log.Name())
			return nil, fmt.Errorf("sluice did not start: %v\n%s", err, text)
		case <-time.After(50 * time.Millisecond):
		}
	}
	p.stop()
	return nil, errors.New("sluice did not listen within 10 seconds")
}

func (p *process) stop() {
	p.cmd.Process.Signal(syscall.SIGTERM)
	<-p.done
}

// play sends the messages, and then shows how to look further.
func (s *stage) play(ctx context.Context, from string) error {
	for _, scene := range scenes {
		fmt.Fprintf(s.w, "\n== %s\n", scene.title)
		message, err := os.ReadFile(filepath.Join(from, scene.message))
		if err != nil {
			return err
		}
		s.sink.Clear()
		if err := s.talk(scene, message); err != nil {
			return fmt.Errorf("%s: %w", scene.title, err)
		}
		if err := mta.Settle(ctx, s.postfix); err != nil {
			return err
		}
		if err := s.arrived(); err != nil {
			return err
		}
	}
	fmt.Fprintf(s.w, "\n== Why is that customer blocked, and why was that message held?\n")
	if err := s.shell(ctx, "explain", "127.0.0.4"); err != nil {
		return err
	}
	if err := s.shell(ctx, "explain", s.reference("127.0.0.5")); err != nil {
		return err
	}
	return s.contain(ctx, from)
}

// arrived prints what came out at the other end.
func (s *stage) arrived() error {
	messages := s.sink.Messages()
	held, err := s.postfix.Held()
	if err != nil {
		return err
	}
	if len(held) > 0 {
		fmt.Fprintf(s.w, "   held: %d in Postfix's hold queue\n", len(held))
		return s.postfix.Clear()
	}
	if len(messages) == 0 {
		fmt.Fprintln(s.w, "   nothing arrived at the sink")
	}
	for _, m := range messages {
		fmt.Fprintf(s.w, "   arrived for %s:\n", strings.Join(m.To, ", "))
		for _, name := range []string{"X-Sluice-Verdict", "X-Sluice-Report", "Subject"} {
			for _, value := range m.Header(name) {
				fmt.Fprintf(s.w, "   | %s: %s\n", name, value)
			}
		}
	}
	return nil
}

// reference is that of the last message of a client in the log.
func (s *stage) reference(client string) string {
	log, err := os.ReadFile(filepath.Join(s.dir, "sluice.log"))
	if err != nil {
		return ""
	}
	ref := ""
	for line := range bytes.Lines(log) {
		if !bytes.Contains(line, []byte(" client="+client+" ")) {
			continue
		}
		if _, rest, found := bytes.Cut(line, []byte(" ref=")); found {
			ref = string(bytes.Fields(rest)[0])
		}
	}
	return ref
}

// shell runs and shows one sluice command.
func (s *stage) shell(ctx context.Context, args ...string) error {
	args = append(args, "-c", filepath.Base(s.config))
	shown := make([]string, len(args))
	for i, arg := range args {
		if shown[i] = arg; strings.Contains(arg, " ") {
			shown[i] = "'" + arg + "'"
		}
	}
	fmt.Fprintf(s.w, "$ sluice %s\n", strings.Join(shown, " "))
	cmd := exec.CommandContext(ctx, s.sluice, args...)
	cmd.Dir = s.dir
	out, err := cmd.CombinedOutput()
	for line := range strings.Lines(string(out)) {
		fmt.Fprint(s.w, "   ", line)
	}
	return err
}
