package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by the linker when a release is packaged. Otherwise it is
// what go build notes of the repository: a tag, or the time of a commit.
var version string

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), versionLine())
			return err
		},
	}
}

// versionLine is what sluice version and sluice --version print.
func versionLine() string {
	return fmt.Sprintf("sluice %s %s %s/%s", buildVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// buildVersion is the version of this binary: "v1.2.0", "v0.0.0-TIME-COMMIT"
// with "+dirty" if it has changes of its own, or "dev" if nothing is known.
func buildVersion() string {
	noted := ""
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "(devel)" {
		noted = info.Main.Version
	}
	return cmp.Or(version, noted, "dev")
}
