package config

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"strconv"
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
