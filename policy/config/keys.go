package config

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Key documents one key of the configuration, or one table.
type Key struct {
	Name    string // dotted: "policy.NAME.mode", where NAME is any name
	Type    string // in words: "duration", "list of text", "true or false"
	Default string // as TOML; empty for tables and for what is not set
	Doc     string // from the `doc` tag
}

// Keys documents every key, in the order of the structs but keys before the
// tables beside them. The struct v, or the one it points to, holds the
// defaults.
func Keys(v any) []Key {
	var keys []Key
	for _, s := range outline(v, true) {
		if s.key != "" {
			keys = append(keys, Key{Name: s.key, Type: s.kind(), Doc: s.doc})
		}
		for _, e := range s.entries {
			keys = append(keys, e.document())
		}
	}
	return keys
}

func (s section) kind() string {
	if s.named {
		return "named table"
	}
	return "table"
}

func (e entry) document() Key {
	k := Key{Name: e.key, Type: typeName(e.value.Type()), Doc: e.doc}
	if !e.group {
		k.Default = literal(e.value)
	}
	return k
}

// facts is the type and the default in words.
func (k Key) facts() string {
	if k.Default == "" {
		return k.Type
	}
	return k.Type + ", default " + k.Default
}

// pageWidth is the longest line of documentation, in columns.
const pageWidth = 80

// Describe writes the documentation of every key as text of 80 columns.
func Describe(w io.Writer, v any) error {
	out := bufio.NewWriter(w)
	for i, k := range Keys(v) {
		if i > 0 {
			fmt.Fprintln(out)
		}
		wrap(out, "", "    ", k.Name+" ("+k.facts()+")")
		wrap(out, "    ", "    ", k.Doc)
	}
	return out.Flush()
}

// wrap writes text in lines of at most 80 columns, the first of them after one
// prefix and the others after another. A word that is longer stands alone.
func wrap(w io.Writer, first, others, text string) {
	line, empty := first, true
	for _, word := range strings.Fields(text) {
		if !empty && len(line)+1+len(word) > pageWidth {
			fmt.Fprintln(w, line)
			line, empty = others, true
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
	}
	if !empty {
		fmt.Fprintln(w, line)
	}
}
