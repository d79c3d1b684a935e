package journal

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

func TestExplainGolden(t *testing.T) {
	cases, err := filepath.Glob("testdata/explain/*.json")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases (%v)", err)
	}
	for _, path := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			r := readRecord(t, path)
			var got strings.Builder
			if err := r.Explain(&got); err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(path, ".json") + ".txt"
			if *update {
				write(t, golden, []byte(got.String()))
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", golden, diff)
			}
		})
	}
}

func readRecord(t *testing.T, path string) *Record {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r Record
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

func TestExplainReturnsTheWriteError(t *testing.T) {
	full := errors.New("full")
	if err := sample().Explain(failing{full}); !errors.Is(err, full) {
		t.Errorf("Explain = %v", err)
	}
}

// failing is a writer that fails.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestPrintable(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"text", "a b: <ü@例え.jp>", "a b: <ü@例え.jp>"},
		{"control characters", "\x00\x1b\x7f\r\n\t", `\x00\x1b\x7f\r\n\t`},
		{"C1 control", "\u009b", `\u009b`},
		{"direction override", "a\u202eb", `a\u202eb`},
		{"bytes that are no UTF-8", "a\xffb", `a\xffb`},
		{"replacement character", "\uFFFD", "\uFFFD"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := printable(c.in); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
