package config

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
)

func TestScanLines(t *testing.T) {
	for _, c := range []struct {
		name, document string
		want           map[string]int
	}{
		{"empty", "", map[string]int{}},
		{"keys before any table", "\n# mode = 1\nmode = 2 # mode\n", map[string]int{"mode": 3}},
		{"byte order mark", "\ufeffmode = 1\n[a]\n", map[string]int{"mode": 1, "a": 2}},
		{"lines end in CR LF", "a = 1\r\n\r\n[t]\r\nb = 2\r\n", map[string]int{"a": 1, "t": 3, "t.b": 4}},
		{"no end of the last line", "[t]\nb = 2", map[string]int{"t": 1, "t.b": 2}},
		{"header with spaces and a comment", "[ a . b ] # [c]\nd=1", map[string]int{"a.b": 1, "a.b.d": 2}},
		{"quoted names", "[group.\"a.b\"]\n'c d' = 1\n\"\\u0065\" = 2\n\"\" = 3",
			map[string]int{"group.a.b": 1, "group.a.b.c d": 2, "group.a.b.e": 3, "group.a.b.": 4}},
		{"brackets in a quoted name", "[\"a]\"]\nb = 1", map[string]int{"a]": 1, "a].b": 2}},
		{"dotted keys", "a.b . c = 1\na.d = 2", map[string]int{"a.b.c": 1, "a.d": 2}},
		{"inline table", "a = { b = 1, c = { d = \"}\" } }\ne = 1",
			map[string]int{"a": 1, "a.b": 1, "a.c": 1, "a.c.d": 1, "e": 2}},
		{"inline table on several lines", "a = {\n  b = 1, # }\n  c = 2,\n}\nd = 3",
			map[string]int{"a": 1, "a.b": 2, "a.c": 3, "d": 5}},
		{"long string that looks like keys", "a = \"\"\"\nb = 1\n[c]\n\\\"\"\" d = 1\n\"\"\"\ne = 1",
			map[string]int{"a": 1, "e": 6}},
		{"long string that ends in quotes", "a = \"\"\"x\"\"\"\"\"\nb = '''y'''''\nc = 1",
			map[string]int{"a": 1, "b": 2, "c": 3}},
		{"long literal string with backslash", "a = '''\n\\'''\nb = 1", map[string]int{"a": 1, "b": 3}},
		{"empty strings", "a = \"\"\nb = ''\nc = \"\"\"\"\"\"\nd = 1", map[string]int{"a": 1, "b": 2, "c": 3, "d": 4}},
		{"string with an escaped quote and a hash", `a = "\\\"# \\"` + "\nb = '\\'\nc = 1", map[string]int{"a": 1, "b": 2, "c": 3}},
		{"date with a space", "a = 1979-05-27 07:32:00\nb = 07:32:00 # c = 1\nd = 1", map[string]int{"a": 1, "b": 2, "d": 3}},
		{"list on one line", "a = [\"]\", '[', 1]\nb = 1", map[string]int{"a": 1, "b": 2}},
		{"list on several lines", "a = [\n  1, # one ]\n  2, 3,\n\n  4\n]\nb = 1",
			map[string]int{"a": 1, "a[0]": 2, "a[1]": 3, "a[2]": 3, "a[3]": 5, "b": 7}},
		{"lists within a list", "a = [\n[1,\n2],\n]\nb = 1", map[string]int{"a": 1, "a[0]": 2, "a[0][1]": 3, "b": 5}},
		{"a table twice counts once", "[[a]]\nb = 1\n[[a]]\nb = 2", map[string]int{"a": 1, "a.b": 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var tree map[string]any
			if err := toml.Unmarshal([]byte(c.document), &tree); err != nil {
				t.Fatalf("the case is no TOML: %v", err)
			}
			if diff := cmp.Diff(c.want, scanLines(c.document)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The scanner is only asked about documents that the library has read, but on
// others it must end all the same.
func TestScanLinesEndsOnAnything(t *testing.T) {
	for _, s := range []string{"[", "[[", "=", "a", "a=", "a=[", "a=[[", "a={", "a={b", "a=\"", "a=\"\"\"\\", "'", ".", "]", "}", "a=[}", "a={]"} {
		scanLines(s)
		scanLines(strings.Repeat(s, 3))
	}
}

// probe asks the library for the line of a value by refusing it.
type probe struct{}

func (*probe) UnmarshalTOML(any) error { return errors.New("here") }

// FuzzLines compares with the library: the same keys, and the same line where
// a plain key at the top has a value that the library keeps the line of.
func FuzzLines(f *testing.F) {
	for _, s := range []string{
		"a = 1\n[b]\nc = [1,\n2]\n", "a.b = { c = 1 }\n", "[\"a.b\"]\n'c' = '''\n'''\n", "a = \"\"\"\n\"\"\"\"\nb = 1",
		"[[a]]\nb = 1\n[[a]]\n[a.c]\n", "\ufeffa = 1979-05-27 07:32:00\n", "a = [{b = 1}, {b = 2}]", "a = \"\\\\\" # \"\nb = ''",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, document string) {
		lines := scanLines(document)
		var top map[string]toml.Primitive
		meta, err := toml.Decode(document, &top)
		if err != nil || strings.HasPrefix(document, "\xff\xfe") || strings.HasPrefix(document, "\xfe\xff") {
			return
		}
		for _, key := range meta.Keys() {
			if !knows(lines, key) {
				t.Errorf("no line for %q in %v", key, lines)
			}
		}
		for name, value := range top {
			var at toml.ParseError
			if kind := meta.Type(name); kind != "Integer" && kind != "Bool" || lines[name] == 0 {
				continue
			}
			if err := meta.PrimitiveDecode(value, new(probe)); errors.As(err, &at) && at.Position.Line != lines[name] {
				t.Errorf("%q is in line %d, not %d", name, at.Position.Line, lines[name])
			}
		}
	})
}

// knows says whether the key has a line, be it as a key of an element.
func knows(lines map[string]int, key toml.Key) bool {
	want := strings.Join(key, ".")
	if lines[want] > 0 || strings.HasPrefix(want, ".") || key[0] == "" {
		return true
	}
	for name := range maps.Keys(lines) {
		if strings.ContainsAny(name, "[") && name[strings.LastIndexByte(name, '.')+1:] == key[len(key)-1] {
			return true
		}
	}
	return false
}
