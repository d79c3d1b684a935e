package main

import (
	"context"
	"flag"
	"os"
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
// testdata/script.
func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", UpdateScripts: *update})
}
