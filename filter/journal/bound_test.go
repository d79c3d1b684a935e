package journal

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestRecordWithinTheBoundsIsKeptWhole(t *testing.T) {
	if diff := cmp.Diff(sample(), bounded(sample())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTextsAreClipped(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     int // bytes
	}{
		{"empty", "", 0},
		{"at the bound", strings.Repeat("a", maxText), maxText},
		{"one more", strings.Repeat("a", maxText+1), maxText},
		{"a character across the bound", strings.Repeat("a", maxText-1) + "ü", maxText - 1},
		{"four bytes across the bound", strings.Repeat("a", maxText-3) + "😀", maxText - 3},
		{"a character up to the bound", strings.Repeat("a", maxText-2) + "üb", maxText},
		{"no character starts anywhere", strings.Repeat("\x80", maxText+10), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := clip(c.in)
			if len(got) != c.want || !utf8.ValidString(got) {
				t.Errorf("%d bytes %q, want %d", len(got), got, c.want)
			}
		})
	}
}

func TestEveryTextOfThePeerIsClipped(t *testing.T) {
	long := strings.Repeat("a", maxText+1)
	r := &Record{
		QueueID: long, MessageID: long, Listener: long, From: long, Sender: long, Failure: long,
		Client: Client{Name: long, Helo: long, Auth: long, TLS: long}, Verdict: Verdict{Text: long, Detail: long},
		Rcpts: []string{long}, Limits: []Limit{{Key: long}},
		Returned: &Returned{MessageID: long, Rcpts: []string{long}},
	}
	text := encode(t, bounded(r))
	if strings.Contains(text, long) {
		t.Errorf("a text was not clipped: %s", text)
	}
	if r.From != long || r.Rcpts[0] != long || r.Limits[0].Key != long || r.Returned.MessageID != long || r.Returned.Rcpts[0] != long {
		t.Error("the original was changed")
	}
}

func TestRecipientsAreBounded(t *testing.T) {
	for _, c := range []struct{ n, kept int }{{0, 0}, {maxRcpts, maxRcpts}, {maxRcpts + 1, maxRcpts}} {
		t.Run(fmt.Sprint(c.n), func(t *testing.T) {
			got := bounded(&Record{Rcpts: make([]string, c.n), Returned: &Returned{Rcpts: make([]string, c.n)}})
			if len(got.Returned.Rcpts) != c.kept {
				t.Errorf("%d kept of those who did not get it", len(got.Returned.Rcpts))
			}
			if len(got.Rcpts) != c.kept || got.RcptsTotal != c.n {
				t.Errorf("%d kept of %d, want %d of %d", len(got.Rcpts), got.RcptsTotal, c.kept, c.n)
			}
		})
	}
}

func TestLimitsAreBounded(t *testing.T) {
	for _, c := range []struct{ n, kept int }{{0, 0}, {maxLimits, maxLimits}, {maxLimits + 1, maxLimits}} {
		t.Run(fmt.Sprint(c.n), func(t *testing.T) {
			if got := bounded(&Record{Limits: make([]Limit, c.n)}); len(got.Limits) != c.kept {
				t.Errorf("%d kept, want %d", len(got.Limits), c.kept)
			}
		})
	}
}
