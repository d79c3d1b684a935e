package config

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKeys(t *testing.T) {
	var got []string
	for _, k := range Keys(defaults()) {
		if k.Doc == "" {
			t.Errorf("%s has no doc", k.Name)
		}
		got = append(got, k.Name+" | "+k.Type+" | "+k.Default)
	}
	golden(t, "testdata/docs/keys.txt", strings.Join(got, "\n")+"\n")
	pointer := defaults()
	if diff := cmp.Diff(Keys(defaults()), Keys(&pointer)); diff != "" {
		t.Errorf("a pointer documents something else: %s", diff)
	}
}

func TestDescribe(t *testing.T) {
	var got strings.Builder
	if err := Describe(&got, defaults()); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/docs/describe.txt", got.String())
	for line := range strings.Lines(got.String()) {
		if len(strings.TrimSuffix(line, "\n")) > pageWidth {
			t.Errorf("longer than %d columns: %s", pageWidth, line)
		}
	}
}

func TestWrap(t *testing.T) {
	word := strings.Repeat("w", pageWidth)
	for _, c := range []struct{ name, text, want string }{
		{"nothing", " \n ", ""},
		{"short", "a  b\nc", "- a b c\n"},
		{"as wide as the page", word[:pageWidth-4] + " b", "- " + word[:pageWidth-4] + " b\n"},
		{"one more", word[:pageWidth-3] + " b", "- " + word[:pageWidth-3] + "\n  b\n"},
		{"a word wider than the page", "a " + word + " b", "- a\n  " + word + "\n  b\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got strings.Builder
			wrap(&got, "- ", "  ", c.text)
			if diff := cmp.Diff(c.want, got.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func template(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	if err := WriteDefault(&b, defaults()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriteDefault(t *testing.T) {
	golden(t, "testdata/docs/default.toml", template(t))
}

// As it stands, the file changes nothing.
func TestDefaultFileChangesNothing(t *testing.T) {
	got, _ := mustRead(t, template(t))
	if diff := diffConfig(defaults(), got); diff != "" {
		t.Error(diff)
	}
}

// With every setting made active, it still changes nothing but adds the
// examples, which hold what new tables hold.
func TestDefaultFileMadeActive(t *testing.T) {
	active := regexp.MustCompile(`(?m)^#([a-z\[])`).ReplaceAllString(template(t), "$1")
	got, _ := mustRead(t, active)
	want := defaults()
	direct, _ := want.Policies.Get("direct")
	direct.Inherits = "direct"
	want.Groups.Set(exampleName, groupConfig{})
	want.Policies.Set(exampleName, direct)
	if diff := diffConfig(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWriteMan(t *testing.T) {
	var got strings.Builder
	if err := WriteMan(&got, defaults()); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/docs/sluice.toml.5", got.String())
	groff, err := exec.LookPath("groff")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal("no groff to check the page with (packaging/test installs it)")
	}
	if err != nil {
		t.Skip("no groff to check the page with")
	}
	check := exec.Command(groff, "-man", "-Tascii", "-ww", "-z")
	check.Stdin = strings.NewReader(got.String())
	if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("groff: %v: %s", err, out)
	}
}

func TestRoff(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"plain", "plain"},
		{".request", `\&.request`},
		{"'request", `\&'request`},
		{`a\b-c`, `a\eb\-c`},
		{"a\n.b", "a .b"},
	} {
		if got := roff(c.text); got != c.want {
			t.Errorf("roff(%q) = %q, want %q", c.text, got, c.want)
		}
	}
	if got := roffArgument(`a "b"`); got != `a \(dqb\(dq` {
		t.Errorf("got %q", got)
	}
}

func TestLiteral(t *testing.T) {
	for _, c := range []struct {
		name string
		keys []Key
		want string
	}{
		{"map", Keys(struct {
			M map[reason]float64 `toml:"m"`
		}{map[reason]float64{"b": 1, "a b": 0.5}}), `{ "a b" = 0.5, b = 1.0 }`},
		{"empty map", Keys(struct {
			M map[string]int `toml:"m"`
		}{}), `{}`},
		{"pointer", Keys(struct {
			P *int `toml:"p"`
		}{new(int)}), "0"},
		{"pointer to nothing", Keys(struct {
			P *bool `toml:"p"`
		}{}), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if len(c.keys) != 1 || c.keys[0].Default != c.want {
				t.Errorf("got %+v, want %s", c.keys, c.want)
			}
		})
	}
}
