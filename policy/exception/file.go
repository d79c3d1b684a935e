package exception

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"

	"sluice/policy/atomicfile"
)

// File is the name of the list in the state directory.
const File = "exceptions.json"

// maxFile bounds the file that is read, in bytes.
const maxFile = 32 << 20

// Open reads the list at path, or begins one. A damaged one is put aside, and
// logged. Without a path nothing is kept.
func Open(path string, log *slog.Logger) (*List, error) {
	l := &List{path: path}
	if path == "" {
		l.set(nil)
		return l, nil
	}
	all, err := Read(path)
	switch {
	case err == nil:
	case errors.Is(err, errDamaged):
		aside, failed := atomicfile.PutAside(path)
		if failed != nil {
			return nil, fmt.Errorf("put the damaged exceptions aside: %w", failed)
		}
		log.Error("there are no exceptions any more: their list is put aside", "path", aside, "error", err)
	default:
		return nil, err
	}
	l.set(pointers(all))
	return l, nil
}

var errDamaged = errors.New("damaged")

// Read reads the exceptions in a file; there are none without one.
func Read(path string) ([]Exception, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read exceptions: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, fmt.Errorf("read exceptions: %w", err)
	}
	var all []Exception
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", errDamaged, path, err)
	}
	if len(all) > MaxExceptions {
		return nil, fmt.Errorf("%w: %s: more than %d exceptions", errDamaged, path, MaxExceptions)
	}
	return all, nil
}

// Of returns a list of exceptions that is kept nowhere.
func Of(all []Exception) *List {
	l := new(List)
	l.set(pointers(all))
	return l
}

func pointers(all []Exception) []*Exception {
	list := make([]*Exception, len(all))
	for i := range all {
		list[i] = &all[i]
	}
	return list
}

// Save writes the list if anything was hit since the last time.
func (l *List) Save() error {
	l.saving.Lock()
	defer l.saving.Unlock()
	l.mu.Lock()
	dirty := l.dirty
	l.dirty = false
	l.mu.Unlock()
	if !dirty {
		return nil
	}
	err := l.write(l.All())
	if err != nil {
		l.mu.Lock()
		l.dirty = true
		l.mu.Unlock()
	}
	return err
}

// write is called while saving is held, and mu is not: whoever wants to know of an
// exception does not wait for the disk.
func (l *List) write(all []Exception) error {
	if l.path == "" {
		return nil
	}
	err := atomicfile.Write(l.path, 0o600, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(all)
	})
	if err != nil {
		return fmt.Errorf("write exceptions: %w", err)
	}
	return nil
}
