package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/cmd/sluice/internal/control"
	"sluice/filter/journal"
	"sluice/policy/exception"
	"sluice/policy/standing"
	"sluice/policy/standing/keep"
)

func (r *running) client() *control.Client {
	return control.NewClient(filepath.Join(r.dir, "state", "control.sock"))
}

// spam notes so many messages of spam on a sender, to different recipients.
func (r *running) spam(key string, n int) {
	flow := r.server.Rules().Policy.Flow("relayed")
	for i := range n {
		r.clerk.book.Note(flow.Standing, key, standing.Event{
			Time: time.Now(), Ref: journal.NewRef(), Policy: "relayed", Group: "home",
			Judged: true, Spam: true, From: "a@example.net", Rcpts: []string{fmt.Sprint(i)}, Total: 1,
		})
	}
}

func TestControlOfSenders(t *testing.T) {
	r := start(t, homeGroup)
	c, ctx := r.client(), t.Context()
	r.spam("ip:203.0.113.7", 8)
	r.spam("ip:203.0.113.8", 1)

	list, err := c.Senders(ctx, control.Query{Standing: "known"})
	if err != nil || list.Total != 1 || list.Senders[0].Sender != "ip:203.0.113.7" || list.Senders[0].Stage != standing.Blocked {
		t.Fatalf("%+v, %v", list, err)
	}
	for q, want := range map[control.Query]int{
		{}: 2, {Limit: 1}: 1, {Standing: "blocked,restricted"}: 1, {Standing: "clean"}: 1, {Group: "home"}: 2, {Group: "none"}: 0,
		{Policy: "relayed"}: 2, {Match: "113.8"}: 1, {Evidence: "spam"}: 2, {Evidence: "virus"}: 0,
	} {
		if list, err := c.Senders(ctx, q); err != nil || len(list.Senders) != want {
			t.Errorf("%+v: %d senders, want %d; %v", q, len(list.Senders), want, err)
		}
	}

	s, err := c.Sender(ctx, "203.0.113.7")
	if err != nil || s.Stage != standing.Blocked || len(s.Evidence) == 0 || len(s.History) != 3 || len(s.Limits) == 0 {
		t.Fatalf("%+v, %v", s, err)
	}
	result, err := c.Order(ctx, "203.0.113.7", "release", control.Order{Why: "has cleaned up"})
	if err != nil || result.From != standing.Blocked || result.To != standing.Clean {
		t.Errorf("%+v, %v", result, err)
	}
	if s, _ = c.Sender(ctx, "203.0.113.7"); s.Points != 0 || !strings.HasPrefix(s.History[0].By, "root") && os.Geteuid() == 0 || s.History[0].Why != "has cleaned up" {
		t.Errorf("%+v", s)
	}
	result, err = c.Order(ctx, "2001:db8::1:2:3", "block", control.Order{Why: "complaint", For: standing.Term(time.Hour), By: "anna"})
	if err != nil || result.Sender != "ip:2001:db8::/64" || time.Until(result.Until) > time.Hour {
		t.Errorf("%+v, %v", result, err)
	}
	if s, _ = c.Sender(ctx, "ip:2001:db8::/64"); !s.ByHand || !strings.HasSuffix(s.History[0].By, " for anna") {
		t.Errorf("%+v", s)
	}
	if result, err = c.Order(ctx, "ip:2001:db8::/64", "reset", control.Order{Why: "test"}); err != nil || result.To != standing.Clean {
		t.Errorf("%+v, %v", result, err)
	}
	if status, err := c.Status(ctx); err != nil || status.Version != "v1.2.3" || status.Senders["clean"] != 2 || status.Config != r.path {
		t.Errorf("%+v, %v", status, err)
	}
}

