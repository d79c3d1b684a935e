package notify

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

var errBusy = errors.New("busy")

func TestFailedDeliveriesAreTriedAgain(t *testing.T) {
	for name, tt := range map[string]struct {
		fails        func(attempt int, d delivery) error
		at           []time.Duration // of the attempts
		sent, failed int64
	}{
		"at once":     {nil, []time.Duration{0}, 1, 0},
		"second time": {func(n int, _ delivery) error { return map[int]error{1: errBusy}[n] }, []time.Duration{0, 5 * time.Second}, 1, 0},
		"never":       {func(int, delivery) error { return errBusy }, []time.Duration{0, 5 * time.Second, 35 * time.Second, 215 * time.Second}, 0, 1},
		"for good":    {func(int, delivery) error { return fmt.Errorf("550: %w", errPermanent) }, []time.Duration{0}, 0, 1},
		"good, at last": {func(n int, _ delivery) error {
			if n < attempts {
				return errBusy
			}
			return nil
		}, []time.Duration{0, 5 * time.Second, 35 * time.Second, 215 * time.Second}, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{fails: tt.fails}
				n := newFake(t, Default(), f)
				start := time.Now()
				n.Notify(change("ip:203.0.113.7", Clean, Blocked, 0))
				time.Sleep(time.Hour)
				synctest.Wait()
				var got []time.Duration
				for _, when := range f.times {
					got = append(got, when.Sub(start))
				}
				if diff := cmp.Diff(tt.at, got); diff != "" {
					t.Error(diff)
				}
				if s := n.Stats(); s.Sent.Load() != tt.sent || s.Failed.Load() != tt.failed {
					t.Errorf("%d sent, %d failed", s.Sent.Load(), s.Failed.Load())
				}
			})
		})
	}
}

// TestOneBadRecipientHoldsUpNobody has an operator whose mailbox is busy.
func TestOneBadRecipientHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{fails: func(_ int, d delivery) error {
			if d.to == "busy@isp.example" {
				return errBusy
			}
			return nil
		}}
		c := Default()
		c.Operator = []string{"busy@isp.example", "noc@isp.example"}
		n := newFake(t, c, f)
		start := time.Now()
		for i := range 3 {
			n.Notify(change(fmt.Sprint("ip:", i), Clean, Blocked, 0))
		}
		synctest.Wait()
		if got := n.Stats().Sent.Load(); got != 3 || time.Since(start) != 0 {
			t.Errorf("%d sent after %v", got, time.Since(start))
		}
	})
}

// TestCloseSendsWhatWaits stops while one delivery is set aside.
func TestCloseSendsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{fails: func(n int, _ delivery) error { return map[int]error{1: errBusy}[n] }}
		n := newFake(t, Default(), f)
		n.Notify(change("ip:203.0.113.7", Clean, Blocked, 0))
		synctest.Wait()
		n.Notify(change("ip:203.0.113.8", Clean, Blocked, 0))
		start := time.Now()
		for range 2 { // twice does no harm
			if err := n.Close(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if got := n.Stats().Sent.Load(); got != 2 || time.Since(start) != 0 {
			t.Errorf("%d sent within %v", got, time.Since(start))
		}
	})
}

// TestSetAsideIsBounded fails everything.
func TestSetAsideIsBounded(t *testing.T) {
	r := &route{transport: &fake{fails: func(int, delivery) error { return errBusy }}, log: discard, now: time.Now, stats: &Stats{}, timeout: time.Second}
	for range routeQueue + 1 {
		r.try(t.Context(), delivery{})
	}
	if len(r.waiting) != routeQueue || r.stats.Failed.Load() != 1 {
		t.Errorf("%d wait, %d failed", len(r.waiting), r.stats.Failed.Load())
	}
}
