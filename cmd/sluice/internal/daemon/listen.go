package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// socket is a place to listen at, as go's net package wants it.
type socket struct {
	network, address string
}

// String is the socket as parseSocket reads it.
func (s socket) String() string {
	return map[string]string{"unix": "unix:", "tcp": "inet:", "tcp6": "inet6:"}[s.network] + s.address
}

// parseSocket reads "unix:/PATH", "inet:HOST:PORT" (or Sendmail's
// "inet:PORT@HOST") and "inet6:...".
func parseSocket(spec string) (socket, error) {
	kind, rest, found := strings.Cut(spec, ":")
	if !found || rest == "" {
		return socket{}, fmt.Errorf("%q is no socket", spec)
	}
	switch kind {
	case "unix", "local":
		if !strings.HasPrefix(rest, "/") {
			return socket{}, fmt.Errorf("%q: the path must begin with /", spec)
		}
		return socket{"unix", filepath.Clean(rest)}, nil
	case "inet", "inet6":
		if port, host, swapped := strings.Cut(rest, "@"); swapped {
			rest = net.JoinHostPort(host, port)
		}
		if err := checkHostPort(rest); err != nil {
			return socket{}, fmt.Errorf("%q: %w", spec, err)
		}
		return socket{map[string]string{"inet": "tcp", "inet6": "tcp6"}[kind], rest}, nil
	}
	return socket{}, fmt.Errorf("%q: %q is no kind of socket", spec, kind)
}

// parseMetrics reads "HOST:PORT", or "inet:HOST:PORT" as for MTAs.
func parseMetrics(spec string) (socket, error) {
	address := strings.TrimPrefix(spec, "inet:")
	if err := checkHostPort(address); err != nil {
		return socket{}, fmt.Errorf("%q: %w", spec, err)
	}
	return socket{"tcp", address}, nil
}

// checkHostPort says what is wrong with "HOST:PORT". The port may be 0, for any.
func checkHostPort(address string) error {
	_, port, err := net.SplitHostPort(address)
	var wrong *net.AddrError
	if errors.As(err, &wrong) {
		return errors.New(wrong.Err)
	}
	if _, err := net.LookupPort("tcp", port); err != nil || port == "" {
		return fmt.Errorf("%q is no port", port)
	}
	return nil
}

// clashes says whether only one of two sockets can be listened at. It does not
// resolve names.
func (s socket) clashes(o socket) bool {
	if s.network == "unix" || o.network == "unix" {
		return s == o
	}
	host, port, _ := net.SplitHostPort(s.address)
	otherHost, otherPort, _ := net.SplitHostPort(o.address)
	everywhere := s.network == o.network && (isAny(host) || isAny(otherHost))
	return port == otherPort && port != "0" && (host == otherHost || everywhere)
}

// isAny says whether the host stands for all addresses of the machine.
func isAny(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "" || err == nil && addr.IsUnspecified()
}

// listen opens one socket. A unix socket that a dead process has left behind is
// replaced; one that answers is not.
func (c ListenConfig) listen(spec string) (net.Listener, error) {
	s, err := parseSocket(spec)
	if err != nil {
		return nil, err
	}
	if s.network != "unix" {
		return net.Listen(s.network, s.address)
	}
	if err := removeStale(s.address); err != nil {
		return nil, err
	}
	ln, err := net.Listen("unix", s.address)
	if err != nil {
		return nil, err
	}
	if err := c.own(s.address); err != nil {
		ln.Close()
		return nil, err
	}
	return ln, nil
}

func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSocket == 0 {
		return fmt.Errorf("listen at %s: there is something that is no socket", path)
	}
	if c, err := net.DialTimeout("unix", path, time.Second); err == nil {
		c.Close()
		return fmt.Errorf("listen at %s: another process answers there", path)
	}
	return os.Remove(path)
}

// own gives the socket the configured mode and group.
func (c ListenConfig) own(path string) error {
	mode, err := parseMode(c.SocketMode)
	if err != nil {
		return err
	}
	if c.SocketGroup != "" {
		group, err := user.LookupGroup(c.SocketGroup)
		if err != nil {
			return fmt.Errorf("listen.socket_group: %w", err)
		}
		gid, err := strconv.Atoi(group.Gid)
		if err != nil {
			return fmt.Errorf("listen.socket_group: %w", err)
		}
		if err := os.Chown(path, -1, gid); err != nil {
			return groupError(c.SocketGroup, err)
		}
	}
	return os.Chmod(path, mode)
}

// groupError is why a socket could not be given to a group: a process without
// privileges can do so only with groups that it is in (chown(2)).
func groupError(group string, err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("listen.socket_group: the user that sluice runs as is not in the group %s (adduser sluice %s, and restart): %w", group, group, err)
	}
	return fmt.Errorf("listen.socket_group: %w", err)
}
