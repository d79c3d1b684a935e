package config

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// readBack prints a configuration and reads it over the defaults.
func readBack(t *testing.T, f *File, c fixture) {
	t.Helper()
	var printed strings.Builder
	if err := f.Print(&printed, c); err != nil {
		t.Fatal(err)
	}
	again, _, problems := read(printed.String())
	if diff := diffConfig(c, again); diff != "" || len(problems) > 0 {
		t.Errorf("printed as\n%s\nwith problems %v, reads back differently:\n%s", &printed, problems, diff)
	}
}

func TestPrint(t *testing.T) {
	data, err := os.ReadFile("testdata/good/sluice.toml")
	if err != nil {
		t.Fatal(err)
	}
	c, f := mustRead(t, string(data))
	var printed strings.Builder
	if err := f.Print(&printed, &c); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/good/printed.toml", printed.String())
	readBack(t, f, c)
}

func TestPrintTheDefaults(t *testing.T) {
	c, f := mustRead(t, "")
	readBack(t, f, c)
}

func TestPrintQuotesWhatNeedsIt(t *testing.T) {
	c, f := mustRead(t, `
[listen]
milter = ["a\"b\\c", "tab\tline\nbell\u0007\u007f", "grüße", ""]
[scoring]
points = { "127.0.0.2" = 1, "a\"b" = 2, "" = 3, A_b-9 = 1e21, x = 1e-7 }
[policy.v1-2]
replies = { "a b" = "c # d" }
`)
	readBack(t, f, c)
}

// A comment ends with its line, so a file's name must not end the line.
func TestPrintKeepsTheFileNameOnTheLine(t *testing.T) {
	c, ps := defaults(), Problems{}
	f := Read("a\nmode = \"off\"", []byte("mode = 'observe'"), &c, &ps)
	readBack(t, f, c)
}

type brokenPipe struct{}

var errPipe = errors.New("broken pipe")

func (brokenPipe) Write([]byte) (int, error) { return 0, errPipe }

func TestWritersReportFailure(t *testing.T) {
	c, f := mustRead(t, "")
	for name, err := range map[string]error{
		"Print":        f.Print(brokenPipe{}, c),
		"Describe":     Describe(brokenPipe{}, c),
		"WriteDefault": WriteDefault(brokenPipe{}, c),
		"WriteMan":     WriteMan(brokenPipe{}, c),
	} {
		if !errors.Is(err, errPipe) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
