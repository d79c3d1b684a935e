package filter

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sluice/filter/wire"
	"sluice/policy/breaker"
	"sluice/policy/exception"
	"sluice/policy/standing"
)

// guarded is a fixture with a circuit breaker, after a window in which a hundred
// senders with a history were let through.
func guarded(t *testing.T, toml string) *fixture {
	f := newFixture(t, toml)
	f.server.Breaker = breaker.NewBoard(breaker.Default(), nil)
	for i := range 100 {
		key := fmt.Sprint("ip:203.0.113.", i)
		f.yesterday(key)
		f.server.Breaker.Of("home").Seen(f.now, key)
	}
	f.now = f.now.Add(10 * time.Minute)
	return f
}

// yesterday has a sender have sent a message the day before.
func (f *fixture) yesterday(key string) {
	f.server.Book.Note(f.server.Rules().Policy.Flow("home").Standing, key, standing.Event{
		Time: f.now.Add(-24 * time.Hour), Policy: "home", Judged: true, From: "a@example.net", Rcpts: []string{"y@example.org"}, Total: 1,
	})
}

// wave has so many senders send a message each, and counts those that get through.
func (f *fixture) wave(senders int) (through int) {
	for i := range senders {
		p := f.open()
		if reply := p.connectFrom(fmt.Sprint("203.0.113.", i)); reply.Action == wire.Continue && p.send("a@example.net", fmt.Sprintf("x%d@example.org", len(f.records))).Action == wire.Accept {
			through++
		}
		p.Close()
	}
	return through
}

// A list that lists everybody refuses a fifth of the senders. Then mail flows, and the
// record says why; after an hour the list is tried again, and after a reload.
func TestARuleThatHitsEverybodyFallsBack(t *testing.T) {
	f := guarded(t, someGroups)
	f.scorer.score = 20
	if through := f.wave(50); through != 50-19 {
		t.Errorf("%d of 50 got through", through)
	}
	got := f.last()
	if got.Applied != "accept" || got.Verdict.Action != "accept" || len(got.Breaker) != 1 || got.Breaker[0].Cause != "score TEST" || got.Breaker[0].Action != "reject" {
		t.Errorf("%s, %+v, %v", got.Applied, got.Verdict, got.Breaker)
	}
	if got.Score != 0 || !got.Hits[0].Observe || len(got.Evidence) != 0 {
		t.Errorf("it still counts: %v, %+v, %+v", got.Score, got.Hits, got.Evidence)
	}
	var text strings.Builder
	if err := got.Explain(&text); err != nil || !strings.Contains(text.String(), "\nFallen back score TEST: it would have been reject, but") {
		t.Error(text.String(), err)
	}
	f.now = f.now.Add(59 * time.Minute)
	if through := f.wave(1); through != 1 {
		t.Error("it does not last")
	}
	f.now = f.now.Add(time.Minute)
	if through := f.wave(1); through != 0 {
		t.Error("it is not tried again")
	}
	if through := f.wave(50); through != 50-19 {
		t.Errorf("on trial, %d of 50 got through", through)
	}
	f.server.Breaker.Use(breaker.Default(), []string{"home"})
	if through := f.wave(1); through != 0 {
		t.Error("a reload does not close it")
	}
}

// What is spam without the rule that has fallen back is still refused, by the others.
func TestOtherRulesGoOn(t *testing.T) {
	f := guarded(t, someGroups)
	f.scorer.score = 20
	f.wave(50)
	f.scorer.more = 13
	if through := f.wave(5); through != 0 {
		t.Errorf("%d got through", through)
	}
	if got := f.last(); got.Score != 13 || got.Verdict.Action != "reject" || len(got.Breaker) != 1 {
		t.Errorf("%+v, %v", got.Verdict, got.Breaker)
	}
}

// A rule that tags everybody is not held against anybody any more, before it has
// everybody blocked.
func TestAListThatTagsEverybodyBlocksNobody(t *testing.T) {
	f := guarded(t, someGroups)
	f.scorer.score = 5
	for range 10 {
		f.wave(60)
	}
	got := f.last()
	if got.Applied != "accept" || len(got.Breaker) != 1 || got.Breaker[0].Action != "tag" || len(got.Evidence) != 0 {
		t.Errorf("%s, %v, %+v", got.Applied, got.Breaker, got.Evidence)
	}
	if stages, _ := f.server.Book.Count(); stages[standing.Blocked] != 0 || stages[standing.Clean] < 19 {
		t.Errorf("%v", stages)
	}
}

