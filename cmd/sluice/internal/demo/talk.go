package main

import (
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"time"

	"sluice/cmd/sluice/internal/mta"
)

// scene is one client that sends one message.
type scene struct {
	title   string
	source  string // the client's address, all on loopback
	helo    string
	login   bool
	from    string
	to      []string
	message string // file
}

var scenes = []scene{
	{"A corporate customer's own mail server sends an invoice.", "127.0.0.2", "mail.corp.example", false,
		"billing@corp.example", []string{"ap@customer.example"}, "invoice.eml"},
	{"A home subscriber writes to four people; the limit of the day's demonstration is three.", "127.0.0.3", "laptop", false,
		"anna@home.example", []string{"one@friends.example", "two@friends.example", "three@friends.example", "four@friends.example"}, "holiday.eml"},
	{"Another home subscriber is infected, and nobody knows yet: the content tells.", "127.0.0.5", "PC", false,
		"anna@home.example", []string{"victim@elsewhere.example"}, "scam.eml"},
	{"This one is known to be infected: it is on a list.", "127.0.0.4", "PC", false,
		"anna@home.example", []string{"victim@elsewhere.example"}, "holiday.eml"},
	{"The same address, with a login: another person, another sender.", "127.0.0.4", "phone", true,
		"alice@home.example", []string{"friend@elsewhere.example"}, "holiday.eml"},
}

// patience bounds one scene.
const patience = 30 * time.Second

// talk sends a scene's message and prints what the client sees.
func (s *stage) talk(sc scene, message []byte) error {
	d, err := s.dial(sc.source)
	if err != nil {
		return err
	}
	defer d.raw.Close()
	fmt.Fprintf(s.w, "   client %s\n", sc.source)
	d.hear(false)
	d.say(false, "EHLO %s", sc.helo)
	if sc.login {
		d.say(false, "STARTTLS")
		d.conn = textproto.NewConn(tls.Client(d.raw, mta.ClientTLS()))
		d.say(false, "EHLO %s", sc.helo)
		secret := "\x00" + mta.User + "@" + mta.Hostname + "\x00" + mta.Password
		d.say(false, "AUTH PLAIN %s", base64.StdEncoding.EncodeToString([]byte(secret)))
	}
	d.say(true, "MAIL FROM:<%s>", sc.from)
	accepted := 0
	for _, to := range sc.to {
		if d.say(true, "RCPT TO:<%s>", to) == 250 {
			accepted++
		}
	}
	if accepted > 0 && d.say(false, "DATA") == 354 {
		d.write(true, message)
	}
	d.say(false, "QUIT")
	return d.err
}

// dial connects from an address of loopback.
func (s *stage) dial(source string) (*dialogue, error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}}
	raw, err := dialer.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.postfix.Port()))
	if err != nil {
		return nil, err
	}
	if err := raw.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	return &dialogue{stage: s, raw: raw, conn: textproto.NewConn(raw)}, nil
}

// dialogue is one SMTP session; after an error it does nothing more.
type dialogue struct {
	*stage
	raw  net.Conn
	conn *textproto.Conn
	last string // the last line of the last reply, with its code
	err  error
}

// say sends a command and returns the reply code; with show, both are printed.
func (d *dialogue) say(show bool, format string, args ...any) int {
	if d.err != nil {
		return 0
	}
	if show {
		fmt.Fprintf(d.w, "   > "+format+"\n", args...)
	}
	if d.err = d.conn.PrintfLine(format, args...); d.err != nil {
		return 0
	}
	return d.hear(show)
}

func (d *dialogue) hear(show bool) int {
	if d.err != nil {
		return 0
	}
	code, text, err := d.conn.ReadResponse(0)
	if err != nil && code == 0 {
		d.err = err
		return 0
	}
	d.last = fmt.Sprintf("%d %s", code, text[strings.LastIndexByte(text, '\n')+1:])
	if show {
		fmt.Fprintf(d.w, "   < %s\n", d.last)
	}
	return code
}

// write sends the message; with show, it and the reply are printed.
func (d *dialogue) write(show bool, message []byte) {
	if d.err != nil {
		return
	}
	if show {
		fmt.Fprintln(d.w, "   > (message)")
	}
	w := d.conn.DotWriter()
	if _, d.err = w.Write(message); d.err != nil {
		return
	}
	if d.err = w.Close(); d.err != nil {
		return
	}
	d.hear(show)
}
