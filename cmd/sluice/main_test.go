package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
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
// testdata/script. They have a condition of their own:
//
//	[want:PROGRAM] ...     only where there is this program, and under CI always
func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Condition:     wanted,
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
