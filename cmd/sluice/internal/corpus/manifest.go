package corpus

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Entry is one line of a manifest.
type Entry struct {
	Path    string // of the message
	Label   string // "ham", "spam", "phish", "bounce", "arf", "autoreply", ...
	Source  string
	Year    string
	Cluster string // near-duplicates share one
}

// Spam says whether the message is to be caught.
func (e Entry) Spam() bool { return e.Label == "spam" || e.Label == "phish" || e.Label == "virus" }

// labels are those that say what a message is to count as.
var labels = []string{"ham", "spam", "phish", "virus", "bounce", "arf", "autoreply"}

// ReadManifest reads a manifest: lines of values with tabs between them, below
// a line with their names. path, label and source are needed; year, cluster
// and tier may be there. Entries of another tier than "eval" are for other
// tests and left out, as are labels that say nothing of accuracy. Paths are
// relative to the manifest.
func ReadManifest(name string) ([]Entry, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	defer f.Close()
	entries, err := parseManifest(f, filepath.Dir(name))
	if err != nil {
		return nil, fmt.Errorf("read manifest %s: %w", name, err)
	}
	return entries, nil
}

func parseManifest(r io.Reader, root string) ([]Entry, error) {
	lines := bufio.NewScanner(r)
	if !lines.Scan() {
		return nil, errors.Join(errors.New("it is empty"), lines.Err())
	}
	columns := strings.Split(lines.Text(), "\t")
	for _, name := range []string{"path", "label", "source"} {
		if !slices.Contains(columns, name) {
			return nil, fmt.Errorf("line 1: there is no column %q (names of the columns, with tabs between them)", name)
		}
	}
	var entries []Entry
	for n := 2; lines.Scan(); n++ {
		if lines.Text() == "" {
			continue
		}
		values := strings.Split(lines.Text(), "\t")
		get := func(name string) string {
			if i := slices.Index(columns, name); i >= 0 && i < len(values) {
				return values[i]
			}
			return ""
		}
		e := Entry{filepath.Join(root, filepath.FromSlash(get("path"))), get("label"), get("source"), get("year"), get("cluster")}
		if get("path") == "" || e.Source == "" {
			return nil, fmt.Errorf("line %d: path or source is missing", n)
		}
		if tier := get("tier"); slices.Contains(labels, e.Label) && (tier == "" || tier == "eval") {
			entries = append(entries, e)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, errors.New("no line has a label that can be measured: " + strings.Join(labels, ", "))
	}
	return entries, nil
}

// ReadScores reads what another filter made of the entries: lines with a path,
// as the manifest's entries have it, a tab and a score. Entries without a score
// are an error, other paths are not.
func ReadScores(r io.Reader, entries []Entry) (items []Item, scores []float64, err error) {
	known := make(map[string]float64)
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		path, text, _ := strings.Cut(lines.Text(), "\t")
		score, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil {
			return nil, nil, fmt.Errorf("line %d: %q is no score (path, tab, number)", n, text)
		}
		known[filepath.Clean(path)] = score
	}
	for _, e := range entries {
		score, found := known[filepath.Clean(e.Path)]
		if !found {
			return nil, nil, fmt.Errorf("there is no score for %s", e.Path)
		}
		items = append(items, Item{Entry: e})
		scores = append(scores, score)
	}
	return items, scores, lines.Err()
}
