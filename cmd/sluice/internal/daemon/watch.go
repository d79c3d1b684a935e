package daemon

import (
	"context"
	"path/filepath"
	"strconv"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/fsnotify/fsnotify"
	"golang.org/x/sys/unix"

	"sluice/filter/wire"
	"sluice/policy/config"
)

// settle is how long a file must rest before a change of it is read: editors
// write in several steps.
const settle = 300 * time.Millisecond

// rewatchEvery is how often the folders of all files are looked for: one that
// was not there, or has been replaced, can be watched when it has come.
const rewatchEvery = 30 * time.Second

// watch reloads on SIGHUP, and when the configuration or a list that it names
// has changed. SIGHUP also opens the JSON lines anew, for log rotation.
func (d *Daemon) watch(ctx context.Context) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		d.Log.Warn("changes of files are not seen: reload by SIGHUP", "err", err)
		watcher = &fsnotify.Watcher{} // its channels never deliver
	} else {
		defer watcher.Close()
	}
	f := follower{Daemon: d, watcher: watcher, missing: make(map[string]bool)}
	f.follow()
	again := time.NewTicker(d.rewatch)
	defer again.Stop()
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.hangups:
			d.journal.Reopen()
			timer.Reset(0)
		case event := <-watcher.Events:
			if f.watched[event.Name] {
				timer.Reset(settle)
			}
		case err := <-watcher.Errors:
			d.Log.Warn("watching files", "err", err)
		case <-timer.C:
			d.notifyReload()
			f.follow()
		case <-again.C:
			if f.follow() {
				timer.Reset(settle) // what has happened there so far was not seen
			}
		}
	}
}

// follower knows what is watched.
type follower struct {
	*Daemon
	watcher *fsnotify.Watcher
	watched map[string]bool // files, by absolute path
	missing map[string]bool // folders that could not be watched the last time
}

// follow watches the folders of all files that were read: a file that is
// replaced rather than written is a new file. It says whether there is a folder
// among them that had been missing.
func (f *follower) follow() (found bool) {
	f.reload.Lock()
	files := f.seen.Files()
	f.reload.Unlock()
	if f.Path != "" {
		files = append(files, f.Path)
	}
	f.watched = make(map[string]bool)
	for i := 0; i < len(files); i++ { // grows by the targets of links
		file, err := filepath.Abs(files[i])
		if err != nil {
			continue
		}
		f.watched[file] = true
		if target, err := filepath.EvalSymlinks(file); err == nil && target != file {
			files = append(files, target)
		}
		found = f.look(filepath.Dir(file)) || found
	}
	return found
}

// look watches a folder, which may be watched already, and says whether it had
// been missing. One that is missing is complained of once.
func (f *follower) look(dir string) (found bool) {
	if f.watcher.Events == nil {
		return false
	}
	if err := f.watcher.Add(dir); err != nil {
		if !f.missing[dir] {
			f.Log.Warn("changes of files are not seen: their folder cannot be watched yet", "folder", dir, "err", err)
		}
		f.missing[dir] = true
		return false
	}
	found = f.missing[dir]
	delete(f.missing, dir)
	return found
}

// notifyReload reloads between the two messages that systemd expects of a
// service of Type=notify-reload.
func (d *Daemon) notifyReload() {
	d.tell(daemon.SdNotifyReloading + "\n" + monotonic())
	d.Reload() // it logs and counts its own failure
	d.tell(daemon.SdNotifyReady)
}

// monotonic is the time stamp that systemd wants with a reload.
func monotonic() string {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return ""
	}
	return "MONOTONIC_USEC=" + strconv.FormatInt(now.Nano()/1000, 10)
}

// alive says whether the first milter socket answers as to an MTA. When there
// are too many connections, the MTAs that hold them show that it does.
func (d *Daemon) alive(timeout time.Duration) error {
	if d.server.Stats.Open.Load() >= int64(d.config.Milter.MaxConnections) {
		return nil
	}
	addr := d.listeners[0].Addr()
	return wire.Probe(addr.Network(), addr.String(), timeout)
}

// notify tells systemd that the daemon is ready, keeps its watchdog content as
// long as the milter answers, and says when it stops.
func (d *Daemon) notify(ctx context.Context) {
	d.tell(daemon.SdNotifyReady)
	defer d.tell(daemon.SdNotifyStopping)
	interval, err := daemon.SdWatchdogEnabled(false)
	if err != nil || interval == 0 {
		<-ctx.Done()
		return
	}
	tick := time.NewTicker(interval / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := d.alive(interval / 3); err != nil {
				d.Log.Error("not answering: the watchdog is not told", "err", err)
				continue
			}
			d.tell(daemon.SdNotifyWatchdog)
		}
	}
}

func (d *Daemon) tell(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		d.Log.Warn("cannot notify systemd", "err", err)
	}
}

// needRestart lists the keys in which a new configuration differs from the one
// that the daemon was started with, and that cannot be changed while running.
func (d *Daemon) needRestart(c *Config) []config.Change {
	var changes []config.Change
	prints := d.config.Campaign
	prints.Prints, prints.Windows = c.Campaign.Prints, c.Campaign.Windows
	for _, t := range []struct {
		name     string
		old, now any
	}{
		{"listen", d.config.Listen, c.Listen},
		{"state", d.config.State, c.State},
		{"milter", d.config.Milter, c.Milter},
		{"journal", d.config.Journal, c.Journal},
		{"campaign", d.config.Campaign, prints},
	} {
		for _, change := range config.Changes(t.old, t.now) {
			change.Key = t.name + "." + change.Key
			changes = append(changes, change)
		}
	}
	return changes
}

// warnOfRestart says what of a reload waits for a restart, and what holds until
// then.
func (d *Daemon) warnOfRestart(c *Config) {
	changes := d.needRestart(c)
	d.metrics.restartNeeded(len(changes) > 0)
	if len(changes) == 0 {
		return
	}
	var keys, held []string
	for _, change := range changes {
		keys = append(keys, change.Key)
		held = append(held, change.Key+" = "+change.Old)
	}
	d.Log.Warn("some changes wait for a restart; until then the old values stay in force", "keys", keys, "in_force", held)
}
