package returned

import (
	"context"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"sluice/filter/journal"
)

func TestRunChargesWhatIsOffered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, of := newFixture(sent(nil)), back(nil)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { f.Run(ctx); close(done) }()
		f.Offer(&journal.Record{Ref: "BBBBBBBB", Time: noon}) // no bounce
		f.Offer(&journal.Record{Ref: "BBBBBBBB", Time: noon, Client: journal.Client{Addr: "198.51.100.9"}, Returned: &of.Returned})
		f.Offer(&journal.Record{Ref: "CCCCCCCC", Time: noon, Returned: &journal.Returned{Ref: "ZZZZZZZZ"}})
		synctest.Wait()
		if n := len(f.queue); n > 1 {
			t.Errorf("%d wait, want those after the first", n)
		}
		awaitOutcomes(f, 2)
		stop()
		<-done
		if f.Count(Charged) != 1 || f.Count(Unknown) != 1 || !slices.Equal(f.refs, []string{"BBBBBBBB"}) {
			t.Errorf("charged %d, unknown %d, evidence of %v", f.Count(Charged), f.Count(Unknown), f.refs)
		}
	})
}

// awaitOutcomes waits until so many bounces have had their outcome.
func awaitOutcomes(f *fixture, n int64) {
	for {
		sum := int64(0)
		for _, o := range Outcomes() {
			sum += f.Count(o)
		}
		if sum >= n {
			return
		}
		time.Sleep(gather)
	}
}

// Mail does not wait for the journal: what does not fit is dropped.
func TestOfferNeverBlocks(t *testing.T) {
	f := newFixture()
	r := &journal.Record{Returned: &journal.Returned{Ref: "AAAAAAAA"}}
	for _, c := range []struct{ offers, dropped int64 }{{queueSize, 0}, {1, 1}} {
		for range c.offers {
			f.Offer(r)
		}
		if n := f.Count(Dropped); n != c.dropped {
			t.Errorf("%d dropped, want %d", n, c.dropped)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	var s seen
	for i := range 3*maxSeen + 1 {
		s.add("AAAAAAAA", []int{i})
	}
	if len(s.younger) > maxSeen || len(s.older) > maxSeen {
		t.Errorf("%d and %d remembered", len(s.younger), len(s.older))
	}
	if fresh := s.fresh("AAAAAAAA", []int{3 * maxSeen, 2*maxSeen + 1, 0}); !slices.Equal(fresh, []int{0}) {
		t.Errorf("fresh: %v, want the oldest only", fresh)
	}
	var q quota
	addr := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 1}) }
	for i := range 1 << 16 {
		q.take(addr(i), "a", 1, noon)
		q.take(addr(i), "b", 1, noon)
	}
	if len(q.used) != maxReporters {
		t.Errorf("%d networks and senders, want %d", len(q.used), maxReporters)
	}
	if q.take(addr(1), "c", 1, noon) != 0 || q.take(addr(1), "a", 1, noon) != 1 || q.take(addr(1), "c", 1, noon.Add(quotaTime)) != 1 {
		t.Error("who is new is believed, or who is known is not, or nobody is in the next hour")
	}
}

func TestOutcomesHaveNames(t *testing.T) {
	for _, o := range Outcomes() {
		if o.String() == "" {
			t.Errorf("outcome %d has none", o)
		}
	}
}
