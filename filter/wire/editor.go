package wire

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/emersion/go-milter"
)

// ErrNotOffered says that the MTA has not offered an action when the connection
// was negotiated.
var ErrNotOffered = errors.New("the MTA has not offered this")

var errClosed = errors.New("the end of the message is over")

// maxEdit is the length of a header field in an edit, in bytes, folded: below
// the 64 KiB that Sendmail takes in one frame.
const maxEdit = 60 << 10

// editor sends changes as they are made; they leave with the answer.
type editor struct {
	m      *milter.Modifier
	link   *link
	terms  terms
	closed bool
}

var _ Editor = (*editor)(nil)

// close ends the editor's use with the end of the message.
func (e *editor) close() { e.closed = true }

// InsertHeader implements Editor.
func (e *editor) InsertHeader(name, value string) error {
	value, err := e.prepare(name, printable(unfold(value)), milter.OptAddHeader)
	if err != nil {
		return fmt.Errorf("insert header: %w", err)
	}
	return e.m.InsertHeader(0, name, value)
}

// ChangeHeader implements Editor.
func (e *editor) ChangeHeader(index int, name, value string) error {
	value, err := e.prepare(name, unfold(value), milter.OptChangeHeader)
	if err == nil {
		err = checkIndex(index)
	}
	if err != nil {
		return fmt.Errorf("change header: %w", err)
	}
	return e.m.ChangeHeader(index, name, value)
}

// DeleteHeader implements Editor: an empty value deletes.
func (e *editor) DeleteHeader(index int, name string) error {
	return e.ChangeHeader(index, name, "")
}

// Quarantine implements Editor.
func (e *editor) Quarantine(reason string) error {
	reason = replyLine(reason)
	err := e.may(milter.OptQuarantine)
	if err == nil && reason == "" {
		err = errors.New("no reason given")
	}
	if err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	return e.m.Quarantine(reason)
}

// progress is a whole frame; the library knows no such answer. Sendmail takes
// it as an error anywhere but at the end of the message.
var progress = []byte{0, 0, 0, 1, 'p'}

// Progress implements Editor.
func (e *editor) Progress() error {
	err := e.may(0)
	if err == nil {
		err = e.link.write(progress)
	}
	if err == nil {
		err = e.link.flush()
	}
	if err != nil {
		return fmt.Errorf("progress: %w", err)
	}
	return nil
}

// may refuses an action that is not offered, and any after the end.
func (e *editor) may(a milter.OptAction) error {
	if e.closed {
		return errClosed
	}
	if a != 0 && !e.terms.allows(a) {
		return ErrNotOffered
	}
	return nil
}

// prepare checks an edit and returns the unfolded value as it is to be sent.
func (e *editor) prepare(name, value string, a milter.OptAction) (string, error) {
	if err := e.may(a); err != nil {
		return "", err
	}
	if !validName(name) {
		return "", fmt.Errorf("%q is not the name of a header field", name)
	}
	value = strings.TrimRight(value, " \t")
	if value == "" {
		return "", nil
	}
	value = fold(value, len(name)+len(": "))
	if n := len(name) + len(value); n > maxEdit {
		return "", fmt.Errorf("header field of %d bytes, more than %d", n, maxEdit)
	}
	if e.terms.includes(milter.OptHeaderLeadingSpace) {
		value = " " + value // the MTA adds none of its own then
	}
	return value, nil
}

func checkIndex(index int) error {
	if index < 1 || index > math.MaxInt32 {
		return fmt.Errorf("there is no header field number %d", index)
	}
	return nil
}

// validName accepts what an MTA takes for a field name, which is more than
// RFC 5322 section 2.2 allows: a forged field has to be removed under the name
// it came with.
func validName(name string) bool {
	bad := func(r rune) bool { return r < ' ' || r == ':' || r == 0x7f }
	return name != "" && strings.IndexFunc(name, bad) < 0
}
