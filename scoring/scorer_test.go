package scoring

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sluice/policy/config"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
)

func TestOwnRulesInEachField(t *testing.T) {
	text := letter("From: Ann Author <ann@example.org>\nSubject: Minutes one\nX-Mailer: Mail two\n",
		"body three, https://www.example.org/four\n\nline five")
	withFile := attachment("seven.pdf", "application/pdf", "x")
	cases := []struct {
		name, field, pattern, text string
		want                       bool
	}{
		{"subject", "subject", "one$", text, true},
		{"subject alone", "subject", "three", text, false},
		{"from, name", "from", "^Ann Author", text, true},
		{"from, address", "from", "@example[.]org>", text, true},
		{"body", "body", "three", text, true},
		{"body, line", "body", "^line five$", text, true},
		{"body has no subject", "body", "one", text, false},
		{"url", "url", "^https://www[.]example[.]org/four$", text, true},
		{"url alone", "url", "three", text, false},
		{"attachment", "attachment", "^seven[.]pdf$", withFile, true},
		{"attachment alone", "attachment", "minutes", withFile, false},
		{"raw", "raw", "Content-Disposition: attachment", withFile, true},
		{"raw has no header", "raw", "Message-ID", withFile, false},
		{"header", "header:x-mailer", "^Mail two$", text, true},
		{"header alone", "header:X-Mailer", "one", text, false},
		{"header that is not", "header:X-Other", ".", text, false},
	}
	c := rulesOnly()
	for i, tt := range cases {
		c.Rules.Set(fmt.Sprintf("own-%d", i), RuleConfig{Field: tt.field, Pattern: tt.pattern, Points: 1})
	}
	s := compile(t, c)
	for i, tt := range cases {
		if r := scoreText(t, s, tt.text, Input{}); has(r, fmt.Sprintf("OWN_%d", i)) != tt.want {
			t.Errorf("%s: hits %+v, want %v", tt.name, r.Hits, tt.want)
		}
	}
}

func TestOwnRuleInItsSets(t *testing.T) {
	s := compile(t, withRule(func(r *RuleConfig) { r.Pattern, r.Sets = "minutes", []string{"direct", "authenticated"} }))
	for set, want := range map[Set]float64{Direct: 1, Relayed: 0, Authenticated: 1} {
		if r := scoreText(t, s, letter("", prose), Input{Set: set}); r.Score != want || r.Set != set {
			t.Errorf("%s: %+v, want %v", set, r, want)
		}
	}
}

func TestNoteOfOwnRule(t *testing.T) {
	for note, want := range map[string]string{"": "minutes", "wave of May": "wave of May: minutes"} {
		s := compile(t, withRule(func(r *RuleConfig) { r.Pattern, r.Note = "minutes", note }))
		if h, _ := scoreText(t, s, letter("", prose), Input{}).hit("CASINO"); h.Note != want {
			t.Errorf("note %q, want %q", h.Note, want)
		}
	}
}

func TestObservedHitsDoNotCount(t *testing.T) {
	c := withRule(func(r *RuleConfig) { r.Pattern, r.Observe = "minutes", true })
	c.Scoring.Observe = []string{"SUBJECT_FALSE_REPLY"}
	r := scoreText(t, compile(t, c), letter("Subject: Re: minutes\n-To", prose), Input{})
	want := []Hit{
		{Rule: "CASINO", Points: 1, Note: "minutes", Observe: true},
		{Rule: "SUBJECT_FALSE_REPLY", Points: 0.3, Observe: true},
		{Rule: "TO_MISSING", Points: 0.3},
	}
	if diff := cmp.Diff(want, r.Hits); diff != "" || r.Score != 0.3 {
		t.Errorf("score %v (-want +got):\n%s", r.Score, diff)
	}
}

func TestPointsOfBuiltinRules(t *testing.T) {
	for points, want := range map[float64]float64{0.25: 0.25, -1: -1, 0: 0, maxPoints: maxPoints} {
		s := *withDefaults(t)
		var ps config.Problems
		s.checks = builtinChecks(ViewConfig{Points: map[string]float64{"TO_MISSING": points}}, &ps)
		r := scoreText(t, &s, letter("-To", prose), Input{Set: Relayed})
		if r.Score != want || has(r, "TO_MISSING") != (points != 0) {
			t.Errorf("points %v: score %v, hits %+v", points, r.Score, r.Hits)
		}
	}
}

