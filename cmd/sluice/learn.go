package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"sluice/filter"
	"sluice/policy"
	"sluice/scoring"
	"sluice/scoring/model"
)

// learnSides are the kinds of messages that can be taught.
var learnSides = []string{"spam", "ham"}

func learnCommand(path *string) *cobra.Command {
	var forget bool
	cmd := &cobra.Command{
		Use:   "learn spam|ham PATH...",
		Short: "Teach what this site takes for spam, or for honest mail",
		Long: "Learn adds messages (files, folders of .eml files, or - for one on standard input) to what the\n" +
			"state directory keeps of this site's mail, beside the model. A running daemon heeds it at once.\n" +
			"It is worth at most model.learned points, and little of it until there are examples of both\n" +
			"kinds. A message counts once; taught as the other kind it changes sides; --forget takes it back.",
		Args:      cobra.MinimumNArgs(2),
		ValidArgs: learnSides,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(learnSides, args[0]) {
				return fmt.Errorf("there is no kind %q (spam or ham)", args[0])
			}
			loaded, err := loadConfig(cmd, *path)
			if err != nil {
				return err
			}
			paths, unreadable := messages(args[1:])
			l := lesson{rules: loaded.Rules, scorer: loaded.Scorer, spam: args[0] == "spam", forget: forget}
			if err := errors.Join(errors.Join(unreadable...), l.give(cmd, loaded.LearnedPath(), paths)); err != nil {
				return failure(cmd, err)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&forget, "forget", false, "take back what was learned of these messages, as whichever kind")
	return cmd
}

// lesson is one call of learn.
type lesson struct {
	rules  *filter.Rules
	scorer *scoring.Scorer
	spam   bool
	forget bool

	learned *model.Learned
	changed int
}

// give learns the messages and writes the file, which nobody else changes
// meanwhile. What is wrong with one message does not keep others from being
// learned.
func (l *lesson) give(cmd *cobra.Command, path string, messages []string) error {
	if path == "" {
		return errors.New("state.directory is empty: there is no place for what is learned")
	}
	unlock, err := lockFile(path + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	if l.learned, err = readLearned(path); err != nil {
		return err
	}
	var failed error
	for _, name := range messages {
		if err := l.take(name, cmd.InOrStdin()); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	if l.changed > 0 {
		data, err := l.learned.MarshalBinary()
		if err := errors.Join(err, writeFile(path, data), ownLikeFolder(path)); err != nil {
			return errors.Join(failed, err)
		}
	}
	spam, ham := l.learned.Messages()
	fmt.Fprintf(cmd.OutOrStdout(), "%d of %d messages changed what is known: %d spam, %d ham\n", l.changed, len(messages), spam, ham)
	return failed
}

// take learns or forgets one message.
func (l *lesson) take(name string, stdin io.Reader) error {
	m, err := readMessage(l.rules, name, stdin)
	if err != nil {
		return err
	}
	bag, err := l.scorer.Features(m, scoring.Input{Set: scoring.Set(policy.Relayed.String())})
	if err != nil {
		return err
	}
	digest := model.DigestOf(m.Identity())
	switch {
	case l.forget && l.learned.Forget(digest, bag.Vector()), !l.forget && l.learned.Learn(digest, bag.Vector(), l.spam):
		l.changed++
	case !l.forget && l.learned.Full():
		return fmt.Errorf("%s: no more than %d messages are remembered: forget some first", name, model.MaxLearned)
	}
	return nil
}

func readLearned(path string) (*model.Learned, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return new(model.Learned), nil
	}
	if err != nil {
		return nil, err
	}
	learned, err := model.ParseLearned(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w (move it away to begin anew)", path, err)
	}
	return learned, nil
}

// ownLikeFolder gives what root has made to the owner of its folder, who is to
// go on with it.
func ownLikeFolder(path string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	var folder unix.Stat_t
	if err := unix.Stat(filepath.Dir(path), &folder); err != nil {
		return fmt.Errorf("%s: %w", filepath.Dir(path), err)
	}
	return os.Chown(path, int(folder.Uid), int(folder.Gid))
}

// lockFile waits until nobody else holds a lock, and holds it.
func lockFile(path string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(ownLikeFolder(path), unix.Flock(int(f.Fd()), unix.LOCK_EX)); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return func() { f.Close() }, nil
}
