package config

import (
	"slices"
	"strings"
)

// maxSuggest bounds the words that Suggest compares, in bytes. No key and no
// name that means something is longer.
const maxSuggest = 64

// Suggest returns the known word that was probably meant by word, for a hint
// such as "did you mean X", or "" if none is close. A word that differs in case
// alone is closest; otherwise at most every third letter may be wrong.
func Suggest(word string, known []string) string {
	if word == "" || len(word) > maxSuggest {
		return ""
	}
	best, least := "", max(1, len(word)/3)+1
	for _, candidate := range known {
		if len(candidate) > maxSuggest {
			continue
		}
		d := distance(strings.ToLower(word), strings.ToLower(candidate))
		if d < least && d < len(candidate) {
			best, least = candidate, d
		}
	}
	return best
}

// didYouMean is the hint about a name that is not among the known ones: the
// closest, else all of them while they are few, else the given one.
func didYouMean(word string, known []string, otherwise string) string {
	const few = 8
	if s := Suggest(word, known); s != "" {
		if strings.EqualFold(s, word) {
			return "write " + s + ": upper and lower case differ"
		}
		return "did you mean " + s + "?"
	}
	if 0 < len(known) && len(known) <= few {
		return "known: " + strings.Join(slices.Sorted(slices.Values(known)), ", ")
	}
	return otherwise
}

// distance is the number of bytes to insert, delete, replace or swap with
// their neighbour to get from a to b (optimal string alignment).
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			replace := last[j]
			if a[i] != b[j] {
				replace++
			}
			row[j+1] = min(replace, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
