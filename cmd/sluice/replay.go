package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"sluice/cmd/sluice/internal/daemon"
	"sluice/filter/journal"
	"sluice/policy/config"
)

const replayHelp = `Replay decides recorded messages again, each at its own time and with its own score, by the
configuration of -c: groups, limits, standing. Nothing of a running Sluice is touched. EVENTS
are decision records as JSON lines, oldest first ("-" for standard input), as journal.lines has
them; time, client.addr, from, rcpts, size and score are enough. --since takes the journal
instead.

The exceptions that there are now hold; blocks by hand are not known. It prints a summary of what changes against the actions that the records have, and which senders
are refused or deferred that were not before; with --json the new records as JSON lines, and the
summary on standard error.

The exit code is 1 if more senders are newly deferred or refused than --allow says.`

func replayCommand(path *string) *cobra.Command {
	var o replayOptions
	cmd := &cobra.Command{
		Use:   "replay EVENTS",
		Short: "Decide recorded messages again, by another configuration",
		Long:  replayHelp,
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (len(args) == 1) == (o.since != "") {
				return errors.New("replay wants either a file of events or --since")
			}
			loaded, err := loadConfig(cmd, *path)
			if err != nil {
				return err
			}
			return replayRecords(cmd, loaded, args, o)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.asJSON, "json", false, "print the new records as JSON lines")
	flags.StringVar(&o.since, "since", "", "replay the journal of this span, such as 24h or 7d")
	flags.IntVar(&o.allow, "allow", -1, "senders that may be newly deferred or refused before the exit code is 1; -1 for any number")
	flags.IntVar(&o.list, "list", 20, "senders that the summary names at most")
	return cmd
}

type replayOptions struct {
	asJSON bool
	since  string
	allow  int
	list   int
}

func replayRecords(cmd *cobra.Command, loaded *daemon.Loaded, args []string, o replayOptions) error {
	source, err := replaySource(cmd, loaded, args, o)
	if err != nil {
		return failure(cmd, err)
	}
	defer source.Close()
	records := io.Discard
	summary := cmd.OutOrStdout()
	if o.asJSON {
		records, summary = cmd.OutOrStdout(), cmd.ErrOrStderr()
	}
	r, err := newRerun(loaded, records)
	if err != nil {
		return failure(cmd, err)
	}
	defer r.close()
	if err := r.all(cmd.Context(), source); err != nil {
		return failure(cmd, err)
	}
	r.outcome.print(summary, o.list)
	if o.allow >= 0 && len(r.outcome.newlyRefused()) > o.allow {
		return failure(cmd, fmt.Errorf("%d senders are newly deferred or refused, more than %d", len(r.outcome.newlyRefused()), o.allow))
	}
	return nil
}

// events is where records come from, oldest first. Next returns io.EOF at the end.
type events interface {
	Next(ctx context.Context, into *journal.Record) error
	Close() error
}

func replaySource(cmd *cobra.Command, loaded *daemon.Loaded, args []string, o replayOptions) (events, error) {
	if o.since != "" {
		return journalEvents(loaded, o.since)
	}
	f, size := io.NopCloser(cmd.InOrStdin()), int64(0)
	if args[0] != "-" {
		file, err := os.Open(args[0])
		if err != nil {
			return nil, err
		}
		if info, err := file.Stat(); err == nil {
			size = info.Size()
		}
		f = file
	}
	return newLineEvents(f, args[0], newBar(cmd.ErrOrStderr(), "replaying", int(size))), nil
}

// journalEvents are the records of the journal since that span ago.
func journalEvents(loaded *daemon.Loaded, span string) (events, error) {
	d, err := config.ParseDuration(span)
	if err != nil {
		return nil, fmt.Errorf("--since: %w", err)
	}
	if loaded.Config.State.Directory == "" {
		return nil, errors.New("state.directory is empty: there is no journal")
	}
	reader, err := journal.OpenReader(filepath.Join(loaded.Config.State.Directory, journal.File))
	if err != nil {
		return nil, err
	}
	return newJournalEvents(reader, time.Now().Add(-d)), nil
}