func TestHitsAreSortedAndAddedUp(t *testing.T) {
	r := Report{Hits: []Hit{{Rule: "B", Points: 0.1}, {Rule: "A", Points: 0.1}, {Rule: "D", Points: -3}, {Rule: "C", Points: 2.004}}}
	r.finish()
	var names []string
	for _, h := range r.Hits {
		names = append(names, h.Rule)
	}
	if diff := cmp.Diff([]string{"D", "C", "A", "B"}, names); diff != "" || r.Score != -0.8 {
		t.Errorf("score %v (-want +got):\n%s", r.Score, diff)
	}
	zero := Report{Hits: []Hit{{Rule: "A", Points: -0.001}}}
	zero.finish()
	if math.Signbit(zero.Score) {
		t.Errorf("score %v", zero.Score)
	}
}

func TestNotesAreFitForAHeader(t *testing.T) {
	for note, want := range map[string]string{
		"":                                "",
		" a \r\n\tb\x00c ":                "a b?c",
		"Grüße\u202e":                     "Gr??e?",
		"bad \xff utf-8":                  "bad ? utf-8",
		strings.Repeat("a", maxNote):      strings.Repeat("a", maxNote),
		strings.Repeat("a", maxNote+1):    strings.Repeat("a", maxNote-3) + "...",
		strings.Repeat("ü", 10_000):       strings.Repeat("?", maxNote-3) + "...",
		strings.Repeat(" \n", 1000) + "x": "",
	} {
		if got := cleanNote(note); got != want {
			t.Errorf("%.20q: %q, want %q", note, got, want)
		}
	}
}

func TestFullViewIsSaid(t *testing.T) {
	s := withDefaults(t)
	for size, want := range map[int64]bool{int64(len(prose)) + 1: false, int64(len(prose)): true} {
		m, err := ReadMessage(strings.NewReader(letter("", prose)), size)
		if err != nil {
			t.Fatal(err)
		}
		r, _ := s.Score(t.Context(), m, Input{Set: Relayed})
		if got := slices.Contains(r.Skipped, Skip{"view", "limit"}); got != want {
			t.Errorf("%d bytes: skipped %v", size, r.Skipped)
		}
	}
}

func TestReportIsTheSameEachTime(t *testing.T) {
	s := withDefaults(t)
	text := letter("-Date\n-To\nSubject: RE: YOUR ACCOUNT IS WAITING", harvestMany+fortuneMany+" http://203.0.113.7/")
	first := scoreText(t, s, text, Input{})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			m, _ := ReadMessage(strings.NewReader(text), 1<<20)
			again, _ := s.Score(context.Background(), m, Input{Set: Direct, Now: now})
			if diff := cmp.Diff(first, again); diff != "" {
				t.Errorf("(-first +again):\n%s", diff)
			}
		})
	}
	all.Wait()
}

// blocklistServer is a DNS server on loopback that lists everything, counting
// the questions.
func blocklistServer(t *testing.T) (addr string, asked *atomic.Int64) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked = new(atomic.Int64)
	started, done := make(chan struct{}), make(chan struct{})
	server := &dns.Server{PacketConn: conn, NotifyStartedFunc: func() { close(started) }}
	server.Handler = dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		asked.Add(1)
		r := new(dns.Msg).SetReply(q)
		if strings.HasSuffix(q.Question[0].Name, ".refusing.test.") {
			r.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60}, A: net.IPv4(127, 255, 255, 254)}}
		} else {
			r.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60}, A: net.IPv4(127, 0, 0, 10)}}
		}
		w.WriteMsg(r)
	})
	go func() {
		server.ActivateAndServe()
		close(done)
	}()
	<-started
	t.Cleanup(func() {
		server.Shutdown()
		<-done
	})
	return conn.LocalAddr().String(), asked
}

