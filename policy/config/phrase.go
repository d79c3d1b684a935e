package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// remedy is the hint about a value of the wrong type if the quotes are all that
// is wrong with it, or if a table was written as a value.
func remedy(want reflect.Type, value any) string {
	switch want.Kind() {
	case reflect.String:
		switch value.(type) {
		case int64, float64, bool:
			return "put it in quotes"
		}
	case reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64:
		if s, ok := value.(string); ok && looksBare(s) {
			return "write it without the quotes"
		}
	}
	return ""
}

// looksBare says whether the text is a number or a boolean but for its quotes.
func looksBare(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil || s == "true" || s == "false"
}

// typePhrase says what a field of that type wants: "a whole number".
func typePhrase(t reflect.Type) string {
	switch name := typeName(t); name {
	case "text", "true or false":
		return name
	default:
		return "a " + name
	}
}

// typeName is what the documentation calls a type. A type that reads itself
// from text gives its name with a method TypeName.
func typeName(t reflect.Type) string {
	switch v := reflect.New(t).Interface().(type) {
	case interface{ TypeName() string }:
		return v.TypeName()
	case encoding.TextUnmarshaler:
		return "text"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.Slice:
		return listName(t.Elem())
	case reflect.Map:
		return "table of " + plural(typeName(t.Elem()))
	case reflect.Struct:
		return "table"
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "number"
	default:
		return "whole number"
	}
}

// listName is the name of a list type. Only where the elements are something
// of their own does it say that one of them may stand for the list.
func listName(element reflect.Type) string {
	name := typeName(element)
	if _, own := reflect.New(element).Interface().(interface{ TypeName() string }); own {
		return name + " or list of " + plural(name)
	}
	return "list of " + plural(name)
}

func plural(name string) string {
	if name == "text" || name == "true or false" {
		return name
	}
	return name + "s"
}

// maxQuoted is how much of a wrong text value is repeated, in bytes.
const maxQuoted = 40

// valuePhrase says in plain words what a value of the file is.
func valuePhrase(value any) string {
	switch v := value.(type) {
	case string:
		if len(v) > maxQuoted {
			v = strings.ToValidUTF8(v[:maxQuoted], "") + "..."
		}
		return fmt.Sprintf("the text %q", v)
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strings.ToLower(strconv.FormatFloat(v, 'g', -1, 64))
	case []any:
		return "a list"
	case []map[string]any:
		return "a list of tables"
	case map[string]any:
		return "a table"
	default:
		return "a date or time"
	}
}
