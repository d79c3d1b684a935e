package netlist

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"sluice/policy/config"
)

const (
	// MaxFile is the largest file of entries, in bytes.
	MaxFile = 64 << 20
	// maxReported is how many problems of one file are reported one by one.
	maxReported = 20
	// maxQuoted is how much of a bad entry is quoted, in bytes.
	maxQuoted = 60
)

// filePrefix introduces the path of a file of entries.
const filePrefix = "file:"

// CutFile returns the path of an entry that names a file, as it is written.
func CutFile(entry string) (path string, isFile bool) {
	path, isFile = strings.CutPrefix(strings.TrimSpace(entry), filePrefix)
	return strings.TrimSpace(path), isFile
}

// Source is an entry as it is written, and where.
type Source struct {
	File string // as the operator can open it; empty for an entry of the configuration itself
	Line int    // 1-based; 0 without a file
	Text string // without comment and surrounding space

	index int // place in the configuration's own list, from 0
}

// String prints "203.0.113.0/24", or "203.0.113.0/24 (infected.txt:3)".
func (s Source) String() string {
	if s.File == "" {
		return s.Text
	}
	return s.Text + " (" + s.File + ":" + strconv.Itoa(s.Line) + ")"
}

// Read collects the entries of a list whatever they mean: those given, and in
// place of each "file:PATH" the lines of that file. Paths are relative to dir.
// A file that cannot be read, is too large, or names another file is a problem
// under the given key.
func Read(entries []string, dir, key string, ps *config.Problems) (sources []Source) {
	report := NewReport(key, ps)
	defer report.Close()
	for i, text := range entries {
		text = strings.TrimSpace(text)
		path, isFile := CutFile(text)
		if !isFile {
			sources = append(sources, Source{Text: text, index: i})
			continue
		}
		if path == "" {
			ps.Errorf(Element(key, i), "write file:PATH", "%q names no file", text)
			continue
		}
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		data, err := readFile(path)
		if err != nil {
			ps.Errorf(Element(key, i), "", "%v", err)
			continue
		}
		sources = appendLines(sources, path, data, report)
	}
	if len(sources) > MaxEntries {
		ps.Errorf(key, "", "%d entries are too many (%d at most)", len(sources), MaxEntries)
		sources = sources[:MaxEntries]
	}
	return sources
}

// Element is the key of one entry of a list, by which the configuration finds
// its line.
func Element(key string, i int) string { return fmt.Sprintf("%s[%d]", key, i) }

func readFile(path string) (string, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("list %s: there is no such file", path)
	}
	if err != nil {
		return "", fmt.Errorf("list %s: %w", path, err)
	}
	defer f.Close()
	var b strings.Builder
	n, err := io.Copy(&b, io.LimitReader(f, MaxFile+1))
	if err != nil {
		return "", fmt.Errorf("list %s: %w", path, err)
	}
	if n > MaxFile {
		return "", fmt.Errorf("list %s: larger than %s", path, config.Size(MaxFile))
	}
	return b.String(), nil
}

// byteOrderMark is what some editors put before the first line.
const byteOrderMark = "\ufeff"

// appendLines takes the lines of a file that are not blank.
func appendLines(sources []Source, path, data string, report *Report) []Source {
	line := 0
	for text := range strings.Lines(strings.TrimPrefix(data, byteOrderMark)) {
		line++
		text = strings.TrimSpace(withoutComment(text))
		if text == "" {
			continue
		}
		s := Source{File: path, Line: line, Text: text}
		if strings.HasPrefix(text, filePrefix) {
			report.Add(s, "name it in the configuration", false, "a list cannot take in another file")
			continue
		}
		sources = append(sources, s)
	}
	return sources
}

// withoutComment cuts a line at a # that begins it or follows white space.
func withoutComment(line string) string {
	for i := range len(line) {
		if line[i] == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
			return line[:i]
		}
	}
	return line
}

// Report adds problems of entries to others, but only the first few of each
// file. Close it when there are no more.
type Report struct {
	key    string
	ps     *config.Problems
	counts map[string]int // by file
	order  []string       // files with more than are reported
	failed map[string]bool
}

// NewReport makes a report on the list under a key.
func NewReport(key string, ps *config.Problems) *Report {
	return &Report{key: key, ps: ps, counts: make(map[string]int), failed: make(map[string]bool)}
}

// Add adds a problem of one entry, with its place. The hint may be empty.
func (r *Report) Add(s Source, hint string, warning bool, format string, args ...any) {
	r.counts[s.File]++
	if r.counts[s.File] > maxReported {
		if r.counts[s.File] == maxReported+1 {
			r.order = append(r.order, s.File)
		}
		r.failed[s.File] = r.failed[s.File] || !warning
		return
	}
	key := r.key
	if s.File == "" {
		key = Element(key, s.index)
	}
	r.ps.Add(config.Problem{
		File:    s.File,
		Line:    s.Line,
		Key:     key,
		Text:    fmt.Sprintf(format, args...),
		Hint:    hint,
		Warning: warning,
	})
}

// Close says how many problems were left out; they count as an error if any of
// them is one.
func (r *Report) Close() {
	for _, file := range r.order {
		r.ps.Add(config.Problem{
			File:    file,
			Key:     r.key,
			Text:    fmt.Sprintf("and %d more of this kind", r.counts[file]-maxReported),
			Warning: !r.failed[file],
		})
	}
}

func quote(s string) string {
	if len(s) > maxQuoted {
		s = s[:maxQuoted] + "..."
	}
	return strconv.Quote(s)
}
