package config

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// originColumn is where the comments with the origins begin if the values are
// short enough.
const originColumn = 40

// Print writes the effective configuration v as TOML that reads back to the
// same, each line followed by a comment that says where the value comes from.
// What is not set at all, such as a condition of a group, is left out.
func (f *File) Print(w io.Writer, v any) error {
	out := bufio.NewWriter(w)
	for _, s := range outline(v, false) {
		if s.header != "" {
			f.line(out, "["+s.header+"]", f.tableOrigin(s))
		}
		for _, e := range s.entries {
			if value := literal(e.value); value != "" {
				f.line(out, e.local+" = "+value, f.Origin(e.key))
			}
		}
	}
	return out.Flush()
}

// tableOrigin is where a table has its header. One that the file only implies
// by its keys has none, and what is said of those suffices.
func (f *File) tableOrigin(s section) string {
	if f.lines[s.key] > 0 {
		return f.Origin(s.key)
	}
	for _, e := range s.entries {
		if f.lines[e.key] > 0 {
			return ""
		}
	}
	return "default"
}

// line writes a line with its origin, and a blank one before a table.
func (f *File) line(w io.Writer, text, origin string) {
	if strings.HasPrefix(text, "[") {
		fmt.Fprintln(w)
	}
	if origin != "" {
		text = fmt.Sprintf("%-*s # %s", originColumn, text, oneLine(origin))
	}
	fmt.Fprintln(w, text)
}

// oneLine keeps a file name with control characters from ending the comment.
func oneLine(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return '?'
		}
		return c
	}, s)
}