func TestReputation(t *testing.T) {
	server, asked := blocklistServer(t)
	s := compile(t, with(func(c *Config) {
		c.Resolver.Servers = []string{server}
		c.Resolver.Timeout = config.Duration(30 * time.Second)
		c.Scoring.Timeout = config.Duration(30 * time.Second)
		c.Blocklists.Set("pbl", BlocklistConfig{Zone: "pbl.test", Points: 1, Answers: map[string]float64{"127.0.0.10": 2.5}})
		c.Blocklists.Set("watched", BlocklistConfig{Zone: "watched.test", Points: 4, Observe: true})
		c.Blocklists.Set("closed", BlocklistConfig{Zone: "refusing.test", Points: 4})
		c.Lists.Set("friends", LocalListConfig{Clients: []string{"203.0.113.0/24"}, Points: -1})
		c.Lists.Set("others", LocalListConfig{Clients: []string{"198.51.100.0/24"}, Points: 7})
	}))
	client := netip.MustParseAddr("203.0.113.7")
	counted := []Hit{
		{"BLOCKLIST_WATCHED", 4, "127.0.0.10 from watched.test", true},
		{"BLOCKLIST_PBL", 2.5, "127.0.0.10 from pbl.test", false},
		{"REPUTATION_FRIENDS", -1, "203.0.113.0/24", false},
	}
	refused := []Skip{{"blocklist closed", "error"}}
	for _, tt := range []struct {
		name    string
		in      Input
		score   float64
		hits    []Hit
		skipped []Skip
		asked   int64 // questions so far
	}{
		{"relayed", Input{Set: Relayed, Reputation: false, Client: client}, 0, nil, []Skip{{"reputation", "policy"}}, 0},
		{"relayed, policy with reputation", Input{Set: Relayed, Reputation: true, Client: client}, 0, nil, []Skip{{"reputation", "set"}}, 0},
		{"authenticated", Input{Set: Authenticated, Reputation: true, Client: client}, 0, nil, []Skip{{"reputation", "set"}}, 0},
		{"direct, policy without", Input{Set: Direct, Reputation: false, Client: client}, 0, nil, []Skip{{"reputation", "policy"}}, 0},
		{"no client address", Input{Set: Direct, Reputation: true}, 0, nil, []Skip{{"reputation", "no-address"}}, 0},
		{"direct", Input{Set: Direct, Reputation: true, Client: client}, 1.5, counted, refused, 3},
		{"direct again, from the cache", Input{Set: Direct, Reputation: true, Client: client}, 1.5, counted, refused, 3},
		{"relayed afterwards", Input{Set: Relayed, Client: client}, 0, nil, []Skip{{"reputation", "policy"}}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := scoreText(t, s, letter("", prose), tt.in)
			if diff := cmp.Diff(tt.hits, r.Hits); diff != "" || r.Score != tt.score {
				t.Errorf("score %v, want %v; hits (-want +got):\n%s", r.Score, tt.score, diff)
			}
			if diff := cmp.Diff(tt.skipped, r.Skipped); diff != "" {
				t.Errorf("skipped (-want +got):\n%s", diff)
			}
			if got := asked.Load(); got != tt.asked {
				t.Errorf("%d questions, want %d", got, tt.asked)
			}
		})
	}
}

func TestReputationWithoutLists(t *testing.T) {
	in := Input{Set: Direct, Reputation: true, Client: netip.MustParseAddr("203.0.113.7")}
	r := scoreText(t, withDefaults(t), letter("", prose), in)
	if diff := cmp.Diff([]Skip{{"reputation", "not-configured"}}, r.Skipped); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// clamd answers each scan with the given text and returns its address; with an
// empty one it reads and does not answer.
func clamd(t *testing.T, reply string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clamd")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() {
				defer conn.Close()
				if reply != "" {
					readUntil(conn, "\x00\x00\x00\x00")
					io.WriteString(conn, reply)
					return
				}
				io.Copy(io.Discard, conn)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		open.Wait()
	})
	return "unix:" + path
}

func readUntil(r io.Reader, end string) {
	var got []byte
	buf := make([]byte, 4096)
	for !bytes.HasSuffix(got, []byte(end)) {
		n, err := r.Read(buf)
		if err != nil {
			return
		}
		got = append(got, buf[:n]...)
	}
}

