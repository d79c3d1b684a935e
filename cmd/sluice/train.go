package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"sluice/cmd/sluice/internal/corpus"
	"sluice/policy/atomicfile"
	"sluice/policy/config"
	"sluice/scoring"
	"sluice/scoring/model"
)

func trainCommand() *cobra.Command {
	var output string
	options := model.DefaultOptions()
	cmd := &cobra.Command{
		Use:   "train MANIFEST...",
		Short: "Train a model on labelled mail",
		Long: "Train reads the messages that manifests name (see evaluate) and writes a model that model.file\n" +
			"can name. The same messages and seed give the same bytes. What a message weighs is only known\n" +
			"of features that occur in several clusters of similar messages; no text is in the model.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			scorer, err := plainScorer()
			if err != nil {
				return err
			}
			items, err := readCorpus(cmd, scorer, args)
			if err != nil {
				return failure(cmd, err)
			}
			begun := time.Now()
			data, err := corpus.Train(items, options).MarshalBinary()
			if err != nil {
				return failure(cmd, err)
			}
			if err := writeFile(output, data); err != nil {
				return failure(cmd, err)
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: trained on %d messages in %s\n", output, len(items), time.Since(begun).Round(time.Second/10))
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&output, "output", "o", "sluice.model", "file to write")
	flags.Uint64Var(&options.Seed, "seed", options.Seed, "seed of the order in which messages are visited")
	return cmd
}

// plainScorer is a scorer without a model, to train one.
func plainScorer() (*scoring.Scorer, error) {
	c := scoring.Default()
	c.Model.Strength = 0
	ps := new(config.Problems)
	scorer := scoring.Compile(c, ".", slog.Default(), ps)
	if scorer == nil {
		return nil, errors.New("the built-in rules do not compile")
	}
	return scorer, nil
}

// readCorpus reads the messages of manifests, with a progress bar on a
// terminal. Messages that cannot be read are named and left out.
func readCorpus(cmd *cobra.Command, scorer *scoring.Scorer, manifests []string) ([]corpus.Item, error) {
	entries, err := readManifests(manifests)
	if err != nil {
		return nil, err
	}
	bar := newBar(cmd.ErrOrStderr(), "reading", len(entries))
	defer bar.stop()
	reader := corpus.Reader{
		Scorer:  scorer,
		MaxView: int64(scoring.Default().Scoring.MaxView),
		Input:   scoring.Input{Set: scoring.Relayed, Now: time.Now()},
		Step:    bar.step,
	}
	items, err := reader.Read(cmd.Context(), entries)
	if err != nil && len(items) > 0 {
		fmt.Fprintln(cmd.ErrOrStderr(), "sluice: left out:", err)
		err = nil
	}
	return items, err
}

// readManifests returns the entries of all manifests.
func readManifests(names []string) ([]corpus.Entry, error) {
	var entries []corpus.Entry
	for _, name := range names {
		some, err := corpus.ReadManifest(name)
		if err != nil {
			return nil, err
		}
		entries = append(entries, some...)
	}
	return entries, nil
}

// writeFile replaces a file that others may read.
func writeFile(path string, data []byte) error {
	return atomicfile.Write(path, 0o644, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}
