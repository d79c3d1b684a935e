package journal

import (
	"io"
	"os"
	"sync/atomic"
)

// standard is the value of Options.Lines for standard output.
const standard = "-"

// logMode is the mode of new files: records name people, so not for everybody.
const logMode = 0o640

// lines is the sink of JSON lines. It belongs to the writer, except for reopen.
type lines struct {
	path   string // "" for none, "-" for stdout
	stdout io.Writer

	reopen atomic.Bool // the file has been renamed: begin a new one
	file   *os.File    // nil until the first line, and after a failure
	torn   bool        // the last line may be incomplete: begin with a line end
}

// write writes whole lines, or says why not. A file that failed is opened
// again the next time.
func (l *lines) write(text []byte) error {
	if l.path == "" || len(text) == 0 {
		return nil
	}
	w, err := l.writer()
	if err != nil {
		return err
	}
	if l.torn {
		text = append([]byte("\n"), text...)
	}
	n, err := w.Write(text)
	l.torn = err != nil && (l.torn || n > 0)
	if err != nil {
		l.close()
	}
	return err
}

// writer returns where lines go now.
func (l *lines) writer() (io.Writer, error) {
	if l.path == standard {
		return l.stdout, nil
	}
	if l.reopen.Swap(false) {
		l.close()
	}
	if l.file != nil {
		return l.file, nil
	}
	file, err := os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, logMode)
	if err != nil {
		return nil, err
	}
	l.file = file
	return file, nil
}

// close closes the file; the next line opens it again.
func (l *lines) close() error {
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}
