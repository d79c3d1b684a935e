package filter

import (
	"time"

	"sluice/filter/wire"
	"sluice/policy/config"
)

// Config is the operator's view of the milter connections.
type Config struct {
	MaxConnections int             `toml:"max_connections" doc:"Connections of MTAs at once, over all listeners; one SMTP session is one connection. Those beyond are closed, and the MTA's default action applies."`
	IdleTimeout    config.Duration `toml:"idle_timeout" doc:"The longest that an MTA may be silent: an SMTP client behind it may be slow."`
	FrameTimeout   config.Duration `toml:"frame_timeout" doc:"The longest that one command of an MTA may take to arrive."`
	WriteTimeout   config.Duration `toml:"write_timeout" doc:"The longest that an answer may take to be sent."`
	Budget         config.Duration `toml:"budget" doc:"The longest that the end of a message may take; checks that are not done by then are skipped. Keep it below the MTA's timeout: Sendmail waits 10s unless told otherwise, Postfix 300s."`
	DrainTimeout   config.Duration `toml:"drain_timeout" doc:"The longest that a stop waits for messages in flight."`
}

// Default returns the configuration without a file.
func Default() Config {
	return Config{
		MaxConnections: 4096,
		IdleTimeout:    config.Duration(2 * time.Hour),
		FrameTimeout:   config.Duration(30 * time.Second),
		WriteTimeout:   config.Duration(10 * time.Second),
		Budget:         config.Duration(8 * time.Second),
		DrainTimeout:   config.Duration(30 * time.Second),
	}
}

// Check reports values that cannot work.
func (c Config) Check(ps *config.Problems) {
	if c.MaxConnections < 1 {
		ps.Errorf("milter.max_connections", "at least 1", "%d lets no MTA in", c.MaxConnections)
	}
	for key, d := range map[string]config.Duration{
		"milter.idle_timeout":  c.IdleTimeout,
		"milter.frame_timeout": c.FrameTimeout,
		"milter.write_timeout": c.WriteTimeout,
		"milter.budget":        c.Budget,
	} {
		if d <= 0 {
			ps.Errorf(key, "for example 10s", "the time must be longer than nothing")
		}
	}
}

// Wire returns the bounds of a connection.
func (c Config) Wire(o wire.Options) wire.Options {
	o.Idle = time.Duration(c.IdleTimeout)
	o.Frame = time.Duration(c.FrameTimeout)
	o.Write = time.Duration(c.WriteTimeout)
	return o
}
