package main

import (
	"cmp"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"sluice/cmd/sluice/internal/control"
)

func statusCommand(path *string) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "What is running: configuration, senders by standing, what has fallen back to observe",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return asked(cmd, *path, asJSON, func(c *control.Client) (control.Status, error) {
				return c.Status(cmd.Context())
			}, printStatus)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "JSON instead of words")
	return cmd
}

func printStatus(w io.Writer, s control.Status) {
	fmt.Fprintf(w, "sluice     %s, running since %s (%s)\n", s.Version, clock(s.Since), time.Since(s.Since).Round(time.Second))
	fmt.Fprintf(w, "config     %s, read %s, mode %s\n", cmp.Or(s.Config, builtIn), clock(s.Loaded), s.Mode)
	for _, stage := range control.Stages() {
		fmt.Fprintf(w, "senders    %d %s\n", s.Senders[stage], stage)
	}
	fmt.Fprintf(w, "exceptions %d\n", s.Exceptions)
	for _, b := range s.Breaker {
		fmt.Fprintf(w, "fell back  %s in group %s: suddenly refuses far more than before, and does not act until %s\n", b.Cause, b.Group, clock(b.Until))
	}
}
