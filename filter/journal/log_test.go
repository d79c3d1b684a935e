package journal

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestLogLine(t *testing.T) {
	over := sample()
	over.Limits = []Limit{{Name: "a", Over: true}, {Name: "b"}, {Name: "c", Over: true, Observe: true}, {Name: "d", Over: true}}
	over.Hits = []Hit{{Rule: "A", Points: 1.5}, {Rule: "B", Points: 9, Observe: true}, {Rule: "C", Points: -2}}
	refused := &Record{
		Ref: "0A1B2C3D", Stage: "connect", Client: Client{Addr: "2001:db8::7"}, Sender: "ip:2001:db8::/64",
		Group: "infected", Policy: "blocked", Verdict: Verdict{Action: "reject", Code: 554, Reason: "access"},
		Applied: "reject", Mode: "enforce",
	}
	for _, c := range []struct {
		name   string
		record *Record
		want   string
	}{
		{
			"everything", over,
			`ref=7F3K9QX2 queue_id=4Xk1 stage=end client=203.0.113.7 name=h7.dyn.example.net relay=198.51.100.4 sender=login:bob ` +
				`group=home policy=home from=<a@example.net> rcpts=1 rcpts_refused=2 size=2231 score=2.1 hits="A=1.5 C=-2" over="a d" ` +
				`verdict=reject code=550 reason=score applied=reject mode=enforce failure=store micros=900`,
		},
		{
			"what is empty is left out", refused,
			`ref=0A1B2C3D stage=connect client=2001:db8::7 sender=ip:2001:db8::/64 group=infected policy=blocked from=<> ` +
				`rcpts=0 size=0 score=0 verdict=reject code=554 reason=access applied=reject mode=enforce micros=0`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			slog.New(slog.NewTextHandler(&out, nil)).Info("message", slog.Any("", c.record))
			_, got, _ := strings.Cut(strings.TrimSpace(out.String()), "msg=message ")
			if got != c.want {
				t.Errorf("line:\n got %s\nwant %s", got, c.want)
			}
		})
	}
}
