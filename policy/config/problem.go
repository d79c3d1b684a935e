package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Problem is one thing that is wrong with a configuration, or, as a Warning,
// one thing that is probably not what was meant.
type Problem struct {
	File    string // as the operator named it; empty for built-in values
	Line    int    // 1-based; 0 if the place is not known
	Key     string // dotted: "policy.home.inherits"; empty for a syntax error
	Text    string // what is wrong, quoting the value
	Hint    string // what to do about it; may be empty
	Warning bool
}

// String prints "FILE:LINE: key: what is wrong (hint)".
func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File + ":")
		if p.Line > 0 {
			b.WriteString(strconv.Itoa(p.Line) + ":")
		}
		b.WriteByte(' ')
	}
	if p.Warning {
		b.WriteString("warning: ")
	}
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	b.WriteString(p.Text)
	if p.Hint != "" {
		b.WriteString(" (" + p.Hint + ")")
	}
	return b.String()
}

// Problems collects everything that is wrong, in the order it was found. The
// zero value is ready to use.
type Problems struct {
	list []Problem
}

// Errorf adds an error about a key. The hint may be empty.
func (ps *Problems) Errorf(key, hint, format string, args ...any) {
	ps.Add(Problem{Key: key, Hint: hint, Text: fmt.Sprintf(format, args...)})
}

// Warnf adds a warning about a key. The hint may be empty.
func (ps *Problems) Warnf(key, hint, format string, args ...any) {
	ps.Add(Problem{Key: key, Hint: hint, Text: fmt.Sprintf(format, args...), Warning: true})
}

// Add adds a problem whose place is already known, such as a line of a list.
func (ps *Problems) Add(p Problem) { ps.list = append(ps.list, p) }

// All returns what was collected.
func (ps *Problems) All() []Problem { return ps.list }

// Sort puts problems of one file into the order of its lines; those without a
// line come first.
func (ps *Problems) Sort() {
	slices.SortStableFunc(ps.list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
}

// Failed says whether anything collected is an error rather than a warning.
func (ps *Problems) Failed() bool {
	for _, p := range ps.list {
		if !p.Warning {
			return true
		}
	}
	return false
}
