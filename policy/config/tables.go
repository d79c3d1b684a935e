package config

import (
	"iter"
	"maps"
	"reflect"
	"slices"
)

// Tables is an ordered set of named tables, such as [group.NAME], in the order
// of the file. The zero value is empty and ready to use.
//
// If T has a text field with the key "inherits", a table starts as a copy of
// the one it names there. The tag `base:"NAME"` on the Tables field itself
// gives the table that all others start from that name none.
type Tables[T any] struct {
	names  []string
	values map[string]T
}

// Set adds a table at the end, or replaces the one of that name in its place.
func (t *Tables[T]) Set(name string, value T) {
	if t.values == nil {
		t.values = make(map[string]T)
	}
	if _, known := t.values[name]; !known {
		t.names = append(t.names, name)
	}
	t.values[name] = value
}

// Get returns the table of that name.
func (t Tables[T]) Get(name string) (T, bool) {
	v, ok := t.values[name]
	return v, ok
}

// Names returns the names in order.
func (t Tables[T]) Names() []string { return t.names }

// Len is the number of tables.
func (t Tables[T]) Len() int { return len(t.names) }

// All walks the tables in order.
func (t Tables[T]) All() iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		for _, name := range t.names {
			if !yield(name, t.values[name]) {
				return
			}
		}
	}
}

// tableSet is Tables without its type parameter, for reflection.
type tableSet interface {
	Names() []string
	elem() reflect.Type
	lookup(name string) (reflect.Value, bool)
	put(name string, value reflect.Value)
	detach()
}

func (t *Tables[T]) elem() reflect.Type { return reflect.TypeFor[T]() }

func (t *Tables[T]) lookup(name string) (reflect.Value, bool) {
	v, ok := t.values[name]
	return reflect.ValueOf(&v).Elem(), ok
}

func (t *Tables[T]) put(name string, value reflect.Value) {
	t.Set(name, value.Interface().(T))
}

// detach gives the set its own memory, so that changing it leaves alone the
// one it was copied from.
func (t *Tables[T]) detach() {
	t.names, t.values = slices.Clone(t.names), maps.Clone(t.values)
}
