package config

// Change is a key whose value differs between two configurations.
type Change struct {
	Key      string // dotted, from the top of what was compared
	Old, New string // as TOML; empty where it is not set
}

// Changes lists the keys in which two configurations of one type differ, in the
// order of the structs.
func Changes(old, now any) []Change {
	values, order := literals(old)
	after, more := literals(now)
	var changes []Change
	for _, key := range append(order, more...) {
		if values[key] != after[key] {
			changes = append(changes, Change{key, values[key], after[key]})
			values[key] = after[key] // of those in both, once
		}
	}
	return changes
}

// literals are the values of all keys as TOML, and the keys in order.
func literals(v any) (values map[string]string, order []string) {
	values = make(map[string]string)
	for _, s := range outline(v, false) {
		for _, e := range s.entries {
			values[e.key] = literal(e.value)
			order = append(order, e.key)
		}
	}
	return values, order
}
