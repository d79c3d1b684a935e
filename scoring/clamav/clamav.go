// Package clamav asks clamd whether a message is infected, over its INSTREAM
// command (clamd(8)), by unix socket or TCP.
//
// Each scan has its own connection: clamd closes it after the answer, and a
// scan costs far more than a connection. Nothing is retried; the caller decides
// what an error means.
package clamav

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// ErrSize says that clamd refused the message as larger than its
// StreamMaxLength.
var ErrSize = errors.New("message above clamd's StreamMaxLength")

const (
	chunkSize = 64 << 10 // bytes of the message sent at a time
	maxReply  = 1024     // bytes of an answer: "stream: NAME FOUND"
	maxName   = 64       // bytes of a virus name that are kept
)

// Client asks one clamd. It is safe for concurrent use.
type Client struct {
	network, address string
	timeout          time.Duration
}

// New returns a client for an address such as "unix:/run/clamav/clamd.ctl" or
// "inet:127.0.0.1:3310". A scan may take as long as timeout, connection
// included.
func New(address string, timeout time.Duration) (*Client, error) {
	kind, rest, _ := strings.Cut(address, ":")
	switch kind {
	case "unix":
		if rest == "" {
			return nil, fmt.Errorf("%q has no path", address)
		}
		return &Client{network: "unix", address: rest, timeout: timeout}, nil
	case "inet":
		if _, port, err := net.SplitHostPort(rest); err != nil || port == "" {
			return nil, fmt.Errorf("%q has no host and port", address)
		}
		return &Client{network: "tcp", address: rest, timeout: timeout}, nil
	}
	return nil, fmt.Errorf("%q begins with neither unix: nor inet:", address)
}

// Scan sends a message to clamd and returns the name of the virus that was
// found, in printable ASCII, or "" for a clean message.
func (c *Client) Scan(ctx context.Context, message io.Reader) (virus string, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, c.network, c.address)
	if err != nil {
		return "", fmt.Errorf("connect to clamd: %w", timely(ctx, err))
	}
	defer conn.Close()
	// Closing is what ends reads and writes when the context does.
	defer context.AfterFunc(ctx, func() { conn.Close() })()

	sendErr := send(conn, message)
	// When clamd refuses a message for its size it answers and closes while
	// we are still sending: the answer says more than the failed write.
	reply, err := readReply(conn)
	if err != nil {
		return "", fmt.Errorf("scan by clamd: %w", timely(ctx, errors.Join(sendErr, err)))
	}
	virus, err = parseReply(reply)
	if err == nil && virus == "" && sendErr != nil {
		err = sendErr // an answer to half a message
	}
	if err != nil {
		return "", fmt.Errorf("scan by clamd: %w", err)
	}
	return virus, nil
}

// timely returns the context's error when that is why something failed.
func timely(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// send writes the command and the message in chunks, each with its length
// before it as four bytes, most significant first; a length of zero ends it.
func send(conn io.Writer, message io.Reader) error {
	if _, err := io.WriteString(conn, "zINSTREAM\x00"); err != nil {
		return fmt.Errorf("send command: %w", err)
	}
	buf := make([]byte, 4+chunkSize)
	for {
		n, readErr := io.ReadFull(message, buf[4:])
		if n > 0 {
			binary.BigEndian.PutUint32(buf, uint32(n))
			if _, err := conn.Write(buf[:4+n]); err != nil {
				return fmt.Errorf("send message: %w", err)
			}
		}
		switch {
		case errors.Is(readErr, io.EOF), errors.Is(readErr, io.ErrUnexpectedEOF):
			if _, err := conn.Write([]byte{0, 0, 0, 0}); err != nil {
				return fmt.Errorf("send end of message: %w", err)
			}
			return nil
		case readErr != nil:
			return fmt.Errorf("read message: %w", readErr)
		}
	}
}

// readReply reads up to the NUL that ends an answer to a z command.
func readReply(conn io.Reader) (string, error) {
	r := bufio.NewReaderSize(io.LimitReader(conn, maxReply), maxReply)
	reply, err := r.ReadString(0)
	if err != nil {
		return "", fmt.Errorf("read answer: no end after %d bytes: %w", len(reply), err)
	}
	return strings.TrimSuffix(reply, "\x00"), nil
}

// parseReply understands "stream: OK", "stream: NAME FOUND" and
// "... ERROR".
func parseReply(reply string) (virus string, err error) {
	result := strings.TrimPrefix(reply, "stream: ")
	switch {
	case result == "OK" && result != reply:
		return "", nil
	case strings.HasSuffix(result, " FOUND") && result != reply:
		return printable(strings.TrimSuffix(result, " FOUND")), nil
	case strings.Contains(result, "size limit exceeded"):
		return "", ErrSize
	}
	return "", fmt.Errorf("clamd answers %.100q", reply)
}

// printable keeps the printable ASCII of s, at most maxName bytes, so that
// what clamd says can be put into a header and a log. It is never empty.
func printable(s string) string {
	kept := make([]byte, 0, maxName)
	for i := 0; i < len(s) && len(kept) < maxName; i++ {
		if s[i] >= ' ' && s[i] < 0x7f {
			kept = append(kept, s[i])
		}
	}
	if len(kept) == 0 {
		return "unnamed"
	}
	return string(kept)
}
