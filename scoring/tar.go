package scoring

import (
	"archive/tar"
	"bytes"
	"io"
)

// tar looks into a TAR archive (POSIX.1-2001, pax), unpacked.
func (u *unpacker) tar(data []byte, within string, depth int) {
	t := tar.NewReader(bytes.NewReader(data))
	for {
		h, err := t.Next()
		if err != nil {
			return // its end, or where it is broken
		}
		e, ok := u.enter(within, h.Name, depth)
		if !ok {
			return
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		head, _ := io.ReadAll(io.LimitReader(t, entryProbe)) // less of a file that is cut
		u.content(e, head, func() []byte { return u.take(io.MultiReader(bytes.NewReader(head), t), -1) })
	}
}
