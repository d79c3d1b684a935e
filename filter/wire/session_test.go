package wire

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-milter"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// message sends a message of one header field and one chunk, without replies
// to header fields, and wants that answer at its end.
func (m *mta) message(from, want string) {
	m.t.Helper()
	m.ask('M', strs("<"+from+">"), "c")
	m.ask('R', strs("<x@example.org>"), "c")
	m.send('L', strs("Subject", " hello"))
	m.send('N', "")
	m.ask('B', "text\r\n", "c")
	m.ask('E', "", want)
}

func TestTwoMessagesPerConnectionWithDifferentSenders(t *testing.T) {
	h := &recorder{reply: answering(map[string]Reply{"end": {Tempfail, "451 4.7.1 Later"}})}
	m := attach(t, h, Options{Log: quiet(t)})
	m.greet()
	m.message("a@example.net", "y451 4.7.1 Later\x00")
	m.message("b@example.net", "y451 4.7.1 Later\x00") // as Sendmail: without an abort between
	m.send('A', "")
	m.message("c@example.net", "y451 4.7.1 Later\x00") // as Postfix
	m.quit()

	message := func(from string) []string {
		return []string{"mail " + from + " []", "rcpt x@example.org []", "header Subject: hello", "eoh", "body text\r\n", "end"}
	}
	want := slices.Concat(
		[]string{"connect h7.example.net tcp4 203.0.113.7 4711", "helo PC"},
		message("a@example.net"), message("b@example.net"), []string{"abort"}, message("c@example.net"), []string{"close"},
	)
	if diff := cmp.Diff(want, h.events); diff != "" {
		t.Error(diff)
	}
}

func TestRefusedRcptAmongAccepted(t *testing.T) {
	h := &recorder{reply: answering(map[string]Reply{"rcpt 2@example.org []": {Tempfail, "451 4.7.1 Too many"}})}
	m := attach(t, h, Options{Log: quiet(t)})
	m.greet()
	m.ask('M', strs("<a@example.net>", "SIZE=1000"), "c")
	m.ask('R', strs("<1@example.org>"), "c")
	m.ask('R', strs("<2@example.org>"), "y451 4.7.1 Too many\x00")
	m.ask('R', strs("<3@example.org>"), "c")
	m.ask('E', "", "c")
	m.quit()
	want := []string{
		"connect h7.example.net tcp4 203.0.113.7 4711", "helo PC", `mail a@example.net ["SIZE=1000"]`,
		"rcpt 1@example.org []", "rcpt 2@example.org []", "rcpt 3@example.org []", "end", "close",
	}
	if diff := cmp.Diff(want, h.events); diff != "" {
		t.Error(diff)
	}
}

