// Command command invents an ISP's day, and judges what became of it:
//
//	go run ./cmd/sluice/internal/day/command generate -seed 7 >day.jsonl
//	sluice replay day.jsonl --json -c testdata/day/sluice.toml >replayed.jsonl
//	go run ./cmd/sluice/internal/day/command judge day.jsonl replayed.jsonl
//
// Each of the two lists its options with -h.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	err := run(os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "day:", err)
		os.Exit(1)
	}
}

// errUsage is a mistake on the command line that the user has been told of.
var errUsage = errors.New("usage")

const usage = `usage: day generate [OPTIONS]            writes the events of a day
       day judge [OPTIONS] EVENTS REPLAYED  says how much spam got out, and who was held up
`

func run(args []string, stdout, stderr io.Writer) error {
	name := ""
	if len(args) > 0 {
		name = args[0]
	}
	switch name {
	case "generate":
		return generate(args[1:], stdout, stderr)
	case "judge":
		return judged(args[1:], stdout, stderr)
	}
	fmt.Fprint(stderr, usage)
	return errUsage
}

// parse reads the flags of one of the two, which takes that many arguments.
func parse(flags *flag.FlagSet, args []string, stderr io.Writer, arguments int) error {
	flags.SetOutput(stderr)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if flags.NArg() != arguments {
		fmt.Fprint(stderr, usage)
		return errUsage
	}
	return nil
}
