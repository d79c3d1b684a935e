package judge

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// maxLine is the longest line that is read, in bytes. A record takes 150 KB at
// the very most.
const maxLine = 1 << 20

// eachLine calls do for each line that is not empty; its error is told with the
// number of the line.
func eachLine(r io.Reader, do func([]byte) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 1<<16), maxLine)
	n := 0
	for lines.Scan() {
		n++
		if len(lines.Bytes()) == 0 {
			continue
		}
		if err := do(lines.Bytes()); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("after line %d: %w", n, err)
	}
	return nil
}

const (
	refLen      = 8
	refAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

// parseRef makes a number of a reference.
func parseRef(ref string) (uint64, error) {
	if len(ref) != refLen {
		return 0, fmt.Errorf("ref %q has not %d letters", ref, refLen)
	}
	n := uint64(0)
	for i := range len(ref) {
		value := strings.IndexByte(refAlphabet, ref[i])
		if value < 0 {
			return 0, fmt.Errorf("ref %q: %q is no letter of a reference", ref, ref[i])
		}
		n = n<<5 | uint64(value)
	}
	return n, nil
}
