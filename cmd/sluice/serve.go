package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"sluice/cmd/sluice/internal/daemon"
)

func serveCommand(path *string) *cobra.Command {
	var jsonLog, debug bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the milter",
		Long: "Serve runs the milter in the foreground until SIGTERM, and then waits for messages in flight.\n" +
			"SIGHUP, or a change of the configuration or of a list it names, reloads. Without a\n" +
			"configuration file it listens on loopback and keeps to the built-in groups and policies.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			lines := daemon.NewLogQueue(cmd.ErrOrStderr())
			log := newLogger(lines, jsonLog, debug)
			err := serve(cmd.Context(), daemon.Options{Path: *path, Version: buildVersion(), Log: log, Lines: lines, Now: time.Now})
			lines.Close()
			if err == nil {
				return nil
			}
			if errors.As(err, new(daemon.Failed)) {
				return exitCode(exitInvalid)
			}
			return failure(cmd, err)
		},
	}
	cmd.Flags().BoolVar(&jsonLog, "log-json", false, "log in JSON rather than in text")
	cmd.Flags().BoolVar(&debug, "debug", false, "log every connection of an MTA")
	return cmd
}

// serve runs a daemon until ctx ends. A log that nobody reads any more is no
// reason to end, as SIGPIPE would have it.
func serve(ctx context.Context, o daemon.Options) error {
	signal.Ignore(syscall.SIGPIPE)
	slog.SetDefault(o.Log) // the milter library logs by the standard logger
	d, err := daemon.New(o)
	if err != nil {
		if errors.As(err, new(daemon.Failed)) {
			o.Log.Error("cannot start", "err", err)
		}
		return err
	}
	return d.Run(ctx)
}

func newLogger(w io.Writer, json, debug bool) *slog.Logger {
	options := &slog.HandlerOptions{}
	if debug {
		options.Level = slog.LevelDebug
	}
	if json {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
