package wire

import (
	"net"
	"testing"

	peer "github.com/d--j/go-milter"
	"github.com/emersion/go-message/textproto"
	"github.com/google/go-cmp/cmp"
)

// dialer hands out one end of a pipe whose other end is served.
type dialer struct {
	t    *testing.T
	h    Handler
	done chan error
}

func (d *dialer) Dial(string, string) (net.Conn, error) {
	near, far := net.Pipe()
	go func() { d.done <- Serve(d.t.Context(), far, d.h, Options{Log: quiet(d.t)}) }()
	return near, nil
}

// header makes a header of names and values in turn.
func header(fields ...string) textproto.Header {
	var h textproto.Header
	for i := len(fields) - 2; i >= 0; i -= 2 { // Add puts a field at the top
		h.Add(fields[i], fields[i+1])
	}
	return h
}

// full is a session driven by another implementation of the protocol, which
// knows nothing of ours.
type full struct {
	*testing.T
	*peer.ClientSession
	macros *peer.MacroBag
	done   chan error
}

func dial(t *testing.T, h Handler) *full {
	t.Helper()
	d := &dialer{t: t, h: h, done: make(chan error, 1)}
	macros := peer.NewMacroBag()
	macros.Set("{client_addr}", "203.0.113.7")
	session, err := peer.NewClient("tcp", "", peer.WithDialer(d)).Session(macros)
	if err != nil {
		t.Fatal(err)
	}
	return &full{t, session, macros, d.done}
}

// takes wants this action; use is full.takes(type)(session.Helo("PC")).
func (f *full) takes(want peer.ActionType) func(*peer.Action, error) *peer.Action {
	return func(act *peer.Action, err error) *peer.Action {
		f.Helper()
		if err != nil {
			f.Fatal(err)
		}
		if act.Type != want {
			f.Fatalf("action %v, want type %v", act, want)
		}
		return act
	}
}

// message sends a message to two recipients of whom the second is refused, and
// returns the changes that are made to it.
func (f *full) message(from string) []peer.ModifyAction {
	f.Helper()
	proceed := f.takes(peer.ActionContinue)
	f.macros.Set("{auth_authen}", "login of "+from)
	proceed(f.Mail(from, "SIZE=1000"))
	f.macros.Set("i", "4Xk1")
	f.macros.Set("{rcpt_addr}", "1@example.org")
	proceed(f.Rcpt("1@example.org", ""))
	refused := f.takes(peer.ActionRejectWithCode)(f.Rcpt("2@example.org", ""))
	if want := "550 5.1.1 100%% unknown"; refused.SMTPReply != want {
		f.Errorf("refused with %q, want %q", refused.SMTPReply, want)
	}
	proceed(f.DataStart())
	proceed(f.ClientSession.Header(header("Subject", " hello", "X-Forged", "")))
	proceed(f.BodyChunk([]byte("text")))
	if !f.ClientSession.Skip() {
		f.Error("SKIP was not understood")
	}
	changes, act, err := f.End()
	f.takes(peer.ActionAccept)(act, err)
	f.macros.Set("i", "")
	return changes
}

func TestFullPeer(t *testing.T) {
	h := &recorder{
		macros: []string{"client_addr", "auth_authen", "rcpt_addr", "i"},
		room:   1,
		reply: answering(map[string]Reply{
			`rcpt 2@example.org []`: {Reject, "550 5.1.1 100% unknown"},
			"end":                   {Action: Accept},
		}),
		edit: func(e Editor) {
			e.Progress()
			e.InsertHeader("X-Sluice-Verdict", "tag; ref=7F3K9QX2")
			e.ChangeHeader(1, "Subject", "[SPAM] hello")
			e.DeleteHeader(1, "X-Forged")
			e.Quarantine("score")
		},
	}
	f := dial(t, h)
	f.takes(peer.ActionContinue)(f.Conn("h7.example.net", peer.FamilyInet6, 4711, "IPv6:2001:db8::7"))
	f.takes(peer.ActionContinue)(f.Helo("PC"))
	want := []string{"connect h7.example.net tcp6 2001:db8::7 4711 client_addr=203.0.113.7", "helo PC client_addr=203.0.113.7"}
	for _, from := range []string{"a@example.net", "b@example.net"} {
		changes := f.message(from)
		if diff := cmp.Diff([]peer.ModifyAction{
			{Type: peer.ActionInsertHeader, HeaderName: "X-Sluice-Verdict", HeaderValue: " tag; ref=7F3K9QX2"},
			{Type: peer.ActionChangeHeader, HeaderIndex: 1, HeaderName: "Subject", HeaderValue: " [SPAM] hello"},
			{Type: peer.ActionChangeHeader, HeaderIndex: 1, HeaderName: "X-Forged"},
			{Type: peer.ActionQuarantine, Reason: "score"},
		}, changes); diff != "" {
			t.Error(diff)
		}
		mail := " client_addr=203.0.113.7 auth_authen=login of " + from
		message := mail + " rcpt_addr=1@example.org i=4Xk1"
		want = append(want,
			"mail "+from+` ["SIZE=1000"]`+mail, "rcpt 1@example.org []"+message, "rcpt 2@example.org []"+message,
			"header Subject: hello", "header X-Forged:", "eoh"+message, "body text", "end"+message)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-f.done; err != nil {
		t.Errorf("Serve: %v", err)
	}
	if diff := cmp.Diff(append(want, "close"), h.events); diff != "" {
		t.Error(diff)
	}
}
