package daemon

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"sluice/cmd/sluice/internal/notify"
	"sluice/filter/journal"
	"sluice/policy/standing"
)

// desk is a web hook that keeps what it is told.
func desk(t *testing.T) (at string, notices <-chan notify.Notice) {
	told := make(chan notify.Notice, 10)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var body struct{ Notice notify.Notice }
		data, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(data, &body)
		}
		if err != nil || body.Notice.Sender == "" {
			t.Errorf("%v: %s", err, data)
		}
		told <- body.Notice
	}))
	t.Cleanup(s.Close)
	return s.URL, told
}

func (r *running) told(notices <-chan notify.Notice) notify.Notice {
	r.Helper()
	select {
	case n := <-notices:
		return n
	case <-time.After(time.Minute):
		r.Fatalf("nobody was told\n%s", r.log)
		panic("not reached")
	}
}

// A block is told with its evidence and its messages, the link in it releases the
// sender, once, and the release is told too.
func TestABlockIsToldAndReleasedByItsLink(t *testing.T) {
	hook, notices := desk(t)
	r := start(t, "")
	r.stop()
	r.write("sluice.toml", strings.Replace(inTest(r.dir), "[listen]\n", "[listen]\nrelease = \"127.0.0.1:0\"\n", 1)+homeGroup+
		"[policy.relayed]\nstanding.help = \"https://help.example.net\"\n"+
		"[notify]\nmail = \"\"\nwebhook = \""+hook+"\"\nrelease_url = \"http://127.0.0.1/release\"\n")
	r.start()
	ref := journal.NewRef()
	r.journal.Record(&journal.Record{Time: time.Now(), Ref: ref, Stage: "end", From: "a@example.net", Rcpts: []string{"victim@example.org"}, RcptsTotal: 1,
		Score: 7, MessageID: "<spam@example.net>", Client: journal.Client{Addr: "203.0.113.7", Port: 4711, Helo: "PC"}})
	r.spam("ip:203.0.113.7", 5)
	r.clerk.book.Note(r.server.Rules().Policy.Flow("relayed").Standing, "ip:203.0.113.7", standing.Event{
		Time: time.Now(), Ref: ref, Policy: "relayed", Group: "home", Judged: true, Spam: true, Total: 9, From: "z@example.net",
	})

	n := r.told(notices)
	if n.Sender != "ip:203.0.113.7" || n.To != notify.Blocked || n.Ref != ref || n.Group != "home" || n.Spam != 6 || n.HelpURL == "" || n.Until.IsZero() {
		t.Errorf("%+v", n)
	}
	if len(n.Evidence) != 6 || n.Evidence[0].Ref != ref || n.Evidence[0].Kind != "spam" {
		t.Errorf("%+v", n.Evidence)
	}
	if len(n.Samples) != 1 || n.Samples[0].MessageID != "<spam@example.net>" || strings.Contains(n.Samples[0].Rcpts[0], "victim") || n.Helo != "PC" {
		t.Errorf("%+v", n.Samples)
	}

	link, err := url.Parse(n.ReleaseURL)
	if err != nil {
		t.Fatal(err)
	}
	page := "http://" + r.releaseAddr.String() + link.Path
	if status := get(t, page+"?"+link.RawQuery); status != http.StatusOK || !r.blocked() {
		t.Errorf("looking at the page: %d, blocked %v", status, r.blocked())
	}
	form := url.Values{"token": {link.Query().Get("token")}, "who": {"Anna"}}
	for _, want := range []int{http.StatusOK, http.StatusConflict} {
		if status := post(t, page, form); status != want || r.blocked() {
			t.Errorf("the button: %d, blocked %v", status, r.blocked())
		}
	}
	if n := r.told(notices); n.Kind() != notify.Released || n.Sender != "ip:203.0.113.7" {
		t.Errorf("%+v", n)
	}
	s, err := r.client().Sender(t.Context(), "203.0.113.7")
	if err != nil || s.Points != 0 || !strings.HasPrefix(s.History[0].By, "Anna by link from 127.0.0.1") {
		t.Errorf("%+v, %v", s, err)
	}
}

func (r *running) blocked() bool {
	info, _ := r.clerk.book.Info("ip:203.0.113.7", time.Now())
	return info.Stage == standing.Blocked
}

