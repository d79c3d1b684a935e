package endtoend

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"regexp"
	"strings"
	"syscall"
	"time"

	"sluice/cmd/sluice/internal/mta"
)

// clientTime bounds a whole SMTP session.
const clientTime = 2 * time.Minute

// client is an SMTP client that does what it is told and writes down
// everything said.
type client struct {
	conn       net.Conn
	in         *textproto.Reader
	transcript *strings.Builder
}

// dial connects from a loopback address to the server's port in the same
// address family.
func dial(from string, port uint16, transcript *strings.Builder) (*client, error) {
	source := net.ParseIP(from)
	if !source.IsLoopback() {
		return nil, fmt.Errorf("%q is no loopback address", from)
	}
	host := "127.0.0.1"
	if source.To4() == nil {
		host = "::1"
	}
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: source}, Timeout: clientTime}
	conn, err := d.Dial("tcp", net.JoinHostPort(host, fmt.Sprint(port)))
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(clientTime))
	fmt.Fprintf(transcript, "(connected from %s)\n", from)
	c := &client{transcript: transcript}
	c.use(conn)
	return c, nil
}

func (c *client) use(conn net.Conn) {
	c.conn, c.in = conn, textproto.NewReader(bufio.NewReader(conn))
}

// hello gets as far as MAIL.
func (c *client) hello(helo string, encrypt bool, user, password string) error {
	if err := c.expect("220"); err != nil {
		return err
	}
	if err := c.ask("EHLO "+helo, "250"); err != nil {
		return err
	}
	if encrypt {
		if err := c.startTLS(); err != nil {
			return err
		}
		if err := c.ask("EHLO "+helo, "250"); err != nil {
			return err
		}
	}
	if user == "" {
		return nil
	}
	plain := base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + password))
	return c.ask("AUTH PLAIN "+plain, "235")
}

func (c *client) startTLS() error {
	if err := c.ask("STARTTLS", "220"); err != nil {
		return err
	}
	conn := tls.Client(c.conn, mta.ClientTLS())
	if err := conn.Handshake(); err != nil {
		return fmt.Errorf("start TLS: %w", err)
	}
	c.use(conn)
	return nil
}

// say sends one line.
func (c *client) say(text string) error {
	fmt.Fprintf(c.transcript, "> %s\n", text)
	_, err := fmt.Fprintf(c.conn, "%s\r\n", text)
	return err
}

// expect reads a reply, which must match the pattern from its beginning.
func (c *client) expect(pattern string) error {
	re, err := regexp.Compile("^(?:" + pattern + ")")
	if err != nil {
		return fmt.Errorf("bad pattern: %w", err)
	}
	code, text, err := c.in.ReadResponse(0)
	if err != nil {
		return fmt.Errorf("read a reply: %w", err)
	}
	reply := fmt.Sprintf("%d %s", code, strings.ReplaceAll(text, "\n", " "))
	fmt.Fprintf(c.transcript, "< %s\n", reply)
	if !re.MatchString(reply) {
		return fmt.Errorf("the reply %q does not match %q", reply, pattern)
	}
	return nil
}

func (c *client) ask(command, pattern string) error {
	if err := c.say(command); err != nil {
		return err
	}
	return c.expect(pattern)
}

// data sends a message with LF line ends, the final dot included.
func (c *client) data(message []byte) error {
	fmt.Fprintf(c.transcript, "(%d bytes of message)\n", len(message))
	w := textproto.NewWriter(bufio.NewWriter(c.conn)).DotWriter()
	if _, err := w.Write(message); err != nil {
		return err
	}
	return w.Close()
}

// closed waits for the server to close the connection, and takes no further
// reply.
func (c *client) closed() error {
	defer c.conn.Close()
	line, err := c.in.ReadLine()
	if err == nil {
		return fmt.Errorf("the server says %q, and does not close", line)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
		return nil
	}
	return fmt.Errorf("the server does not close: %w", err)
}

// quit ends the session. A server that has closed the connection already has
// said so in a reply.
func (c *client) quit() error {
	defer c.conn.Close()
	return c.ask("QUIT", "221")
}
