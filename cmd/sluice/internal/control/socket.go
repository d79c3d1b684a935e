package control

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os/user"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// requestTime is the longest that a request may take with its answer.
const requestTime = 30 * time.Second

// NewServer serves the API on a unix socket. The caller bounds its times.
func NewServer(b Backend) *http.Server {
	return &http.Server{Handler: NewHandler(b), ConnContext: withPeer}
}

// peerKey is where a request's context has the user at the other end.
type peerKey struct{}

// withPeer asks the kernel who has connected.
func withPeer(ctx context.Context, c net.Conn) context.Context {
	name := "unknown"
	if u, isUnix := c.(*net.UnixConn); isUnix {
		if uid, err := peer(u); err == nil {
			name = userName(uid)
		}
	}
	return context.WithValue(ctx, peerKey{}, name)
}

func peer(c *net.UnixConn) (uid uint32, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	var inner error
	err = raw.Control(func(fd uintptr) {
		var cred *unix.Ucred
		if cred, inner = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); inner == nil {
			uid = cred.Uid
		}
	})
	return uid, errors.Join(err, inner)
}

func userName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return "uid " + id
}

// by is who has sent a request, and for whom.
func by(r *http.Request, behalf string) string {
	name, _ := r.Context().Value(peerKey{}).(string)
	if behalf == "" || behalf == name {
		return name
	}
	return name + " for " + behalf
}
