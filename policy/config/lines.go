package config

import (
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// lineScanner finds the line of every key, table and list element of a TOML
// document. The library keeps such lines to itself, forgets tables that are
// only implied, and knows no elements.
//
// It skims: the document must have been parsed without an error before. On
// anything else its answers are wrong, but it ends and does not fail.
type lineScanner struct {
	rest  string
	line  int
	lines map[string]int
}

// scanLines returns the lines, counted from 1, by dotted name as File
// describes it. The first of several with one name counts.
func scanLines(document string) map[string]int {
	s := &lineScanner{
		rest:  strings.TrimPrefix(document, "\ufeff"),
		line:  1,
		lines: make(map[string]int),
	}
	table := ""
	for s.skipBlank(); s.rest != ""; s.skipBlank() {
		if s.rest[0] == '[' {
			s.rest = strings.TrimLeft(s.rest, "[")
			table = s.name("")
			s.mark(table)
			s.rest = strings.TrimLeft(s.rest, "] \t")
			continue
		}
		s.pair(table)
	}
	return s.lines
}

func (s *lineScanner) mark(key string) {
	if _, seen := s.lines[key]; !seen {
		s.lines[key] = s.line
	}
}

// advance skips n bytes and counts the lines among them.
func (s *lineScanner) advance(n int) {
	n = min(n, len(s.rest))
	s.line += strings.Count(s.rest[:n], "\n")
	s.rest = s.rest[n:]
}

// until skips to the first of the given bytes, or to the end.
func (s *lineScanner) until(stops string) {
	n := strings.IndexAny(s.rest, stops)
	if n < 0 {
		n = len(s.rest)
	}
	s.advance(n)
}

// skipBlank skips white space, line ends and comments.
func (s *lineScanner) skipBlank() {
	for {
		s.advance(len(s.rest) - len(strings.TrimLeft(s.rest, " \t\r\n")))
		if !strings.HasPrefix(s.rest, "#") {
			return
		}
		s.until("\n")
	}
}

// pair reads "key = value" and always gets on, if only by a byte.
func (s *lineScanner) pair(table string) {
	before := len(s.rest)
	key := s.name(table)
	s.mark(key)
	s.skipSpace()
	s.rest = strings.TrimPrefix(s.rest, "=")
	s.skipSpace()
	s.value(key)
	if len(s.rest) == before {
		s.advance(1)
	}
}

func (s *lineScanner) skipSpace() { s.rest = strings.TrimLeft(s.rest, " \t") }

// name reads a dotted key and puts it below the table.
func (s *lineScanner) name(table string) string {
	for {
		s.skipSpace()
		table = join(table, s.part())
		s.skipSpace()
		if !strings.HasPrefix(s.rest, ".") {
			return table
		}
		s.rest = s.rest[1:]
	}
}

// part reads one part of a dotted key, bare or quoted.
func (s *lineScanner) part() string {
	start := s.rest
	if start != "" && (start[0] == '"' || start[0] == '\'') {
		s.skipString()
		return unquote(start[:len(start)-len(s.rest)])
	}
	s.until(".=]} \t\r\n")
	return start[:len(start)-len(s.rest)]
}

// unquote returns what a quoted key stands for.
func unquote(quoted string) string {
	var doc struct{ K string }
	if err := toml.Unmarshal([]byte("K="+quoted), &doc); err != nil {
		return quoted
	}
	return doc.K
}

// value skips a value, and marks what is inside it.
func (s *lineScanner) value(key string) {
	if s.rest == "" {
		return
	}
	switch s.rest[0] {
	case '"', '\'':
		s.skipString()
	case '[':
		s.array(key)
	case '{':
		s.inlineTable(key)
	default:
		s.until(",]}#\n") // a date may have a space inside
	}
}

func (s *lineScanner) array(key string) {
	first := s.line
	s.advance(1)
	for i := 0; ; {
		s.skipBlank()
		switch {
		case s.rest == "":
			return
		case s.rest[0] == ']':
			s.advance(1)
			return
		case s.rest[0] == ',':
			s.advance(1)
			i++
			continue
		}
		element := key + "[" + strconv.Itoa(i) + "]"
		if s.line != first {
			s.mark(element)
		}
		before := len(s.rest)
		s.value(element)
		if len(s.rest) == before {
			s.advance(1)
		}
	}
}

func (s *lineScanner) inlineTable(key string) {
	s.advance(1)
	for {
		s.skipBlank()
		switch {
		case s.rest == "":
			return
		case s.rest[0] == '}':
			s.advance(1)
			return
		case s.rest[0] == ',':
			s.advance(1)
		default:
			s.pair(key)
		}
	}
}

// skipString skips a string of any of the four kinds.
func (s *lineScanner) skipString() {
	quote := s.rest[:1]
	long := strings.Repeat(quote, 3)
	end := quote
	if strings.HasPrefix(s.rest, long) {
		end = long
	}
	n := len(end)
	for n < len(s.rest) && !strings.HasPrefix(s.rest[n:], end) {
		if quote == `"` && s.rest[n] == '\\' {
			n++
		}
		n++
	}
	n += len(end)
	// A long string may end in up to two quotes of its own.
	for extra := 0; end == long && extra < 2 && n < len(s.rest) && s.rest[n] == quote[0]; extra++ {
		n++
	}
	s.advance(n)
}
