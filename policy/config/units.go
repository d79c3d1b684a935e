package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a time span in the configuration: a number with a unit, such as
// "30s", "10m", "1h30m", "1d" or "2w". A bare number is refused: nobody can
// see its unit.
type Duration time.Duration

// day and week are the units that time.ParseDuration lacks; a day is always
// 24 hours here.
const (
	day  = 24 * time.Hour
	week = 7 * day
)

// UnmarshalText reads the forms that Duration documents.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := ParseDuration(string(text))
	if err != nil {
		return err
	}
	*d = Duration(v)
	return nil
}

// ParseDuration reads a time span such as "10m", "1d" or "1w2d". Negative
// spans, bare numbers and unknown units are errors.
func ParseDuration(s string) (time.Duration, error) {
	if bare := strings.TrimLeft(s, "0123456789."); bare == "" && s != "" && s != "0" {
		return 0, fmt.Errorf("%[1]q has no unit (%[1]ss, %[1]sm, %[1]sh or %[1]sd)", s)
	}
	var total time.Duration
	rest := s
	for _, u := range []struct {
		suffix string
		span   time.Duration
	}{{"w", week}, {"d", day}} {
		head, tail, found := strings.Cut(rest, u.suffix)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(head, 10, 31)
		if err != nil || time.Duration(n) > math.MaxInt64/u.span {
			return 0, badDuration(s)
		}
		total += time.Duration(n) * u.span
		rest = tail
	}
	if total < 0 { // both units fit, their sum does not
		return 0, badDuration(s)
	}
	if rest == "" && s != "" {
		return total, nil
	}
	v, err := time.ParseDuration(rest)
	if err != nil || v < 0 || total+v < total {
		return 0, badDuration(s)
	}
	return total + v, nil
}

func badDuration(s string) error {
	return fmt.Errorf("%q is no time span (a number with a unit: 30s, 10m, 1h, 1d, 1w)", s)
}

// TypeName is what the documentation calls the type.
func (Duration) TypeName() string { return "duration" }

// String prints the span in its largest whole units: "10m", "1d", "1h30m".
func (d Duration) String() string { return FormatDuration(time.Duration(d)) }

// MarshalText is String, so that the effective configuration can be read back.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// FormatDuration prints a span the way ParseDuration reads it.
func FormatDuration(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	var b strings.Builder
	for _, u := range []struct {
		suffix string
		span   time.Duration
	}{{"w", week}, {"d", day}, {"h", time.Hour}, {"m", time.Minute}} {
		if u.span == week && d%week != 0 {
			continue
		}
		if n := d / u.span; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, u.suffix)
			d -= n * u.span
		}
	}
	if d > 0 {
		b.WriteString(d.String())
	}
	return b.String()
}

// Size is a number of bytes in the configuration: "512", "64k", "25M", "1G"
// (powers of 1024).
type Size int64

const sizeUnits = "kMGT"

// UnmarshalText reads the forms that Size documents.
func (z *Size) UnmarshalText(text []byte) error {
	s := string(text)
	digits, unit := s, int64(1)
	if i := len(s) - 1; i > 0 {
		if p := strings.IndexByte(strings.ToLower(sizeUnits), s[i]|0x20); p >= 0 {
			digits, unit = s[:i], 1<<(10*(p+1))
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/unit {
		return fmt.Errorf("%q is no size (a number of bytes, or 64k, 25M, 1G)", s)
	}
	*z = Size(n * unit)
	return nil
}

// TypeName is what the documentation calls the type.
func (Size) TypeName() string { return "size" }

// String prints the size in its largest whole unit.
func (z Size) String() string {
	n, suffix := int64(z), ""
	for i := range sizeUnits {
		if n == 0 || n%1024 != 0 {
			break
		}
		n, suffix = n/1024, sizeUnits[i:i+1]
	}
	return strconv.FormatInt(n, 10) + suffix
}

// MarshalText is String, so that the effective configuration can be read back.
func (z Size) MarshalText() ([]byte, error) { return []byte(z.String()), nil }
