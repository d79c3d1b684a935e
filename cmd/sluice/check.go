package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"sluice/cmd/sluice/internal/daemon"
	"sluice/policy/config"
)

func checkCommand(path *string) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Validate a configuration: every mistake at once, with its place",
		Long: "Check reads a configuration as serve would and prints everything that is wrong with it,\n" +
			"one line each: FILE:LINE: key: what is wrong (hint). Warnings are what works and is\n" +
			"probably not meant, such as an entry that an earlier group covers, or what this machine\n" +
			"lacks, such as the folder of a socket; also exceptions that have ended, that nobody needs,\n" +
			"or that another covers. A mistake in the TOML itself hides what comes after it.\n" +
			"The exit code is 0 if the configuration is valid, else 2.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				*path = args[0]
			}
			loaded, ps := daemon.Load(*path, slog.New(slog.DiscardHandler))
			loaded.LintExceptions(time.Now(), ps)
			if err := printProblems(cmd.OutOrStdout(), ps.All(), asJSON); err != nil {
				return err
			}
			if loaded.Rules == nil {
				return exitCode(exitInvalid)
			}
			if !asJSON {
				named := len(args) == 1 || cmd.Flags().Changed("config")
				fmt.Fprintln(cmd.OutOrStdout(), summary(loaded, named))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object per problem and line")
	return cmd
}

// summary is what a valid configuration amounts to, and which one it is unless
// the operator has named it.
func summary(l *daemon.Loaded, named bool) string {
	what := "ok"
	switch {
	case l.Path == "":
		what += ", " + builtIn
	case !named:
		what += ", " + l.Path
	}
	return what + ": " + l.Summary()
}

func printProblems(w io.Writer, problems []config.Problem, asJSON bool) error {
	encoder := json.NewEncoder(w)
	for _, p := range problems {
		if !asJSON {
			fmt.Fprintln(w, p)
			continue
		}
		if err := encoder.Encode(struct {
			File     string `json:"file"`
			Line     int    `json:"line"`
			Key      string `json:"key"`
			Text     string `json:"text"`
			Hint     string `json:"hint,omitempty"`
			Severity string `json:"severity"`
		}{p.File, p.Line, p.Key, p.Text, p.Hint, severity(p)}); err != nil {
			return err
		}
	}
	return nil
}

func severity(p config.Problem) string {
	if p.Warning {
		return "warning"
	}
	return "error"
}
