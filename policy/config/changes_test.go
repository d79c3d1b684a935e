package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestChanges(t *testing.T) {
	old, _ := mustRead(t, "[listen]\nbacklog = 3\n[scoring]\npoints = { A = 1, B = 2 }\n[group.home]\n")
	now, _ := mustRead(t, "mode = \"off\"\n[listen]\nbacklog = 4\n[scoring]\npoints = { B = 2, C = 3 }\n[group.home]\ntls = true\n[policy.plain]\n")
	want := []Change{
		{"mode", `"enforce"`, `"off"`},
		{"listen.backlog", "3", "4"},
		{"group.home.tls", "", "true"},
		{"scoring.points.A", "1.0", ""},
	}
	got := Changes(old, &now)
	if diff := cmp.Diff(want, got[:min(len(got), len(want))]); diff != "" {
		t.Error(diff)
	}
	added := make(map[string]bool)
	for _, c := range got[min(len(got), len(want)):] {
		added[c.Key] = c.Old == "" && c.New != ""
	}
	if !added["scoring.points.C"] || !added["policy.plain.max_recipients"] {
		t.Errorf("added: %v", added)
	}
	if got := Changes(now, now); got != nil {
		t.Errorf("the same: %v", got)
	}
}