func TestClamav(t *testing.T) {
	infected := []Hit{{Rule: "CLAMAV", Points: 20, Note: "Test-Signature"}}
	for name, tt := range map[string]struct {
		reply, onFailure string
		maxSize          int64
		timeout          time.Duration
		hits             []Hit
		why              string
		fails            bool
	}{
		"clean":                  {"stream: OK\x00", "fail", 1 << 20, time.Minute, nil, "", false},
		"infected":               {"stream: Test-Signature FOUND\x00", "fail", 1 << 20, time.Minute, infected, "", false},
		"failure, skipped":       {"oops ERROR\x00", "skip", 1 << 20, time.Minute, nil, "error", false},
		"failure, ours":          {"oops ERROR\x00", "fail", 1 << 20, time.Minute, nil, "error", true},
		"too late, skipped":      {"", "skip", 1 << 20, 10 * time.Millisecond, nil, "deadline", false},
		"too late, ours":         {"", "fail", 1 << 20, 10 * time.Millisecond, nil, "deadline", true},
		"too large for us":       {"stream: Test-Signature FOUND\x00", "fail", 10, time.Minute, nil, "size", false},
		"too large for clamd":    {"INSTREAM size limit exceeded. ERROR\x00", "fail", 1 << 20, time.Minute, nil, "size", false},
		"skipped, not an accept": {"\x00", "skip", 1 << 20, time.Minute, nil, "error", false},
	} {
		t.Run(name, func(t *testing.T) {
			s, ps := *withDefaults(t), new(config.Problems)
			s.timeout = time.Minute
			s.compileClamav(ClamavConfig{
				Address: clamd(t, tt.reply), OnFailure: tt.onFailure, Points: 20,
				MaxSize: config.Size(tt.maxSize), Timeout: config.Duration(tt.timeout),
			}, ps)
			if ps.Failed() {
				t.Fatal(ps.All())
			}
			m, err := ReadMessage(strings.NewReader(letter("", prose)), 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			r, err := s.Score(t.Context(), m, Input{Set: Relayed})
			if (err != nil) != tt.fails {
				t.Errorf("error %v, want one: %v", err, tt.fails)
			}
			if diff := cmp.Diff(tt.hits, r.Hits); diff != "" {
				t.Errorf("hits (-want +got):\n%s", diff)
			}
			want := []Skip{{"reputation", "policy"}}
			if tt.why != "" {
				want = append(want, Skip{"clamav", tt.why})
			}
			if diff := cmp.Diff(want, r.Skipped); diff != "" {
				t.Errorf("skipped (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPanicOfACheckIsAFailure(t *testing.T) {
	for _, fail := range []bool{false, true} {
		var out bytes.Buffer
		s := *withDefaults(t)
		s.log = slog.New(slog.NewTextHandler(&out, nil))
		s.clamav = &scanner{maxSize: 1 << 20, fail: fail} // without a client
		m, err := ReadMessage(strings.NewReader(letter("-To", prose)), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Score(t.Context(), m, Input{Set: Relayed})
		if (err != nil) != fail {
			t.Errorf("error %v, want one: %v", err, fail)
		}
		if !has(r, "TO_MISSING") || !slices.Contains(r.Skipped, Skip{"clamav", "error"}) {
			t.Errorf("hits %v, skipped %v", r.Hits, r.Skipped)
		}
		if !strings.Contains(out.String(), "ask.go") {
			t.Errorf("no stack in the log:\n%s", out.String())
		}
	}
}

func TestMessageOfWhichAPartIsMissingIsNotScanned(t *testing.T) {
	s := compile(t, with(func(c *Config) {
		c.Clamav.Address, c.Clamav.OnFailure = "unix:"+t.TempDir()+"/nothing", "fail"
	}))
	m, err := ReadMessage(strings.NewReader(letter("", prose)), 10)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Score(t.Context(), m, Input{})
	if err != nil || !slices.Contains(r.Skipped, Skip{"clamav", "size"}) {
		t.Errorf("error %v, skipped %v", err, r.Skipped)
	}
}

// clamd gets what the rules do not see.
func TestClamdGetsMoreThanTheView(t *testing.T) {
	s := compile(t, with(func(c *Config) {
		c.Rules.Set("beyond", RuleConfig{Field: "raw", Pattern: "beyond", Points: 1})
		c.Clamav.Address = clamd(t, "stream: Test-Signature FOUND\x00")
		c.Clamav.MaxSize = 4000
	}))
	text := letter("", prose+" beyond")
	for name, tt := range map[string]struct {
		keep    int64
		scanned bool
	}{
		"the whole":         {s.Keep(), true},
		"but for one byte":  {int64(len(prose+" beyond")) - 1, false},
		"no more than view": {0, false},
	} {
		m := NewMessage(int64(len(prose)))
		m.Keep(tt.keep)
		if err := m.Read(strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
		r, err := s.Score(t.Context(), m, Input{Set: Relayed})
		if err != nil || has(r, "BEYOND") || strings.Contains(m.Text(), "beyond") {
			t.Errorf("%s: error %v, hits %v, text %q", name, err, r.Hits, m.Text())
		}
		if !slices.Contains(r.Skipped, Skip{"view", "limit"}) || !m.Truncated() {
			t.Errorf("%s: skipped %v", name, r.Skipped)
		}
		if has(r, "CLAMAV") != tt.scanned || slices.Contains(r.Skipped, Skip{"clamav", "size"}) == tt.scanned {
			t.Errorf("%s: hits %v, skipped %v", name, r.Hits, r.Skipped)
		}
	}
}

func TestNothingIsKeptWithoutClamd(t *testing.T) {
	if got := withDefaults(t).Keep(); got != 0 {
		t.Errorf("%d bytes", got)
	}
}

func TestMessageAsItTravels(t *testing.T) {
	m := NewMessage(100)
	m.AddHeader("Subject", " folded\n\tline")
	m.AddHeader("To", "bob@example.net")
	m.AddHeader("Cc", "  ann@example.net ")
	m.AddHeader("X-Empty", "")
	m.Write([]byte("body\r\n"))
	got, err := io.ReadAll(reader(m))
	want := "Subject: folded\r\n\tline\r\nTo:bob@example.net\r\nCc:  ann@example.net \r\nX-Empty:\r\n\r\nbody\r\n"
	if string(got) != want || err != nil {
		t.Errorf("%q, error %v; want %q", got, err, want)
	}
}

// BenchmarkScore reads a message and scores it with everything that looks at
// content.
func BenchmarkScore(b *testing.B) {
	s := compile(b, Default())
	row := `<tr><td><a href="https://shop.example.org/p?id=17"><img src="https://cdn.example.org/i.png"></a></td><td>` + prose + `</td></tr>`
	for name, text := range map[string]string{
		"text-4k":       letter("", strings.Repeat(prose+"\n", 16)),
		"text-1M":       letter("", strings.Repeat(prose+"\n", 4000)),
		"html-40k":      page("<table>" + strings.Repeat(row, 110) + "</table>"),
		"attachment-1M": attachment("minutes.pdf", "application/pdf", strings.Repeat("\x00\x01\x02PDF", 131_072)),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				m, err := ReadMessage(strings.NewReader(text), 4<<20)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := s.Score(b.Context(), m, Input{Set: Relayed, Now: now}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkHostileScore scores a megabyte of what takes longest. Whatever a
// sender sends, a message takes less than a quarter of a second.
func BenchmarkHostileScore(b *testing.B) {
	s := compile(b, Default())
	fill := func(piece string) string { return strings.Repeat(piece, 1_000_000/len(piece)) }
	bounce := "From: MAILER-DAEMON@mx.example.org\nSubject: Undelivered mail\n"
	for name, text := range map[string]string{
		"one letter":      letter("", fill("a ")),
		"struck out":      letter("", fill("e\u0336\u0334 ")),
		"look-alikes":     letter("", fill("p\u0430yp\u0430l ")),
		"ideographs":      letter("", fill("当前邮箱系统升级请点击链接完成备案")),
		"all topics":      letter("", fill("your account will be closed within 24 hours click here to verify your password ")),
		"mailboxes":       letter("", fill("someone.else@gmail.com ")),
		"dashes":          letter(bounce, fill("- = * _ > \n")),
		"quoted messages": letter(bounce, fill("> > > the original message was received\n")),
		"open links":      page(fill(`<div style="color:red"><a href="http://x.example/">t</a>`)),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				m, err := ReadMessage(strings.NewReader(text), 1<<20)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := s.Score(b.Context(), m, Input{Set: Relayed, Now: now}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
