// Package atomicfile writes files that other processes, or the next one, read as
// a whole: after a crash or a power cut there is either the whole new file or the
// whole old one. A file that turns out to be damaged is put aside for whoever
// wants to know what was in it.
//
// Only one process may write a path at a time.
package atomicfile

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write replaces the file at path by what write writes; its permissions are perm
// whatever they were. Until it is whole, it is at path with ".new" behind it.
func Write(path string, perm fs.FileMode, write func(io.Writer) error) error {
	temporary := path + ".new"
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<16)
	err = errors.Join(write(w), w.Flush(), f.Chmod(perm), f.Sync())
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

// syncDirectory makes a rename last.
func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// PutAside renames a damaged file to end in ".damaged", in the place of an earlier
// one, and returns where it is.
func PutAside(path string) (string, error) {
	aside := path + ".damaged"
	return aside, os.Rename(path, aside)
}

// Restore gives the file at path to read; without a file it does nothing. One that
// read cannot take is damaged: it is put aside, and what it returns says where it is
// and why. The error is of a file that can neither be read nor put aside.
func Restore(path string, read func(io.Reader) error) (aside string, damage, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	if damage = read(bufio.NewReaderSize(f, 1<<16)); damage == nil {
		return "", nil, nil
	}
	aside, err = PutAside(path)
	return aside, damage, err
}
