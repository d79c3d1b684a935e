package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"sluice/cmd/sluice/internal/daemon"
	"sluice/filter"
)

// installed is the configuration file that is read if none is named, once it
// is there.
var installed = "/etc/sluice/sluice.toml"

// builtIn is what commands say that answer without a configuration file.
const builtIn = "built-in defaults (no configuration file)"

// installedPath is the installed configuration file, "" if there is none. One
// that cannot be looked at is there: to pass it over would be to lie.
func installedPath() string {
	if _, err := os.Stat(installed); errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return installed
}

// sayIfBuiltIn says that there is no configuration file, if there is none.
func sayIfBuiltIn(w io.Writer, path string) {
	if path == "" {
		fmt.Fprintln(w, builtIn)
	}
}

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
