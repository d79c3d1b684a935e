package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"sluice/cmd/sluice/internal/daemon"
	"sluice/policy/config"
)

func configCommand(path *string) *cobra.Command {
	var describe, defaults, man, rules, asJSON bool
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Print the effective configuration, with the origin of each value",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w := cmd.OutOrStdout()
			switch {
			case rules:
				return printRules(w, asJSON)
			case asJSON:
				return errors.New("--json goes with --rules")
			}
			for _, document := range []struct {
				wanted bool
				write  func(io.Writer, any) error
			}{{describe, config.Describe}, {defaults, config.WriteDefault}, {man, config.WriteMan}} {
				if document.wanted {
					c := daemon.Default()
					return document.write(w, &c)
				}
			}
			loaded, ps := daemon.Load(*path, slog.New(slog.DiscardHandler))
			if err := printProblems(cmd.ErrOrStderr(), ps.All(), false); err != nil {
				return err
			}
			if loaded.Rules == nil {
				return exitCode(exitInvalid)
			}
			if *path == "" {
				fmt.Fprintln(w, "# "+builtIn)
			}
			return loaded.File.Print(w, &loaded.Config)
		},
	}
	cmd.Flags().BoolVar(&describe, "describe", false, "document every key instead")
	cmd.Flags().BoolVar(&defaults, "default", false, "print the commented default configuration instead")
	cmd.Flags().BoolVar(&man, "man", false, "print the source of the manual page sluice.toml(5) instead")
	cmd.Flags().BoolVar(&rules, "rules", false, "list the built-in rules instead, with what each is worth by default")
	cmd.Flags().BoolVar(&asJSON, "json", false, "with --rules, one JSON object per rule and line")
	cmd.MarkFlagsMutuallyExclusive("describe", "default", "man", "rules")
	return cmd
}
