package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sluice/cmd/sluice/internal/control"
	"sluice/cmd/sluice/internal/daemon"
	"sluice/policy/config"
	"sluice/policy/exception"
	"sluice/policy/standing"
)

const senderHelp = `Sender shows who is held responsible for what mail, and what is known of them; it blocks and
releases them, and manages the exceptions. It asks the running Sluice over its control socket.

A SENDER is an address (203.0.113.7), a login (bob@example.net, login:bob), or as records have
it (ip:2001:db8:40::/64). Exceptions may also be for a network (203.0.113.0/24), all logins of a
realm (@example.net) or a sender group (group:home).`

func senderCommand(path *string) *cobra.Command {
	cmd := &cobra.Command{Use: "sender", Short: "Show, block, release and except senders", Long: senderHelp, Args: cobra.NoArgs, RunE: helpOnly}
	cmd.AddCommand(
		senderListCommand(path),
		senderShowCommand(path),
		senderOrderCommand(path, "block", "Refuse all mail of a sender"),
		senderOrderCommand(path, "release", "Make a sender clean: no evidence and no narrower limit is left"),
		senderOrderCommand(path, "reset", "Forget a sender, and what is counted for it, as if it had never been heard of"),
		senderReportCommand(path),
		exceptCommand(path, "raise"),
		exceptCommand(path, "exempt"),
		senderExceptionsCommand(path),
		senderUnexemptCommand(path),
	)
	return cmd
}

