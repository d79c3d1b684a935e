package mta

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Sendmail is a running private instance.
type Sendmail struct {
	dir  string // everything: configuration, queue, log
	root string // the unpacked package
	port uint16
	cmd  *exec.Cmd
	out  bytes.Buffer // what the daemon printed; complete when it has ended
	logs *logSocket
}

// startTime bounds how long a server may take until it listens. Sendmail needs a
// tenth of a second, and a minute when it does not like its host name.
const startTime = 20 * time.Second

// nobody is the user id, and that of its group nogroup, as which the submission
// program runs.
const nobody = 65534

// stopTime bounds how long Sendmail may take to end by itself; it needs none.
const stopTime = 10 * time.Second

// SendmailRoot is the directory below which Sendmail's packages are unpacked:
// $SLUICE_SENDMAIL_ROOT, or sluice-test/sendmail in the user's cache.
func SendmailRoot() string {
	if root := os.Getenv("SLUICE_SENDMAIL_ROOT"); root != "" {
		return root
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "sluice-test", "sendmail")
}

// SendmailMissing says what keeps Sendmail from being started; it is empty if
// nothing does.
func SendmailMissing() string {
	if os.Geteuid() != 0 {
		return "Sendmail needs root"
	}
	if _, err := os.Stat(daemon(SendmailRoot())); err != nil {
		return "Sendmail is not unpacked (packaging/test does it): " + err.Error()
	}
	return missing("m4", "unshare", "nsenter", "mount", "saslpasswd2")
}

func daemon(root string) string { return filepath.Join(root, "usr/libexec/sendmail/sendmail") }

// StartSendmail starts an instance in dir, which must be empty, and returns
// when it accepts connections.
func StartSendmail(dir string, s Setup) (*Sendmail, error) {
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	m := &Sendmail{dir: dir, root: SendmailRoot(), port: port}
	if err := m.prepare(s, time.Now()); err != nil {
		return nil, fmt.Errorf("prepare Sendmail: %w", err)
	}
	if m.logs, err = listenLog(m.path("log")); err != nil {
		return nil, err
	}
	command := named(m.dir, s.Resolver, daemon(m.root), "-C", m.path("sendmail.cf"), "-bD")
	m.cmd = exec.Command("unshare", append([]string{"--uts", "--mount", "sh", "-euc", startScript, "sh", Hostname, m.dir}, command...)...)
	m.cmd.Stdout, m.cmd.Stderr = &m.out, &m.out
	// If the test is killed, the daemon does not outlive it.
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	// Children that still serve a connection hold the output open.
	m.cmd.WaitDelay = time.Second
	if err := m.cmd.Start(); err != nil {
		m.logs.Close()
		return nil, fmt.Errorf("start Sendmail: %w", err)
	}
	if err := waitForPort(port, startTime); err != nil {
		return nil, errors.Join(fmt.Errorf("start Sendmail: %w", err), m.Stop(), errors.New(m.out.String()+m.Log()))
	}
	return m, nil
}

// startScript runs in namespaces of its own, for two reasons. Sendmail 8.17
// sleeps for a minute when the host name has no dot, and it logs to /dev/log
// only, which here becomes the socket of the instance. $1 is the host name, $2
// the directory, the rest the command.
const startScript = `
hostname "$1"; dir=$2; shift 2
mkdir "$dir/dev"; mount -t tmpfs none "$dir/dev"
for file in null zero random urandom; do
	: >"$dir/dev/$file"; mount --bind "/dev/$file" "$dir/dev/$file"
done
: >"$dir/dev/log"; mount --bind "$dir/log" "$dir/dev/log"
mount --move "$dir/dev" /dev
exec "$@"
`

