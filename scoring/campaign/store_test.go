package campaign

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func someOptions() Options {
	return Options{
		Prints:   1000,
		Windows:  []time.Duration{time.Hour, 24 * time.Hour},
		Interval: time.Hour,
		Log:      slog.New(slog.DiscardHandler),
	}
}

// opened is a store with some options changed.
func opened(t testing.TB, change func(*Options)) *Store {
	t.Helper()
	o := someOptions()
	change(&o)
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// someText is a text of its own for each number.
func someText(n int) Print { return Near(prose(rand.New(rand.NewPCG(uint64(n), 7)), 40)) }

// see has a sender send a message, and returns what the windows hold as
// "copies/senders/others/own".
func see(s *Store, p Print, who string, after time.Duration) []string {
	var counts []string
	for _, c := range s.See(Sighting{Print: p, Sender: who, Now: noon.Add(after)}).Counts {
		counts = append(counts, fmt.Sprintf("%d/%d/%d/%d", c.Copies, c.Senders, c.Others, c.Own))
	}
	return counts
}

func expect(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestCountsCopiesSendersAndOthers(t *testing.T) {
	s, p := opened(t, func(*Options) {}), someText(1)
	expect(t, "the first", see(s, p, "a", 0), "1/1/0/1", "1/1/0/1")
	expect(t, "the same sender", see(s, p, "a", time.Minute), "2/1/0/2", "2/1/0/2")
	expect(t, "another", see(s, p, "b", 2*time.Minute), "3/2/1/1", "3/2/1/1")
	expect(t, "another message", see(s, someText(2), "c", 3*time.Minute), "1/1/0/1", "1/1/0/1")
	expect(t, "a third", see(s, p, "c", 4*time.Minute), "4/3/2/1", "4/3/2/1")
}

func TestPersonalCopiesAreOneCampaign(t *testing.T) {
	s := opened(t, func(*Options) {})
	r := rand.New(rand.NewPCG(3, 3))
	text := prose(r, 60)
	ids := make(map[string]bool)
	last := 0
	for i := range 12 {
		copied := slices.Concat([]string{fmt.Sprint("name", i)}, text, prose(r, 8))
		seen := s.See(Sighting{Print: Near(copied), Sender: fmt.Sprint(i % 4), Now: noon})
		ids[seen.ID] = true
		last = seen.Counts[0].Copies
	}
	if last != 12 || len(ids) != 1 {
		t.Errorf("%d copies, prints %v", last, ids)
	}
}

func TestCountsAge(t *testing.T) {
	s, p := opened(t, func(*Options) {}), someText(1)
	see(s, p, "a", 0)
	see(s, p, "b", 30*time.Minute)
	expect(t, "within the hour", see(s, p, "c", 59*time.Minute), "3/3/2/1", "3/3/2/1")
	expect(t, "an hour and a sixth later", see(s, p, "c", 71*time.Minute), "3/2/1/2", "4/3/2/2")
	expect(t, "hours later", see(s, p, "d", 12*time.Hour), "1/1/0/1", "5/4/3/1")
	expect(t, "days later", see(s, p, "a", 80*time.Hour), "1/1/0/1", "1/1/0/1")
}

func TestAClockThatGoesBack(t *testing.T) {
	s, p := opened(t, func(*Options) {}), someText(1)
	see(s, p, "a", time.Hour)
	expect(t, "a second back", see(s, p, "b", time.Hour-time.Second), "2/2/1/1", "2/2/1/1")
	expect(t, "a day back", see(s, p, "c", -24*time.Hour), "3/3/2/1", "3/3/2/1")
	expect(t, "and on", see(s, p, "d", time.Hour), "4/4/3/1", "4/4/3/1")
}

// Within a window counts never fall, and no count is above what came.
func TestCountsAreMonotone(t *testing.T) {
	s := opened(t, func(*Options) {})
	r := rand.New(rand.NewPCG(5, 5))
	var texts [20]Print
	for i := range texts {
		texts[i] = someText(i)
	}
	var came [20]int
	var before [20]Count
	for at := time.Duration(0); at < time.Hour; at += 2 * time.Second {
		i := r.IntN(len(texts))
		came[i]++
		c := s.See(Sighting{Print: texts[i], Sender: fmt.Sprint(r.IntN(25)), Now: noon.Add(at)}).Counts[0]
		if c.Copies != came[i] || c.Senders < before[i].Senders || c.Senders > MaxSenders || c.Others > c.Copies {
			t.Fatalf("after %s: %+v, before %+v, %d came", at, c, before[i], came[i])
		}
		before[i] = c
	}
}

func TestSendersAreBounded(t *testing.T) {
	s, p := opened(t, func(*Options) {}), someText(1)
	for i := range MaxSenders {
		see(s, p, fmt.Sprint(i), time.Duration(i)*time.Second)
	}
	expect(t, "one of them", see(s, p, "0", time.Minute), "17/16/15/2", "17/16/15/2")
	expect(t, "one more", see(s, p, "more", 2*time.Minute), "18/16/16/1", "18/16/16/1")
}

// The same Message-ID of the same sender is the same message, as after a 4xx.
func TestAgainIsNoCopy(t *testing.T) {
	s := opened(t, func(*Options) {})
	copies := func(text int, sender, id string, after time.Duration) int {
		return s.See(Sighting{Print: someText(text), Sender: sender, Message: id, Now: noon.Add(after)}).Counts[1].Copies
	}
	for i, c := range []struct {
		text       int
		sender, id string
		after      time.Duration
		want       int
	}{
		{1, "a", "<1@x>", 0, 1},
		{1, "a", "<1@x>", time.Minute, 1},     // again
		{1, "b", "<1@x>", time.Minute, 2},     // of another sender
		{1, "a", "<2@x>", time.Minute, 3},     // another message
		{1, "a", "", time.Minute, 4},          // without a Message-ID each is one
		{1, "a", "", time.Minute, 5},          //
		{2, "a", "<1@x>", 2 * time.Minute, 1}, // another text
		{1, "a", "<1@x>", time.Hour, 5},       // again
		{1, "a", "<1@x>", 40 * time.Hour, 1},  // a day later it is one more, and the others are gone
	} {
		if got := copies(c.text, c.sender, c.id, c.after); got != c.want {
			t.Errorf("%d: %d copies, want %d", i, got, c.want)
		}
	}
}

// Whoever writes one Message-ID into all his mail is counted all the same.
func TestAgainTooOften(t *testing.T) {
	s := opened(t, func(*Options) {})
	for i := range 20 {
		want := max(1, i+1-maxRepeats)
		if got := s.See(Sighting{Print: someText(1), Sender: "a", Message: "<1@x>", Now: noon}).Counts[0].Copies; got != want {
			t.Fatalf("time %d: %d copies, want %d", i+1, got, want)
		}
	}
}

// A full store forgets what was seen once, then the longest idle, and never
// keeps more than it may.
func TestMemoryIsBounded(t *testing.T) {
	for _, prints := range []int{1, 2, 100, 1000} {
		s := opened(t, func(o *Options) { o.Prints = prints })
		campaign := someText(-1)
		for i := range 5 * prints {
			if i%10 == 0 && prints >= 100 {
				see(s, campaign, fmt.Sprint(i), time.Duration(i)*time.Second)
			}
			see(s, someText(i), "a", time.Duration(i)*time.Second)
			if got := s.Stats().Prints; got > prints {
				t.Fatalf("%d prints are kept, want at most %d", got, prints)
			}
		}
		if stats := s.Stats(); stats.Prints < prints-prints/minStripe || stats.Evicted == 0 {
			t.Errorf("of %d: %+v", prints, stats)
		}
		if prints < 100 {
			continue
		}
		if got := s.See(Sighting{Print: campaign, Sender: "b", Now: noon.Add(time.Duration(5*prints) * time.Second)}).Counts[1]; got.Copies != prints/2+1 {
			t.Errorf("of %d: the campaign has %d copies, want %d", prints, got.Copies, prints/2+1)
		}
	}
}

// The documentation says what a print takes: 168 bytes, and 288 more.
func TestBytesOfAPrint(t *testing.T) {
	const stated, more = 168, 288
	once := unsafe.Sizeof(kept{}) + unsafe.Sizeof((*tally)(nil)) + bands*unsafe.Sizeof(atomic.Uint32{}) + unsafe.Sizeof(atomic.Uint64{})
	if twice := unsafe.Sizeof(tally{}); once != stated || twice != more {
		t.Errorf("%d bytes, and %d more", once, twice)
	}
}

// What is aged is no loss.
func TestAgedPrintsAreNotEvicted(t *testing.T) {
	s := opened(t, func(o *Options) { o.Prints = 10 })
	for i := range 10 {
		see(s, someText(i), "a", 0)
		see(s, someText(i), "a", 0)
	}
	for i := range 10 {
		see(s, someText(100+i), "a", 29*time.Hour)
	}
	if stats := s.Stats(); stats.Evicted != 0 || stats.Prints != 10 {
		t.Errorf("%+v", stats)
	}
}

// Many at once lose no copy of the same text.
func TestConcurrentSightings(t *testing.T) {
	s := opened(t, func(o *Options) { o.Prints = 4096 })
	const workers, each = 8, 500
	var running sync.WaitGroup
	for w := range workers {
		running.Go(func() {
			for i := range each {
				see(s, someText(i%50), fmt.Sprint(w), time.Duration(i)*time.Millisecond)
				see(s, someText(1000+w*each+i), fmt.Sprint(w), time.Duration(i)*time.Millisecond)
				if i%100 == 0 {
					s.Stats()
				}
			}
		})
	}
	running.Wait()
	for i := range 50 {
		want := fmt.Sprintf("%d/%d/%d/1", workers*each/50+1, workers+1, workers*each/50+1-each/50)
		expect(t, fmt.Sprint("text ", i), see(s, someText(i), "late", time.Second), want, want)
	}
}

// benchPrints is how many prints the benchmarks keep.
const benchPrints = 1_000_000

// BenchmarkSee is a message that nobody has sent before, in a full store.
func BenchmarkSee(b *testing.B) {
	s, perPrint := full(b)
	r := rand.New(rand.NewPCG(9, 9))
	for b.Loop() {
		s.See(Sighting{Print: random(r), Sender: "ip:203.0.113.7", Message: "<1@example.net>", Now: noon})
	}
	b.ReportMetric(perPrint, "B/print")
}

// BenchmarkSnapshot writes a full store, as a stop does, and reads it again.
func BenchmarkSnapshot(b *testing.B) {
	s, _ := full(b)
	s.options.Path = filepath.Join(b.TempDir(), "campaigns")
	for b.Loop() {
		if err := s.save(true); err != nil {
			b.Fatal(err)
		}
	}
	begun := time.Now()
	if err := s.restore(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(time.Since(begun).Milliseconds()), "ms/restore")
	info, err := os.Stat(s.options.Path)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(info.Size())/benchPrints, "B/print")
}

// BenchmarkSeeCampaign is one copy after the other, on all processors.
func BenchmarkSeeCampaign(b *testing.B) {
	s, p := opened(b, func(*Options) {}), someText(1)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			s.See(Sighting{Print: p, Sender: "ip:203.0.113.7", Now: noon})
		}
	})
}

// random is a print like no other.
func random(r *rand.Rand) (p Print) {
	for i := range p {
		p[i] = uint16(r.Uint32())
	}
	return p
}

// full returns a store that has no room left, with one print of twenty seen
// twice, and the bytes that it takes for each.
func full(b *testing.B) (s *Store, perPrint float64) {
	before := heap()
	s = opened(b, func(o *Options) { o.Prints = benchPrints })
	r := rand.New(rand.NewPCG(1, 1))
	for i := range benchPrints {
		p := random(r)
		s.See(Sighting{Print: p, Sender: "a", Now: noon})
		if i%20 == 0 {
			s.See(Sighting{Print: p, Sender: "b", Now: noon})
		}
	}
	return s, float64(heap()-before) / benchPrints
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
