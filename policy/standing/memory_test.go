package standing

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// subscriber is rules like the built-in ones: all kinds that honest mail may touch.
func subscriber() *Rules {
	r := testRules()
	for kind, text := range map[Kind]string{
		UnknownRecipients: "2 per 25/1h share=20%", EnvelopeSenders: "0.5 per 10/1h", SenderDomains: "1 per 8/1h share=30%",
		NewRecipients: "0.5 per 500/1d", NullSenders: "0.5 per 30/1h", Helos: "0.5 per 5/1d", Burst: "1 per 100/1d", Limits: "0.5 per 10/1h",
	} {
		r.Weights[kind] = mustWeight(text)
	}
	return r
}

// write notes messages of a sender, each to two recipients.
func write(b *Book, r *Rules, key string, messages int, spam bool) {
	for m := range messages {
		b.Note(r, key, Event{
			Time: day0.Add(time.Duration(m) * time.Minute), Ref: fmt.Sprintf("%08d", m), Policy: "home", Group: "home",
			Judged: true, Spam: spam, From: "a@example.net", Domains: []string{"example.net"}, Helo: "pc",
			Rcpts: []string{fmt.Sprint(m, "@example.org"), fmt.Sprint(m, "@example.com")}, Total: 2,
		})
	}
}

// BenchmarkMemory reports what a sender takes, in bytes.
func BenchmarkMemory(b *testing.B) {
	for _, c := range []struct {
		name     string
		messages int
		spam     bool
	}{{"one message", 1, false}, {"ten messages", 10, false}, {"forty of spam", 40, true}} {
		b.Run(c.name, func(b *testing.B) {
			const senders = 20_000
			r := subscriber()
			for b.Loop() {
				before := heap()
				book := NewBook(Options{})
				for i := range senders {
					write(book, r, fmt.Sprintf("ip:203.%d.%d.%d", i>>16, i>>8&255, i&255), c.messages, c.spam)
				}
				b.ReportMetric(float64(heap()-before)/senders, "B/sender")
				runtime.KeepAlive(book)
			}
		})
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// What a sender takes is bounded, whatever it does.
func TestASenderIsBounded(t *testing.T) {
	r := subscriber()
	for k := range r.Weights {
		if r.Weights[k].Points == 0 {
			r.Weights[k] = mustWeight("0.01 per 16777216/1d")
		}
		if r.Weights[k].Per > 0 {
			r.Weights[k].Count = maxCount
		}
	}
	b := NewBook(Options{})
	for i := range 20_000 {
		v := fmt.Sprint(i, "@", i, ".example")
		b.Note(r, host, Event{
			Time: day0.Add(time.Duration(i) * time.Second), Ref: fmt.Sprintf("%08d", i), Judged: true, Spam: true, Virus: true, Outbreak: true, Foreign: true,
			From: v, Domains: []string{v}, Helo: v, Network: v, Rcpts: []string{v}, Total: 1, Unknown: 1, Bounces: 1, Complaints: 1, Limited: true,
		})
	}
	s := b.shard(host).senders[host]
	if len(s.items) > maxItems || len(s.marks) > Kinds || len(s.windows) > Kinds {
		t.Errorf("%d items, %d marks, %d windows", len(s.items), len(s.marks), len(s.windows))
	}
	for _, w := range s.windows {
		if len(w.values) > maxValues {
			t.Errorf("%d values of %v", len(w.values), w.kind)
		}
	}
}

func BenchmarkNote(b *testing.B) {
	r, book := subscriber(), NewBook(Options{})
	e := Event{Time: day0, Ref: "7F3K9QX2", Policy: "home", Group: "home", Judged: true, From: "a@example.net", Domains: []string{"example.net"}, Helo: "pc", Rcpts: []string{"b@example.org"}, Total: 1}
	b.ReportAllocs()
	for b.Loop() {
		book.Look(r, host, day0)
		book.Note(r, host, e)
	}
}
