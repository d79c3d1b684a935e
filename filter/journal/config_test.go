package journal

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/policy/config"
)

func TestOptionsOfAConfiguration(t *testing.T) {
	for _, c := range []struct {
		name   string
		config Config
		want   Options
	}{
		{"default", Default(), Options{Path: filepath.Join("state", "journal.db"), MaxAge: 720 * time.Hour, MaxSize: 1 << 30}},
		{"off", Config{}, Options{}},
		{
			"lines only", Config{MaxAge: config.Duration(time.Hour), MaxSize: 5, Lines: "-"},
			Options{MaxAge: time.Hour, MaxSize: 5, Lines: "-"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, c.config.Options("state")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
