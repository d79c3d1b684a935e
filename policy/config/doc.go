// Package config is the language of Sluice's configuration: TOML read
// strictly, as an ordered list, with a place for everything that is wrong.
//
// Each package owns a Config struct whose fields carry a `toml` tag (the key)
// and a `doc` tag (its documentation, the only one there is). The daemon puts
// these structs together. Read overlays a file on the defaults, key by key, so
// that one wrong value does not hide the next, and keeps where each value came
// from. What is wrong becomes a Problem with file, line, key and hint;
// packages add their own problems by key while they compile their Config, and
// the file puts the lines to them.
//
// Named tables ([group.NAME]) keep the order of the file in Tables. A named
// table with a key `inherits` starts as a copy of the table it names.
//
// Keys, Describe, WriteDefault and WriteMan derive everything that is
// documented from the same structs.
package config
