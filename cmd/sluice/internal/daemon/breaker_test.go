package daemon

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/policy/breaker"
)

// crowd has a rule refuse everybody: after a usual window, thirty senders in this one.
func (r *running) crowd() {
	begun := time.Now().Add(-11 * time.Minute) // a window ago
	home := r.breaker.Of("home")
	home.Seen(begun, "ip:203.0.113.1")
	for i := range 30 {
		home.Refused(time.Now(), breaker.Score("BLOCKLIST_X"), fmt.Sprint("ip:203.0.113.", i))
	}
}

func TestAFallbackIsTold(t *testing.T) {
	r := start(t, homeGroup)
	if strings.Contains(r.scrape(), "sluice_breaker_open{") || !strings.Contains(r.scrape(), "\nsluice_breaker_trips_total 0\n") {
		t.Error(r.scrape())
	}
	r.crowd()
	for _, want := range []string{"level=ERROR", `group=home cause="score BLOCKLIST_X" refused=20 active=20 usual=0 until=`} {
		if !strings.Contains(r.log.String(), want) {
			t.Errorf("the log has no %s:\n%s", want, r.log)
		}
	}
	for _, want := range []string{`sluice_breaker_open{cause="score BLOCKLIST_X",group="home"} 1`, "\nsluice_breaker_trips_total 1\n"} {
		if !strings.Contains(r.scrape(), want) {
			t.Errorf("there is no %s", want)
		}
	}
	status, err := r.client().Status(t.Context())
	if err != nil || len(status.Breaker) != 1 || status.Breaker[0].Group != "home" || status.Breaker[0].Cause != "score BLOCKLIST_X" || status.Breaker[0].Refused != 20 {
		t.Errorf("%+v, %v", status, err)
	}
	if err := r.Reload(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(r.log.String(), `cause="score BLOCKLIST_X" why="the configuration was read again"`) {
		t.Error(r.log)
	}
	if status, err = r.client().Status(t.Context()); err != nil || len(status.Breaker) != 0 || strings.Contains(r.scrape(), "sluice_breaker_open{") {
		t.Errorf("%+v, %v", status, err)
	}
}

func TestAReloadSwitchesTheBreakerOff(t *testing.T) {
	r := start(t, homeGroup)
	r.write("sluice.toml", inTest(r.dir)+homeGroup+"[breaker]\nmode = \"off\"\n")
	r.until("it is off", func() bool { return strings.Contains(r.log.String(), "msg=reloaded") })
	if r.crowd(); r.breaker.Trips() != 0 {
		t.Error("it counts")
	}
}

func TestTheBreakerIsChecked(t *testing.T) {
	r := start(t, homeGroup)
	r.write("sluice.toml", inTest(r.dir)+"[breaker]\nmode = \"on\"\nwindow = \"1s\"\nsenders = 0\nshare = 20.0\nfactor = 0.5\nfor = \"0s\"\nexcept = [\"score\", \"access others\"]\n")
	_, ps := Load(r.path, r.Daemon.Log)
	var wrong []string
	for _, p := range ps.All() {
		wrong = append(wrong, p.Key)
	}
	for _, key := range []string{"mode", "window", "senders", "share", "factor", "for", "except"} {
		if !slices.Contains(wrong, "breaker."+key) {
			t.Errorf("nothing is wrong with %s: %v", key, wrong)
		}
	}
	if len(wrong) != 7 {
		t.Errorf("%v", ps.All())
	}
}
