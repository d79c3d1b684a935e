package exception

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/policy/config"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func list(t *testing.T, path string) *List {
	t.Helper()
	l, err := Open(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func add(t *testing.T, l *List, subject, scope string, factor int) Exception {
	t.Helper()
	e, err := l.Add(Exception{Subject: subject, Scope: scope, Factor: factor, Owner: "anna", Reason: "test"}, noon)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestParseSubject(t *testing.T) {
	for text, want := range map[string]string{
		"203.0.113.7": "ip:203.0.113.7", "ip:203.0.113.7": "ip:203.0.113.7", "::ffff:203.0.113.7": "ip:203.0.113.7",
		"203.0.113.9/24": "ip:203.0.113.0/24", "203.0.113.7/32": "ip:203.0.113.7", "2001:db8::1/64": "ip:2001:db8::/64",
		"ip:2001:db8::/64": "ip:2001:db8::/64", "Bob@Example.NET": "login:bob@example.net", "login:Bob": "login:bob",
		"@example.net": "login:@example.net", "group:home": "group:home", "local": "local",
		"bob": "", "": "", "login:": "", "group:": "", "203.0.113": "",
	} {
		got, err := ParseSubject(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

// The exception for less comes first, and none is for more than it says.
func TestFind(t *testing.T) {
	l := list(t, "")
	ids := map[string]string{}
	for _, s := range []string{"group:home", "203.0.113.0/24", "203.0.113.0/28", "203.0.113.7", "@example.net", "bob@example.net"} {
		ids[s] = add(t, l, s, Limits, 0).ID
	}
	add(t, l, "198.51.100.1", LimitScope("recipients-1h"), 3)
	home := func(addr, login string) Who {
		w := Who{Group: "home", Login: login}
		w.Addr, _ = netip.ParseAddr(addr)
		if w.Sender = "ip:" + addr; login != "" {
			w.Sender = "login:" + login
		}
		return w
	}
	for _, c := range []struct {
		who   Who
		scope string
		want  string
	}{
		{home("203.0.113.7", ""), Limits, "203.0.113.7"},
		{home("203.0.113.8", ""), Limits, "203.0.113.0/28"},
		{home("203.0.113.99", ""), LimitScope("messages-1h"), "203.0.113.0/24"},
		{home("192.0.2.1", ""), Limits, "group:home"},
		{home("192.0.2.1", "bob@example.net"), Limits, "bob@example.net"},
		{home("192.0.2.1", "amy@example.net"), Limits, "@example.net"},
		{home("203.0.113.7", ""), Standing, ""},
		{Who{Sender: "ip:192.0.2.1", Addr: netip.MustParseAddr("192.0.2.1"), Group: "other"}, Limits, ""},
	} {
		got, found := l.Find(c.who, c.scope, noon)
		if found != (c.want != "") || got.ID != ids[c.want] {
			t.Errorf("%+v %s: %+v, want that for %q", c.who, c.scope, got, c.want)
		}
	}
	one := Who{Sender: "ip:198.51.100.1", Addr: netip.MustParseAddr("198.51.100.1")}
	if e, found := l.Find(one, LimitScope("recipients-1h"), noon); !found || e.Factor != 3 {
		t.Errorf("%+v", e)
	}
	if _, found := l.Find(one, LimitScope("recipients-1d"), noon); found {
		t.Error("an exception from one limit is one from another")
	}
	if _, found := (*List)(nil).Find(one, Limits, noon); found {
		t.Error("found in no list")
	}
}

func TestAnExceptionEnds(t *testing.T) {
	l := list(t, "")
	until := noon.Add(time.Hour)
	if _, err := l.Add(Exception{Subject: "203.0.113.7", Scope: Standing, Until: until, Owner: "o", Reason: "r"}, noon); err != nil {
		t.Fatal(err)
	}
	w := WhoIs("ip:203.0.113.7", "")
	if _, found := l.Find(w, Standing, until.Add(-1)); !found {
		t.Error("it ends too early")
	}
	if _, found := l.Find(w, Standing, until); found {
		t.Error("it does not end")
	}
}

func TestUnusable(t *testing.T) {
	l := list(t, "")
	good := Exception{Subject: "203.0.113.7", Scope: Limits, Factor: 2, Owner: "o", Reason: "r"}
	for name, spoil := range map[string]func(*Exception){
		"no sender":        func(e *Exception) { e.Subject = "?" },
		"no scope":         func(e *Exception) { e.Scope = "everything" },
		"no limit":         func(e *Exception) { e.Scope = "limit:" },
		"no reason":        func(e *Exception) { e.Reason = "  " },
		"no owner":         func(e *Exception) { e.Owner = "" },
		"factor below 0":   func(e *Exception) { e.Factor = -1 },
		"factor too large": func(e *Exception) { e.Factor = 1001 },
		"factor of what":   func(e *Exception) { e.Scope = Standing },
		"over already":     func(e *Exception) { e.Until = noon },
		"too long":         func(e *Exception) { e.Reason = strings.Repeat("x", maxText+1) },
	} {
		e := good
		spoil(&e)
		var u *Unusable
		if _, err := l.Add(e, noon); !errors.As(err, &u) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(l.All()) != 0 {
		t.Error("something was added")
	}
	for range MaxExceptions {
		l.all = append(l.all, &good)
	}
	var u *Unusable
	if _, err := l.Add(good, noon); !errors.As(err, &u) {
		t.Error("one too many:", err)
	}
}

func TestExceptionsSurvive(t *testing.T) {
	path := filepath.Join(t.TempDir(), File)
	l := list(t, path)
	a, b := add(t, l, "203.0.113.7", Standing, 0), add(t, l, "bob@example.net", Limits, 5)
	l.Hit([]string{b.ID, "none"}, noon.Add(time.Minute))
	l.Hit(nil, noon)
	if err := l.Save(); err != nil {
		t.Fatal(err)
	}
	again := list(t, path)
	if diff := cmp.Diff(l.All(), again.All()); diff != "" {
		t.Error(diff)
	}
	if got := again.All()[1]; got.Hits != 1 || !got.LastHit.Equal(noon.Add(time.Minute)) || got.Created != noon {
		t.Errorf("%+v", got)
	}
	if gone, is, err := again.Remove(strings.ToLower(a.ID)); err != nil || !is || gone.ID != a.ID {
		t.Error(gone, is, err)
	}
	if _, is, _ := again.Remove("none"); is {
		t.Error("what is not there was removed")
	}
	if all := list(t, path).All(); len(all) != 1 || all[0].ID != b.ID {
		t.Errorf("%+v", all)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
}

// What cannot be written is not in force either: after a restart it would be gone.
func TestWhatIsNotWrittenIsNotInForce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	os.Mkdir(dir, 0o700)
	l := list(t, filepath.Join(dir, File))
	e := add(t, l, "203.0.113.7", Standing, 0)
	os.RemoveAll(dir)
	if _, err := l.Add(Exception{Subject: "203.0.113.8", Scope: Standing, Owner: "o", Reason: "r"}, noon); err == nil {
		t.Error("no error")
	}
	if _, _, err := l.Remove(e.ID); err == nil {
		t.Error("no error")
	}
	if all := l.All(); len(all) != 1 || all[0].ID != e.ID {
		t.Errorf("%+v", all)
	}
}

func TestADamagedListIsPutAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), File)
	if err := os.WriteFile(path, []byte("[{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n := len(list(t, path).All()); n != 0 {
		t.Errorf("%d exceptions", n)
	}
	if _, err := os.Stat(path + ".damaged"); err != nil {
		t.Error(err)
	}
}

func TestLint(t *testing.T) {
	of := func(id, subject, scope string, factor int, until time.Time) Exception {
		return Exception{ID: id, Subject: subject, Scope: scope, Factor: factor, Owner: "anna", Reason: "r", Created: noon, Until: until}
	}
	never := time.Time{}
	unused := of("UNUSED", "ip:192.0.2.1", Standing, 0, never)
	unused.Created = noon.Add(-unusedFor)
	used := of("USED", "ip:192.0.2.2", Standing, 0, never)
	used.Created, used.LastHit = noon.Add(-2*unusedFor), noon.Add(-time.Hour)
	all := []Exception{
		of("ENDED", "ip:203.0.113.7", Standing, 0, noon.Add(-time.Second)),
		unused, used,
		of("GROUP", "group:none", Standing, 0, never),
		of("LIMIT", "ip:192.0.2.3", LimitScope("none-1h"), 0, never),
		of("WIDE", "ip:198.51.100.0/24", Limits, 0, never),
		of("NARROW", "ip:198.51.100.9", LimitScope("recipients-1h"), 3, noon.Add(time.Hour)),
		of("OTHER", "ip:198.51.100.9", Standing, 0, never),
		of("REALM", "login:@example.net", Limits, 2, noon.Add(time.Hour)),
		of("LONGER", "login:bob@example.net", Limits, 2, never),
		of("MORE", "login:amy@example.net", Limits, 3, noon.Add(time.Hour)),
		of("TWICE1", "group:home", Content, 0, never),
		of("TWICE2", "group:home", Content, 0, never),
	}
	var ps config.Problems
	Lint(all, []string{"home"}, []string{"recipients-1h"}, noon, &ps)
	var got []string
	for _, p := range ps.All() {
		id, text, _ := strings.Cut(strings.TrimPrefix(p.String(), "warning: exception."), ": ")
		_, text, _ = strings.Cut(text, " for anna: ")
		got = append(got, fmt.Sprintf("%s: %s", id, text))
	}
	want := []string{
		"ENDED: has ended at 2026-05-04 (sluice sender unexempt ENDED)",
		"UNUSED: not used for 90 days (sluice sender unexempt UNUSED)",
		"GROUP: there is no group none (sluice sender unexempt GROUP)",
		"LIMIT: there is no limit none-1h (sluice sender unexempt LIMIT)",
		"NARROW: exception WIDE covers it (sluice sender unexempt NARROW)",
		"TWICE2: exception TWICE1 covers it (sluice sender unexempt TWICE2)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Mail does not wait for a disk that takes its time.
func TestFindDoesNotWaitForTheDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), File)
	l := list(t, path)
	if err := syscall.Mkfifo(path+".new", 0o600); err != nil { // who opens it waits for a reader
		t.Skip(err)
	}
	added := make(chan error)
	go func() {
		_, err := l.Add(Exception{Subject: "203.0.113.7", Scope: Standing, Owner: "o", Reason: "r"}, noon)
		added <- err
	}()
	for range 100 {
		l.Find(WhoIs("ip:203.0.113.7", ""), Standing, noon)
		l.Hit([]string{"none"}, noon)
		time.Sleep(time.Millisecond)
	}
	select {
	case err := <-added:
		t.Fatalf("it was written at once: %v", err)
	default:
	}
	f, err := os.Open(path + ".new")
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, f)
	f.Close()
	<-added // with whatever error a file that is none gives
}
