package config

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// MaxFile is the largest configuration file that is read, in bytes. Long lists
// of clients belong into files of their own.
const MaxFile = 16 << 20

// Read overlays a TOML document on *into, which holds the defaults and must be
// a pointer to a struct. The name stands for the file in problems and origins.
//
// Every key goes to the field with that `toml` tag, and only to that: upper and
// lower case differ. A key that is unknown or whose value is wrong is a problem
// of its own and leaves the default in place. A list may be written as its only
// element. Lists are replaced, maps are merged key by key. What *into shared
// with other values before stays as it is there.
//
// The problems come located and in the order of the file. Read returns a File
// even when nothing could be read.
func Read(name string, data []byte, into any, ps *Problems) *File {
	f := &File{name: name, bases: make(map[string]string)}
	if len(data) > MaxFile {
		ps.Add(Problem{File: name, Text: fmt.Sprintf("larger than %v bytes", Size(MaxFile)),
			Hint: "put long lists into files of their own"})
		return f
	}
	var tree map[string]any
	meta, err := toml.Decode(string(data), &tree)
	if err != nil {
		ps.Add(syntaxProblem(name, string(data), err))
		return f
	}
	f.lines = scanLines(string(data))
	r := &reader{file: f, order: orderOf(meta)}
	r.table(reflect.ValueOf(into).Elem(), "", tree)
	r.report(ps)
	return f
}

// orderOf lists the keys of each table in the order of the file.
func orderOf(meta toml.MetaData) map[string][]string {
	order, seen := make(map[string][]string), make(map[string]bool)
	for _, key := range meta.Keys() {
		table := ""
		for _, part := range key {
			full := join(table, part)
			if !seen[full] {
				seen[full] = true
				order[table] = append(order[table], part)
			}
			table = full
		}
	}
	return order
}

// reader puts the values of one document into a configuration.
type reader struct {
	file  *File
	order map[string][]string // the keys of each table, as written
	found []Problem
}

func (r *reader) problem(key, hint, format string, args ...any) {
	line := r.file.Line(key)
	key, _ = cutIndex(key)
	r.found = append(r.found, Problem{File: r.file.name, Line: line, Key: key,
		Hint: hint, Text: fmt.Sprintf(format, args...)})
}

func (r *reader) report(ps *Problems) {
	slices.SortStableFunc(r.found, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	for _, p := range r.found {
		ps.Add(p)
	}
}

// table puts the keys of a table into a struct.
func (r *reader) table(into reflect.Value, at string, tree map[string]any) {
	fields := fieldsOf(into.Type())
	for _, key := range r.order[at] {
		value, here := tree[key]
		if !here { // of a table whose quoted name reads the same
			continue
		}
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == key })
		if i < 0 {
			r.unknown(at, key, value, fields)
			continue
		}
		r.value(into.FieldByIndex(fields[i].index), join(at, key), value, fields[i].base)
	}
}

func (r *reader) unknown(at, key string, value any, fields []field) {
	known := make([]string, len(fields))
	for i, f := range fields {
		known[i] = f.name
	}
	hint := didYouMean(key, known, "sluice config --describe lists them all")
	if _, isTable := value.(map[string]any); isTable && strings.Count(at, ".") == 1 && Suggest(key, known) == "" {
		hint = "a name has no dot: write [" + at + "-" + key + "]"
	}
	r.problem(join(at, key), hint, "unknown key")
}

// value puts a value of any type into a field and says whether it could. The
// base is that of the field's tag; it matters to named tables alone.
func (r *reader) value(into reflect.Value, key string, value any, base string) bool {
	if set, ok := asTables(into); ok {
		return r.tables(set, key, value, base)
	}
	if u, ok := asText(into); ok {
		return r.text(u, into, key, value)
	}
	switch into.Kind() {
	case reflect.Pointer:
		fresh := reflect.New(into.Type().Elem())
		if !r.value(fresh.Elem(), key, value, "") {
			return false
		}
		into.Set(fresh)
		return true
	case reflect.Struct:
		return r.nested(into, key, value)
	case reflect.Map:
		return r.mapping(into, key, value)
	case reflect.Slice:
		return r.list(into, key, value)
	default:
		return r.scalar(into, key, value)
	}
}

func (r *reader) nested(into reflect.Value, key string, value any) bool {
	tree, ok := value.(map[string]any)
	if !ok {
		return r.wrong(into.Type(), key, value)
	}
	r.table(into, key, tree)
	return true
}

// list reads into fresh memory: the old list may be another value's, too. An
// empty list is nil.
func (r *reader) list(into reflect.Value, key string, value any) bool {
	elements, isList := value.([]any)
	switch value.(type) {
	case []any:
	case map[string]any, []map[string]any:
		return r.wrong(into.Type(), key, value)
	default:
		elements = []any{value}
	}
	list, ok := reflect.Zero(into.Type()), true
	for i, element := range elements {
		at := key
		if isList {
			at = fmt.Sprintf("%s[%d]", key, i)
		}
		one := reflect.New(into.Type().Elem()).Elem()
		ok = r.value(one, at, element, "") && ok
		list = reflect.Append(list, one)
	}
	if ok {
		into.Set(list)
	}
	return ok
}

// mapping adds to a copy of the old map: it may be another value's, too.
func (r *reader) mapping(into reflect.Value, key string, value any) bool {
	tree, ok := value.(map[string]any)
	if !ok {
		return r.wrong(into.Type(), key, value)
	}
	t := into.Type()
	merged := reflect.MakeMap(t)
	for old := into.MapRange(); old.Next(); {
		merged.SetMapIndex(old.Key(), old.Value())
	}
	for _, name := range r.order[key] {
		element, here := tree[name]
		if !here {
			continue
		}
		k, v := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
		if r.value(k, join(key, name), name, "") && r.value(v, join(key, name), element, "") {
			merged.SetMapIndex(k, v)
		}
	}
	if merged.Len() > 0 {
		into.Set(merged)
	}
	return true
}
