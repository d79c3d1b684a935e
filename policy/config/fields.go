package config

import (
	"encoding"
	"reflect"
)

// inherits is the key by which a named table names the one it starts from.
const inherits = "inherits"

// field is one key of a struct.
type field struct {
	name  string // the `toml` tag
	doc   string // the `doc` tag
	base  string // the `base` tag: the named table that others start from
	index []int  // for reflect.Value.FieldByIndex
}

// fieldsOf lists the keys of a struct in the order of its fields. Anonymous
// structs without a key of their own are inlined; fields without a `toml` tag
// are not part of the configuration.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("toml")
		switch {
		case name == "" && f.Anonymous && f.Type.Kind() == reflect.Struct:
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				fields = append(fields, inner)
			}
		case name != "" && name != "-" && f.IsExported():
			fields = append(fields, field{name, f.Tag.Get("doc"), f.Tag.Get("base"), []int{i}})
		}
	}
	return fields
}

// keyIn returns the text field of that key, and whether the struct has one.
func keyIn(table reflect.Value, key string) (reflect.Value, bool) {
	if table.Kind() != reflect.Struct {
		return reflect.Value{}, false
	}
	for _, f := range fieldsOf(table.Type()) {
		if v := table.FieldByIndex(f.index); f.name == key && v.Kind() == reflect.String {
			return v, true
		}
	}
	return reflect.Value{}, false
}

// asText returns how a value reads itself from text, if it does. The value
// must be addressable.
func asText(v reflect.Value) (encoding.TextUnmarshaler, bool) {
	u, ok := v.Addr().Interface().(encoding.TextUnmarshaler)
	return u, ok
}

// asTables returns the named tables that a value holds, if it does. The value
// must be addressable.
func asTables(v reflect.Value) (tableSet, bool) {
	t, ok := v.Addr().Interface().(tableSet)
	return t, ok
}

// copied returns an addressable shallow copy.
func copied(v reflect.Value) reflect.Value {
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	return c
}

// join puts a key below a table. The table without a name is the file itself.
func join(table, key string) string {
	if table == "" {
		return key
	}
	return table + "." + key
}
