package standing

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// memoryKeeper keeps rows as long as the test lasts.
type memoryKeeper struct {
	rows    map[string][]byte
	changes []Change
	saves   int
	fail    error
}

func (k *memoryKeeper) Load(each func(Row) error) error {
	for key, data := range k.rows {
		if err := each(Row{key, data}); err != nil {
			return err
		}
	}
	return nil
}

func (k *memoryKeeper) Save(rows []Row, changes []Change) error {
	if k.fail != nil {
		return k.fail
	}
	if k.rows == nil {
		k.rows = make(map[string][]byte)
	}
	for _, r := range rows {
		if k.rows[r.Sender] = r.Data; r.Data == nil {
			delete(k.rows, r.Sender)
		}
	}
	k.changes = append(k.changes, changes...)
	k.saves++
	return nil
}

func keptBook() *Book {
	r := testRules()
	return NewBook(Options{Kept: true, Rules: func(string) *Rules { return r }})
}

// Everything that is known of a sender is kept.
func TestASenderSurvives(t *testing.T) {
	r := testRules()
	for k := range r.Weights {
		r.Weights[k] = mustWeight("1 per 2/1d")
	}
	b := keptBook()
	now := day0
	for i := range 40 {
		now = now.Add(7 * time.Hour)
		b.Note(r, host, Event{
			Time: now, Ref: "7F3K9QX2", Policy: "home", Group: "homes", Client: netip.MustParseAddr("203.0.113.7"),
			Judged: true, Spam: i%9 == 0, Deferred: i%18 == 0, From: strings.Repeat("a", i), Domains: []string{"d"}, Rcpts: []string{"r", strings.Repeat("b", i)}, Total: 2 + i,
			Helo: "h", Network: "n", Unknown: i, Limited: true, Bounces: 1,
		})
	}
	k := new(memoryKeeper)
	if err := b.Save(k, []Change{{Sender: host}}); err != nil {
		t.Fatal(err)
	}
	again := keptBook()
	if n, err := again.Restore(k); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	want, got := b.shard(host).senders[host], again.shard(host).senders[host]
	if want.known == nil || len(want.windows) < 5 || len(want.marks) < 5 || want.usage.days == (usage{}).days {
		t.Fatalf("the sender has too little to lose: %+v", want)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(sender{}, mark{}, window{}, item{}, usage{}), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

// Only what has changed is written, and what could not be written is written later.
func TestOnlyChangesAreSaved(t *testing.T) {
	r, b, k := testRules(), keptBook(), new(memoryKeeper)
	b.Note(r, host, Event{Time: day0, Judged: true})
	k.fail = errors.New("disk full")
	if err := b.Save(k, nil); !errors.Is(err, k.fail) {
		t.Error(err)
	}
	k.fail = nil
	for range 3 {
		if err := b.Save(k, nil); err != nil {
			t.Error(err)
		}
	}
	if k.saves != 1 || len(k.rows) != 1 {
		t.Errorf("%d saves, %d rows", k.saves, len(k.rows))
	}
	b.Look(r, host, day0)
	b.Save(k, nil)
	if k.saves != 1 {
		t.Error("a look was saved")
	}
	b.Reset(host, Act{At: day0})
	b.Save(k, nil)
	if len(k.rows) != 0 {
		t.Error("a sender that was reset is kept")
	}
}

// One sender that cannot be read does not cost the others.
func TestADamagedSenderIsLeftOut(t *testing.T) {
	r, b, k := testRules(), keptBook(), new(memoryKeeper)
	b.Note(r, host, Event{Time: day0, Judged: true})
	b.Save(k, nil)
	for _, bad := range []string{"", "{", `{"stage":"none"}`, `{"known":"AAAA"}`, `{"days":"?"}`, `{"marks":[{"kind":"none"}]}`, `{"items":[` + strings.Repeat("{},", maxItems) + `{}]}`} {
		k.rows["ip:192.0.2.1"] = []byte(bad)
		again := keptBook()
		n, err := again.Restore(k)
		if n != 1 || err == nil || !strings.Contains(err.Error(), "192.0.2.1") {
			t.Errorf("%s: %d senders, %v", bad, n, err)
		}
	}
}

func TestAFailingKeeperCostsNoMemory(t *testing.T) {
	r := testRules()
	b := NewBook(Options{Kept: true, Capacity: shardCount})
	for i := range 100 * shardCount {
		b.Note(r, strings.Repeat("x", i%1000)+string(rune('a'+i%26)), Event{Time: day0, Judged: true})
	}
	for i := range b.shards {
		if n := len(b.shards[i].changed); n > 2 {
			t.Fatalf("%d changes wait for a keeper", n)
		}
	}
}

func FuzzDecodeSender(f *testing.F) {
	r, b, k := testRules(), keptBook(), new(memoryKeeper)
	for i := range 8 {
		b.Note(r, host, Event{Time: day0, Judged: true, Spam: i%2 == 0, Rcpts: []string{"a"}, Helo: "h"})
	}
	b.Save(k, nil)
	f.Add(k.rows[host])
	f.Add([]byte(`{"stage":"blocked","marks":[{"kind":"spam","points":1e30,"at":-1}],"seen":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := decodeSender(data)
		if err != nil {
			return
		}
		s.age(r, day0.Unix())
		s.note(r, &Event{Time: day0, Judged: true, Spam: true, From: "a", Helo: "b", Rcpts: []string{"c"}})
		if _, err := s.encode(); err != nil {
			t.Fatal(err)
		}
	})
}
