package config

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// text lets a value read itself. Numbers and booleans go to it as they are
// usually written, so that it can say in its own words what it wants.
func (r *reader) text(u encoding.TextUnmarshaler, into reflect.Value, key string, value any) bool {
	var text string
	switch v := value.(type) {
	case string:
		text = v
	case int64, bool:
		text = fmt.Sprint(v)
	case float64:
		text = strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return r.wrong(into.Type(), key, value)
	}
	if err := u.UnmarshalText([]byte(text)); err != nil {
		r.problem(key, "", "%v", err)
		return false
	}
	return true
}

// scalar puts a value into a field of a basic kind.
func (r *reader) scalar(into reflect.Value, key string, value any) bool {
	switch v := value.(type) {
	case string:
		if into.Kind() == reflect.String {
			into.SetString(v)
			return true
		}
	case bool:
		if into.Kind() == reflect.Bool {
			into.SetBool(v)
			return true
		}
	case int64:
		if into.CanInt() || into.CanUint() {
			return r.whole(into, key, v)
		}
		if into.CanFloat() {
			into.SetFloat(float64(v))
			return true
		}
	case float64:
		if into.CanFloat() && !math.IsNaN(v) && !math.IsInf(v, 0) {
			into.SetFloat(v)
			return true
		}
	}
	return r.wrong(into.Type(), key, value)
}

func (r *reader) whole(into reflect.Value, key string, n int64) bool {
	switch {
	case into.CanUint() && n < 0:
		r.problem(key, "", "want a whole number from 0, not %d", n)
		return false
	case into.CanUint() && !into.OverflowUint(uint64(n)):
		into.SetUint(uint64(n))
	case into.CanInt() && !into.OverflowInt(n):
		into.SetInt(n)
	default:
		r.problem(key, "", "%d is too large", n)
		return false
	}
	return true
}

// wrong reports a value of the wrong type.
func (r *reader) wrong(want reflect.Type, key string, value any) bool {
	r.problem(key, remedy(want, value), "want %s, not %s", typePhrase(want), valuePhrase(value))
	return false
}

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

// typePhrase says in plain words what a field of that type wants.
func typePhrase(t reflect.Type) string {
	v := reflect.New(t)
	if _, ok := v.Interface().(encoding.TextUnmarshaler); ok {
		return "text"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typePhrase(t.Elem())
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "a table"
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	default:
		return "a whole number"
	}
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
		return strconv.FormatFloat(v, 'g', -1, 64)
	case []any, []map[string]any:
		return "a list"
	case map[string]any:
		return "a table"
	default:
		return "a date or time"
	}
}
