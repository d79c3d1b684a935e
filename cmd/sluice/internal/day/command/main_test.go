package main

import (
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/cmd/sluice/internal/day/judge"
)

func output(t *testing.T, args ...string) string {
	t.Helper()
	var out strings.Builder
	if err := run(args, &out, io.Discard); err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	return out.String()
}

// TestGenerateAndJudge takes the events for records of a relay that does nothing.
func TestGenerateAndJudge(t *testing.T) {
	day := output(t, "generate", "-subscribers", "300", "-infected", "2", "-flood", "0", "-stolen", "1", "-corporates", "0", "-seed", "5", "-start", "2026-02-03")
	if !strings.HasPrefix(day, `{"time":"2026-02-03T`) {
		t.Errorf("begins with %.60s", day)
	}
	events := filepath.Join(t.TempDir(), "events")
	replayed := filepath.Join(t.TempDir(), "replayed")
	for path, text := range map[string]string{events: day, replayed: strings.ReplaceAll(day, `"size":`, `"applied":"accept","size":`)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var r judge.Report
	if err := json.Unmarshal([]byte(output(t, "judge", "--json", events, replayed)), &r); err != nil {
		t.Fatal(err)
	}
	if r.Events != strings.Count(day, "\n") || r.Missing != 0 || r.Unknown != 0 {
		t.Errorf("%d events, %d missing, %d unknown", r.Events, r.Missing, r.Unknown)
	}
	if all := r.Infected[len(r.Infected)-1]; all.Hosts != 11 || all.Found != 0 || all.Sent != all.Leaked || all.Leaked.Median == 0 {
		t.Errorf("nothing was done, and of the infected is said %+v", all)
	}
	for _, h := range r.Honest {
		if h.Kind == "corporate" || h.Touched != 0 {
			t.Errorf("%+v", h)
		}
	}
	if table := output(t, "judge", events, replayed); !strings.Contains(table, "time to block") {
		t.Error(table)
	}
}

func TestMistakes(t *testing.T) {
	for _, args := range [][]string{{}, {"guess"}, {"generate", "day.jsonl"}, {"judge", "one"}, {"generate", "-miss"}, {"generate", "-start", "today"}} {
		if err := run(args, io.Discard, io.Discard); !errors.Is(err, errUsage) {
			t.Errorf("%q: %v", args, err)
		}
	}
	if err := run([]string{"generate", "-h"}, io.Discard, io.Discard); !errors.Is(err, flag.ErrHelp) {
		t.Error(err)
	}
	if err := run([]string{"generate", "-miss", "2"}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "miss rate 2") {
		t.Error(err)
	}
	none := filepath.Join(t.TempDir(), "none")
	if err := run([]string{"judge", none, none}, io.Discard, io.Discard); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
