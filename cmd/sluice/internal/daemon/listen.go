package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/user"
	"strconv"
	"strings"
	"time"
)

// socket is a place to listen at, as go's net package wants it.
type socket struct {
	network, address string
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
		return socket{"unix", rest}, nil
	case "inet", "inet6":
		if port, host, swapped := strings.Cut(rest, "@"); swapped {
			rest = net.JoinHostPort(host, port)
		}
		if _, _, err := net.SplitHostPort(rest); err != nil {
			return socket{}, fmt.Errorf("%q: %w", spec, err)
		}
		return socket{map[string]string{"inet": "tcp", "inet6": "tcp6"}[kind], rest}, nil
	}
	return socket{}, fmt.Errorf("%q: %q is no kind of socket", spec, kind)
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
			return err
		}
	}
	return os.Chmod(path, mode)
}
