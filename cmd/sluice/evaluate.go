package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"github.com/guptarohit/asciigraph"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sluice/cmd/sluice/internal/corpus"
	"sluice/cmd/sluice/internal/daemon"
	"sluice/policy"
	"sluice/scoring/model"
)

// evaluateOptions are the flags of evaluate.
type evaluateOptions struct {
	train  []string
	split  string
	asJSON bool
	rules  bool
	plot   bool
	worst  int
	scores string
	tag    float64
}

func evaluateCommand(path *string) *cobra.Command {
	var o evaluateOptions
	cmd := &cobra.Command{
		Use:   "evaluate MANIFEST...",
		Short: "Measure the score on labelled mail",
		Long: "Evaluate scores the messages that manifests name, in the score set relayed, and prints for each\n" +
			"source how many were tagged: recall for spam, false positives with their 95 % interval for\n" +
			"everything else.\n\n" +
			"A manifest is a table with tabs between the columns and their names in the first line: path\n" +
			"(relative to the manifest), label (ham, spam, phish, virus, bounce, arf, autoreply) and source;\n" +
			"cluster (near-duplicates share one) and tier (only \"eval\" is read) may be there.\n\n" +
			"The model that is measured is the one of the configuration. With --train, models are trained on\n" +
			"those manifests instead, and every message is weighed by one that has seen nothing of its source\n" +
			"(or, with --split cluster, of its cluster and four fifths of the others).",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, *path, args) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&o.train, "train", nil, "manifest to train on for cross-validation (may be repeated)")
	flags.StringVar(&o.split, "split", "source", "what a model must not have seen of a message: source or cluster")
	flags.BoolVar(&o.asJSON, "json", false, "one JSON object for each source, threshold and rule")
	flags.BoolVar(&o.rules, "rules", false, "print how often each rule was found")
	flags.StringVar(&o.scores, "scores", "", "take the scores from a table (path, tab, score), to measure another filter")
	flags.Float64Var(&o.tag, "tag", 0, "score from which a message counts as tagged (that of the policy relayed)")
	flags.IntVar(&o.worst, "worst", 0, "list so many messages of each source: the highest scores of honest mail, the lowest of spam")
	flags.BoolVar(&o.plot, "plot", false, "plot recall and false positives by threshold")
	return cmd
}

func (o evaluateOptions) run(cmd *cobra.Command, path string, manifests []string) error {
	if !slices.Contains(corpus.Splits, o.split) {
		return fmt.Errorf("--split: there is no %q (source or cluster)", o.split)
	}
	loaded, err := loadConfig(cmd, path)
	if err != nil {
		return err
	}
	scorer := loaded.Scorer
	if o.scores != "" {
		return o.foreign(cmd, manifests, loaded)
	}
	items, err := readCorpus(cmd, scorer, manifests)
	if err != nil {
		return failure(cmd, err)
	}
	scores := make([]float64, len(items))
	for i, item := range items {
		scores[i] = item.Rules + item.Model
	}
	if len(o.train) > 0 {
		train, err := readCorpus(cmd, scorer, o.train)
		if err != nil {
			return failure(cmd, err)
		}
		for i, points := range corpus.Validate(items, train, o.split, model.DefaultOptions()) {
			scores[i] = items[i].Rules + points
		}
	}
	return o.show(cmd, items, scores, loaded)
}

// foreign measures the scores of another filter.
func (o evaluateOptions) foreign(cmd *cobra.Command, manifests []string, loaded *daemon.Loaded) error {
	f, err := os.Open(o.scores)
	if err != nil {
		return failure(cmd, err)
	}
	defer f.Close()
	entries, err := readManifests(manifests)
	if err != nil {
		return failure(cmd, err)
	}
	items, scores, err := corpus.ReadScores(f, entries)
	if err != nil {
		return failure(cmd, fmt.Errorf("%s: %w", o.scores, err))
	}
	return o.show(cmd, items, scores, loaded)
}

// show prints what was measured, in the way that was asked for.
func (o evaluateOptions) show(cmd *cobra.Command, items []corpus.Item, scores []float64, loaded *daemon.Loaded) error {
	relayed, _ := loaded.Config.Policies.Get("relayed")
	e := evaluation{groups: corpus.Groups(items, scores), thresholds: relayed.Thresholds}
	if o.tag != 0 {
		e.thresholds.Tag = o.tag
	}
	if o.rules {
		e.rules = corpus.Rules(items)
	}
	if o.asJSON {
		return e.json(cmd.OutOrStdout())
	}
	e.print(cmd.OutOrStdout())
	e.list(cmd.OutOrStdout(), o.worst)
	if o.plot {
		e.plot(cmd.OutOrStdout())
	}
	return nil
}

// evaluation is what has been measured.
type evaluation struct {
	groups     []corpus.Group
	thresholds policy.Thresholds
	rules      []corpus.RuleCount // only if they are asked for
}

