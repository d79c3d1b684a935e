package mta

import (
	"embed"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"text/template"
)

// Hostname is the name that both servers give themselves, and the realm of
// the account.
const Hostname = "relay.test.example"

// ListenerName is the {daemon_name} of the SMTP listener in both servers.
const ListenerName = "smtp"

// Setup is what Postfix and Sendmail have to be told.
type Setup struct {
	Socket     string // path of the milter's unix socket
	MilterPort uint16 // the milter's port on 127.0.0.1; 0 if it has only the socket
	SinkPort   uint16 // where the mail goes, on 127.0.0.1

	// Resolver is the name server for the names of clients, and port 53 of it
	// is asked. If it is not valid nobody is, and no client has a name.
	Resolver netip.Addr
}

var dirs atomic.Int64

// NewDir makes an empty directory for one server and its milter socket.
// Sendmail 8.17 uses no socket, key or password file that lies below a
// directory which others can write to, so it is not a temporary one.
// The caller removes it.
func NewDir() (string, error) {
	dir := fmt.Sprintf("/run/sluice-test-%d-%d", os.Getpid(), dirs.Add(1))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", fmt.Errorf("make a private directory: %w", err)
	}
	return dir, nil
}

// The ports are below the range from which Linux takes source ports (32768 and
// up), so a port stays free while a server restarts.
const (
	firstPort = 20000
	lastPort  = 32000
)

var ports atomic.Int64

// FreePort finds a TCP port that is free on 127.0.0.1 and ::1.
func FreePort() (uint16, error) {
	const span = lastPort - firstPort
	for range span {
		port := firstPort + (int64(os.Getpid())*37+ports.Add(1))%span
		if free("127.0.0.1", port) && free("::1", port) {
			return uint16(port), nil
		}
	}
	return 0, fmt.Errorf("no free port from %d to %d", firstPort, lastPort)
}

func free(host string, port int64) bool {
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.FormatInt(port, 10)))
	if err != nil {
		return false
	}
	l.Close()
	return true
}

//go:embed conf
var conf embed.FS

// write expands the template NAME of the folder conf into the file path.
func write(path, name string, data any) error {
	t, err := template.ParseFS(conf, "conf/"+name)
	if err != nil {
		return fmt.Errorf("read template: %w", err)
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	defer f.Close()
	if err := t.Execute(f, data); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return f.Close()
}
