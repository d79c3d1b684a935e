package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/cmd/sluice/internal/daemon"
	"sluice/policy/config"
)

// TestDocumentsAreCurrent holds what is generated from the structs against
// what is committed; go test ./cmd/sluice -update writes it anew.
func TestDocumentsAreCurrent(t *testing.T) {
	for path, write := range map[string]func(io.Writer, any) error{
		"sluice.toml":       config.WriteDefault,
		"man/sluice.toml.5": config.WriteMan,
	} {
		path = filepath.Join("../../packaging", path)
		var want bytes.Buffer
		defaults := daemon.Default()
		if err := write(&want, &defaults); err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.String(), string(got)); diff != "" {
			t.Errorf("%s is not what the structs say (go test ./cmd/sluice -update):\n%s", path, diff)
		}
	}
}

// TestEveryKeyIsDocumented looks at the documentation as a reader does.
func TestEveryKeyIsDocumented(t *testing.T) {
	defaults := daemon.Default()
	keys := config.Keys(&defaults)
	if len(keys) < 60 {
		t.Errorf("only %d keys", len(keys))
	}
	for _, k := range keys {
		if len(k.Doc) < 15 {
			t.Errorf("%s: its documentation is %q", k.Name, k.Doc)
		}
	}
}

// TestDefaultConfigurationIsGood reads the commented default configuration as
// an operator who takes it as it is.
func TestDefaultConfigurationIsGood(t *testing.T) {
	for _, path := range []string{"../../packaging/sluice.toml", "../../testdata/demo/sluice.toml", "../../testdata/day/sluice.toml"} {
		loaded, ps := daemon.Load(path, nil)
		if loaded.Rules == nil || len(ps.All()) != 0 {
			t.Errorf("%s: %v", path, ps.All())
		}
	}
}