func TestControlOfExceptions(t *testing.T) {
	r := start(t, homeGroup)
	c, ctx := r.client(), t.Context()
	e, err := c.Except(ctx, exception.Exception{Subject: "203.0.113.0/28", Scope: exception.Limits, Factor: 3, Owner: "shop", Reason: "campaign of May"})
	if err != nil || e.ID == "" {
		t.Fatal(e, err)
	}
	s, err := c.Sender(ctx, "203.0.113.7")
	if err == nil {
		t.Errorf("a stranger is known: %+v", s)
	}
	r.spam("ip:203.0.113.7", 1)
	if s, err = c.Sender(ctx, "203.0.113.7"); err != nil || len(s.Exceptions) != 1 || s.Limits[0].Max != 3*250 {
		t.Errorf("%+v, %v", s, err)
	}
	if all, err := c.Exceptions(ctx); err != nil || len(all) != 1 {
		t.Error(all, err)
	}
	if gone, err := c.Unexcept(ctx, e.ID); err != nil || gone.ID != e.ID {
		t.Error(gone, err)
	}
	if all, err := c.Exceptions(ctx); err != nil || len(all) != 0 {
		t.Error(all, err)
	}
}

func TestControlRefuses(t *testing.T) {
	r := start(t, homeGroup)
	c, ctx := r.client(), t.Context()
	for what, err := range map[string]error{
		"nothing is known of ip:203.0.113.7":     second(c.Sender(ctx, "203.0.113.7")),
		`"none" is no sender`:                    second(c.Sender(ctx, "none")),
		"is a group":                             second(c.Order(ctx, "group:home", "block", control.Order{Why: "x"})),
		"why? (somebody will ask)":               second(c.Order(ctx, "203.0.113.7", "block", control.Order{})),
		"a text is longer":                       second(c.Order(ctx, "203.0.113.7", "block", control.Order{Why: strings.Repeat("x", 501)})),
		"nothing is known of login:bob":          second(c.Order(ctx, "login:bob", "release", control.Order{Why: "x"})),
		"there is no exception X":                second(c.Unexcept(ctx, "X")),
		"an exception wants a reason":            second(c.Except(ctx, exception.Exception{Subject: "203.0.113.7", Scope: "limits", Owner: "o"})),
		`"bad" is no stage`:                      second(c.Senders(ctx, control.Query{Standing: "bad"})),
		`"bad" is no kind of evidence`:           second(c.Senders(ctx, control.Query{Evidence: "bad"})),
		"limit: \"1000000\" is no number from 1": second(c.Senders(ctx, control.Query{Limit: 1_000_000})),
	} {
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v, want %s", err, what)
		}
	}
	for _, raw := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/v1/none", "", 404},
		{"GET", "/v1/senders?odd=1", "", 400},
		{"DELETE", "/v1/senders/x", "", 405},
		{"POST", "/v1/senders/203.0.113.7/block", `{"why":"x","odd":1}`, 400},
		{"POST", "/v1/senders/203.0.113.7/block", `{"why":"x"} {}`, 400},
		{"POST", "/v1/senders/203.0.113.7/block", `{"why":"` + strings.Repeat("x", 1<<17) + `"}`, 400},
	} {
		if status := r.raw(raw.method, raw.path, raw.body); status != raw.status {
			t.Errorf("%s %s: %d, want %d", raw.method, raw.path, status, raw.status)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// raw sends a request as somebody else's client would.
func (r *running) raw(method, path, body string) int {
	r.Helper()
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
		return net.Dial("unix", filepath.Join(r.dir, "state", "control.sock"))
	}}
	request, err := http.NewRequest(method, "http://sluice"+path, strings.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		r.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

func TestOnlyTheOwnerMayUseTheControlSocket(t *testing.T) {
	r := start(t, homeGroup)
	info, err := os.Stat(filepath.Join(r.dir, "state", "control.sock"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
}

func TestNoControlSocket(t *testing.T) {
	r := start(t, "")
	r.stop()
	r.write("sluice.toml", strings.Replace(inTest(r.dir), "[listen]\n", "[listen]\ncontrol = \"off\"\n", 1))
	r.start()
	if _, err := r.client().Status(t.Context()); err == nil || !strings.Contains(err.Error(), "no sluice is running") {
		t.Error(err)
	}
}

// Standing, history and exceptions survive a kill -9: what a copy of the state
// directory, made while the daemon runs, has in it.
func TestStandingSurvivesAKill(t *testing.T) {
	r := start(t, homeGroup)
	r.spam("ip:203.0.113.7", 8)
	if _, err := r.client().Except(t.Context(), exception.Exception{Subject: "203.0.113.9", Scope: exception.Standing, Owner: "o", Reason: "r"}); err != nil {
		t.Fatal(err)
	}
	r.until("the block is on disk", func() bool {
		changes, err := r.clerk.database.History(t.Context(), "ip:203.0.113.7", 10)
		return err == nil && len(changes) == 3
	})
	killed := &running{T: t, dir: t.TempDir(), log: new(logBuffer)}
	killed.path = filepath.Join(killed.dir, "sluice.toml")
	if out, err := exec.Command("cp", "-r", filepath.Join(r.dir, "state"), killed.dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	killed.write("sluice.toml", inTest(killed.dir)+homeGroup)
	killed.start()
	s, err := killed.client().Sender(t.Context(), "203.0.113.7")
	if err != nil || s.Stage != standing.Blocked || len(s.Evidence) == 0 || len(s.History) != 3 {
		t.Errorf("%+v, %v", s, err)
	}
	if all, err := killed.client().Exceptions(t.Context()); err != nil || len(all) != 1 {
		t.Error(all, err)
	}
}

// What was learned since the last save is not lost in an orderly stop.
func TestStandingSurvivesARestart(t *testing.T) {
	r := start(t, homeGroup)
	r.spam("ip:203.0.113.7", 1)
	r.stop()
	r.start()
	s, err := r.client().Sender(t.Context(), "203.0.113.7")
	if err != nil || s.Points < 0.9 || len(s.Evidence) != 1 || s.Messages != 1 {
		t.Errorf("%+v, %v", s, err)
	}
}

// What cannot be written is tried again, and what was written is not.
func TestAnExceptionThatIsNotSavedDoesNotDoubleTheHistory(t *testing.T) {
	r := start(t, homeGroup)
	e, err := r.client().Except(t.Context(), exception.Exception{Subject: "203.0.113.9", Scope: exception.Standing, Owner: "o", Reason: "r"})
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(r.dir, "state", exception.File)
	if err := errors.Join(os.Remove(list), os.MkdirAll(filepath.Join(list, "x"), 0o755)); err != nil {
		t.Fatal(err)
	}
	r.clerk.exceptions.Hit([]string{e.ID}, time.Now())
	r.spam("ip:203.0.113.7", 8)
	for range 5 {
		r.clerk.save()
	}
	if changes, err := r.clerk.database.History(t.Context(), "ip:203.0.113.7", 1000); err != nil || len(changes) != 3 {
		t.Errorf("%d changes, %v", len(changes), err)
	}
	if err := os.RemoveAll(list); err != nil {
		t.Fatal(err)
	}
}

// A database that is damaged while Sluice runs, or was before, costs nothing that is
// in memory.
func TestADamagedStandingIsWrittenAnew(t *testing.T) {
	r := start(t, homeGroup)
	for i := range 2000 {
		r.spam(fmt.Sprintf("ip:203.0.113.%d", i), 1)
	}
	r.spam("ip:198.51.100.7", 8)
	r.stop()
	path := filepath.Join(r.dir, "state", keep.File)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(data) / 2; i < len(data)/2+4*4096; i++ {
		data[i] = 0xA5
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	r.start()
	if _, err := os.Stat(path + ".damaged"); err != nil {
		t.Fatal(err)
	}
	known, err := r.client().Senders(t.Context(), control.Query{Limit: control.MaxLimit})
	if err != nil || known.Total == 0 {
		t.Fatalf("%d, %v", known.Total, err)
	}
	r.stop()
	r.start()
	again, err := r.client().Senders(t.Context(), control.Query{Limit: control.MaxLimit})
	if err != nil || again.Total != known.Total {
		t.Errorf("%d senders were known, and %d after a restart; %v", known.Total, again.Total, err)
	}
}
