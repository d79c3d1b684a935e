package endtoend

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// processTime bounds how long sluice may take to start, reload or stop; with
// the race detector on a busy machine that is slow.
const processTime = 60 * time.Second

// What sluice logs when it has done what it was told.
const (
	saysReady    = "msg=ready"
	saysStopping = "msg=\"stopping"
	saysReloaded = "msg=reloaded"
	saysRefused  = "msg=\"reload failed"
)

// buildSluice builds the binary and returns its path.
func buildSluice(t *testing.T, flags ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sluice")
	args := append([]string{"build", "-o", path}, flags...)
	cmd := exec.Command("go", append(args, "sluice/cmd/sluice")...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build sluice: %v\n%s", err, out)
	}
	return path
}

// process is a running sluice.
type process struct {
	cmd      *exec.Cmd
	log      *watched
	ended    chan error // has an element when it has
	stopping bool       // it was told to stop
	killed   bool       // and not in a way that it can answer for
}

// sockets returns how many sockets the process has open.
func (p *process) sockets() int {
	n := 0
	links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", p.cmd.Process.Pid))
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && strings.HasPrefix(target, "socket:") {
			n++
		}
	}
	return n
}

// startProcess starts sluice and returns when it is ready. What it logs is
// appended to log.
func startProcess(binary, config string, log *watched) (*process, error) {
	p := &process{cmd: exec.Command(binary, "serve", "-c", config), log: log, ended: make(chan error, 1)}
	p.cmd.Stdout, p.cmd.Stderr = log, log
	// By default a program with the race detector sleeps a second at its end.
	p.cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	// Whatever becomes of the test, none is left behind.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	ready := log.count(saysReady)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start sluice: %w", err)
	}
	go func() { p.ended <- p.cmd.Wait() }()
	if err := p.waitFor(saysReady, ready); err != nil {
		return nil, errors.Join(err, p.kill())
	}
	return p, nil
}

// waitFor returns when sluice has logged text more often than it had before.
func (p *process) waitFor(text string, before int) error {
	deadline := time.After(processTime)
	for p.log.count(text) <= before {
		select {
		case <-p.log.grown:
		case err := <-p.ended: // its output is complete then
			p.ended <- err
			if p.log.count(text) > before {
				return nil
			}
			return fmt.Errorf("sluice ended before it logged %s: %v", text, err)
		case <-deadline:
			return fmt.Errorf("sluice has not logged %s within %s", text, processTime)
		}
	}
	return nil
}

// reload puts the configuration at path in force, and waits for sluice to say
// so, or that it will not.
func (p *process) reload(path, config string, says string) error {
	before := p.log.count(says)
	if err := replaceFile(path, config); err != nil {
		return err
	}
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		return fmt.Errorf("reload sluice: %w", err)
	}
	return p.waitFor(says, before)
}

// replaceFile writes a file in one step, as sluice looks for changes.
func replaceFile(path, text string) error {
	if err := os.WriteFile(path+".new", []byte(text), 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// stop ends sluice the way an operator does, unless that has begun; it must
// drain and exit with 0, which the race detector turns into 66.
func (p *process) stop() error {
	if err := p.beginStop(); err != nil {
		return err
	}
	return p.end()
}

// beginStop tells sluice to stop, once, and returns when it has heard.
func (p *process) beginStop() error {
	if p.stopping {
		return nil
	}
	p.stopping = true
	before := p.log.count(saysStopping)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop sluice: %w", err)
	}
	return p.waitFor(saysStopping, before)
}

// kill ends sluice without giving it time for anything.
func (p *process) kill() error {
	p.stopping, p.killed = true, true
	if err := p.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("kill sluice: %w", err)
	}
	return p.end()
}

// end waits until sluice, which was told to, has ended, and returns how. It may
// be called again.
func (p *process) end() error {
	select {
	case err := <-p.ended:
		p.ended <- err
		if err != nil && !p.killed {
			return fmt.Errorf("sluice ended badly: %w", err)
		}
		return nil
	case <-time.After(processTime):
		p.cmd.Process.Kill()
		return fmt.Errorf("sluice has not stopped within %s", processTime)
	}
}

// watched is a growing text that can be waited for.
type watched struct {
	grown chan struct{} // has an element after each growth

	mu   sync.Mutex
	text strings.Builder
}

func newWatched() *watched { return &watched{grown: make(chan struct{}, 1)} }

// Write appends.
func (w *watched) Write(b []byte) (int, error) {
	w.mu.Lock()
	w.text.Write(b)
	w.mu.Unlock()
	select {
	case w.grown <- struct{}{}:
	default:
	}
	return len(b), nil
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

func (w *watched) count(text string) int { return strings.Count(w.String(), text) }
