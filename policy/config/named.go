package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// MaxName is the longest name of a named table, in bytes. Names stand in
// headers, replies and records, without quotes.
const MaxName = 64

// tables puts the tables below a key into an ordered set.
func (r *reader) tables(set tableSet, key string, value any, base string) bool {
	tree, ok := value.(map[string]any)
	if !ok {
		r.problem(key, "write ["+key+".NAME]", "want named tables, not %s", valuePhrase(value))
		return false
	}
	set.detach()
	n := &namer{reader: r, set: set, key: key, base: base,
		trees: make(map[string]map[string]any), done: make(map[string]reflect.Value)}
	for _, name := range r.order[key] {
		n.add(name, tree[name])
	}
	for _, name := range n.names {
		set.put(name, n.resolve(name))
	}
	return true
}

// namer reads the named tables of one set, each after the one it starts from.
type namer struct {
	*reader
	set   tableSet
	key   string // of the set
	base  string // where a table starts that names no other; may be empty
	names []string
	trees map[string]map[string]any
	done  map[string]reflect.Value
	path  []string // the tables that wait for one another
}

// add takes note of a table if it is one and has a usable name.
func (n *namer) add(name string, value any) {
	tree, isTable := value.(map[string]any)
	switch key := join(n.key, name); {
	case !isTable:
		n.problem(key, "write ["+n.key+".NAME]", "want a table, not %s", valuePhrase(value))
	case !usableName(name):
		n.problem(key, fmt.Sprintf("letters, digits, - and _, at most %d", MaxName), "%q is no usable name", name)
	default:
		n.names = append(n.names, name)
		n.trees[name] = tree
	}
}

// usableName allows no dots: in the name of a key they part it from its table.
func usableName(name string) bool {
	return name != "" && len(name) <= MaxName && !strings.ContainsFunc(name, func(c rune) bool {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		return !letter && (c < '0' || c > '9') && c != '-' && c != '_'
	})
}

// resolve returns a table with everything it inherits.
func (n *namer) resolve(name string) reflect.Value {
	if v, done := n.done[name]; done {
		return v
	}
	tree, inFile := n.trees[name]
	if !inFile {
		v, _ := n.set.lookup(name)
		return v
	}
	n.path = append(n.path, name)
	v := n.start(name, tree)
	n.table(v, join(n.key, name), tree)
	n.nameParent(v, name)
	n.path = n.path[:len(n.path)-1]
	n.done[name] = v
	return v
}

// start returns what a table is before its own keys: a copy of the table it
// inherits from, else the default of its own name, else nothing.
func (n *namer) start(name string, tree map[string]any) reflect.Value {
	v := reflect.New(n.set.elem()).Elem()
	own, builtIn := n.set.lookup(name)
	parent := n.parent(name, tree)
	if parent == "" && !builtIn && n.base != name && n.known(n.base) {
		parent = n.base
	}
	if parent == "" {
		v.Set(own)
		return v
	}
	v.Set(n.resolve(parent))
	n.file.bases[join(n.key, name)] = join(n.key, parent)
	return v
}

// parent returns the table that this one says it inherits from, if there is
// such a table and it does not wait for this one.
func (n *namer) parent(name string, tree map[string]any) string {
	parent, _ := tree[inherits].(string)
	if _, can := keyIn(reflect.New(n.set.elem()).Elem(), inherits); !can || parent == "" {
		return ""
	}
	at := join(join(n.key, name), inherits)
	if !n.known(parent) {
		others := slices.DeleteFunc(slices.Concat(n.names, n.set.Names()), func(other string) bool { return other == name })
		n.problem(at, didYouMean(parent, others, ""), "there is no %s %q", n.kind(), parent)
		return ""
	}
	if i := slices.Index(n.path, parent); i >= 0 {
		circle := append(slices.Clone(n.path[i:]), parent)
		n.problem(at, "", "the %s inherits itself: %s", n.kind(), strings.Join(circle, " from "))
		return ""
	}
	return parent
}

// known says whether there is such a table, in the file or built in.
func (n *namer) known(name string) bool {
	_, inFile := n.trees[name]
	_, builtIn := n.set.lookup(name)
	return inFile || builtIn
}

// nameParent makes a table name the one it starts from even if the file leaves
// that out.
func (n *namer) nameParent(table reflect.Value, name string) {
	base, ok := n.file.bases[join(n.key, name)]
	if field, can := keyIn(table, inherits); ok && can {
		field.SetString(strings.TrimPrefix(base, n.key+"."))
	}
}

// kind is what one table of the set is called: "policy".
func (n *namer) kind() string { return n.key[strings.LastIndexByte(n.key, '.')+1:] }
