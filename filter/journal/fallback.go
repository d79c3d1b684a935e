package journal

import "strings"

// logFallbacks are the causes alone.
func logFallbacks(fallen []Fallback) string {
	var causes []string
	for _, f := range fallen {
		causes = append(causes, f.Cause)
	}
	return strings.Join(causes, ",")
}

// words say what was not done, and why.
func (f Fallback) words() string {
	undone := "it would have been " + f.Action
	if f.Action == "accept" || f.Action == "tag" {
		undone = "its points are not held against the sender"
	}
	if f.Held {
		undone = "it would have been " + f.Action + ", and is evidence against the sender, who has no honest history"
	}
	return f.Cause + ": " + undone + ", but it suddenly refuses far more senders than before, and only observes for now"
}
