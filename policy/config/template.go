package config

import (
	"bufio"
	"fmt"
	"io"
)

const templateHead = `# The configuration of Sluice: every key, with its default, commented out.
# Remove the "#" directly before a key to set it.
#
# Lists may be written as their only element. Durations have a unit (30s, 10m,
# 1h, 1d, 1w), sizes are bytes or 64k, 25M, 1G. A table with NAME may stand any
# number of times, each with a name of its own; their order is the order of
# matching.
`

// WriteDefault writes the configuration file to start from: every key with its
// documentation and its default, commented out, so that the file as it stands
// changes nothing. Named tables appear as one example.
func WriteDefault(w io.Writer, v any) error {
	out := bufio.NewWriter(w)
	fmt.Fprint(out, templateHead)
	for _, s := range outline(v, true) {
		s.template(out)
	}
	return out.Flush()
}

// template writes a section. "# " begins a comment, "#" alone a setting.
func (s section) template(w io.Writer) {
	if s.header != "" {
		fmt.Fprintln(w)
		wrap(w, "# ", "# ", s.doc)
		if s.named {
			fmt.Fprint(w, "#")
		}
		fmt.Fprintf(w, "[%s]\n", s.header)
	}
	for _, e := range s.entries {
		fmt.Fprintln(w)
		wrap(w, "# ", "# ", e.doc)
		if k := e.document(); !e.group {
			e.setting(w, k)
		}
	}
}

// setting writes the key with its default. What is not set by default has no
// value to show and gets its type instead.
func (e entry) setting(w io.Writer, k Key) {
	if k.Default == "" {
		fmt.Fprintf(w, "# %s = %s (not set)\n", e.local, k.Type)
		return
	}
	fmt.Fprintf(w, "#%s = %s\n", e.local, k.Default)
}
