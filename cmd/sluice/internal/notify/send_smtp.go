package notify

import (
	"context"
	"fmt"
	"net"
	"net/textproto"
)

// smtpTransport gives mail to the local MTA (RFC 5321), one message per
// connection and recipient: the null reverse-path that RFC 3834 section 3.3 asks
// for is refused by some servers with more than one.
type smtpTransport struct {
	address string // host and port
	helo    string
}

func (t smtpTransport) send(ctx context.Context, d delivery) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", t.address)
	if err != nil {
		return fmt.Errorf("connect to the MTA: %w", err)
	}
	defer conn.Close()
	// Closing is what ends reads and writes when the context does.
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := t.talk(textproto.NewConn(conn), d); err != nil {
		return fmt.Errorf("mail to %s: %w", d.to, timely(ctx, err))
	}
	return nil
}

// timely returns the context's error when that is why something failed.
func timely(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// talk is one dialogue. EHLO, because every local MTA knows it; what is sent
// has 7 bits and needs no extension.
func (t smtpTransport) talk(c *textproto.Conn, d delivery) error {
	if err := expect(c, 220); err != nil {
		return err
	}
	for _, step := range []struct {
		command string
		code    int
	}{
		{"EHLO " + t.helo, 250},
		{"MAIL FROM:<>", 250},
		{"RCPT TO:<" + d.to + ">", 25},
		{"DATA", 354},
	} {
		if err := c.PrintfLine("%s", step.command); err != nil {
			return err
		}
		if err := expect(c, step.code); err != nil {
			return fmt.Errorf("%s: %w", step.command, err)
		}
	}
	w := c.DotWriter()
	if _, err := w.Write(d.body); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if err := expect(c, 250); err != nil {
		return fmt.Errorf("end of message: %w", err)
	}
	// The MTA has taken it over; whatever QUIT gives changes nothing.
	_ = c.PrintfLine("QUIT")
	return nil
}

// expect reads a reply. One that begins with 5 is final.
func expect(c *textproto.Conn, code int) error {
	got, text, err := c.ReadResponse(code)
	if err == nil {
		return nil
	}
	if got >= 500 {
		return fmt.Errorf("%d %s: %w", got, line(text, maxNote), errPermanent)
	}
	if got > 0 {
		return fmt.Errorf("%d %s", got, line(text, maxNote))
	}
	return err
}