func get(t *testing.T, page string) int {
	t.Helper()
	answer, err := http.Get(page)
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	answer.Body.Close()
	return answer.StatusCode
}

func post(t *testing.T, page string, form url.Values) int {
	t.Helper()
	answer, err := http.PostForm(page, form)
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	answer.Body.Close()
	return answer.StatusCode
}

// A kill -9 before people were told does not keep them from it.
func TestPeopleAreToldAfterAKill(t *testing.T) {
	hook, notices := desk(t)
	r := start(t, homeGroup+"[notify]\nmail = \"\"\nwebhook = \""+hook+"\"\n")
	now := time.Now().Truncate(time.Second)
	changes := []standing.Change{
		{Sender: "ip:203.0.113.7", To: standing.Blocked, At: now.Add(-time.Minute)},
		{Sender: "ip:203.0.113.8", To: standing.Blocked, At: now.Add(-2 * remembered)},
		{Sender: "ip:203.0.113.9", To: standing.Blocked, At: now, Told: true},
	}
	if err := r.clerk.database.Save(nil, changes); err != nil {
		t.Fatal(err)
	}
	r.stop()
	r.start()
	if n := r.told(notices); n.Sender != "ip:203.0.113.7" {
		t.Errorf("%+v", n)
	}
	r.stop()
	r.start()
	select {
	case n := <-notices:
		t.Errorf("told again, or too late: %+v", n)
	case <-time.After(300 * time.Millisecond):
	}
}

// Who is told, and how, is in force with a reload; who was told already is
// remembered unless that changes.
func TestNotifyIsReloaded(t *testing.T) {
	hook, notices := desk(t)
	r := start(t, homeGroup)
	before := r.teller.current()
	r.write("sluice.toml", inTest(r.dir)+homeGroup+"[policy.relayed]\nrecipients = \"7/1h\"\n")
	if err := r.Reload(); err != nil || r.teller.current() != before {
		t.Errorf("%v, another notifier: %v", err, r.teller.current() != before)
	}
	r.write("sluice.toml", inTest(r.dir)+homeGroup+"[notify]\nmail = \"\"\nwebhook = \""+hook+"\"\nstages = [\"restricted\"]\n")
	if err := r.Reload(); err != nil {
		t.Fatal(err)
	}
	r.spam("ip:203.0.113.7", 5)
	if n := r.told(notices); n.To != notify.Restricted || n.ReleaseURL != "" {
		t.Errorf("%+v", n)
	}
}

// A policy may tell more, or nothing, of its senders.
func TestAPolicySaysWhatIsTold(t *testing.T) {
	hook, notices := desk(t)
	r := start(t, homeGroup+"[policy.relayed]\nstanding.notify = [\"watched\"]\n[policy.corporate]\nstanding.notify = [\"none\"]\n[notify]\nmail = \"\"\nwebhook = \""+hook+"\"\n")
	r.clerk.book.Block("ip:198.51.100.1", "corporate", standing.Forever, standing.Act{At: time.Now()})
	r.spam("ip:203.0.113.7", 3)
	if n := r.told(notices); n.To != notify.Watched || n.Sender != "ip:203.0.113.7" {
		t.Errorf("%+v", n)
	}
}

func TestBadNotify(t *testing.T) {
	for toml, want := range map[string]string{
		"release_url = \"relay.example\"":                     "notify.release_url: \"relay.example\" is no http or https URL",
		"release_url = \"https://h/r?x=1\"":                   "without a query",
		"release_url = \"http://h.example/r\"":                "use https",
		"release_url = \"https://h/r\"\nrelease_for = \"0s\"": "notify.release_for: the time must be longer",
		"operator = \"no body\"":                              "notify.operator",
	} {
		r := &running{T: t, dir: t.TempDir(), log: new(logBuffer)}
		r.write("sluice.toml", inTest(r.dir)+"[notify]\n"+toml+"\n")
		_, ps := Load(r.dir+"/sluice.toml", nil)
		var all strings.Builder
		for _, p := range ps.All() {
			all.WriteString(p.String() + "\n")
		}
		if !strings.Contains(all.String(), want) {
			t.Errorf("%s: %s", toml, all.String())
		}
	}
}
