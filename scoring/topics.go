package scoring

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"sluice/scoring/model"
)

// A topic is something that mail speaks of, whatever its language: that an
// account will be closed, that a parcel waits, that there is a fortune to be
// had. topics.txt says by which words it is known. A topic is no offence:
// honest mail has the same ones, in other company.

//go:embed topics.txt
var topicWords string

// Bounds of topics.
const (
	maxTopicWords  = 4  // words of an entry
	minTopicPrefix = 4  // letters before "*" in a word by itself
	minLastPrefix  = 2  // letters before "*" in the last of several
	maxSpaceless   = 6  // letters of an entry in a script without spaces
	maxTopicPairs  = 10 // topics that are seen together; the strongest ones
)

// topicIndex finds entries in running words. It is immutable.
type topicIndex struct {
	names    []string
	entries  map[uint64]topicSet // words and phrases, by hash
	prefixes map[uint64]topicSet // beginnings of the last word
	starts   map[uint64]bool     // words, and rows of words, that an entry goes on after
	filter   [1 << 12]uint64     // hashes of all of them: what is not in it is in none
}

// topicSet is the topics of an entry, as numbers plus one; 0 for none.
type topicSet [2]uint8

var topics = sync.OnceValues(func() (*topicIndex, error) { return parseTopics(topicWords) })

// parseTopics reads lines "name: description", each followed by lines "lang
// entry entry ...", with an empty line before the next.
func parseTopics(text string) (*topicIndex, error) {
	x := &topicIndex{entries: make(map[uint64]topicSet), prefixes: make(map[uint64]topicSet), starts: make(map[uint64]bool)}
	head := true
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		switch name, _, found := strings.Cut(line, ":"); {
		case strings.HasPrefix(line, "#"):
		case line == "":
			head = true
		case head:
			if !found {
				return nil, fmt.Errorf("topics:%d: %q is no name of a topic (name: what it is)", n, line)
			}
			x.names = append(x.names, name)
			head = false
		default:
			for _, entry := range strings.Fields(line)[1:] {
				if err := x.add(entry); err != nil {
					return nil, fmt.Errorf("topics:%d: %w", n, err)
				}
			}
		}
	}
	if len(x.names) >= 1<<8-1 {
		return nil, fmt.Errorf("there are %d topics, %d at most", len(x.names), 1<<8-2)
	}
	return x, nil
}

// add puts an entry under the topic that was named last.
func (x *topicIndex) add(entry string) error {
	stem, isPrefix := strings.CutSuffix(entry, "*")
	words := strings.Split(stem, "_")
	last := words[len(words)-1]
	switch {
	case len(words) > maxTopicWords:
		return fmt.Errorf("%q has more than %d words", entry, maxTopicWords)
	case last == "" || stem != strings.ToLower(stem):
		return fmt.Errorf("%q is no entry: words in lower case, with _ between them", entry)
	case isPrefix && utf8.RuneCountInString(last) < leastPrefix(len(words) > 1):
		return fmt.Errorf("%q: there are %d letters before *, or more", entry, leastPrefix(len(words) > 1))
	}
	hash := uint64(0)
	for i, word := range words {
		hash = chain(hash, model.Hash(word))
		if i < len(words)-1 {
			x.starts[hash] = true
			x.mark(hash)
		}
	}
	table := x.entries
	if isPrefix {
		table = x.prefixes
	}
	x.mark(hash)
	set, number := table[hash], uint8(len(x.names))
	switch {
	case set[0] == number || set[1] == number:
	case set[0] == 0:
		set[0] = number
	case set[1] == 0:
		set[1] = number
	default:
		return fmt.Errorf("%q is in two topics already", entry)
	}
	table[hash] = set
	return nil
}

func leastPrefix(last bool) int {
	if last {
		return minLastPrefix
	}
	return minTopicPrefix
}

// chain is the hash of a row of words with one more.
func chain(before, word uint64) uint64 {
	if before == 0 {
		return word
	}
	return model.Join(before, word)
}

func (x *topicIndex) mark(hash uint64) {
	x.filter[hash>>6%uint64(len(x.filter))] |= 1 << (hash & 63)
}

func (x *topicIndex) maybe(hash uint64) bool {
	return x.filter[hash>>6%uint64(len(x.filter))]&(1<<(hash&63)) != 0
}

// topicReader follows the words of a text and counts topics.
type topicReader struct {
	*topicIndex
	open   [maxTopicWords]uint64 // rows of words that an entry goes on after
	opened int
	counts []int // by topic: how many entries were found
}

// word takes the next word.
func (r *topicReader) word(word string, hash uint64) {
	rows := r.open
	n := r.opened
	r.opened = 0
	r.row(0, word, hash)
	for _, row := range rows[:n] {
		r.row(row, word, hash)
	}
}

// row looks for a row of words that this one ends, or that goes on.
func (r *topicReader) row(before uint64, word string, hash uint64) {
	whole := chain(before, hash)
	if r.maybe(whole) {
		r.count(r.entries[whole])
		if r.starts[whole] && r.opened < len(r.open) {
			r.open[r.opened] = whole
			r.opened++
		}
	}
	letters, prefix, least := 0, uint64(fnvOffset), leastPrefix(before != 0)
	for i := range len(word) {
		if utf8.RuneStart(word[i]) {
			if letters >= least {
				if h := chain(before, prefix); r.maybe(h) {
					r.count(r.prefixes[h])
				}
			}
			letters++
		}
		prefix = (prefix ^ uint64(word[i])) * fnvPrime
	}
	if letters >= least {
		if h := chain(before, prefix); r.maybe(h) {
			r.count(r.prefixes[h])
		}
	}
}

// The constants of FNV-1a, which model.Hash is.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// spaceless takes text of a script without spaces: an entry may begin at its
// first letter.
func (r *topicReader) spaceless(text string) {
	letters, hash := 0, uint64(fnvOffset)
	for i := range len(text) {
		if utf8.RuneStart(text[i]) {
			if letters >= 2 && r.maybe(hash) {
				r.count(r.entries[hash])
			}
			if letters == maxSpaceless {
				return
			}
			letters++
		}
		hash = (hash ^ uint64(text[i])) * fnvPrime
	}
	if letters >= 2 && r.maybe(hash) {
		r.count(r.entries[hash])
	}
}

func (r *topicReader) count(set topicSet) {
	for _, number := range set {
		if number > 0 {
			r.counts[number-1]++
		}
	}
}

// found returns the topics that were found, the most frequent first, at most
// n.
func (r *topicReader) found(n int) []int {
	var all []int
	for t, count := range r.counts {
		if count > 0 {
			all = append(all, t)
		}
	}
	slices.SortStableFunc(all, func(a, b int) int { return r.counts[b] - r.counts[a] })
	return all[:min(n, len(all))]
}
