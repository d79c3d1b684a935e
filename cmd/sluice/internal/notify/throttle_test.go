package notify

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/policy/config"
)

// allStages tells every change.
func allStages() Config {
	c := Default()
	c.Stages = append([]string{Released}, stages...)
	return c
}

// change is a notice about one sender, at the time of the bubble.
func change(sender, from, to string, block time.Duration) Notice {
	n := Notice{Sender: sender, Client: "203.0.113.7", From: from, To: to, At: time.Now(), Ref: "A"}
	if block > 0 {
		n.Until = n.At.Add(block)
	}
	return n
}

func TestOneSenderIsToldOfOnce(t *testing.T) {
	type step struct {
		wait     time.Duration
		from, to string
		block    time.Duration
		observe  bool
		told     bool
	}
	for name, steps := range map[string][]step{
		"the same again": {{0, Clean, Blocked, time.Hour, false, true}, {time.Minute, Clean, Blocked, time.Hour, false, false}},
		"the same after the interval": {
			{0, Clean, Blocked, time.Hour, false, true}, {6*time.Hour - 1, Clean, Blocked, time.Hour, false, false}, {1, Clean, Blocked, time.Hour, false, true},
		},
		"step by step to the harsher": {
			{0, Clean, Watched, 0, false, true}, {time.Minute, Watched, Restricted, 0, false, true}, {time.Minute, Restricted, Blocked, time.Hour, false, true},
			{time.Minute, Blocked, Blocked, 24 * time.Hour, false, true}, {time.Minute, Blocked, Blocked, 0, false, true}, {time.Minute, Blocked, Blocked, 0, false, false},
		},
		"a block that is little longer": {{0, Clean, Blocked, time.Hour, false, true}, {time.Minute, Blocked, Blocked, 90 * time.Minute, false, false}},
		"observed, then done":           {{0, Clean, Blocked, 0, true, true}, {time.Minute, Clean, Restricted, 0, false, true}, {time.Minute, Clean, Blocked, 0, true, false}},
		"release, and blocked again": {
			{0, Clean, Blocked, time.Hour, false, true}, {time.Hour, Blocked, Probation, 0, false, true}, {time.Minute, Probation, Blocked, time.Hour, false, true},
		},
		"flapping": {
			{0, Clean, Blocked, time.Hour, false, true}, {time.Minute, Blocked, Probation, 0, false, true}, {time.Minute, Probation, Blocked, time.Hour, false, true},
			{time.Minute, Blocked, Probation, 0, false, false}, {time.Minute, Probation, Blocked, time.Hour, false, false}, {time.Minute, Blocked, Clean, 0, false, false},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{}
				n := newFake(t, allStages(), f)
				told := 0
				for i, s := range steps {
					time.Sleep(s.wait)
					notice := change("ip:203.0.113.7", s.from, s.to, s.block)
					notice.Observe = s.observe
					n.Notify(notice)
					synctest.Wait()
					if got := len(f.deliveries()) > told; got != s.told {
						t.Errorf("step %d, %s to %s: told %v, want %v", i, s.from, s.to, got, s.told)
					}
					told = len(f.deliveries())
				}
				if got := int(n.Stats().Suppressed.Load()); got != len(steps)-told {
					t.Errorf("%d suppressed, %d told of %d", got, told, len(steps))
				}
			})
		})
	}
}

func TestOnlyStagesThatAreAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		n := newFake(t, Default(), f)
		for i, c := range [][2]string{
			{Clean, Watched}, {Clean, Restricted}, {Restricted, Blocked}, {Blocked, Probation}, {Probation, Clean}, {Blocked, Clean}, {Clean, "nonsense"},
		} {
			n.Notify(change(fmt.Sprint("ip:", i), c[0], c[1], 0))
		}
		synctest.Wait()
		want := []string{"ip:2 blocked noc@isp.example", "ip:3 released noc@isp.example", "ip:5 released noc@isp.example"}
		if diff := cmp.Diff(want, changes(f.deliveries())); diff != "" {
			t.Error(diff)
		}
	})
}

