package wire

import (
	"log/slog"
	"strings"
	"testing"
)

// panicking panics once, at one event.
type panicking struct {
	recorder
	at string
}

func (p *panicking) strike(event string) {
	if p.at == event {
		p.at = ""
		panic("struck at " + event)
	}
}

func (p *panicking) Connect(q Peer, m Macros) Reply {
	p.strike("connect")
	return p.recorder.Connect(q, m)
}
func (p *panicking) Mail(a Address, m Macros) Reply { p.strike("mail"); return p.recorder.Mail(a, m) }
func (p *panicking) Rcpt(a Address, m Macros) Reply { p.strike("rcpt"); return p.recorder.Rcpt(a, m) }
func (p *panicking) Header(name, value string)      { p.strike("header"); p.recorder.Header(name, value) }
func (p *panicking) EndOfHeaders(m Macros)          { p.strike("end of headers"); p.recorder.EndOfHeaders(m) }
func (p *panicking) Body(chunk []byte) bool         { p.strike("body"); return p.recorder.Body(chunk) }
func (p *panicking) End(e Editor, m Macros) Reply   { p.strike("end"); return p.recorder.End(e, m) }
func (p *panicking) Abort()                         { p.strike("abort"); p.recorder.Abort() }
func (p *panicking) Close()                         { p.strike("close"); p.recorder.Close() }

func TestPanicIsATemporaryFailure(t *testing.T) {
	tests := map[string]struct {
		connect, mail, rcpt, body, end string
	}{
		"connect":        {connect: "t", mail: "c", rcpt: "c", body: "c", end: "c"},
		"mail":           {connect: "c", mail: "t", rcpt: "c", body: "c", end: "t"},
		"rcpt":           {connect: "c", mail: "c", rcpt: "t", body: "c", end: "t"},
		"header":         {connect: "c", mail: "c", rcpt: "c", body: "c", end: "t"},
		"end of headers": {connect: "c", mail: "c", rcpt: "c", body: "c", end: "t"},
		"body":           {connect: "c", mail: "c", rcpt: "c", body: "t", end: "t"},
		"end":            {connect: "c", mail: "c", rcpt: "c", body: "c", end: "t"},
		"abort":          {connect: "c", mail: "c", rcpt: "c", body: "c", end: "c"},
		"close":          {connect: "c", mail: "c", rcpt: "c", body: "c", end: "c"},
	}
	for at, tt := range tests {
		t.Run(at, func(t *testing.T) {
			var log strings.Builder
			h := &panicking{at: at}
			m := attach(t, h, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
			m.ask('C', "h\x00U", tt.connect)
			m.ask('M', strs("<a@example.net>"), tt.mail)
			m.ask('R', strs("<1@example.org>"), tt.rcpt)
			m.send('L', strs("Subject", " hello"))
			m.send('N', "")
			m.ask('B', "text", tt.body)
			m.ask('E', "", tt.end)
			m.send('A', "")
			m.ask('M', strs("<b@example.net>"), "c")
			m.ask('E', "", "c")
			m.quit()
			if !strings.Contains(log.String(), "struck at "+at) || !strings.Contains(log.String(), "session.go") {
				t.Errorf("log without the panic and its stack: %q", log.String())
			}
		})
	}
}
