package scoring

import (
	"bytes"
	"fmt"
	"io"
)

// maxFileHeader is how much of a file may be header, in bytes. In a file with
// a longer one the rest of it is body.
const maxFileHeader = 4 << 20

// ReadMessage reads a message from a file, as Message.Read does, into a view of
// maxView bytes.
func ReadMessage(r io.Reader, maxView int64) (*Message, error) {
	m := NewMessage(maxView)
	if err := m.Read(r); err != nil {
		return nil, err
	}
	return m, nil
}

// Read feeds a message from a file (RFC 5322, LF or CRLF) to an empty view and
// parses it. A "From " line at the beginning, as mailboxes have it, is skipped
// and noted. The header ends at the first line that is no field, as it does for
// an MTA; that line is body. The error is that of r.
func (m *Message) Read(r io.Reader) error {
	head, err := io.ReadAll(io.LimitReader(r, maxFileHeader))
	if err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	m.Write(m.takeHeader(head))
	if _, err := io.Copy(bodyWriter{m}, r); err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	m.Parse()
	return nil
}

// takeHeader feeds the fields that a file begins with and returns what
// follows them.
func (m *Message) takeHeader(head []byte) (body []byte) {
	if isCROnly(head) {
		head = bytes.ReplaceAll(head, []byte("\r"), []byte("\n"))
		m.breaks(OddBareCR, "")
	}
	h := scanHeader(head)
	if h.mbox {
		m.breaks(OddMboxFromLine, "")
	}
	if h.malformed {
		m.breaks(OddHeaderMalformed, "")
	}
	if h.dropped {
		m.note(OddHeadersMany, "")
	}
	for _, f := range h.fields {
		m.AddHeader(f.Name, " "+f.Value)
	}
	return head[h.length:]
}

// isCROnly says whether a file has no line ends but CR.
func isCROnly(data []byte) bool {
	return bytes.IndexByte(data, '\n') < 0 && bytes.IndexByte(data, '\r') >= 0
}

// bodyWriter feeds a body and takes all of it, so that its size is known.
type bodyWriter struct{ m *Message }

func (w bodyWriter) Write(p []byte) (int, error) {
	w.m.Write(p)
	return len(p), nil
}
