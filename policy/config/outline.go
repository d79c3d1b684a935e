package config

import "reflect"

// exampleName stands for the name of a named table in the documentation.
const exampleName = "NAME"

// section is one [table] of a configuration file with the keys under it. The
// first has no header: its keys stand before any table.
type section struct {
	header  string // as written between the brackets
	key     string // the same without quotes
	doc     string
	named   bool
	entries []entry
}

// entry is one key of a section. Structs within a section appear as dotted
// keys: "thresholds.tag".
type entry struct {
	key   string // from the top of the file, without quotes
	local string // as written in its section
	doc   string
	value reflect.Value
	group bool // of the keys that follow; has no value of its own
}

// outliner lays a configuration out in sections. For the documentation, every
// set of named tables is one example, and maps are single values.
type outliner struct {
	example  bool
	sections []section
}

// outline lays out a configuration struct or a pointer to one.
func outline(v any, example bool) []section {
	o := &outliner{example: example}
	o.section(section{}, copied(reflect.Indirect(reflect.ValueOf(v))))
	return o.sections
}

// section adds a table, and after it those below, because TOML wants the keys
// of a table before the next header.
func (o *outliner) section(s section, v reflect.Value) {
	o.entries(&s, v, s.key, "")
	o.sections = append(o.sections, s)
	o.below(s, v)
}

func (o *outliner) entries(s *section, v reflect.Value, key, local string) {
	for _, f := range fieldsOf(v.Type()) {
		value := v.FieldByIndex(f.index)
		e := entry{join(key, f.name), join(local, quoteKey(f.name)), f.doc, value, false}
		_, tables := asTables(value)
		switch {
		case tables:
		case isTable(value) && s.key == "": // a section of its own
		case isTable(value):
			if o.example {
				e.group = true
				s.entries = append(s.entries, e)
			}
			o.entries(s, value, e.key, e.local)
		case value.Kind() == reflect.Map && !o.example:
			s.entries = append(s.entries, mapEntries(e)...)
		default:
			s.entries = append(s.entries, e)
		}
	}
}

// mapEntries makes an entry of each key of a map.
func mapEntries(e entry) []entry {
	var entries []entry
	for _, k := range sortedKeys(e.value) {
		name := plainText(k)
		entries = append(entries, entry{join(e.key, name), join(e.local, quoteKey(name)), e.doc, e.value.MapIndex(k), false})
	}
	return entries
}

// below adds the sections that lie in a section.
func (o *outliner) below(s section, v reflect.Value) {
	for _, f := range fieldsOf(v.Type()) {
		value := v.FieldByIndex(f.index)
		inner := section{join(s.header, quoteKey(f.name)), join(s.key, f.name), f.doc, false, nil}
		if set, ok := asTables(value); ok {
			o.named(inner, set, f.base)
		} else if isTable(value) && s.key == "" {
			o.section(inner, value)
		}
	}
}

func (o *outliner) named(s section, set tableSet, base string) {
	s.named = true
	header, key := s.header, s.key
	if o.example {
		s.header, s.key = join(header, exampleName), join(key, exampleName)
		o.section(s, exampleOf(set, base))
		return
	}
	for _, name := range set.Names() {
		v, _ := set.lookup(name)
		s.header, s.key = join(header, quoteKey(name)), join(key, name)
		o.section(s, v)
	}
}

// exampleOf is what a new named table holds before its own keys.
func exampleOf(set tableSet, base string) reflect.Value {
	v, ok := set.lookup(base)
	if !ok {
		return reflect.New(set.elem()).Elem()
	}
	if field, ok := keyIn(v, inherits); ok {
		field.SetString(base)
	}
	return v
}

// isTable says whether a value is written as a table of known keys.
func isTable(v reflect.Value) bool {
	_, text := asText(v)
	return v.Kind() == reflect.Struct && !text
}
