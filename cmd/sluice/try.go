package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sluice/policy/config"
)

const tryHelp = `Try runs the real session, policy, limits and scoring on a script, on a virtual clock and
with counters of its own. A script is one command a line; # begins a comment.

  client ADDRESS [name N] [unverified] [helo H] [listener L] [port P] [login U] [tls V]
                      connect ("local" for mail without a network client)
  mail SENDER [size N]
  rcpt RECIPIENT
  header NAME: VALUE
  message FILE        headers and body of a file, relative to the script
  score POINTS        what the content of this message scores, instead of looking
  end                 end of the message
  rset                the client gives the message up
  quit                the client goes
  at +10m             the clock, which begins at the present time, moves on
                      (also: at 2026-05-04T10:00:00Z; before the first client any time)
  => TEXT             the last answer must begin with TEXT: "=> 451 4.7.1", "=> accept"

Each answer is printed, and "!!" before what is wrong. The exit code is 1 if an
expectation is not met.`

func tryCommand(path *string) *cobra.Command {
	return &cobra.Command{
		Use:   "try SCRIPT",
		Short: "Run the real policy on a script of clients, envelopes and times",
		Long:  tryHelp,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			loaded, err := loadConfig(cmd, *path)
			if err != nil {
				return err
			}
			script, dir := cmd.InOrStdin(), "."
			if args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return failure(cmd, err)
				}
				defer f.Close()
				script, dir = f, filepath.Dir(args[0])
			}
			t, err := newTrial(cmd.Context(), loaded, dir, cmd.OutOrStdout())
			if err != nil {
				return failure(cmd, err)
			}
			defer t.close()
			sayIfBuiltIn(cmd.OutOrStdout(), *path)
			if err := t.run(args[0], script); err != nil {
				return failure(cmd, err)
			}
			return nil
		},
	}
}

func (t *trial) run(name string, script io.Reader) error {
	lines := bufio.NewScanner(script)
	var errs []error
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fmt.Fprintln(t.w, line)
		t.record = nil
		if err := t.step(line); err != nil {
			fmt.Fprintf(t.w, "  !! line %d: %v\n", n, err)
			errs = append(errs, fmt.Errorf("%s:%d: %w", name, n, err))
		}
	}
	return errors.Join(append(errs, lines.Err())...)
}

// step carries one line out and prints the answer.
func (t *trial) step(line string) error {
	verb, args, _ := strings.Cut(line, " ")
	if verb == "=>" {
		if want := strings.TrimSpace(args); !strings.HasPrefix(t.answer, want) {
			return fmt.Errorf("want %q, got %q", want, t.answer)
		}
		return nil
	}
	verbs := map[string]func(string) (string, error){
		"client": t.client, "mail": t.mail, "rcpt": t.rcpt, "header": t.header, "message": t.message,
		"score": t.score, "end": t.end, "rset": t.rset, "quit": t.quit, "at": t.at,
	}
	do, known := verbs[verb]
	if !known {
		return unknown(verb, slices.Sorted(maps.Keys(verbs)))
	}
	if t.session == nil && verb != "client" && verb != "at" && verb != "quit" {
		return errors.New("there is no client yet")
	}
	answer, err := do(strings.TrimSpace(args))
	if err != nil {
		return err
	}
	if answer != "" {
		t.answer = answer
		fmt.Fprintln(t.w, "  ->", answer)
	}
	return nil
}

// pairs reads "name value name value"; "unverified" has no value.
func pairs(words []string, known ...string) (map[string]string, error) {
	facts := make(map[string]string)
	for i := 0; i < len(words); i++ {
		name := words[i]
		if !slices.Contains(known, name) {
			return nil, unknown(name, known)
		}
		if name == "unverified" {
			facts[name] = "yes"
			continue
		}
		if i++; i == len(words) || slices.Contains(known, words[i]) {
			return nil, fmt.Errorf("%s: which? (a value must follow)", name)
		}
		facts[name] = words[i]
	}
	return facts, nil
}

// unknown is the error of a word that is none of the known ones.
func unknown(word string, known []string) error {
	if close := config.Suggest(word, known); close != "" {
		return fmt.Errorf("%q is not known (did you mean %s?)", word, close)
	}
	return fmt.Errorf("%q is none of %s", word, strings.Join(known, ", "))
}
