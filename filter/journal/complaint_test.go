package journal

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestComplaintsAreLoggedOncePerInterval(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	var c complaint
	for _, after := range []time.Duration{0, time.Second, complainEvery - 1, complainEvery, complainEvery + time.Second, 3 * complainEvery} {
		c.log(log, noon.Add(after), "fails", slog.Duration("after", after))
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		_, attrs, _ := strings.Cut(strings.TrimSpace(line), "msg=fails ")
		got = append(got, attrs)
	}
	if got, want := strings.Join(got, "; "), "after=0s; after=1m0s not_logged=2; after=3m0s not_logged=1"; got != want {
		t.Errorf("logged %q, want %q", got, want)
	}
}