// TestTooManyInAnHourAreGathered sends 150 at once, and looks at the hour's end.
func TestTooManyInAnHourAreGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		c := Default()
		c.PerHour, c.Customer = 10, true
		n := newFake(t, c, f)
		time.Sleep(17 * time.Minute)
		for i := range 150 {
			notice := change(fmt.Sprint("ip:192.0.2.", i), Clean, Blocked, 0)
			notice.Customer = "customer@home.example"
			n.Notify(notice)
		}
		synctest.Wait()
		if got := len(f.deliveries()); got != 20 {
			t.Errorf("%d mails, want 10 for the operator and 10 for customers", got)
		}
		time.Sleep(time.Hour - time.Second)
		synctest.Wait()
		if got := len(f.deliveries()); got != 20 {
			t.Errorf("%d mails before the hour is over", got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		ds := f.deliveries()
		if len(ds) != 21 || ds[20].what != "digest" {
			t.Fatalf("%d mails after an hour, the last one about %q", len(ds), ds[len(ds)-1].what)
		}
		top, parts := leaves(t, ds[20].body)
		if top.Get("Subject") != "Sluice: 140 more changes of standing" {
			t.Errorf("subject %q", top.Get("Subject"))
		}
		for _, sender := range []string{"ip:192.0.2.10 ", "ip:192.0.2.149 "} {
			if !strings.Contains(parts[0].body, sender) {
				t.Errorf("%s is not in the digest", sender)
			}
		}
		if got := n.Stats().Gathered.Load(); got != 140 {
			t.Errorf("%d gathered", got)
		}
		// Those who are in the digest are told of, and the next hour is empty.
		n.Notify(change("ip:192.0.2.149", Clean, Blocked, 0))
		n.Notify(change("ip:198.51.100.1", Clean, Blocked, 0))
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if diff := cmp.Diff([]string{"ip:198.51.100.1 blocked noc@isp.example"}, changes(f.deliveries()[21:])); diff != "" {
			t.Error(diff)
		}
	})
}

func TestDigestListsABoundedNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		c := Default()
		c.PerHour = 1
		n := newFake(t, c, f)
		for i := range maxRows + 2 {
			n.Notify(change(fmt.Sprint("ip:", i), Clean, Blocked, 0))
			synctest.Wait()
		}
		if err := n.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		ds := f.deliveries()
		_, parts := leaves(t, ds[len(ds)-1].body)
		if !strings.Contains(parts[0].body, "and 1 that are not listed here") || strings.Count(parts[0].body, " points") != maxRows {
			t.Errorf("digest of %d lines", strings.Count(parts[0].body, " points"))
		}
	})
}

func TestThrottleRemembersABoundedNumber(t *testing.T) {
	th := newThrottle(time.Hour, 1<<30)
	now := at
	for i := range maxRemembered + 2 {
		now = now.Add(time.Millisecond)
		th.decide(Notice{Sender: fmt.Sprint(i), To: Blocked}, now)
	}
	if len(th.told) != maxRemembered {
		t.Errorf("%d senders are remembered", len(th.told))
	}
	for sender, want := range map[string]decision{"0": tell, fmt.Sprint(maxRemembered): suppress} {
		if got := th.decide(Notice{Sender: sender, To: Blocked}, now); got != want {
			t.Errorf("sender %s: %v, want %v", sender, got, want)
		}
	}
	now = now.Add(time.Hour)
	th.decide(Notice{Sender: "new", To: Blocked}, now)
	if len(th.told) != 1 {
		t.Errorf("%d senders are remembered after the interval", len(th.told))
	}
}

func TestCustomersAreToldWhatTheyFeel(t *testing.T) {
	for name, tt := range map[string]struct {
		from, to string
		observe  bool
		customer string
		told     bool
	}{
		"blocked":     {Clean, Blocked, false, "a@home.example", true},
		"restricted":  {Clean, Restricted, false, "a@home.example", true},
		"released":    {Blocked, Probation, false, "a@home.example", true},
		"watched":     {Clean, Watched, false, "a@home.example", false},
		"clean":       {Probation, Clean, false, "a@home.example", false},
		"observed":    {Clean, Blocked, true, "a@home.example", false},
		"no address":  {Clean, Blocked, false, "", false},
		"bad address": {Clean, Blocked, false, "a@home.example>, <b@home.example", false},
		"an option":   {Clean, Blocked, false, "-oQ/tmp@home.example", false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{}
				c := allStages()
				c.Customer = true
				n := newFake(t, c, f)
				notice := change("ip:203.0.113.7", tt.from, tt.to, 0)
				notice.Observe, notice.Customer = tt.observe, tt.customer
				n.Notify(notice)
				synctest.Wait()
				if got := len(f.deliveries()) == 2 && f.deliveries()[1].to == tt.customer; got != tt.told {
					t.Errorf("told %v, want %v: %v", got, tt.told, changes(f.deliveries()))
				}
			})
		})
	}
}

func TestCustomerIsLookedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		c := Default()
		c.Customer, c.Operator = true, []string{"noc@isp.example", "desk@isp.example"}
		n := newFake(t, c, f)
		n.SetCustomers(customersOf(t, "203.0.113.0/24 it@corp.example\n"))
		n.Notify(change("ip:203.0.113.7", Clean, Blocked, 0))
		synctest.Wait()
		want := []string{"ip:203.0.113.7 blocked noc@isp.example", "ip:203.0.113.7 blocked desk@isp.example", "ip:203.0.113.7 blocked it@corp.example"}
		if diff := cmp.Diff(want, changes(f.deliveries())); diff != "" {
			t.Error(diff)
		}
		if got := n.Stats().Sent.Load(); got != 3 {
			t.Errorf("%d sent", got)
		}
	})
}

// TestNotifyNeverBlocks fills every queue behind a transport that hangs.
func TestNotifyNeverBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := Default()
		c.PerHour, c.Timeout = 1<<30, config.Duration(time.Hour)
		n := newFake(t, c, nil)
		n.mail.transport = hanging{}
		start := time.Now()
		for i := range 3 * noticeQueue {
			n.Notify(change(fmt.Sprint("ip:", i), Clean, Blocked, 0))
		}
		if spent := time.Since(start); spent != 0 {
			t.Errorf("Notify waited %v", spent)
		}
		synctest.Wait()
		if got := n.Stats().Dropped.Load(); got < noticeQueue {
			t.Errorf("%d dropped", got)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := n.Close(ctx); err == nil {
			t.Error("Close says that everything was sent")
		}
		if spent := time.Since(start); spent != time.Minute {
			t.Errorf("Close took %v", spent)
		}
		s := n.Stats()
		if s.Sent.Load() != 0 || s.Failed.Load()+s.Dropped.Load() != 3*noticeQueue {
			t.Errorf("%d sent, %d failed, %d dropped", s.Sent.Load(), s.Failed.Load(), s.Dropped.Load())
		}
		n.Notify(change("ip:late", Clean, Blocked, 0)) // after Close: dropped, no panic
	})
}

type hanging struct{}

func (hanging) send(ctx context.Context, _ delivery) error {
	<-ctx.Done()
	return ctx.Err()
}

// The same mail from many senders is one outbreak: the operator is told of the first
// and gets the others in one digest, each customer is told.
func TestAnOutbreakIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		c := Default()
		c.Customer = true
		n := newFake(t, c, f)
		for i := range 30 {
			notice := change(fmt.Sprint("ip:192.0.2.", i), Restricted, Blocked, 0)
			notice.Outbreak, notice.Customer = "3f9a0c12be77", "customer@home.example"
			if i == 29 {
				notice.Outbreak = "another"
			}
			n.Notify(notice)
		}
		synctest.Wait()
		operator := 0
		for _, d := range f.deliveries() {
			if d.to != "customer@home.example" {
				operator++
			}
		}
		if total := len(f.deliveries()); operator != 2 || total-operator != 30 {
			t.Errorf("%d mails for the operator, %d for customers", operator, total-operator)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		ds := f.deliveries()
		_, parts := leaves(t, ds[len(ds)-1].body)
		if last := ds[len(ds)-1]; last.what != "digest" || strings.Count(parts[0].body, "outbreak 3f9a0c12be77") != 28 {
			t.Errorf("the last mail is about %q:\n%s", last.what, parts[0].body)
		}
		notice := change("ip:192.0.2.99", Restricted, Blocked, 0)
		notice.Outbreak = "3f9a0c12be77"
		n.Notify(notice)
		synctest.Wait()
		if more := f.deliveries()[len(ds):]; len(more) != 1 {
			t.Errorf("an hour later: %d mails", len(more))
		}
	})
}