// helpOnly is a command that only has others below it.
func helpOnly(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// controlClient returns a client of the Sluice that runs with this configuration.
func controlClient(cmd *cobra.Command, path string) (*control.Client, error) {
	c, err := daemon.ReadConfig(path)
	if err != nil {
		return nil, failure(cmd, fmt.Errorf("%w (sluice check says more)", err))
	}
	socket := c.ControlSocket()
	if socket == "" {
		return nil, failure(cmd, errors.New("the configuration has no control socket (listen.control)"))
	}
	return control.NewClient(socket), nil
}

// asked runs what asks the running Sluice, and prints the answer as JSON or in
// words.
func asked[T any](cmd *cobra.Command, path string, asJSON bool, ask func(*control.Client) (T, error), print func(io.Writer, T)) error {
	client, err := controlClient(cmd, path)
	if err != nil {
		return err
	}
	answer, err := ask(client)
	if err != nil {
		return failure(cmd, err)
	}
	if asJSON {
		e := json.NewEncoder(cmd.OutOrStdout())
		e.SetEscapeHTML(false)
		return e.Encode(answer)
	}
	print(cmd.OutOrStdout(), answer)
	return nil
}

func senderListCommand(path *string) *cobra.Command {
	var q control.Query
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List senders by their standing, the worst first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return asked(cmd, *path, asJSON, func(c *control.Client) (control.Senders, error) {
				return c.Senders(cmd.Context(), q)
			}, printSenders)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&q.Standing, "standing", "known", "stages, with commas between (watched, probation, restricted, blocked, clean); \"known\" for all but clean, \"\" for all")
	flags.StringVar(&q.Group, "group", "", "senders of this group")
	flags.StringVar(&q.Policy, "policy", "", "senders under this policy")
	flags.StringVar(&q.Match, "match", "", "part of the sender or of its client's address")
	flags.StringVar(&q.Evidence, "evidence", "", "senders with this kind of evidence")
	flags.IntVar(&q.Limit, "limit", control.DefaultLimit, "senders that are listed at most")
	flags.BoolVar(&asJSON, "json", false, "JSON instead of a table")
	cmd.RegisterFlagCompletionFunc("standing", cobra.FixedCompletions(control.Stages(), cobra.ShellCompDirectiveNoFileComp))
	cmd.RegisterFlagCompletionFunc("evidence", cobra.FixedCompletions(standing.Names(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func senderShowCommand(path *string) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show SENDER",
		Short: "All that is known of a sender: standing, evidence, limits, exceptions, history",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return asked(cmd, *path, asJSON, func(c *control.Client) (control.Sender, error) {
				return c.Sender(cmd.Context(), args[0])
			}, printSender)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "JSON instead of words")
	return cmd
}

// senderOrderCommand has something done to a sender.
func senderOrderCommand(path *string, what, short string) *cobra.Command {
	var o control.Order
	var asJSON bool
	var span string
	cmd := &cobra.Command{
		Use:   what + " SENDER --why TEXT",
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if span != "" {
				if err := o.For.UnmarshalText([]byte(span)); err != nil {
					return fmt.Errorf("--for: %w", err)
				}
			}
			o.By = behalf(o.By)
			return asked(cmd, *path, asJSON, func(c *control.Client) (control.Result, error) {
				return c.Order(cmd.Context(), args[0], what, o)
			}, printResult)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Why, "why", "", "the reason, which is recorded")
	flags.StringVar(&o.By, "by", "", "who wants it, if not the user that runs this")
	flags.BoolVar(&asJSON, "json", false, "JSON instead of words")
	if what == "block" {
		flags.StringVar(&span, "for", "", "how long: 1h, 7d; until it is released unless given")
	}
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	cmd.MarkFlagRequired("why")
	return cmd
}

// senderReportCommand adds what another system knows of a sender.
func senderReportCommand(path *string) *cobra.Command {
	var report control.Report
	var asJSON bool
	kind := standing.Reports.String()
	cmd := &cobra.Command{
		Use:   "report SENDER",
		Short: "Add evidence of another system: a complaint, a hit of a firewall",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := report.Kind.UnmarshalText([]byte(kind)); err != nil {
				return fmt.Errorf("--kind: %w", err)
			}
			return asked(cmd, *path, asJSON, func(c *control.Client) (control.Result, error) {
				return c.Report(cmd.Context(), args[0], report)
			}, printResult)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&kind, "kind", kind, "complaints, or reports of anything else")
	flags.IntVar(&report.Count, "count", 1, "how many")
	flags.StringVar(&report.Ref, "ref", "", "reference of the record that it is about")
	flags.StringVar(&report.By, "by", "", "the feed")
	flags.BoolVar(&asJSON, "json", false, "JSON instead of words")
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	cmd.RegisterFlagCompletionFunc("kind", cobra.FixedCompletions([]string{standing.Complaints.String(), standing.Reports.String()}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// behalf is for whom a command is run: as root, whoever has become root.
func behalf(by string) string {
	if by == "" && os.Geteuid() == 0 {
		by = os.Getenv("SUDO_USER")
	}
	return by
}

// exceptCommand makes an exception: limits are raised, or a check is left out.
func exceptCommand(path *string, what string) *cobra.Command {
	var e exception.Exception
	var asJSON bool
	var span string
	cmd := &cobra.Command{
		Use:   what + " SENDER --reason TEXT --owner WHO",
		Short: map[string]string{"raise": "Multiply the limits of a sender, for a while", "exempt": "Except a sender from a check"}[what],
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			e.Subject, e.By = args[0], behalf(e.By)
			if what == "raise" && e.Factor < 2 {
				return fmt.Errorf("--factor: limits are not raised by %d (to have none: sluice sender exempt --from limits)", e.Factor)
			}
			if what == "raise" && e.Scope != exception.Limits && !strings.Contains(e.Scope, ":") {
				e.Scope = exception.LimitScope(e.Scope)
			}
			if span != "" && span != "forever" {
				d, err := config.ParseDuration(span)
				if err != nil {
					return fmt.Errorf("--for: %w", err)
				}
				e.Until = time.Now().Add(d).UTC().Truncate(time.Second)
			}
			return asked(cmd, *path, asJSON, func(c *control.Client) (exception.Exception, error) {
				return c.Except(cmd.Context(), e)
			}, func(w io.Writer, e exception.Exception) { fmt.Fprintln(w, describeException(e)) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&e.Reason, "reason", "", "why, which is recorded")
	flags.StringVar(&e.Owner, "owner", "", "whose wish it is")
	flags.StringVar(&e.By, "by", "", "who makes it, if not the user that runs this")
	flags.StringVar(&span, "for", "30d", "how long it holds; \"forever\" until it is removed")
	flags.BoolVar(&asJSON, "json", false, "JSON instead of words")
	if what == "raise" {
		flags.IntVar(&e.Factor, "factor", 2, "what the limits are multiplied by")
		flags.StringVar(&e.Scope, "limit", exception.Limits, "one limit, such as recipients-1h, instead of all")
	} else {
		flags.StringVar(&e.Scope, "from", exception.Standing, "the check: standing, limits, limit:NAME, content, authorisation")
	}
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	cmd.RegisterFlagCompletionFunc("from", cobra.FixedCompletions([]string{exception.Standing, exception.Limits, exception.Content, exception.Authorisation}, cobra.ShellCompDirectiveNoFileComp))
	cmd.MarkFlagRequired("reason")
	cmd.MarkFlagRequired("owner")
	return cmd
}

func senderExceptionsCommand(path *string) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "exceptions",
		Short: "List the exceptions, with how often each was used",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return asked(cmd, *path, asJSON, func(c *control.Client) ([]exception.Exception, error) {
				return c.Exceptions(cmd.Context())
			}, printExceptions)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "JSON instead of a table")
	return cmd
}

func senderUnexemptCommand(path *string) *cobra.Command {
	return &cobra.Command{
		Use:   "unexempt ID",
		Short: "Remove an exception",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return asked(cmd, *path, false, func(c *control.Client) (exception.Exception, error) {
				return c.Unexcept(cmd.Context(), args[0])
			}, func(w io.Writer, e exception.Exception) { fmt.Fprintln(w, "removed:", describeException(e)) })
		},
	}
}

// describeException is "K3F9Q2: ip:203.0.113.7, limits times 3 until 2026-05-04".
func describeException(e exception.Exception) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, %s", e.ID, e.Subject, e.Scope)
	if e.Factor > 0 {
		fmt.Fprintf(&b, " times %d", e.Factor)
	}
	if !e.Until.IsZero() {
		fmt.Fprintf(&b, " until %s", e.Until.Local().Format(time.DateTime))
	}
	return b.String()
}
