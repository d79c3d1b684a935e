package journal

import (
	"path/filepath"
	"time"

	"sluice/policy/config"
)

// File is the name of the database within the state directory.
const File = "journal.db"

// Config is the operator's view of the journal.
type Config struct {
	Enabled bool            `toml:"enabled" doc:"Keep decision records in a database in the state directory; explain reads it."`
	MaxAge  config.Duration `toml:"max_age" doc:"Records older than this are deleted; 0s keeps them however old."`
	MaxSize config.Size     `toml:"max_size" doc:"Bytes of the database; the oldest records are deleted to stay below. 0 for any size."`
	Lines   string          `toml:"lines" doc:"Write every record as a line of JSON to this file too, such as \"/var/log/sluice/records.json\", or \"-\" for standard output; empty for none. The file is opened again on SIGHUP; the folder must exist."`
}

// Default returns the configuration without a file.
func Default() Config {
	return Config{
		Enabled: true,
		MaxAge:  config.Duration(30 * 24 * time.Hour),
		MaxSize: 1 << 30,
	}
}

// Options returns the options of a journal in the given state directory. The
// caller adds what is no configuration: Log and Now.
func (c Config) Options(directory string) Options {
	o := Options{
		MaxAge:  time.Duration(c.MaxAge),
		MaxSize: int64(c.MaxSize),
		Lines:   c.Lines,
	}
	if c.Enabled {
		o.Path = filepath.Join(directory, File)
	}
	return o
}
