package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"sluice/filter/journal"
	"sluice/policy/store"
	"sluice/scoring/campaign"
)

// openState opens counters, campaigns and journal. Without a configuration file, a
// directory that cannot be used is done without, and said.
func (d *Daemon) openState() error {
	dir := d.config.State.Directory
	if dir != "" {
		err := d.claim(dir)
		if err != nil && d.Path != "" {
			return fmt.Errorf("state.directory: %w", err)
		}
		if err != nil {
			d.Log.Warn("no state will survive a restart, and there is no journal", "directory", dir, "err", err)
			dir, d.stateless = "", true
		}
	}
	memory, err := store.OpenMemory(store.Options{
		Path:     inDir(dir, "counters"),
		Capacity: d.config.State.Keys,
		Interval: time.Duration(d.config.State.Snapshot),
		Log:      d.Log,
		Now:      d.Now,
	})
	if err != nil {
		return fmt.Errorf("open the counters: %w", err)
	}
	d.memory = memory
	d.onStop(memory.Close)
	d.campaigns, err = campaign.Open(d.config.Campaign.Options(inDir(dir, "campaigns"), time.Duration(d.config.State.Snapshot), d.Log))
	if err != nil {
		return fmt.Errorf("open the campaigns: %w", err)
	}
	d.onStop(d.campaigns.Close)
	if err := d.openStanding(dir); err != nil {
		return err
	}
	options := d.config.Journal.Options(dir)
	if dir == "" {
		options.Path = ""
	}
	options.Log, options.Now = d.Log, d.Now
	d.database = options.Path
	d.journal, err = journal.Open(options)
	if err != nil {
		return fmt.Errorf("open the journal: %w", err)
	}
	d.onStop(d.journal.Close)
	return nil
}

func inDir(dir, name string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, name)
}

// writable says why no file can be made in a directory.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// lockFile is the file in the state directory that a running daemon holds.
const lockFile = "lock"

// claim makes the directory, sees whether files can be made in it, and keeps
// other daemons out until this one has stopped: two would overwrite each other's
// counters.
func (d *Daemon) claim(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	if err := writable(dir); err != nil {
		return err
	}
	path := filepath.Join(dir, lockFile)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	// The kernel lets go of it when the process ends in whatever way.
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err != nil {
		f.Close()
	}
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return fmt.Errorf("%s is in use: another sluice serve holds %s", dir, path)
	case err != nil:
		return fmt.Errorf("lock %s: %w", path, err)
	}
	d.onStop(f.Close)
	return nil
}
