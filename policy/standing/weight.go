package standing

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"sluice/policy/config"
)

// Weight is what one kind of evidence counts: "1 half-life=1d" gives a point for
// each that is counted, "2 per 30/1h share=20% half-life=12h max=4" gives two
// points for every 30 counted within an hour, provided that they are a fifth of
// all that could have been, and four at most. "off" counts nothing.
type Weight struct {
	Points   float64       // 0: off
	Count    int           // how many give the points; at least 1
	Per      time.Duration // within which; 0 with a Count of 1
	Share    float64       // of all that could have been counted, 0 to 1
	HalfLife time.Duration // in which the points fade by half
	Max      float64       // of the points; 0: any number
}

// DefaultHalfLife is that of a weight which says none.
const DefaultHalfLife = 24 * time.Hour

// maxCount bounds what a weight counts, because windows count with 32 bits.
const maxCount = 1 << 24

const off = "off"

// UnmarshalText reads the forms that Weight documents.
func (w *Weight) UnmarshalText(text []byte) error {
	s := string(text)
	if s == off {
		*w = Weight{Count: 1, HalfLife: DefaultHalfLife}
		return nil
	}
	words := strings.Fields(s)
	parsed := Weight{Count: 1, HalfLife: DefaultHalfLife}
	var err error
	if len(words) == 0 {
		return badWeight(s)
	}
	if parsed.Points, err = points(words[0]); err != nil || parsed.Points == 0 {
		return badWeight(s)
	}
	words = words[1:]
	if len(words) > 1 && words[0] == "per" {
		if err := parsed.readPer(words[1]); err != nil {
			return fmt.Errorf("%q: %w", s, err)
		}
		words = words[2:]
	}
	for _, word := range words {
		if err := parsed.option(word); err != nil {
			return fmt.Errorf("%q: %w", s, err)
		}
	}
	*w = parsed
	return nil
}

func badWeight(s string) error {
	return fmt.Errorf(`%q is no weight (write "1", "2 per 30/1h share=20%% half-life=12h max=4", or "off")`, s)
}

// points reads a number of points, 0 to 1000.
func points(s string) (float64, error) {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || !(n >= 0 && n <= 1000) {
		return 0, fmt.Errorf("%q is no number of points between 0 and 1000", s)
	}
	return n, nil
}

// readPer reads "30/1h".
func (w *Weight) readPer(s string) error {
	count, span, _ := strings.Cut(s, "/")
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 || n > maxCount {
		return fmt.Errorf("%q is no number per time such as 30/1h", s)
	}
	per, err := config.ParseDuration(span)
	if err != nil {
		return err
	}
	if per < time.Second {
		return fmt.Errorf("%q: the time is at least 1s", s)
	}
	w.Count, w.Per = n, per
	return nil
}

// option reads "share=20%", "half-life=12h" or "max=4".
func (w *Weight) option(word string) error {
	name, value, _ := strings.Cut(word, "=")
	var err error
	switch name {
	case "share":
		var n float64
		n, err = strconv.ParseFloat(strings.TrimSuffix(value, "%"), 64)
		if err != nil || !strings.HasSuffix(value, "%") || !(n >= 0 && n <= 100) {
			return fmt.Errorf("%q is no share such as 20%%", value)
		}
		w.Share = n / 100
	case "half-life":
		w.HalfLife, err = config.ParseDuration(value)
		if err == nil && w.HalfLife < time.Second {
			err = fmt.Errorf("%q: a half-life is at least 1s", value)
		}
	case "max":
		w.Max, err = points(value)
	default:
		err = fmt.Errorf("%q is none of share=, half-life= and max=", word)
	}
	return err
}

// String prints the weight the way UnmarshalText reads it.
func (w Weight) String() string {
	if w.Points == 0 {
		return off
	}
	var b strings.Builder
	b.WriteString(number(w.Points))
	if w.Per > 0 {
		fmt.Fprintf(&b, " per %d/%s", w.Count, config.FormatDuration(w.Per))
	}
	if w.Share > 0 {
		fmt.Fprintf(&b, " share=%s%%", number(100*w.Share))
	}
	fmt.Fprintf(&b, " half-life=%s", config.FormatDuration(w.HalfLife))
	if w.Max > 0 {
		fmt.Fprintf(&b, " max=%s", number(w.Max))
	}
	return b.String()
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// MarshalText is String, so that the effective configuration can be read back.
func (w Weight) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// TypeName names the type in documentation.
func (Weight) TypeName() string { return "weight" }

// Term is how long a block lasts: a duration, or "forever", which is until it is
// released.
type Term time.Duration

const forever = "forever"

// Forever is the term of a block that only a release ends.
const Forever Term = 0

// UnmarshalText reads a term.
func (t *Term) UnmarshalText(text []byte) error {
	if string(text) == forever {
		*t = Forever
		return nil
	}
	d, err := config.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf(`%w, nor "forever"`, err)
	}
	if d < time.Second {
		return fmt.Errorf(`%q: a block lasts at least 1s, or "forever"`, text)
	}
	*t = Term(d)
	return nil
}

func (t Term) String() string {
	if t == Forever {
		return forever
	}
	return config.FormatDuration(time.Duration(t))
}

// MarshalText is String.
func (t Term) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// TypeName names the type in documentation.
func (Term) TypeName() string { return `duration or "forever"` }