// bounds are the shares of false positives for which recall is printed.
var bounds = []float64{0.0005, 0.001, 0.002, 0.005, 0.01}

// minGroup is how many messages a source of honest mail must have to bound
// the threshold.
const minGroup = 200

func (e evaluation) print(w io.Writer) {
	t := plainTable(w, "source", "label", "messages", "tagged", "%", "95 % interval", "rejected", "median")
	for _, g := range e.groups {
		n := g.Reached(e.thresholds.Tag)
		low, high := corpus.Wilson(n, len(g.Scores))
		t.AppendRow(table.Row{g.Source, g.Label, len(g.Scores), n, fmt.Sprintf("%.2f", 100*g.Share(e.thresholds.Tag)),
			fmt.Sprintf("%.2f - %.2f", 100*low, 100*high), g.Reached(e.thresholds.Reject), fmt.Sprintf("%.2f", g.Scores[len(g.Scores)/2])})
	}
	t.Render()
	e.printRecall(w)
	if e.rules == nil {
		return
	}
	fmt.Fprintln(w)
	t = plainTable(w, "rule", "points", "in spam", "in other mail", "most of these in")
	for _, r := range e.rules {
		t.AppendRow(table.Row{r.Rule, r.Points, r.Spam, r.Ham, r.Most})
	}
	t.Render()
}

// printRecall prints what is caught at equal false positives. It takes enough
// honest mail to find the thresholds.
func (e evaluation) printRecall(w io.Writer) {
	if math.IsInf(corpus.Threshold(e.groups, bounds[0], minGroup), 0) {
		fmt.Fprintf(w, "\nNo source has %d honest messages or more: recall at equal false positives is not known.\n", minGroup)
		return
	}
	fmt.Fprintf(w, "\nRecall in %%, when no source of at least %d honest messages has more false positives than:\n", minGroup)
	header := table.Row{"source", "label"}
	for _, b := range bounds {
		header = append(header, fmt.Sprintf("%g %% (%.2f)", 100*b, corpus.Threshold(e.groups, b, minGroup)))
	}
	t := plainTable(w, header...)
	for _, g := range e.groups {
		if !g.Spam {
			continue
		}
		row := table.Row{g.Source, g.Label}
		for _, b := range bounds {
			row = append(row, fmt.Sprintf("%.1f", 100*g.Share(corpus.Threshold(e.groups, b, minGroup))))
		}
		t.AppendRow(row)
	}
	t.Render()
}

// list prints the n messages of each source that are judged worst.
func (e evaluation) list(w io.Writer, n int) {
	for _, g := range e.groups {
		for _, i := range g.Worst(n) {
			fmt.Fprintf(w, "%6.2f  %s %s\n", g.Scores[i], g.Label, g.Paths[i])
		}
	}
}

// json prints one object a line: sources with their ROC points, then rules.
func (e evaluation) json(w io.Writer) error {
	encoder := json.NewEncoder(w)
	type point struct {
		Threshold float64 `json:"threshold"`
		Reached   int     `json:"reached"`
	}
	for _, g := range e.groups {
		line := struct {
			corpus.Group
			Messages int        `json:"messages"`
			Tagged   int        `json:"tagged"`
			Interval [2]float64 `json:"interval"`
			Rejected int        `json:"rejected"`
			Points   []point    `json:"roc"`
		}{Group: g, Messages: len(g.Scores), Tagged: g.Reached(e.thresholds.Tag), Rejected: g.Reached(e.thresholds.Reject)}
		line.Interval[0], line.Interval[1] = corpus.Wilson(line.Tagged, line.Messages)
		for threshold := -2.0; threshold <= 12; threshold += 0.5 {
			line.Points = append(line.Points, point{threshold, g.Reached(threshold)})
		}
		if err := encoder.Encode(line); err != nil {
			return err
		}
	}
	for _, r := range e.rules {
		if err := encoder.Encode(r); err != nil {
			return err
		}
	}
	return nil
}

// plot draws what share of spam, and of honest mail, has at least each score:
// on average over the sources.
func (e evaluation) plot(w io.Writer) {
	const width, highest = 72, 12.0
	var curves [2][]float64
	for x := range width + 1 {
		threshold := highest * float64(x) / width
		var sum, n [2]float64
		for _, g := range e.groups {
			kind := 0
			if g.Spam {
				kind = 1
			}
			sum[kind] += 100 * g.Share(threshold)
			n[kind]++
		}
		for kind := range curves {
			curves[kind] = append(curves[kind], sum[kind]/math.Max(1, n[kind]))
		}
	}
	fmt.Fprintln(w)
	fmt.Fprintln(w, asciigraph.PlotMany(curves[:], asciigraph.Height(16), asciigraph.Precision(0), asciigraph.LowerBound(0), asciigraph.UpperBound(100),
		asciigraph.SeriesLegends("% of a source of honest mail", "% of a source of spam"),
		asciigraph.Caption("have at least this score (0 to 12), sources on average")))
}
