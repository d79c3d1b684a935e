package daemon

import (
	"strings"
	"testing"
	"time"

	"sluice/filter/journal"
	"sluice/filter/returned"
)

// A bounce that comes right behind the record of what it returns is charged to the
// sender of that, and only once.
func TestBouncesAreChargedToTheSenderOfTheOriginal(t *testing.T) {
	r := start(t, homeGroup+"\n[policy.relayed.standing]\nevidence = { bounces = \"2 per 1/1h\" }\n")
	now := time.Now()
	r.Record(&journal.Record{
		Time: now, Ref: "7F3K9QX2", Sender: "ip:203.0.113.7", Group: "home", Policy: "relayed", Stage: "end", Applied: "accept",
		From: "ann@home.example", Rcpts: []string{"gone@elsewhere.example"},
	})
	back := &journal.Record{
		Time: now, Ref: "VVXEKT2E", Sender: "local", Policy: "local", Stage: "end", Applied: "accept", Kind: "bounce",
		Returned: &journal.Returned{Ref: "7F3K9QX2", Status: "5.1.1", Rcpts: []string{"gone@elsewhere.example"}},
	}
	r.Record(back)
	r.until("it is charged", func() bool { return r.returned.Count(returned.Charged) == 1 })
	r.Record(back)
	r.until("it is known", func() bool { return r.returned.Count(returned.Repeated) == 1 })
	info, known := r.clerk.book.Info("ip:203.0.113.7", now)
	if !known || len(info.Evidence) != 1 || info.Evidence[0].Kind.String() != "bounces" || info.Evidence[0].Points != 2 || info.Evidence[0].Ref != "VVXEKT2E" {
		t.Errorf("%v, %+v", known, info)
	}
	for _, want := range []string{`sluice_returned_total{outcome="charged"} 1`, `sluice_returned_total{outcome="unfit"} 0`, `sluice_evidence_points_total{kind="bounces"} 2`} {
		if !strings.Contains(r.scrape(), want) {
			t.Errorf("the metrics lack %q", want)
		}
	}
}

func TestBouncesWithoutAJournal(t *testing.T) {
	r := start(t, homeGroup+"[journal]\nenabled = false\n")
	r.Record(&journal.Record{Time: time.Now(), Returned: &journal.Returned{Ref: "7F3K9QX2"}})
	r.stop()
	for _, o := range returned.Outcomes() {
		if n := r.returned.Count(o); n != 0 {
			t.Errorf("%d %s", n, o)
		}
	}
}
