package journal

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"sluice/policy/config"
)

// head returns the label for the first of several lines.
func head(i int, label string) string {
	if i > 0 {
		return ""
	}
	return label
}

// join puts the parts that are not empty side by side.
func join(parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, ", ")
}

func spaced(parts ...string) string {
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

// labelled puts a label before a text, unless there is no text.
func labelled(label, text string) string { return either(text, label+text, "") }

// either returns yes if there is a text, else no.
func either(text, yes, no string) string {
	if text == "" {
		return no
	}
	return yes
}

// plural returns a number with its noun: "1 byte", "2 bytes".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func seconds(s float64) string { return config.FormatDuration(time.Duration(s * float64(time.Second))) }

func micros(n int64) string { return (time.Duration(n) * time.Microsecond).String() }

// printable writes everything that is no letter, mark, digit, punctuation or
// space of a line as an escape: control characters, and those that change the
// direction of the text.
func printable(s string) string {
	var b strings.Builder
	for i, c := range s {
		switch {
		case c == '\uFFFD' && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case strconv.IsPrint(c):
			b.WriteRune(c)
		default:
			quoted := strconv.QuoteRuneToASCII(c)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}
