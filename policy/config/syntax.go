package config

import (
	"errors"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// syntaxProblem is an error of the TOML library with its line and, where the
// usual cause is known, a hint. What is defined twice is said with the line of
// the first.
func syntaxProblem(name, document string, err error) Problem {
	p := Problem{File: name, Text: err.Error()}
	var at toml.ParseError
	if !errors.As(err, &at) {
		return p
	}
	p.Line, p.Text = at.Position.Line, at.Message
	if key, twice := definedTwice(at.Message); twice {
		p.Key, p.Text, p.Hint = key, "is here twice", "keep one of them"
		if first := scanLines(linesBefore(document, at.Position.Line))[key]; first > 0 {
			p.Text += ", first in line " + strconv.Itoa(first)
		}
		return p
	}
	p.Hint = syntaxHint(at.Message)
	return p
}

// definedTwice returns the dotted key of the library's message about one that
// is defined twice, and whether the message is that.
func definedTwice(message string) (key string, twice bool) {
	key, begins := strings.CutPrefix(message, "Key '")
	key, ends := strings.CutSuffix(key, "' has already been defined.")
	return key, begins && ends
}

// linesBefore is the part of a document before a line, counted from 1.
func linesBefore(document string, line int) string {
	end := 0
	for range line - 1 {
		n := strings.IndexByte(document[end:], '\n')
		if n < 0 {
			break
		}
		end += n + 1
	}
	return document[:end]
}

// syntaxHint is what to do about the mistakes that are usual; "" about others.
func syntaxHint(message string) string {
	for _, h := range []struct{ in, hint string }{
		{"expected value but found", "text stands in quotes"},
		{"array terminator", "between two elements of a list stands a comma"},
		{"inline table terminator", "between two keys within braces stands a comma"},
		{"strings cannot contain newlines", "the quotes are not closed"},
		{"invalid escape", `write \\ for a backslash, or put the text in single quotes`},
	} {
		if strings.Contains(message, h.in) {
			return h.hint
		}
	}
	return ""
}
