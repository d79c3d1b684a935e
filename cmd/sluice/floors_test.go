package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// floors is the house: what each package of Sluice may import of the others.
// Imports go down only.
var floors = map[string][]string{
	"sluice/cmd/sluice":                      {"sluice/cmd/sluice/internal/control", "sluice/cmd/sluice/internal/corpus", "sluice/cmd/sluice/internal/daemon", "sluice/filter", "sluice/filter/journal", "sluice/filter/returned", "sluice/filter/wire", "sluice/policy", "sluice/policy/atomicfile", "sluice/policy/config", "sluice/policy/exception", "sluice/policy/standing", "sluice/policy/store", "sluice/scoring", "sluice/scoring/campaign", "sluice/scoring/model"},
	"sluice/cmd/sluice/internal/corpus":      {"sluice/scoring", "sluice/scoring/model"},
	"sluice/cmd/sluice/internal/invent":      {"sluice/scoring/invented"},
	"sluice/cmd/sluice/internal/daemon":      {"sluice/cmd/sluice/internal/control", "sluice/cmd/sluice/internal/notify", "sluice/filter", "sluice/filter/journal", "sluice/filter/returned", "sluice/filter/wire", "sluice/policy", "sluice/policy/breaker", "sluice/policy/config", "sluice/policy/exception", "sluice/policy/netlist", "sluice/policy/standing", "sluice/policy/standing/keep", "sluice/policy/store", "sluice/scoring", "sluice/scoring/campaign", "sluice/scoring/reputation"},
	"sluice/cmd/sluice/internal/mta":         {},
	"sluice/cmd/sluice/internal/endtoend":    {"sluice/cmd/sluice/internal/mta"},
	"sluice/cmd/sluice/internal/demo":        {"sluice/cmd/sluice/internal/mta"},
	"sluice/cmd/sluice/internal/notify":      {"sluice/policy/config"},
	"sluice/filter":                          {"sluice/filter/journal", "sluice/filter/wire", "sluice/policy", "sluice/policy/breaker", "sluice/policy/config", "sluice/policy/exception", "sluice/policy/standing", "sluice/policy/store", "sluice/scoring"},
	"sluice/filter/journal":                  {"sluice/policy/config"},
	"sluice/filter/returned":                 {"sluice/filter/journal", "sluice/policy", "sluice/policy/standing"},
	"sluice/filter/wire":                     {},
	"sluice/policy":                          {"sluice/policy/config", "sluice/policy/netlist", "sluice/policy/standing", "sluice/policy/store"},
	"sluice/policy/netlist":                  {"sluice/policy/config"},
	"sluice/policy/config":                   {},
	"sluice/policy/breaker":                  {"sluice/policy/config"},
	"sluice/policy/atomicfile":               {},
	"sluice/policy/store":                    {"sluice/policy/atomicfile"},
	"sluice/policy/exception":                {"sluice/policy/atomicfile", "sluice/policy/config"},
	"sluice/cmd/sluice/internal/control":     {"sluice/policy/exception", "sluice/policy/standing"},
	"sluice/policy/standing":                 {"sluice/policy/config"},
	"sluice/policy/standing/keep":            {"sluice/policy/atomicfile", "sluice/policy/standing"},
	"sluice/policy/store/storetest":          {"sluice/policy/store"},
	"sluice/scoring":                         {"sluice/policy/config", "sluice/policy/netlist", "sluice/scoring/authentication", "sluice/scoring/campaign", "sluice/scoring/clamav", "sluice/scoring/model", "sluice/scoring/qrcode", "sluice/scoring/reputation"},
	"sluice/scoring/authentication":          {},
	"sluice/scoring/campaign":                {"sluice/policy/atomicfile"},
	"sluice/scoring/clamav":                  {},
	"sluice/scoring/invented":                {},
	"sluice/scoring/model":                   {},
	"sluice/scoring/reputation":              {"sluice/policy/config", "sluice/policy/netlist"},
	"sluice/cmd/sluice/internal/day":         {},
	"sluice/cmd/sluice/internal/day/command": {"sluice/cmd/sluice/internal/day", "sluice/cmd/sluice/internal/day/judge"},
	"sluice/cmd/sluice/internal/day/judge":   {},
	"sluice/scoring/qrcode":                  {},
}

// library is who alone may know a library that is hidden behind a package. The
// test servers of mta have their own.
var library = map[string][]string{
	"github.com/emersion/go-milter":       {"sluice/filter/wire"},
	"modernc.org/sqlite":                  {"sluice/filter/journal", "sluice/policy/standing/keep"},
	"github.com/BurntSushi/toml":          {"sluice/policy/config"},
	"github.com/prometheus/client_golang": {"sluice/cmd/sluice/internal/daemon"},
	"github.com/spf13/cobra":              {"sluice/cmd/sluice"},
	"github.com/jhillyerd/enmime/v2":      {"sluice/scoring"},
	"github.com/emersion/go-message":      {"sluice/scoring", "sluice/cmd/sluice/internal/notify"},
	"github.com/miekg/dns":                {"sluice/scoring/reputation"},
	"blitiri.com.ar/go/spf":               {"sluice/scoring/authentication"},
	"github.com/emersion/go-msgauth":      {"sluice/scoring/authentication"},
	"github.com/wasilibs/go-re2":          {"sluice/scoring"},
	"github.com/coreos/go-systemd/v22":    {"sluice/cmd/sluice/internal/daemon"},
	"github.com/fsnotify/fsnotify":        {"sluice/cmd/sluice/internal/daemon"},
	"github.com/gaissmai/bart":            {"sluice/policy/netlist"},
	"github.com/makiuchi-d/gozxing":       {"sluice/scoring/qrcode"},
}

const testServers = "sluice/cmd/sluice/internal/mta"

type listed struct {
	ImportPath string
	Doc        string
	Imports    []string
}

func listPackages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Doc,Imports", "sluice/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []listed
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func TestImportsGoDown(t *testing.T) {
	for _, p := range listPackages(t) {
		allowed, known := floors[p.ImportPath]
		if !known {
			t.Errorf("%s has no place in the house: add it to floors, with what it may import", p.ImportPath)
		}
		for _, imported := range p.Imports {
			if strings.HasPrefix(imported, "sluice/") && !slices.Contains(allowed, imported) {
				t.Errorf("%s imports %s, which is not below it", p.ImportPath, imported)
			}
			for path, owners := range library {
				if (imported == path || strings.HasPrefix(imported, path+"/")) && !slices.Contains(owners, p.ImportPath) && p.ImportPath != testServers {
					t.Errorf("%s imports %s, which is hidden behind %s", p.ImportPath, imported, strings.Join(owners, " and "))
				}
			}
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for _, p := range listPackages(t) {
		if len(p.Doc) < 40 {
			t.Errorf("%s: its package comment is %q", p.ImportPath, p.Doc)
		}
	}
}