// Recipients that the MTA refuses are told of only to those who ask for it. Without
// that, a transport that is called like theirs is one like any other.
func TestRejectedRcpt(t *testing.T) {
	for name, tt := range map[string]struct {
		protocol uint32
		want     bool
	}{"offered": {allProtocol, true}, "not offered": {allProtocol &^ uint32(milter.OptRcptRej), false}} {
		t.Run(name, func(t *testing.T) {
			var got []bool
			m := start(t, &rejections{got: &got}, Options{Log: quiet(t)})
			m.negotiate(6, allActions, tt.protocol)
			m.greet()
			m.ask('M', strs("<a@example.net>"), "c")
			m.send('D', "R"+strs("{rcpt_mailer}", "error", "{rcpt_host}", "5.1.1", "{rcpt_addr}", "User unknown"))
			m.ask('R', strs("<1@example.org>"), "c")
			m.send('D', "R"+strs("{rcpt_mailer}", "smtp", "{rcpt_host}", "example.org"))
			m.ask('R', strs("<2@example.org>"), "c")
			m.quit()
			if diff := cmp.Diff([]bool{tt.want, false}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// rejections is a Handler that notes which recipients were refused by the MTA.
type rejections struct {
	forgetful
	got *[]bool
}

func (r *rejections) Rcpt(a Address, _ Macros) Reply {
	*r.got = append(*r.got, a.Rejected)
	return Reply{}
}

func TestRSETMidway(t *testing.T) {
	h := &recorder{room: 1}
	m := attach(t, h, Options{Log: quiet(t)})
	m.greet()
	m.ask('M', strs("<a@example.net>"), "c")
	m.ask('B', "1", "s")
	m.send('A', "")
	m.ask('M', strs("<b@example.net>"), "c")
	m.ask('B', "2", "s") // and it gets to the handler: skipping has ended with the message
	m.ask('E', "", "c")
	m.quit()
	want := []string{"mail a@example.net []", "body 1", "abort", "mail b@example.net []", "body 2", "end", "close"}
	if diff := cmp.Diff(want, h.events[2:]); diff != "" {
		t.Error(diff)
	}
}

func TestDoubleAbort(t *testing.T) {
	h := new(recorder)
	m := attach(t, h, Options{Log: quiet(t)})
	m.send('A', "")
	m.greet()
	m.send('A', "")
	m.send('A', "")
	m.ask('M', strs("<a@example.net>"), "c")
	m.quit()
	want := []string{"abort", "connect h7.example.net tcp4 203.0.113.7 4711", "helo PC", "abort", "abort", "mail a@example.net []", "close"}
	if diff := cmp.Diff(want, h.events); diff != "" {
		t.Error(diff)
	}
}

func TestSkip(t *testing.T) {
	tests := map[string]struct {
		protocol uint32
		answers  []string // to three chunks; none where none is due
	}{
		"offered":     {allProtocol, []string{"c", "s", "s"}},
		"not offered": {allProtocol &^ uint32(milter.OptSkip), nil},
		"old MTA":     {0x7f, []string{"c", "c", "c"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := &recorder{room: 2}
			m := start(t, h, Options{Log: quiet(t)})
			m.negotiate(6, allActions, tt.protocol)
			m.ask('M', strs("<a@example.net>"), "c")
			for i := range 3 {
				m.send('B', fmt.Sprint(i))
				if tt.answers != nil {
					if got := m.recv(); got != tt.answers[i] {
						t.Errorf("chunk %d: answer %q, want %q", i, got, tt.answers[i])
					}
				}
			}
			m.ask('E', "", "c")
			m.quit()
			want := []string{"mail a@example.net []", "body 0", "body 1", "end", "close"}
			if diff := cmp.Diff(want, h.events); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNoReplyFlagsNotOffered(t *testing.T) {
	h := new(recorder)
	m := start(t, h, Options{Log: quiet(t)})
	m.negotiate(2, 0x3f, 0x7f)
	m.greet()
	m.ask('M', strs("<a@example.net>"), "c")
	m.ask('L', strs("Subject", "hello"), "c")
	m.ask('L', strs("X-Empty", ""), "c")
	m.ask('N', "", "c")
	m.ask('B', "text", "c")
	m.ask('T', "", "c")
	m.ask('E', "", "c")
	m.quit()
	want := []string{"mail a@example.net []", "header Subject: hello", "header X-Empty:", "eoh", "body text", "end", "close"}
	if diff := cmp.Diff(want, h.events[2:]); diff != "" {
		t.Error(diff)
	}
}

func TestLeadingSpace(t *testing.T) {
	tests := map[string]struct {
		protocol    uint32
		value, want string
	}{
		"one":                 {allProtocol, " a", " a"},
		"none":                {allProtocol, "a", "a"},
		"two":                 {allProtocol, "  a", "  a"},
		"tab":                 {allProtocol, "\ta", "\ta"},
		"folded at once":      {allProtocol, "\n\ta", "\n\ta"},
		"empty":               {allProtocol, "", ""},
		"a space alone":       {allProtocol, " ", " "},
		"taken by an old MTA": {0x7f | uint32(milter.OptNoHeaderReply), "a", " a"},
		"nothing to take":     {0x7f | uint32(milter.OptNoHeaderReply), "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := new(recorder)
			m := start(t, h, Options{Log: quiet(t)})
			m.negotiate(6, allActions, tt.protocol)
			m.send('L', strs("Subject", tt.value))
			m.quit()
			if diff := cmp.Diff([]string{"header Subject:" + tt.want, "close"}, h.events); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLastChunkWithTheEndOfTheMessage(t *testing.T) {
	h := new(recorder)
	m := attach(t, h, Options{Log: quiet(t)})
	m.ask('B', "1", "c")
	m.ask('E', "2", "c")
	m.quit()
	if diff := cmp.Diff([]string{"body 1", "body 2", "end", "close"}, h.events); diff != "" {
		t.Error(diff)
	}
}

func TestHeaderLineOf100KB(t *testing.T) {
	h := new(recorder)
	m := attach(t, h, Options{Log: quiet(t)})
	value := strings.Repeat("x", 100<<10)
	m.send('L', strs("X-Long", " "+value))
	m.ask('E', "", "c")
	m.quit()
	if h.events[0] != "header X-Long: "+value {
		t.Error("the field is not what was sent")
	}
}

func Test10000HeaderLines(t *testing.T) {
	h := new(recorder)
	m := attach(t, h, Options{Log: quiet(t)})
	for i := range 10_000 {
		m.send('D', "L"+strs("i", "4Xk1"))
		m.send('L', strs("Received", fmt.Sprintf(" from %d", i)))
	}
	m.ask('E', "", "c")
	m.quit()
	if len(h.events) != 10_002 || h.events[9_999] != "header Received: from 9999" {
		t.Errorf("%d events, the last field is %q", len(h.events), h.events[len(h.events)-3])
	}
}

func TestMacrosPerStage(t *testing.T) {
	h := &recorder{macros: []string{"client_addr", "auth_authen", "i"}}
	m := attach(t, h, Options{Log: quiet(t)})
	m.send('D', "C"+strs("{client_addr}", "203.0.113.7"))
	m.greet()
	m.send('D', "M"+strs("{auth_authen}", "bob"))
	m.ask('M', strs("<a@example.net>"), "c")
	m.ask('R', strs("<1@example.org>"), "c")
	m.send('D', "R"+strs("i", "4Xk1"))
	m.ask('R', strs("<2@example.org>"), "c")
	m.ask('E', "", "c")
	m.ask('M', strs("<b@example.net>"), "c")
	m.quit()
	const addr = " client_addr=203.0.113.7"
	want := []string{
		"connect h7.example.net tcp4 203.0.113.7 4711" + addr, "helo PC" + addr,
		"mail a@example.net []" + addr + " auth_authen=bob",
		"rcpt 1@example.org []" + addr + " auth_authen=bob",
		"rcpt 2@example.org []" + addr + " auth_authen=bob i=4Xk1",
		"end" + addr + " auth_authen=bob i=4Xk1",
		"mail b@example.net []" + addr, "close",
	}
	if diff := cmp.Diff(want, h.events); diff != "" {
		t.Error(diff)
	}
}

func TestMacrosAreForgottenAtTheEndOfTheMessage(t *testing.T) {
	for name, over := range map[string]func(*mta){
		"end":   func(m *mta) { m.ask('E', "", "c") },
		"abort": func(m *mta) { m.send('A', "") },
	} {
		t.Run(name, func(t *testing.T) {
			h := &recorder{macros: []string{"auth_authen"}}
			m := attach(t, h, Options{Log: quiet(t)})
			m.send('D', "M"+strs("{auth_authen}", "bob"))
			m.ask('M', strs("<a@example.net>"), "c")
			over(m)
			m.ask('H', "PC\x00", "c")
			m.quit()
			if !slices.Contains(h.events, "helo PC") {
				t.Errorf("the login is still known: %q", h.events)
			}
		})
	}
}

func TestHeadersOfAThousandMessagesAreNotKept(t *testing.T) {
	h := new(forgetful)
	m := attach(t, h, Options{Log: quiet(t)})
	value := strings.Repeat("x", 64<<10)
	heap := func() uint64 {
		var s runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	message := func(i int) { // as Sendmail: without an abort between
		m.ask('M', strs("<a@example.net>"), "c")
		m.send('L', strs(fmt.Sprintf("X-Field-%d", i), value))
		m.send('N', "")
		m.ask('E', "", "a")
	}
	message(0)
	before := heap()
	for i := range 1000 {
		message(i)
	}
	if after := heap(); after > before+8<<20 {
		t.Errorf("a thousand messages with 64 MB of header fields leave %d bytes more in use", after-before)
	}
	m.quit()
	if h.headers != 1001 {
		t.Errorf("%d header fields, want 1001", h.headers)
	}
}
