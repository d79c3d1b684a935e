package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sluice/scoring"
)

// maxExplained is how many of the model's features are listed.
const maxExplained = 20

// explain prints of each message what every hit means, and how the model came
// to its points.
func (j *scoreJob) explain(cmd *cobra.Command, scorer *scoring.Scorer, args []string) error {
	paths, errs := messages(args)
	for _, path := range paths {
		if err := j.explainOne(cmd, scorer, path); err != nil {
			errs = append(errs, err)
		}
	}
	for _, err := range errs {
		fmt.Fprintln(cmd.ErrOrStderr(), "sluice:", err)
	}
	if len(errs) > 0 {
		return exitCode(exitFailed)
	}
	return nil
}

func (j *scoreJob) explainOne(cmd *cobra.Command, scorer *scoring.Scorer, path string) error {
	m, err := readMessage(j.rules, path, cmd.InOrStdin())
	if err != nil {
		return err
	}
	report, err := scorer.Score(cmd.Context(), m, j.input)
	if err != nil {
		return fmt.Errorf("score %s: %w", path, err)
	}
	weighed, err := scorer.Weigh(m, j.input, maxExplained)
	if err != nil {
		return fmt.Errorf("weigh %s: %w", path, err)
	}
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "%s: %.2f points (group %s, policy %s, set %s), %s\n", path, report.Score, j.group, j.flow.Name, report.Set, j.flow.Judge(report.Score).Action)
	explainHits(w, report)
	explainModel(w, weighed)
	return nil
}

func explainHits(w io.Writer, report scoring.Report) {
	meaning := map[string]string{
		scoring.ModelRule:   "The trained model, see below.",
		scoring.LearnedRule: "What this site has taught.",
	}
	for _, r := range scoring.Rules() {
		meaning[r.Name] = r.Doc
	}
	t := plainTable(w)
	for _, h := range report.Hits {
		t.AppendRow(table.Row{fmt.Sprintf("%6.2f", h.Points), h.Rule, meaning[h.Rule]})
		if h.Note != "" && h.Rule != scoring.ModelRule {
			t.AppendRow(table.Row{"", "", "found: " + h.Note})
		}
	}
	for _, s := range report.Skipped {
		t.AppendRow(table.Row{"-", s.Check, "skipped: " + s.Why})
	}
	t.Render()
}

func explainModel(w io.Writer, weighed scoring.Weighed) {
	if len(weighed.Groups) == 0 {
		return
	}
	fmt.Fprintf(w, "\nThe model gives %.2f points. Its kinds of features, towards spam (+) or honest mail (-):\n", weighed.Points)
	names := slices.SortedFunc(maps.Keys(weighed.Groups), func(a, b string) int {
		return cmp.Or(cmp.Compare(weighed.Groups[b], weighed.Groups[a]), cmp.Compare(a, b))
	})
	t := plainTable(w)
	for _, name := range names {
		t.AppendRow(table.Row{fmt.Sprintf("%+6.2f", weighed.Groups[name]), name})
	}
	t.Render()
	fmt.Fprintln(w, "\nWhat spoke for it most:")
	t = plainTable(w)
	for _, f := range weighed.For {
		t.AppendRow(table.Row{fmt.Sprintf("%+6.3f", f.Margin), f.Group, f.Name})
	}
	t.Render()
}
