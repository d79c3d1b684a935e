package campaign

import (
	"bufio"
	"fmt"
	"io"
	"time"

	"sluice/policy/atomicfile"
)

// Open returns a store that goes on where its snapshot ends, or that has seen
// nothing if there is none, or if it is damaged or of other windows: then it is
// renamed to end in ".damaged", and logged. The error says that no snapshot can
// be kept under the path. No other process may use the same path.
func Open(o Options) (*Store, error) {
	s := newStore(o)
	if o.Path != "" {
		if err := s.restore(); err != nil {
			return nil, err
		}
		s.dirty.Store(true) // what can be written now can most likely be written later
		if err := s.save(true); err != nil {
			return nil, err
		}
	}
	go s.run()
	return s, nil
}

// Close writes the last snapshot, of all prints. What is seen afterwards is not
// kept.
func (s *Store) Close() (err error) {
	s.closing.Do(func() {
		close(s.stop)
		<-s.done
		err = s.save(true)
	})
	return err
}

// run saves until the store is closed.
func (s *Store) run() {
	defer close(s.done)
	tick := time.NewTicker(s.options.Interval)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
			if err := s.Snapshot(); err != nil {
				s.options.Log.Error("campaigns are not saved", "error", err)
			}
		}
	}
}

// Snapshot writes the prints that were seen more than once, if anything has
// changed since the last time: most are seen once, and to write them all every
// few seconds is not worth the one copy of each campaign that a kill forgets.
func (s *Store) Snapshot() error { return s.save(false) }

func (s *Store) save(all bool) error {
	if s.options.Path == "" {
		return nil
	}
	s.saving.Lock()
	defer s.saving.Unlock()
	if !s.dirty.Swap(false) && !all {
		return nil
	}
	if err := atomicfile.Write(s.options.Path, 0o600, func(w io.Writer) error { return s.encode(w, all) }); err != nil {
		s.dirty.Store(true)
		s.failed.Add(1)
		return fmt.Errorf("write campaigns: %w", err)
	}
	return nil
}

// restore reads the snapshot if there is one. Mail must flow: what cannot be
// read is put aside for whoever wants to know.
func (s *Store) restore() error {
	fresh := newStore(s.options)
	aside, damage, err := atomicfile.Restore(s.options.Path, func(r io.Reader) error { return fresh.decode(bufio.NewReader(r)) })
	switch {
	case err != nil:
		return fmt.Errorf("open campaigns: %w", err)
	case damage != nil:
		s.options.Log.Error("no campaign is known: their snapshot is put aside", "path", aside, "error", damage)
		return nil
	}
	s.stripes, s.index = fresh.stripes, fresh.index
	return nil
}
