package scoring

import (
	"bytes"
	"io"
)

// How much it takes for a script to be called packed, and its data a load.
const (
	minEscapes = 100  // characters written as escapes
	minPayload = 1000 // digits of base64 in one piece, 750 bytes
)

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

// makesFile says whether a script makes a file of what the page carries, and has
// the browser save or open it: HTML smuggling. Libraries for charts can save
// files too, but carry no load.
func makesFile(page []byte) bool {
	makes := false
	for _, name := range []string{"createobjecturl", "mssaveoropenblob", "mssaveblob"} {
		makes = makes || bytes.Contains(page, []byte(name))
	}
	if !makes {
		data := bytes.Contains(page, []byte("data:application/")) || bytes.Contains(page, []byte("data:text/"))
		makes = data && (bytes.Contains(page, []byte(".download")) || bytes.Contains(page, []byte("'download'")) || bytes.Contains(page, []byte(`"download"`)))
	}
	return makes && longestBase64(page, minPayload) >= minPayload
}

// longestBase64 returns the length of the longest run of base64 digits, or
// enough.
func longestBase64(page []byte, enough int) int {
	longest, run := 0, 0
	for _, c := range page {
		if base64Value(c) < 0 {
			run = 0
			continue
		}
		if run++; run > longest {
			if longest = run; longest >= enough {
				break
			}
		}
	}
	return longest
}

// readUpTo reads up to n bytes, or up to an error.
func readUpTo(r io.Reader, n int) []byte {
	data, _ := io.ReadAll(io.LimitReader(r, int64(n)))
	return data
}
