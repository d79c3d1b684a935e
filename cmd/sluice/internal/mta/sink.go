package mta

import (
	"bytes"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/textproto"
	"slices"
	"strings"
	"sync"
)

// Message is one delivered message.
type Message struct {
	From string   // envelope sender, without brackets
	To   []string // envelope recipients of this delivery
	Data []byte   // headers and body with LF line ends, dots unstuffed
}

// Header returns the values of a field, from top to bottom, unfolded.
func (m Message) Header(name string) []string {
	parsed, err := mail.ReadMessage(bytes.NewReader(m.Data))
	if err != nil {
		return nil
	}
	return parsed.Header[textproto.CanonicalMIMEHeaderKey(name)]
}

// Body returns what follows the first empty line.
func (m Message) Body() string {
	_, body, _ := strings.Cut(string(m.Data), "\n\n")
	return body
}

// Gone is the local part of the recipients that the sink does not know.
const Gone = "gone"

// Sink is an SMTP server that accepts everything, but for recipients called Gone, and
// keeps it.
type Sink struct {
	listener net.Listener
	done     sync.WaitGroup

	mu       sync.Mutex
	messages []Message
	conns    map[net.Conn]bool
}

// StartSink starts one on a port of 127.0.0.1.
func StartSink() (*Sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start the sink: %w", err)
	}
	s := &Sink{listener: l, conns: map[net.Conn]bool{}}
	s.done.Go(s.accept)
	return s, nil
}

// Port is where it listens.
func (s *Sink) Port() uint16 { return portOf(s.listener.Addr()) }

func portOf(a net.Addr) uint16 { return netip.MustParseAddrPort(a.String()).Port() }

// Messages are all that came since the start or the last Clear, in the order
// of their end.
func (s *Sink) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Clear forgets what came.
func (s *Sink) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = nil
}

// Stop closes the listener and all connections, and waits for their end.
func (s *Sink) Stop() {
	s.listener.Close()
	s.mu.Lock()
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.done.Wait()
}

func (s *Sink) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[c] = true
		s.mu.Unlock()
		s.done.Go(func() {
			s.serve(textproto.NewConn(c))
			c.Close()
			s.mu.Lock()
			delete(s.conns, c)
			s.mu.Unlock()
		})
	}
}

// serve speaks the server's side of RFC 5321 until QUIT or an error.
func (s *Sink) serve(c *textproto.Conn) {
	var m Message
	reply := "220 sink.test.example ESMTP"
	for {
		if c.PrintfLine("%s", reply) != nil {
			return
		}
		line, err := c.ReadLine()
		if err != nil {
			return
		}
		verb, args, _ := strings.Cut(line, " ")
		reply = "250 2.0.0 OK"
		switch strings.ToUpper(verb) {
		case "EHLO":
			reply = "250-sink.test.example\r\n250 8BITMIME"
		case "MAIL":
			m = Message{From: path(args)}
		case "RCPT":
			if to := path(args); strings.HasPrefix(to, Gone+"@") {
				reply = "550 5.1.1 No such user here"
			} else {
				m.To = append(m.To, to)
			}
		case "RSET":
			m = Message{}
		case "DATA":
			if m.Data, err = readData(c); err != nil {
				return
			}
			s.keep(m)
			m = Message{}
		case "QUIT":
			c.PrintfLine("221 2.0.0 Bye")
			return
		}
	}
}

func readData(c *textproto.Conn) ([]byte, error) {
	if err := c.PrintfLine("354 Go on"); err != nil {
		return nil, err
	}
	return c.ReadDotBytes()
}

func (s *Sink) keep(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, m)
}

// path takes the address from "FROM:<a@example.net> SIZE=1".
func path(args string) string {
	_, rest, _ := strings.Cut(args, "<")
	address, _, _ := strings.Cut(rest, ">")
	return address
}
