package policy

import (
	"testing"
	"time"
)

func TestRate(t *testing.T) {
	for text, want := range map[string]Rate{
		"100/1h":          {Max: 100, Per: time.Hour},
		"100/1h burst=20": {Max: 100, Per: time.Hour, Burst: 20},
		"500M/1d":         {Max: 500 << 20, Per: 24 * time.Hour},
		"1/1s":            {Max: 1, Per: time.Second},
		"5/1h30m":         {Max: 5, Per: 90 * time.Minute},
		"0/1h":            {Per: time.Hour}, // Compile refuses it, with a better hint
	} {
		var r Rate
		if err := r.UnmarshalText([]byte(text)); err != nil || r != want {
			t.Errorf("%q: %+v, %v", text, r, err)
		}
	}
}

func TestBadRates(t *testing.T) {
	for text, want := range map[string]string{
		"":               `"" is no rate (write 100/1h, or 100/1h burst=20)`,
		"100":            `"100" is no rate (write 100/1h, or 100/1h burst=20)`,
		"/1h":            `"/1h" is no rate (write 100/1h, or 100/1h burst=20)`,
		"-1/1h":          `"-1/1h" is no rate (write 100/1h, or 100/1h burst=20)`,
		"100/60":         `"100/60": "60" has no unit (60s, 60m, 60h or 60d)`,
		"100/999ms":      `"100/999ms": a window is at least 1s`,
		"100/1h burst":   `"100/1h burst" is no rate (write 100/1h, or 100/1h burst=20)`,
		"100/1h burst=0": `"100/1h burst=0" is no rate (write 100/1h, or 100/1h burst=20)`,
	} {
		var r Rate
		if err := r.UnmarshalText([]byte(text)); errorText(err) != want || r != (Rate{}) {
			t.Errorf("%q: %+v, %v", text, r, err)
		}
	}
}

// FuzzRate reads rates of any kind; one that is accepted is read back as it is.
func FuzzRate(f *testing.F) {
	for _, seed := range []string{"100/1h", "100/1h burst=20", "500M/1d", "9223372036854775807/1w", "1/1.5h", "1/1h  burst=1", "/", "1/", "1/1h burst=1k"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var r, again Rate
		if r.UnmarshalText([]byte(text)) != nil {
			return
		}
		if err := again.UnmarshalText([]byte(r.String())); err != nil || again != r {
			t.Errorf("%q became %q, then %+v, %v", text, r, again, err)
		}
	})
}
