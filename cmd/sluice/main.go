// Command sluice is a milter for outbound and mixed mail relays: it finds out
// who is sending, scores what they send without holding their address range
// against them, throttles them one by one, and can always say why.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes, as sysexits and grep have them.
const (
	exitFailed  = 1 // something did not work, or is not as expected
	exitInvalid = 2 // the configuration or the command line is wrong
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

// run carries out one command line and returns the exit code.
func run(ctx context.Context, args []string) int {
	cmd := newCommand()
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	var code exitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintln(cmd.ErrOrStderr(), "sluice:", err)
	return exitInvalid
}

// exitCode ends a command that has already said what is wrong.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// failure is an error of the work rather than of the command line.
func failure(cmd *cobra.Command, err error) error {
	fmt.Fprintln(cmd.ErrOrStderr(), "sluice:", err)
	return exitCode(exitFailed)
}

func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "sluice",
		Short:         "A milter that knows who is sending",
		Long:          "Sluice is a milter for the outbound relay of an ISP or hoster, under Postfix or Sendmail:\nsender groups, mail flow policies, limits per sender, scoring without address reputation\nfor your own customers, and a record that explains every verdict.",
		Version:       buildVersion(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetVersionTemplate(versionLine() + "\n")
	var path string
	root.PersistentFlags().StringVarP(&path, "config", "c", installedPath(), "configuration file ("+installed+" if that exists, else built-in defaults)")
	root.MarkPersistentFlagFilename("config", "toml")
	root.AddCommand(
		serveCommand(&path),
		checkCommand(&path),
		configCommand(&path),
		scoreCommand(&path),
		evaluateCommand(&path),
		trainCommand(),
		learnCommand(&path),
		ownerCommand(&path),
		tryCommand(&path),
		replayCommand(&path),
		explainCommand(&path),
		senderCommand(&path),
		statusCommand(&path),
		versionCommand(),
	)
	return root
}
