package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"sluice/filter/journal"
)

var update = flag.Bool("update", false, "write golden files anew")

func TestMain(m *testing.M) {
	command := func(config string) func() {
		return func() {
			installed = config
			os.Exit(run(context.Background(), os.Args[1:]))
		}
	}
	testscript.Main(m, map[string]func(){
		"sluice":           command("not-installed.toml"),
		"installed-sluice": command("etc/sluice.toml"), // below the folder of the script
	})
}

// TestCommands runs the commands as an operator does; the scripts are in
// testdata/script. They have two words of their own:
//
//	[want:PROGRAM] ...     only where there is this program, and under CI always
//	journal FILE FOLDER    puts decision records, JSON lines, into a journal
func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Condition:     wanted,
		Cmds:          map[string]func(*testscript.TestScript, bool, []string){"journal": writeJournal},
	})
}

// wanted says whether what needs a program is to be run: where it is missing
// under CI, it is to be run and to fail.
func wanted(condition string) (bool, error) {
	program, ok := strings.CutPrefix(condition, "want:")
	if !ok {
		return false, fmt.Errorf("unknown condition %q", condition)
	}
	_, err := exec.LookPath(program)
	return err == nil || os.Getenv("CI") != "", nil
}

// writeJournal is the command journal.
func writeJournal(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: journal FILE FOLDER")
	}
	ts.Check(os.MkdirAll(ts.MkAbs(args[1]), 0o755))
	j, err := journal.Open(journal.Options{Path: filepath.Join(ts.MkAbs(args[1]), journal.File)})
	ts.Check(err)
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var r journal.Record
		ts.Check(json.Unmarshal([]byte(line), &r))
		j.Record(&r)
	}
	ts.Check(j.Close())
}
