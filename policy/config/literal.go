package config

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// literal writes a value as TOML, on one line; "" for a pointer to nothing.
func literal(v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		return literal(v.Elem())
	}
	if _, text := asText(copied(v)); text {
		return quote(plainText(v))
	}
	switch v.Kind() {
	case reflect.String:
		return quote(v.String())
	case reflect.Float32, reflect.Float64:
		s := strconv.FormatFloat(v.Float(), 'f', -1, 64)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	case reflect.Slice:
		elements := make([]string, v.Len())
		for i := range elements {
			elements[i] = literal(v.Index(i))
		}
		return "[" + strings.Join(elements, ", ") + "]"
	case reflect.Map:
		return inlineMap(v)
	default:
		return fmt.Sprint(v.Interface())
	}
}

func inlineMap(v reflect.Value) string {
	if v.Len() == 0 {
		return "{}"
	}
	var pairs []string
	for _, k := range sortedKeys(v) {
		pairs = append(pairs, quoteKey(plainText(k))+" = "+literal(v.MapIndex(k)))
	}
	return "{ " + strings.Join(pairs, ", ") + " }"
}

// plainText is the text of a value that is written as text, without quotes.
func plainText(v reflect.Value) string {
	switch t := copied(v).Addr().Interface().(type) {
	case encoding.TextMarshaler:
		text, err := t.MarshalText()
		if err != nil { // nothing of ours fails; the reader will say so
			return err.Error()
		}
		return string(text)
	case fmt.Stringer:
		return t.String()
	}
	return fmt.Sprint(v.Interface())
}

func sortedKeys(m reflect.Value) []reflect.Value {
	return slices.SortedFunc(slices.Values(m.MapKeys()), func(a, b reflect.Value) int {
		return strings.Compare(plainText(a), plainText(b))
	})
}

// quoteKey quotes one part of a dotted key if it needs it.
func quoteKey(name string) string { return toml.Key{name}.String() }

// quote writes a basic string of TOML.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
