package daemon

import (
	"context"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"sluice/filter/journal"
	"sluice/policy/standing"
	"sluice/policy/store"
)

var update = flag.Bool("update", false, "write golden files anew")

const monitoring = "../../../../packaging/prometheus/"

// TestMetricsAreDocumented holds the table of metrics, and the alerts on them,
// against what is served; go test ./cmd/sluice/internal/daemon -update writes
// the table anew.
func TestMetricsAreDocumented(t *testing.T) {
	r := start(t, homeGroup)
	r.Record(&journal.Record{
		Stage: "end", Set: "relayed", Limits: []journal.Limit{{Name: "recipients-1h", Over: true}},
		Skipped: []journal.Skip{{Check: "reputation", Why: "policy"}},
	})
	charge := store.Charge{Limit: "recipients-1h", Key: "k", Kind: store.Window, Max: 1, Window: time.Hour, Cost: 1}
	if _, err := r.memory.Take(context.Background(), time.Now(), []store.Charge{charge}); err != nil {
		t.Fatal(err)
	}
	r.crowd()
	r.metrics.standing(standing.Change{To: standing.Blocked})
	table, listed := metricsTable(t, r.metrics.registry)
	known := described(r.metrics.registry)
	for name := range known {
		if !listed[name] {
			t.Errorf("no series of %s: the test has to bring one about", name)
		}
	}
	checkAlerts(t, known)
	path := monitoring + "metrics.md"
	if *update {
		if err := os.WriteFile(path, []byte(table), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(table, string(got)); diff != "" {
		t.Errorf("%s is not what is served (go test ./cmd/sluice/internal/daemon -update):\n%s", path, diff)
	}
}

// metricsTable lists Sluice's own metrics: name, type, labels, help.
func metricsTable(t *testing.T, registry *prometheus.Registry) (table string, listed map[string]bool) {
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("# Metrics\n\nServed at `listen.metrics`, beside those of Go and of the process. Generated from the code.\n\n" +
		"| metric | type | labels | is |\n|---|---|---|---|\n")
	listed = make(map[string]bool)
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), namespace) {
			continue
		}
		listed[f.GetName()] = true
		var labels []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, "`"+l.GetName()+"`")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.GetName(), strings.ToLower(f.GetType().String()), strings.Join(labels, ", "), f.GetHelp())
	}
	return b.String(), listed
}

// described are the names of all of Sluice's metrics, those without a series too.
func described(registry *prometheus.Registry) map[string]bool {
	name := regexp.MustCompile(`fqName: "(` + namespace + `_[^"]*)"`)
	descs := make(chan *prometheus.Desc)
	go func() {
		defer close(descs)
		registry.Describe(descs)
	}()
	names := make(map[string]bool)
	for d := range descs {
		if m := name.FindStringSubmatch(d.String()); m != nil {
			names[m[1]] = true
		}
	}
	return names
}

// checkAlerts sees whether the example alerts are on metrics that there are.
func checkAlerts(t *testing.T, known map[string]bool) {
	rules, err := os.ReadFile(monitoring + "sluice.rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`\bsluice_[a-z_]+`).FindAllString(string(rules), -1)
	if len(found) < 5 {
		t.Errorf("only %d metrics in the rules", len(found))
	}
	for _, name := range found {
		if !known[name] {
			t.Errorf("there is no metric %s", name)
		}
	}
}