// Each cause by itself: which it is, and from whom on it does nothing.
func TestCauses(t *testing.T) {
	for _, c := range []struct {
		cause, toml, from string
		prepare           func(*fixture)
		through           int // of 50
	}{
		{cause: "access home", toml: "access = \"reject\"\n", through: 31},
		{cause: "access home", toml: "access = \"reject\"\ndelay_reject = true\n", through: 31},
		{cause: "null-sender", toml: "null_sender = \"reject\"\n", from: "<>", through: 31},
		{cause: "null-sender", toml: "null_sender = \"reports\"\n", from: "<>", through: 31},
		{cause: "limit connections-1h", toml: "connections = \"1/1h\"\n", prepare: func(f *fixture) { f.wave(50) }, through: 31},
		{cause: "limit messages-1h", toml: "messages = \"1/1h\"\n", prepare: func(f *fixture) { f.wave(50) }, through: 31},
		{cause: "limit bytes-1h", toml: "bytes = \"1/1h\"\n", through: 31},
		{cause: "standing", prepare: func(f *fixture) {
			for i := range 50 {
				f.virusesOf(fmt.Sprint("ip:203.0.113.", i))
			}
		}, through: 31},
		{cause: "", toml: "max_message_size = 1\n"},
		{cause: "", toml: "mode = \"observe\"\naccess = \"reject\"\n", through: 50},
		{cause: "", toml: "limits = [\"all\"]\n[limit.all]\ncount = \"messages\"\nper = \"group\"\nrate = \"1/1h\"\n", through: 1},
		{cause: "", prepare: func(f *fixture) {
			for i := range 50 {
				f.block(fmt.Sprint("ip:203.0.113.", i))
			}
		}},
	} {
		t.Run(c.cause+strings.TrimSpace(c.toml), func(t *testing.T) {
			f := guarded(t, someGroups+c.toml)
			if c.prepare != nil {
				c.prepare(f)
			}
			through := 0
			for i := range 50 {
				p := f.open()
				p.connectFrom(fmt.Sprint("203.0.113.", i))
				from := "a@example.net"
				if c.from == "<>" {
					from = ""
				}
				if p.mail(from).Action == wire.Continue && p.rcpt("x@example.org").Action == wire.Continue && p.finish().Action == wire.Accept {
					through++
				}
				p.Close()
			}
			var open string
			for _, trip := range f.server.Breaker.Open(f.now) {
				open = string(trip.Cause)
			}
			if open != c.cause || through != c.through {
				t.Errorf("%q has fallen back, %d got through", open, through)
			}
			noted := 0
			for _, r := range f.records {
				if len(r.Breaker) == 1 && r.Breaker[0].Cause == c.cause && r.Applied == "accept" {
					noted++
				}
			}
			if c.cause != "" && noted != c.through {
				t.Errorf("%d records say so", noted)
			}
		})
	}
}

// Senders that are excepted are refused nothing, and trip nothing.
func TestExceptionsDoNotTrip(t *testing.T) {
	f := guarded(t, someGroups)
	list, err := exception.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	f.server.Exceptions = list
	if _, err := list.Add(exception.Exception{Subject: "203.0.113.0/24", Scope: exception.Content, Owner: "o", Reason: "r"}, f.now); err != nil {
		t.Fatal(err)
	}
	f.scorer.score = 20
	if through := f.wave(60); through != 60 || f.server.Breaker.Trips() != 0 {
		t.Errorf("%d got through, %d trips", through, f.server.Breaker.Trips())
	}
}

// With an infected tenth of the senders nothing trips, and they are contained.
func TestAnOutbreakIsContained(t *testing.T) {
	f := guarded(t, someGroups)
	f.scorer.score = 5
	for range 8 {
		f.wave(18)
	}
	if stages, _ := f.server.Book.Count(); stages[standing.Blocked] != 18 || f.server.Breaker.Trips() != 0 {
		t.Errorf("%v, %d trips", stages, f.server.Breaker.Trips())
	}
}

// virusesOf has a sender blocked, and not for spam.
func (f *fixture) virusesOf(key string) {
	flow := f.server.Rules().Policy.Flow("home")
	for i := range 8 {
		f.server.Book.Note(flow.Standing, key, standing.Event{
			Time: f.now, Policy: "home", Judged: true, Virus: true, From: "a@example.net", Rcpts: []string{fmt.Sprint(i)}, Total: 1,
		})
	}
	if s := f.server.Book.Look(flow.Standing, key, f.now); !flow.Standing.Refuses(s.Stage) {
		f.Fatalf("%s is %s", key, s.Stage)
	}
}
