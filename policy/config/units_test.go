package config

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	const hour = time.Hour
	for _, c := range []struct {
		text string
		want time.Duration // -1: an error
	}{
		{"30s", 30 * time.Second},
		{"10m", 10 * time.Minute},
		{"1h30m", 90 * time.Minute},
		{"250ms", 250 * time.Millisecond},
		{"1d", 24 * hour},
		{"2w", 14 * 24 * hour},
		{"1w2d3h", 9*24*hour + 3*hour},
		{"1d12h", 36 * hour},
		{"0", 0},
		{"0s", 0},
		{"0d", 0},
		{"30", -1},
		{"1.5", -1},
		{"", -1},
		{" 1s", -1},
		{"-1s", -1},
		{"-1d", -1},
		{"1d-1s", -1},
		{"1d2w", -1},
		{"1dd", -1},
		{"1.5d", -1},
		{"one", -1},
		{"NaN", -1},
		{"15250w", 15250 * 7 * 24 * hour},
		{"15251w", -1},
		{"106751d", 106751 * 24 * hour},
		{"106752d", -1},
		{"15250w2d", -1},
		{"15250w106751d1s", -1},
		{"106751d24h", -1},
		{"99999999999999999999d", -1},
	} {
		got, err := ParseDuration(c.text)
		if c.want < 0 {
			if err == nil {
				t.Errorf("ParseDuration(%q) = %v, want an error", c.text, got)
			}
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("ParseDuration(%q) = %v, %v; want %v", c.text, got, err, c.want)
		}
	}
}

func TestDurationWithoutUnitSaysWhatToWrite(t *testing.T) {
	_, err := ParseDuration("30")
	if want := `"30" has no unit (30s, 30m, 30h or 30d)`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestFormatDuration(t *testing.T) {
	for _, c := range []struct {
		span time.Duration
		want string
	}{
		{0, "0s"},
		{90 * time.Second, "1m30s"},
		{time.Hour, "1h"},
		{24 * time.Hour, "1d"},
		{8 * 24 * time.Hour, "8d"},
		{14 * 24 * time.Hour, "2w"},
		{1500 * time.Millisecond, "1.5s"},
		{math.MaxInt64, "106751d23h47m16.854775807s"},
	} {
		if got := FormatDuration(c.span); got != c.want {
			t.Errorf("FormatDuration(%d) = %q, want %q", c.span, got, c.want)
		}
	}
}

func TestSize(t *testing.T) {
	for _, c := range []struct {
		text  string
		want  int64 // -1: an error
		print string
	}{
		{"0", 0, "0"},
		{"512", 512, "512"},
		{"1024", 1024, "1k"},
		{"64k", 64 << 10, "64k"},
		{"64K", 64 << 10, "64k"},
		{"25M", 25 << 20, "25M"},
		{"1536m", 1536 << 20, "1536M"},
		{"1G", 1 << 30, "1G"},
		{"1T", 1 << 40, "1T"},
		{"8388607T", 8388607 << 40, "8388607T"},
		{"8388608T", -1, ""},
		{"9223372036854775807", math.MaxInt64, "9223372036854775807"},
		{"9223372036854775808", -1, ""},
		{"", -1, ""},
		{"k", -1, ""},
		{"-1", -1, ""},
		{"1kk", -1, ""},
		{"1.5M", -1, ""},
		{"1 M", -1, ""},
		{"1P", -1, ""},
	} {
		var z Size
		err := z.UnmarshalText([]byte(c.text))
		if c.want < 0 {
			if err == nil {
				t.Errorf("%q is read as %d, want an error", c.text, z)
			}
			continue
		}
		if err != nil || int64(z) != c.want {
			t.Errorf("%q is read as %d, %v; want %d", c.text, z, err, c.want)
		}
		if z.String() != c.print {
			t.Errorf("%q prints as %q, want %q", c.text, z, c.print)
		}
	}
}

// What is read must be in range, and what is printed must read back.
func FuzzDuration(f *testing.F) {
	for _, s := range []string{"30s", "1w2d", "1h30m", "30", "-1s", "15250w106751d1s", "106751d23h47m16.854775807s", "1e9h", "0d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDuration(s)
		if err != nil {
			return
		}
		if d < 0 {
			t.Fatalf("%q is read as %v", s, d)
		}
		if strings.Trim(s, "0123456789.") == "" && s != "0" {
			t.Fatalf("%q has no unit", s)
		}
		back, err := ParseDuration(FormatDuration(d))
		if err != nil || back != d {
			t.Fatalf("%q is %v, prints as %q and reads back as %v, %v", s, d, FormatDuration(d), back, err)
		}
	})
}

func FuzzSize(f *testing.F) {
	for _, s := range []string{"0", "64k", "25M", "8388608T", "-1", "1.5M", "k"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var z, back Size
		if z.UnmarshalText([]byte(s)) != nil {
			return
		}
		if z < 0 {
			t.Fatalf("%q is read as %d", s, z)
		}
		if err := back.UnmarshalText([]byte(z.String())); err != nil || back != z {
			t.Fatalf("%q is %d, prints as %q and reads back as %d, %v", s, z, z, back, err)
		}
	})
}
