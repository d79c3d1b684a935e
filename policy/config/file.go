package config

import (
	"strconv"
	"strings"
)

// File knows where the values of a configuration come from.
//
// Keys are dotted names without quotes: "policy.home.mode". An element of a
// list may be named by its index from 0, "group.home.clients[3]", which finds
// its own line where the list has several.
type File struct {
	name  string
	lines map[string]int    // of every key, table and element in the file
	bases map[string]string // "policy.home" starts as "policy.relayed"
}

// Locate puts file and line to the problems that have a key and no file. A key
// that is not in the file takes the line of the nearest table around it, or no
// line at all. An index is cut off the key once it has served.
func (f *File) Locate(ps *Problems) {
	for i := range ps.list {
		p := &ps.list[i]
		if p.Key == "" || p.File != "" {
			continue
		}
		p.File, p.Line = f.name, f.Line(p.Key)
		p.Key, _ = cutIndex(p.Key)
	}
}

// Line is the line of the key, counted from 1. A key that is not in the file
// has the line of the nearest table around it. Where there is none but the file
// implies one, it has the first line of that. Otherwise it is 0.
func (f *File) Line(key string) int {
	for at := key; at != ""; at = around(at) {
		if line := f.lines[at]; line > 0 {
			return line
		}
	}
	// Of a set of named tables, which has no dot, the first is about another.
	for at := around(key); strings.Contains(at, "."); at = around(at) {
		if line := f.below(at); line > 0 {
			return line
		}
	}
	return 0
}

// around is the list that an element is in, or the table that a key is in; ""
// at the top of the file.
func around(key string) string {
	if list, indexed := cutIndex(key); indexed {
		return list
	}
	return key[:max(0, strings.LastIndexByte(key, '.'))]
}

// below is the first line of what lies below a table, 0 if nothing does.
func (f *File) below(table string) (first int) {
	for key, line := range f.lines {
		if strings.HasPrefix(key, table+".") && (first == 0 || line < first) {
			first = line
		}
	}
	return first
}

// Origin says where the value of a key comes from: "sluice.toml:12",
// "policy relayed" for an inherited value that is built in, "policy relayed
// (sluice.toml:33)" for one that is not, or "default".
func (f *File) Origin(key string) string {
	if line := f.lines[key]; line > 0 {
		return f.name + ":" + strconv.Itoa(line)
	}
	table, rest := f.inherited(key)
	if table == "" || rest == inherits {
		return "default"
	}
	from := table
	for f.lines[join(from, rest)] == 0 && f.bases[from] != "" {
		from = f.bases[from]
	}
	kind, name, _ := strings.Cut(from, ".")
	origin := kind + " " + name
	if line := f.lines[join(from, rest)]; line > 0 {
		origin += " (" + f.name + ":" + strconv.Itoa(line) + ")"
	}
	return origin
}

// inherited returns the table that the key's own table starts from, and the
// key within it; "" if it starts from nothing.
func (f *File) inherited(key string) (table, rest string) {
	for i := len(key) - 1; i > 0; i-- {
		if key[i] != '.' {
			continue
		}
		if base := f.bases[key[:i]]; base != "" {
			return base, key[i+1:]
		}
	}
	return "", ""
}

// cutIndex cuts the index off an element's name: "clients[3]" is "clients".
func cutIndex(key string) (list string, indexed bool) {
	inner, closed := strings.CutSuffix(key, "]")
	open := strings.LastIndexByte(inner, '[')
	if !closed || open < 0 {
		return key, false
	}
	if _, err := strconv.ParseUint(inner[open+1:], 10, 31); err != nil {
		return key, false
	}
	return inner[:open], true
}
