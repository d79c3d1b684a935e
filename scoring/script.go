package scoring

import (
	"bytes"
	"io"
)

// minEscapes is how many characters of a packed script are written as escapes.
const minEscapes = 100

// unpackers are the functions by which scripts unpack others.
var unpackers = []string{"unescape", "eval", "atob", "fromcharcode"}

// unpacksItself says whether the script of a page, in lower case, hides what it
// does: behind one of unpackers, or in escapes.
func unpacksItself(page []byte) bool {
	for _, name := range unpackers {
		if calls(page, name) {
			return true
		}
	}
	if bytes.Contains(page, []byte("document.write")) && bytes.Contains(page, []byte("decodeuricomponent(")) {
		return true
	}
	return bytes.Count(page, []byte(`\x`))+bytes.Count(page, []byte(`\u00`)) >= minEscapes
}

// calls says whether a script calls a function, by its name or by its name in
// quotes, as in window['atob'](...).
func calls(page []byte, name string) bool {
	for rest := page; ; {
		at := bytes.Index(rest, []byte(name))
		if at < 0 {
			return false
		}
		after := rest[at+len(name):]
		quoted := at > 0 && len(after) > 1 && (rest[at-1] == '\'' || rest[at-1] == '"') && after[0] == rest[at-1] && after[1] == ']'
		whole := at == 0 || !isNameByte(rest[at-1]) && rest[at-1] != '_' || rest[at-1] == '.'
		if after = bytes.TrimLeft(after, " "); quoted || whole && bytes.HasPrefix(after, []byte("(")) {
			return true
		}
		rest = rest[at+len(name):]
	}
}

// readUpTo reads up to n bytes, or up to an error.
func readUpTo(r io.Reader, n int) []byte {
	data, _ := io.ReadAll(io.LimitReader(r, int64(n)))
	return data
}
