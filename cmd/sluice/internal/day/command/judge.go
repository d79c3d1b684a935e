package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"

	"sluice/cmd/sluice/internal/day/judge"
)

// judged joins a day with what replay made of it, and prints how well it did.
func judged(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("judge", flag.ContinueOnError)
	asJSON := flags.Bool("json", false, "print JSON")
	who := flags.Bool("who", false, "name the infected hosts that were not found and the honest senders that were held up")
	if err := parse(flags, args, stderr, 2); err != nil {
		return err
	}
	var truth *judge.Truth
	err := reading(flags.Arg(0), func(r io.Reader) (err error) {
		truth, err = judge.ReadEvents(r)
		return err
	})
	if err != nil {
		return err
	}
	if err := reading(flags.Arg(1), truth.ReadRecords); err != nil {
		return err
	}
	if *asJSON {
		return json.NewEncoder(stdout).Encode(truth.Report())
	}
	return truth.Report().WriteTable(stdout, *who)
}

// reading opens a file, or standard input for "-", and names it in an error.
func reading(name string, read func(io.Reader) error) error {
	in := os.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	if err := read(in); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
