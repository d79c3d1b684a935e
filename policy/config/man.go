package config

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

const manHead = `.TH SLUICE.TOML 5 "" Sluice
.SH NAME
sluice.toml \- configuration of the milter sluice
.SH DESCRIPTION
The file is TOML and is read strictly: a key that is not known, a value of the
wrong type or a name that stands for nothing is an error.
.B sluice check
reports all of them at once, each with its place.
.B sluice config
prints what is in force and where each value comes from.
.PP
Upper and lower case differ.
A list may be written as its only element.
A duration is a number with a unit: 30s, 10m, 1h, 1d, 1w, or several of them.
A size is a number of bytes, or 64k, 25M, 1G in powers of 1024.
.PP
Tables with a
.I NAME
may stand any number of times, each with a name of its own: letters, digits,
hyphen and underscore, at most 64 of them, for rules and lists of addresses 40.
Their order is the order of matching.
Where such a table has the key
.BR inherits ,
it starts as a copy of the table that is named there.
.SH KEYS
`

const manTail = `.SH SEE ALSO
.BR sluice (1)
`

// WriteMan writes the source of the manual page sluice.toml(5), with the man
// macros.
func WriteMan(w io.Writer, v any) error {
	out := bufio.NewWriter(w)
	fmt.Fprint(out, manHead)
	for _, s := range outline(v, true) {
		title := "Before any table"
		if s.header != "" {
			title = "[" + s.header + "]"
		}
		if s.header == "" && len(s.entries) == 0 {
			continue
		}
		fmt.Fprintf(out, ".SS %s\n%s", roff(title), paragraph(s.doc))
		for _, e := range s.entries {
			fmt.Fprintf(out, ".TP\n.BR \"%s\" \" (%s)\"\n%s", roffArgument(e.local), roffArgument(e.document().facts()), paragraph(e.doc))
		}
	}
	fmt.Fprint(out, manTail)
	return out.Flush()
}

func paragraph(text string) string {
	if text == "" {
		return ""
	}
	return roff(text) + "\n"
}

// roff escapes text so that nothing in it is a request or an escape.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "\n", " ").Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}

// roffArgument escapes text within a quoted macro argument.
func roffArgument(text string) string {
	return strings.ReplaceAll(roff(text), `"`, `\(dq`)
}
