// Package config is the language of Sluice's configuration: TOML read
// strictly, as an ordered list, with a place for everything that is wrong.
//
// Each package owns a Config struct whose fields carry a `toml` tag (the key)
// and a `doc` tag (its documentation, the only one there is). The daemon puts
// these structs together. Read overlays a file on the defaults, key by key, so
// that one wrong value does not hide the next, and keeps where each value came
// from. What is wrong becomes a Problem with file, line, key and hint;
// packages add their own problems by key while they compile their Config, and
// File.Locate puts the lines to them.
//
// Named tables ([group.NAME]) keep the order of the file in Tables. A named
// table with a key `inherits` starts as a copy of the table it names; without
// that key, as the built-in table of its own name, else as the one that the tag
// `base` of the Tables field names, else empty.
//
// Fields may be text, booleans, numbers, types that read themselves from text,
// pointers to these for what may be unset, lists and maps of these, structs,
// and Tables. Lists of structs are not supported: named tables are, because
// they have exact lines. A type may name itself for the documentation with a
// method TypeName.
//
// Keys, Describe, WriteDefault and WriteMan derive everything that is
// documented from the same structs.
//
// Limits: a file has at most MaxFile bytes, a table's name at most 64. A
// syntax error hides what comes after it.
package config
