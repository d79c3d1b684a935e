package main

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"

	"sluice/cmd/sluice/internal/daemon"
	"sluice/cmd/sluice/internal/day"
)

// dayRules is the configuration of the invented day.
func dayRules(t testing.TB, path string) *daemon.Loaded {
	t.Helper()
	loaded, ps := daemon.Load(path, nil)
	if loaded.Rules == nil {
		t.Fatal(ps.All())
	}
	loaded.Config.State.Keys = 100_000
	return loaded
}

func dayEvents(t testing.TB, subscribers int) []byte {
	t.Helper()
	var events bytes.Buffer
	o := day.Scaled(subscribers)
	for kind := range o.Infected {
		o.Infected[kind] = 1
	}
	d, err := day.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Write(&events); err != nil {
		t.Fatal(err)
	}
	return events.Bytes()
}

func replayInto(t testing.TB, loaded *daemon.Loaded, events []byte, w io.Writer) *rerun {
	t.Helper()
	r, err := newRerun(loaded, w)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	if err := r.all(t.Context(), newLineEvents(io.NopCloser(bytes.NewReader(events)), "day", bar{})); err != nil {
		t.Fatal(err)
	}
	return r
}

// The same records give the same decisions, byte for byte.
func TestReplayIsReproducible(t *testing.T) {
	loaded, events := dayRules(t, "../../testdata/day/sluice.toml"), dayEvents(t, 300)
	var first, second bytes.Buffer
	replayInto(t, loaded, events, &first)
	replayInto(t, loaded, events, &second)
	plain := func(b *bytes.Buffer) string { return microsField.ReplaceAllString(b.String(), "") }
	if plain(&first) != plain(&second) {
		t.Error("the same records were decided differently")
	}
	if n := strings.Count(first.String(), "\n"); n != bytes.Count(events, []byte("\n")) {
		t.Errorf("%d records of %d", n, bytes.Count(events, []byte("\n")))
	}
}

func BenchmarkReplay(b *testing.B) {
	loaded, events := dayRules(b, "../../testdata/day/sluice.toml"), dayEvents(b, 500)
	n := bytes.Count(events, []byte("\n"))
	for _, out := range []struct {
		name string
		w    io.Writer
	}{{"summary", io.Discard}, {"json", struct{ io.Writer }{io.Discard}}} {
		b.Run(out.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				replayInto(b, loaded, events, out.w)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "us/record")
		})
	}
}

// microsField is what a record says of the time that it took.
var microsField = regexp.MustCompile(`"micros":\{[^}]*\}`)
