package breaker

import (
	"time"

	"sluice/policy/config"
)

// Config is the operator's view of the circuit breaker.
type Config struct {
	Mode    string          `toml:"mode" doc:"\"enforce\" lets what has tripped only observe, \"observe\" says so and lets it act, \"off\" counts nothing."`
	Window  config.Duration `toml:"window" doc:"How long senders are counted before the count begins anew."`
	Senders int             `toml:"senders" doc:"Different senders of a group that a cause must have refused within a window to trip. Where a standing is kept, only those with an honest history count; an IPv6 /48 is one."`
	Share   float64         `toml:"share" doc:"Part of the senders of the group in a window that these must be: 0.2 is a fifth. Half of it trips what has tripped before and is tried again."`
	Factor  float64         `toml:"factor" doc:"How many times as many these must be as the cause refused before: in the last window, and on the average of about a day."`
	For     config.Duration `toml:"for" doc:"How long what has tripped only observes, before it is tried again. Reading the configuration again ends it too."`
	Except  []string        `toml:"except" doc:"Causes that never fall back, because it is meant that they refuse many: \"access GROUP\", \"limit WINDOW\" (\"limit recipients-1h\"), \"score RULE\", \"standing\", \"unauthorised\", \"null-sender\"."`
}

// The modes.
const (
	enforce = "enforce"
	observe = "observe"
	off     = "off"
)

// Bounds of the windows: shorter ones have too few senders, and a day is what history
// reaches back.
const (
	minWindow = time.Minute
	maxWindow = 6 * time.Hour
)

// Default returns the configuration without a file.
func Default() Config {
	return Config{
		Mode:    enforce,
		Window:  config.Duration(10 * time.Minute),
		Senders: 20,
		Share:   0.2,
		Factor:  5,
		For:     config.Duration(time.Hour),
	}
}

// Check reports values that cannot work.
func (c Config) Check(ps *config.Problems) {
	if c.Mode != enforce && c.Mode != observe && c.Mode != off {
		ps.Errorf("breaker.mode", `"enforce", "observe" or "off"`, "%q is no mode", c.Mode)
	}
	if w := time.Duration(c.Window); w < minWindow || w > maxWindow {
		ps.Errorf("breaker.window", "for example 10m", "%s is not between 1m and 6h", c.Window)
	}
	if c.Senders < 1 {
		ps.Errorf("breaker.senders", "for example 20", "%d senders are none", c.Senders)
	}
	if !(c.Share > 0 && c.Share <= 1) {
		ps.Errorf("breaker.share", "for example 0.2", "%v is not above 0 and up to 1", c.Share)
	}
	if !(c.Factor >= 1 && c.Factor <= maxFactor) {
		ps.Errorf("breaker.factor", "for example 5", "%v is not between 1 and %d", c.Factor, maxFactor)
	}
	if c.For <= 0 {
		ps.Errorf("breaker.for", "for example 1h", "the time must be longer than nothing")
	}
	for _, cause := range c.Except {
		if !Cause(cause).known() {
			ps.Errorf("breaker.except", `for example "access others"`, "%q is no cause", cause)
		}
	}
}

const maxFactor = 1_000_000
