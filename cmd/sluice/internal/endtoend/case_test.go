package endtoend

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// testdata is where cases and mail are, seen from this package.
const testdata = "../../../../testdata"

// example is one case: what its file says.
type example struct {
	name     string
	shows    string // the first line
	configs  []string
	dialogue []line
	sections map[string]string // the others
}

// line is one directive of a dialogue.
type line struct {
	number int    // in the file, from 1
	only   string // the server it is for; "" for all
	text   string
}

// servers are the names that lines and "only" may give.
var servers = []string{"postfix", "sendmail"}

// known are the sections that are not part of configuration or dialogue.
var known = map[string]bool{"sink": true, "held": true, "dns": true, "names": true, "queries": true, "record": true}

// loadExamples reads all cases.
func loadExamples(t *testing.T) []example {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(testdata, "endtoend", "*.case"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	var all []example
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		e, err := parseExample(strings.TrimSuffix(filepath.Base(path), ".case"), text)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, e)
	}
	return all
}

// parseExample reads one case.
func parseExample(name string, text []byte) (example, error) {
	archive := txtar.Parse(text)
	comment := string(archive.Comment)
	e := example{name: name, sections: map[string]string{}}
	first, _, _ := strings.Cut(comment, "\n")
	shows, ok := strings.CutPrefix(first, "# ")
	if !ok {
		return e, fmt.Errorf(`the first line does not say what the case shows ("# ...")`)
	}
	e.shows = shows
	number := strings.Count(comment, "\n") + 1
	for _, f := range archive.Files {
		number++
		if err := e.section(f.Name, string(f.Data), number); err != nil {
			return e, err
		}
		number += strings.Count(string(f.Data), "\n")
	}
	if len(e.configs) == 0 || len(e.dialogue) == 0 {
		return e, fmt.Errorf("a case needs the sections sluice.toml and dialogue")
	}
	return e, nil
}

// section takes in one section, whose text begins at the given line.
func (e *example) section(name, text string, number int) error {
	switch {
	case name == configName(len(e.configs)):
		e.configs = append(e.configs, text)
	case name == "dialogue":
		for s := range strings.Lines(text) {
			if l := parseLine(strings.TrimRight(s, "\n"), number); l.text != "" {
				e.dialogue = append(e.dialogue, l)
			}
			number++
		}
	case known[name]:
		e.sections[name] = text
	default:
		return fmt.Errorf("unknown section %q, or out of order", name)
	}
	return nil
}

// configName is the name of the n-th configuration, counted from 0.
func configName(n int) string {
	if n == 0 {
		return "sluice.toml"
	}
	return fmt.Sprintf("sluice.toml.%d", n+1)
}

func parseLine(text string, number int) line {
	for _, server := range servers {
		if rest, ok := strings.CutPrefix(text, server); ok && rest != "" && strings.Contains("<>|.", rest[:1]) {
			return line{number, server, rest}
		}
	}
	return line{number, "", text}
}

// isFor says whether the case is run with a server.
func (e *example) isFor(server string) bool {
	for _, l := range e.dialogue {
		if only, ok := strings.CutPrefix(l.text, "only "); ok {
			return only == server
		}
	}
	return true
}

// mentions says whether one of the configurations has a word in it.
func (e *example) mentions(word string) bool {
	return slices.ContainsFunc(e.configs, func(c string) bool { return strings.Contains(c, word) })
}

func TestParseExample(t *testing.T) {
	e, err := parseExample("x", []byte("# Shows it.\n-- sluice.toml --\nmode = \"off\"\n-- dialogue --\nonly sendmail\n\n| postfix is mail\npostfix< 250\n-- sluice.toml.2 --\n-- held --\na@b\n"))
	if err != nil {
		t.Fatal(err)
	}
	if e.shows != "Shows it." || len(e.configs) != 2 || e.sections["held"] != "a@b\n" {
		t.Errorf("got %+v", e)
	}
	want := []line{{5, "", "only sendmail"}, {7, "", "| postfix is mail"}, {8, "postfix", "< 250"}}
	if len(e.dialogue) != len(want) {
		t.Fatalf("dialogue %+v", e.dialogue)
	}
	for i, l := range e.dialogue {
		if l != want[i] {
			t.Errorf("line %+v, want %+v", l, want[i])
		}
	}
	if e.isFor("postfix") || !e.isFor("sendmail") {
		t.Error("only is not heeded")
	}
}

func TestParseExampleRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no first line":       "-- sluice.toml --\n-- dialogue --\nquit\n",
		"no dialogue":         "# X\n-- sluice.toml --\n",
		"no configuration":    "# X\n-- dialogue --\nquit\n",
		"unknown section":     "# X\n-- sluice.toml --\n-- dialogue --\nquit\n-- sinc --\n",
		"configuration skips": "# X\n-- sluice.toml --\n-- dialogue --\nquit\n-- sluice.toml.3 --\n",
	} {
		if _, err := parseExample("x", []byte(text)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
