package notify

import (
	"bytes"
	"context"
	"flag"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-message"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// at is when everything happens that has no reason to happen elsewhen.
var at = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)

// testID is the identifier of events in golden files.
const testID = "7b0f5a3c-9d0e-4d5b-8a55-0123456789ab"

// infected is a notice with everything in it.
func infected() Notice {
	return Notice{
		Sender: "ip:203.0.113.7", Client: "203.0.113.7", Port: 4711, Helo: "PC", Name: "h7.dyn.example.net",
		Group: "home", Policy: "home", From: Restricted, To: Blocked,
		At: at, Until: at.Add(time.Hour), Ref: "7F3K9QX2", Points: 31.5,
		Evidence: []Evidence{
			{At: at.Add(-time.Minute), Kind: "spam-share", Points: 20, Ref: "7F3K9QX2", Note: "640 of 812 messages"},
			{At: at.Add(-time.Hour), Kind: "unknown-recipients", Points: 11.5, Ref: "CB17BTD0", Note: "no such user carol@example.com"},
		},
		Messages: 812, Spam: 640, Recipients: 9120,
		Samples: []Sample{
			{At: at.Add(-2 * time.Minute), Ref: "VVXEKT2E", From: "anna@home.example", Rcpts: []string{"victim@elsewhere.example"}, Score: 9, Subject: "Hello"},
			{
				At: at.Add(-time.Minute), Ref: "7F3K9QX2", Port: 4712, From: "anna@home.example",
				Rcpts: []string{"bob@example.org", "eve@example.com"}, RcptsTotal: 50, Score: 16.5,
				Subject: "Geschäft für bob@example.org", MessageID: "<1$2@home.example>",
				Headers: "Received: from PC (h7.dyn.example.net [203.0.113.7])\r\n\tby relay.isp.example for <bob@example.org>;\r\n\tMon, 4 May 2026 09:59:00 +0000\r\n" +
					"From: Anna <anna@home.example>\r\nTo: \"Bob Miller\" <bob@example.org>\r\nSubject: =?utf-8?q?Gesch=C3=A4ft_f=C3=BCr_bob=40example.org?=\r\n" +
					"List-Unsubscribe: <https://spam.example/?u=bob%40example.org>\r\nMessage-ID: <1$2@home.example>\r\n",
			},
		},
		Customer:   "anna@home.example",
		ReleaseURL: "https://relay.isp.example/release?token=abc.def",
		HelpURL:    "https://isp.example/help/infected",
	}
}

// stolen is a login that is restricted.
func stolen() Notice {
	return Notice{
		Sender: "login:bob@example.net", Client: "2001:db8::7", Login: "bob@example.net", Group: "submission", Policy: "authenticated",
		From: Watched, To: Restricted, At: at, Ref: "TENH37S2", Points: 12, Messages: 40, Spam: 12, Recipients: 300,
	}
}

// released is the end of a block.
func released() Notice {
	return Notice{Sender: "ip:203.0.113.7", Client: "203.0.113.7", From: Blocked, To: Probation, At: at, Ref: "7F3K9QX2"}
}

// with changes a notice.
func with(n Notice, change func(*Notice)) Notice {
	change(&n)
	return n
}

// golden holds got against a file of testdata, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (go test -update; -want +got):\n%s", path, diff)
	}
}

// testBuilder writes as relay.isp.example does.
func testBuilder(t *testing.T) (builder, templates) {
	t.Helper()
	ts, err := loadTemplates("")
	if err != nil {
		t.Fatal(err)
	}
	b, err := newBuilder(Config{From: "Mail desk <abuse@isp.example>", Organization: "Example ISP"}, Options{Hostname: "relay.isp.example", Version: "v1.2.0"})
	if err != nil {
		t.Fatal(err)
	}
	b.id = testID
	return b, ts
}

// leaf is one body part, decoded.
type leaf struct {
	mediaType string
	params    map[string]string
	header    message.Header
	body      string
}

// leaves reads a message back and returns its parts in order; a message within
// is one part.
func leaves(t *testing.T, data []byte) (top message.Header, parts []leaf) {
	t.Helper()
	e, err := message.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	err = e.Walk(func(path []int, e *message.Entity, err error) error {
		if err != nil {
			return err
		}
		mediaType, params, err := e.Header.ContentType()
		if err != nil || strings.HasPrefix(mediaType, "multipart/") {
			return err
		}
		body, err := io.ReadAll(e.Body)
		parts = append(parts, leaf{mediaType, params, e.Header, strings.ReplaceAll(string(body), "\r\n", "\n")})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return e.Header, parts
}

// fake is a transport that keeps what it gets and fails as told.
type fake struct {
	mu    sync.Mutex
	got   []delivery
	times []time.Time
	fails func(attempt int, d delivery) error // nil: never
}

func (f *fake) send(ctx context.Context, d delivery) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.got = append(f.got, d)
	f.times = append(f.times, time.Now())
	if f.fails == nil {
		return nil
	}
	return f.fails(len(f.got), d)
}

func (f *fake) deliveries() []delivery {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]delivery(nil), f.got...)
}

// newFake starts a notifier whose mail goes to a fake. Within a synctest bubble
// its clock is the bubble's.
func newFake(t *testing.T, c Config, f *fake) *Notifier {
	t.Helper()
	c.Mail = "smtp:127.0.0.1:1"
	if c.Operator == nil {
		c.Operator = []string{"noc@isp.example"}
	}
	n, err := build(c, Options{Hostname: "relay.isp.example", Version: "v1", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	n.mail.transport = f
	n.start()
	t.Cleanup(func() { n.Close(context.Background()) })
	return n
}

// changes are what the deliveries are about, such as "blocked to noc@isp.example".
func changes(ds []delivery) (list []string) {
	for _, d := range ds {
		list = append(list, d.sender+" "+d.what+" "+d.to)
	}
	return list
}