// prepare writes the instance's files.
func (m *Sendmail) prepare(s Setup, now time.Time) error {
	for _, queue := range []string{"queue", "submission"} {
		if err := os.Mkdir(m.path(queue), 0o700); err != nil {
			return err
		}
	}
	if err := os.Chown(m.path("submission"), nobody, nobody); err != nil {
		return err
	}
	values := struct {
		Setup
		Dir, Hostname, Listener, CF string
		Port                        uint16
	}{s, m.dir, Hostname, ListenerName, filepath.Join(m.root, "usr/share/sendmail/cf"), m.port}
	// The SASL library has its own idea of where Sendmail.conf is; see compile.
	for path, name := range map[string]string{"sendmail.mc": "sendmail.mc", "submit.mc": "submit.mc", "Sendmail.conf": "sasl.conf"} {
		if err := write(m.path(path), name, values); err != nil {
			return err
		}
	}
	for name, text := range map[string]string{
		"service.switch":   "hosts\tfiles\naliases\tfiles\n",
		"local-host-names": Hostname + "\n",
		"helpfile":         "#vers\t2\n",
		"aliases":          "postmaster root\n",
		"statistics":       "",
	} {
		if err := os.WriteFile(m.path(name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	if err := writeNames(m.dir, s.Resolver); err != nil {
		return err
	}
	if err := makeCertificate(m.dir, now); err != nil {
		return err
	}
	if err := makeAccount(m.dir); err != nil {
		return err
	}
	return errors.Join(m.compile("sendmail", values.CF), m.compile("submit", values.CF))
}

// compile makes sendmail.cf of sendmail.mc, and so for another name.
func (m *Sendmail) compile(name, cf string) error {
	out, err := exec.Command("m4", "-D_CF_DIR_="+cf+"/", m.path(name+".mc")).Output()
	if err != nil {
		return fmt.Errorf("m4: %w", err)
	}
	// E sets the environment: where libsasl2 finds Sendmail.conf.
	out = append(out, "ESASL_CONF_PATH="+m.dir+"\n"...)
	return os.WriteFile(m.path(name+".cf"), out, 0o644)
}

func (m *Sendmail) path(name string) string { return filepath.Join(m.dir, name) }

// Name is "sendmail".
func (m *Sendmail) Name() string { return "sendmail" }

// Port is where it listens, on 127.0.0.1 and ::1.
func (m *Sendmail) Port() uint16 { return m.port }

// Submit hands in a message the way a local program does, through the submission
// program, which passes it on by SMTP from 127.0.0.1. It runs in the namespaces
// of the daemon.
func (m *Sendmail) Submit(from string, to []string, message []byte) error {
	args := []string{"--target", strconv.Itoa(m.cmd.Process.Pid), "--mount", "--uts",
		daemon(m.root), "-C", m.path("submit.cf"), "-f", from, "--"}
	cmd := exec.Command("nsenter", append(args, to...)...)
	cmd.Stdin = bytes.NewReader(message)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("submit to Sendmail: %w: %s", err, out)
	}
	return nil
}

// Busy tells whether there is mail that may still be filtered or delivered;
// held mail does not count.
func (m *Sendmail) Busy() (bool, error) {
	// qf: control file of a message; tf: one being written; df: a body without one.
	for _, pattern := range []string{"df*", "tf*", "qf*"} {
		files, err := filepath.Glob(filepath.Join(m.path("queue"), pattern))
		if err != nil {
			return false, err
		}
		for _, f := range files {
			held := filepath.Join(filepath.Dir(f), "hf"+filepath.Base(f)[2:])
			if _, err := os.Stat(held); err != nil {
				return true, nil
			}
		}
	}
	return false, nil
}

// Held returns the envelope senders of the quarantined messages.
func (m *Sendmail) Held() ([]string, error) {
	files, err := filepath.Glob(m.path("queue/hf*"))
	if err != nil {
		return nil, err
	}
	var senders []string
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, fmt.Errorf("read Sendmail's queue: %w", err)
		}
		for line := range strings.Lines(string(b)) {
			if s, ok := strings.CutPrefix(line, "S"); ok {
				senders = append(senders, strings.Trim(s, "<>\r\n"))
			}
		}
	}
	return senders, nil
}

// Clear removes all mail from the queue.
func (m *Sendmail) Clear() error {
	files, err := filepath.Glob(m.path("queue/*"))
	for _, f := range files {
		if e := os.Remove(f); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// Log is the instance's mail log so far.
func (m *Sendmail) Log() string { return m.logs.String() }

// Stop ends the daemon and waits until it has ended, if need be by force. Its
// files stay.
func (m *Sendmail) Stop() error {
	defer m.logs.Close()
	defer time.AfterFunc(stopTime, func() { m.cmd.Process.Kill() }).Stop()
	if err := m.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop Sendmail: %w", err)
	}
	err := m.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		return fmt.Errorf("stop Sendmail: %w", err)
	}
	return nil
}

// waitForPort returns when something accepts connections at 127.0.0.1:port.
func waitForPort(port uint16, most time.Duration) error {
	for end := time.Now().Add(most); ; {
		c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port))))
		if err == nil {
			return c.Close()
		}
		if time.Now().After(end) {
			return fmt.Errorf("it does not listen after %s: %w", most, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
