package main

import (
	"log/slog"

	"github.com/spf13/cobra"

	"sluice/cmd/sluice/internal/daemon"
	"sluice/filter"
)

// loadConfig reads a configuration for a command that works off line, and
// prints what is wrong with it.
func loadConfig(cmd *cobra.Command, path string) (*daemon.Loaded, error) {
	loaded, ps := daemon.Load(path, slog.New(slog.DiscardHandler))
	if loaded.Rules == nil {
		if err := printProblems(cmd.ErrOrStderr(), ps.All(), false); err != nil {
			return nil, err
		}
		return nil, exitCode(exitInvalid)
	}
	return loaded, nil
}

func loadRules(cmd *cobra.Command, path string) (*filter.Rules, error) {
	loaded, err := loadConfig(cmd, path)
	if err != nil {
		return nil, err
	}
	return loaded.Rules, nil
}
