package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"sluice/cmd/sluice/internal/daemon"
	"sluice/filter/journal"
	"sluice/policy/config"
)

func ownerCommand(path *string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "owner",
		Short: "Find out whose the domains of senders are",
		Args:  cobra.NoArgs,
		RunE:  helpOnly,
	}
	cmd.AddCommand(ownerLearnCommand(path))
	return cmd
}

func ownerLearnCommand(path *string) *cobra.Command {
	since := config.Duration(30 * 24 * time.Hour)
	o := lookout{min: 3, many: 20}
	cmd := &cobra.Command{
		Use:   "learn",
		Short: "Propose the owners of domains, from what the journal says who has used",
		Long: "Learn goes through the journal and prints [owner.NAME] tables to put into the configuration:\n" +
			"one for each login or sender group that has used domains which nobody else has used. What\n" +
			"several have used is listed as a comment, what very many have, such as the domains of free\n" +
			"mailboxes, is left out and said so. Only mail that came through untouched counts, of senders\n" +
			"at whose domains their policy looks (authorisation.action is not \"off\").\n" +
			"Who was infected meanwhile may have taught something: look through it before you use it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.min < 1 || o.many < 1 {
				return fmt.Errorf("--min and --many are at least 1")
			}
			loaded, err := loadConfig(cmd, *path)
			if err != nil {
				return err
			}
			if err := o.learn(cmd, loaded, time.Duration(since)); err != nil {
				return failure(cmd, err)
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.TextVar(&since, "since", since, "how far back to go")
	flags.IntVar(&o.min, "min", o.min, "messages in which a domain must have been used")
	flags.IntVar(&o.many, "many", o.many, "senders from which on a domain is everybody's")
	return cmd
}

// learn reads the journal and prints what it says.
func (o lookout) learn(cmd *cobra.Command, loaded *daemon.Loaded, since time.Duration) error {
	reader, err := openJournal(loaded)
	if err != nil {
		return err
	}
	defer reader.Close()
	u := newUsage(loaded.Rules.Policy, o)
	for r, err := range reader.Query(cmd.Context(), journal.Filter{Since: time.Now().Add(-since), OldestFirst: true}) {
		if err != nil {
			return err
		}
		u.add(&r)
	}
	taken := make(map[string]bool)
	for _, name := range loaded.Config.Owners.Names() {
		taken[name] = true
	}
	return u.propose().write(cmd.OutOrStdout(), config.FormatDuration(since), taken)
}
