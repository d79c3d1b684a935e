package wire

import (
	"errors"
	"fmt"
	"strings"
)

// stages are the commands that macros come with, oldest first; those of the
// message begin with MAIL. Macros for other commands are not kept.
const (
	stages       = "CHMRTLNBE"
	messageStage = 2
)

// macros keeps what the MTA has said, per stage: a stage's macros are replaced
// by the next ones for that stage, and by no other's.
type macros struct {
	stage [len(stages)]stageMacros
	ahead bool // those of the coming MAIL are here already
}

// stageMacros holds names and values in turn. Names are without braces.
type stageMacros struct {
	raw   string // as it came, to know a repetition: Postfix sends them before every header field
	pairs []string
}

// Get returns the newest value of a macro. An empty value hides an older one.
func (m *macros) Get(name string) string {
	for i := len(m.stage) - 1; i >= 0; i-- {
		pairs := m.stage[i].pairs
		for j := 0; j < len(pairs); j += 2 {
			if pairs[j] == name {
				return pairs[j+1]
			}
		}
	}
	return ""
}

// take reads a macro command: the command that the macros are for, then names
// and values, which may be empty.
func (m *macros) take(data []byte) error {
	if len(data) == 0 {
		return fmt.Errorf("%w: macros for no command", ErrProtocol)
	}
	i := strings.IndexByte(stages, data[0])
	if i > messageStage && m.stage[i].raw == string(data) {
		return nil
	}
	pairs, err := decodeMacros(data[1:])
	if err != nil {
		return fmt.Errorf("%w: macros for command %q: %w", ErrProtocol, data[0], err)
	}
	switch {
	case i < 0:
		return nil
	case i == 0: // a new SMTP session
		m.forget(0)
	case i == messageStage:
		m.forget(messageStage)
		m.ahead = true
	}
	m.stage[i] = stageMacros{raw: string(data), pairs: pairs}
	return nil
}

func decodeMacros(data []byte) ([]string, error) {
	if len(data) == 0 {
		return nil, nil
	}
	pairs, err := decodeStrings(data)
	if err != nil {
		return nil, err
	}
	if len(pairs)%2 != 0 {
		return nil, errors.New("a name without a value")
	}
	for i := 0; i < len(pairs); i += 2 {
		if name, found := strings.CutPrefix(pairs[i], "{"); found {
			pairs[i] = strings.TrimSuffix(name, "}")
		}
	}
	return pairs, nil
}

// begin starts a message: what an earlier one left over goes, unless it has
// gone already to make room for the macros of this one.
func (m *macros) begin() {
	if !m.ahead {
		m.forget(messageStage)
	}
	m.ahead = false
}

// forget drops the macros of all stages from that one on.
func (m *macros) forget(from int) {
	clear(m.stage[from:])
	m.ahead = false
}
