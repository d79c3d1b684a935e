package policy

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"sluice/policy/config"
)

// Rate is a budget per time: "100/1h", or "100/1h burst=20", which refills
// evenly and never gives more than 20 at once. The amount may be a size
// ("500M/1d") where bytes are counted.
type Rate struct {
	Max   int64
	Per   time.Duration
	Burst int64 // 0: the whole budget may be used at once
}

// Rates is one rate or a list of them; all hold at once.
type Rates []Rate

// UnmarshalText reads the forms that Rate documents.
func (r *Rate) UnmarshalText(text []byte) error {
	s := string(text)
	rate, burst, hasBurst := strings.Cut(s, " ")
	amount, per, found := strings.Cut(rate, "/")
	if !found {
		return badRate(s)
	}
	var max, depth config.Size
	if err := max.UnmarshalText([]byte(amount)); err != nil {
		return badRate(s)
	}
	span, err := config.ParseDuration(per)
	if err != nil {
		return fmt.Errorf("%q: %w", s, err)
	}
	if span < time.Second {
		return fmt.Errorf("%q: a window is at least 1s", s)
	}
	if hasBurst {
		value, ok := strings.CutPrefix(strings.TrimSpace(burst), "burst=")
		if !ok || depth.UnmarshalText([]byte(value)) != nil || depth < 1 {
			return badRate(s)
		}
	}
	*r = Rate{Max: int64(max), Per: span, Burst: int64(depth)}
	return nil
}

func badRate(s string) error {
	return fmt.Errorf("%q is no rate (write 100/1h, or 100/1h burst=20)", s)
}

// String prints the rate the way UnmarshalText reads it.
func (r Rate) String() string {
	s := strconv.FormatInt(r.Max, 10) + "/" + config.FormatDuration(r.Per)
	if r.Burst > 0 {
		s += " burst=" + strconv.FormatInt(r.Burst, 10)
	}
	return s
}

// MarshalText is String, so that the effective configuration can be read back.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// TypeName names the type in documentation.
func (Rate) TypeName() string { return "rate" }
