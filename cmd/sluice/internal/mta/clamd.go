package mta

import (
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Infected is what the private clamd takes for a virus, and says
// "Test-Signature.UNOFFICIAL".
const Infected = "a virus that is none, for the tests of a mail filter"

// Clamd is a running private clamd whose only signature is that of Infected.
type Clamd struct {
	dir   string
	cmd   *exec.Cmd
	out   strings.Builder // what it printed; complete when it has ended
	ended chan struct{}
}

// ClamdMissing says what keeps clamd from being started; it is empty if nothing
// does.
func ClamdMissing() string { return missing("clamd") }

// StartClamd starts one and returns when it answers.
func StartClamd() (*Clamd, error) {
	// The rules of AppArmor that come with clamd let it write below /tmp.
	dir, err := os.MkdirTemp("", "sluice-clamd-")
	if err != nil {
		return nil, fmt.Errorf("prepare clamd: %w", err)
	}
	c := &Clamd{dir: dir, ended: make(chan struct{})}
	if err := c.prepare(); err != nil {
		os.RemoveAll(dir)
		return nil, fmt.Errorf("prepare clamd: %w", err)
	}
	c.cmd = exec.Command("clamd", "-c", filepath.Join(dir, "clamd.conf"))
	c.cmd.Stdout, c.cmd.Stderr = &c.out, &c.out
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.cmd.Start(); err != nil {
		os.RemoveAll(dir)
		return nil, fmt.Errorf("start clamd: %w", err)
	}
	go func() {
		c.cmd.Wait()
		close(c.ended)
	}()
	if err := c.await(); err != nil {
		c.Stop()
		return nil, fmt.Errorf("start clamd: %w\n%s", err, c.out.String())
	}
	return c, nil
}

// prepare writes configuration and signature. NAME:TARGET:OFFSET:BYTES is its
// form; target 0 is any file.
func (c *Clamd) prepare() error {
	signature := "Test-Signature:0:*:" + hex.EncodeToString([]byte(Infected)) + "\n"
	if err := os.WriteFile(filepath.Join(c.dir, "test.ndb"), []byte(signature), 0o600); err != nil {
		return err
	}
	conf := strings.Join([]string{
		"Foreground yes",
		"LocalSocket " + c.Socket(),
		"DatabaseDirectory " + c.dir,
		"TemporaryDirectory " + c.dir,
		"MaxThreads 2",
	}, "\n")
	return os.WriteFile(filepath.Join(c.dir, "clamd.conf"), []byte(conf+"\n"), 0o600)
}

// await returns when it answers.
func (c *Clamd) await() error {
	for end := time.Now().Add(startTime); time.Now().Before(end); {
		if conn, err := net.Dial("unix", c.Socket()); err == nil {
			return conn.Close()
		}
		select {
		case <-c.ended:
			return fmt.Errorf("it has ended")
		case <-time.After(10 * time.Millisecond):
		}
	}
	return fmt.Errorf("it does not listen after %s", startTime)
}

// Socket is the path at which it listens.
func (c *Clamd) Socket() string { return filepath.Join(c.dir, "socket") }

// Stop ends it and removes its files.
func (c *Clamd) Stop() error {
	c.cmd.Process.Kill()
	<-c.ended
	return os.RemoveAll(c.dir)
}
