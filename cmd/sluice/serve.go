package main

import (
	"errors"
	"log/slog"
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
			log := newLogger(cmd, jsonLog, debug)
			slog.SetDefault(log) // the milter library logs by the standard logger
			d, err := daemon.New(daemon.Options{Path: *path, Version: buildVersion(), Log: log, Now: time.Now})
			if errors.As(err, new(daemon.Failed)) {
				log.Error("cannot start", "err", err)
				return exitCode(exitInvalid)
			}
			if err != nil {
				return failure(cmd, err)
			}
			if err := d.Run(cmd.Context()); err != nil {
				return failure(cmd, err)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&jsonLog, "log-json", false, "log in JSON rather than in text")
	cmd.Flags().BoolVar(&debug, "debug", false, "log every connection of an MTA")
	return cmd
}

func newLogger(cmd *cobra.Command, json, debug bool) *slog.Logger {
	options := &slog.HandlerOptions{}
	if debug {
		options.Level = slog.LevelDebug
	}
	if json {
		return slog.New(slog.NewJSONHandler(cmd.ErrOrStderr(), options))
	}
	return slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), options))
}
