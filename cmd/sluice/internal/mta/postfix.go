package mta

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"time"
)

// Postfix is a running private instance.
type Postfix struct {
	dir  string // everything: configuration, queue, data, log
	port uint16
}

// PostfixMissing says what keeps Postfix from being started; it is empty if
// nothing does.
func PostfixMissing() string {
	if os.Geteuid() != 0 {
		return "Postfix needs root"
	}
	return missing("postfix", "postqueue", "saslpasswd2")
}

func missing(commands ...string) string {
	for _, c := range commands {
		if _, err := exec.LookPath(c); err != nil {
			return "there is no " + c + " (packaging/test installs it)"
		}
	}
	return ""
}

// StartPostfix starts an instance in dir, which must be empty, and returns
// when it accepts connections.
func StartPostfix(dir string, s Setup) (*Postfix, error) {
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	p := &Postfix{dir: dir, port: port}
	if err := p.prepare(s, time.Now()); err != nil {
		return nil, fmt.Errorf("prepare Postfix: %w", err)
	}
	// start returns when the master process has opened its sockets.
	start := named(p.dir, s.Resolver, "postfix", "-c", p.etc(), "start")
	if err := run(exec.Command(start[0], start[1:]...)); err != nil {
		return nil, fmt.Errorf("start Postfix: %w\n%s", err, p.Log())
	}
	return p, nil
}

// prepare writes the instance's files.
func (p *Postfix) prepare(s Setup, now time.Time) error {
	for _, sub := range []string{"etc/sasl", "queue", "data"} {
		if err := os.MkdirAll(filepath.Join(p.dir, sub), 0o755); err != nil {
			return err
		}
	}
	values := struct {
		Setup
		Dir, Hostname, Listener string
		Port                    uint16
	}{s, p.dir, Hostname, ListenerName, p.port}
	// Debian's Postfix looks for sasl/smtpd.conf beside main.cf and ignores
	// cyrus_sasl_config_path.
	for path, name := range map[string]string{"main.cf": "main.cf", "master.cf": "master.cf", "sasl/smtpd.conf": "sasl.conf"} {
		if err := write(filepath.Join(p.etc(), path), name, values); err != nil {
			return err
		}
	}
	if err := writeNames(p.dir, s.Resolver); err != nil {
		return err
	}
	if err := makeCertificate(p.dir, now); err != nil {
		return err
	}
	if err := makeAccount(p.dir); err != nil {
		return err
	}
	return p.own("data", "sasldb")
}

// own gives files to the user that Postfix runs as.
func (p *Postfix) own(names ...string) error {
	u, err := user.Lookup("postfix")
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := os.Chown(filepath.Join(p.dir, name), uid, -1); err != nil {
			return err
		}
	}
	return nil
}

func (p *Postfix) etc() string { return filepath.Join(p.dir, "etc") }

// Name is "postfix".
func (p *Postfix) Name() string { return "postfix" }

// Port is where it listens, on 127.0.0.1 and ::1.
func (p *Postfix) Port() uint16 { return p.port }

// Submit hands in a message the way a local program does, through sendmail(1).
// It meets non_smtpd_milters.
func (p *Postfix) Submit(from string, to []string, message []byte) error {
	cmd := exec.Command("sendmail", append([]string{"-C", p.etc(), "-f", from, "--"}, to...)...)
	cmd.Stdin = bytes.NewReader(message)
	if err := run(cmd); err != nil {
		return fmt.Errorf("submit to Postfix: %w", err)
	}
	return nil
}

// Busy tells whether there is mail that may still be filtered or delivered;
// held mail does not count.
func (p *Postfix) Busy() (bool, error) {
	// In the order in which mail moves, so that none slips by.
	for _, queue := range []string{"maildrop", "incoming", "active", "deferred"} {
		found := false
		err := filepath.WalkDir(filepath.Join(p.dir, "queue", queue), func(_ string, d fs.DirEntry, err error) error {
			found = found || err == nil && d.Type().IsRegular()
			if errors.Is(err, fs.ErrNotExist) {
				return nil // moved on meanwhile
			}
			return err
		})
		if found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// Held returns the envelope senders of the messages in the hold queue.
func (p *Postfix) Held() ([]string, error) {
	out, err := exec.Command("postqueue", "-c", p.etc(), "-j").Output()
	if err != nil {
		return nil, fmt.Errorf("list Postfix's queue: %w", err)
	}
	var senders []string
	for line := range bytes.Lines(out) {
		var m struct {
			Queue  string `json:"queue_name"`
			Sender string `json:"sender"`
		}
		if err := json.Unmarshal(line, &m); err != nil {
			return nil, fmt.Errorf("read Postfix's queue: %w", err)
		}
		if m.Queue == "hold" {
			senders = append(senders, m.Sender)
		}
	}
	return senders, nil
}

// Clear removes all mail from the queue.
func (p *Postfix) Clear() error { return run(exec.Command("postsuper", "-c", p.etc(), "-d", "ALL")) }

// Log is the instance's mail log so far.
func (p *Postfix) Log() string {
	b, _ := os.ReadFile(filepath.Join(p.dir, "mail.log"))
	return string(b)
}

// Stop ends the instance and waits until it has ended. Its files stay.
func (p *Postfix) Stop() error {
	if err := run(exec.Command("postfix", "-c", p.etc(), "stop")); err != nil {
		return fmt.Errorf("stop Postfix: %w", err)
	}
	return nil
}
