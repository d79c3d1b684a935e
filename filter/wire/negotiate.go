package wire

import (
	"encoding/binary"
	"fmt"

	"github.com/emersion/go-milter"
)

// What is asked of the MTA, as far as it offers it. Without replies to header
// fields and their end both sides save a round trip for each; DATA and unknown
// commands mean nothing to us. Recipients that the MTA refuses itself are told of
// too: many of them are the mark of a list of addresses that was bought or made up.
const (
	wantedActions  = milter.OptAddHeader | milter.OptChangeHeader | milter.OptQuarantine | milter.OptSetSymList
	wantedProtocol = milter.OptNoUnknown | milter.OptNoData |
		milter.OptNoHeaderReply | milter.OptNoEOHReply |
		milter.OptSkip | milter.OptHeaderLeadingSpace | milter.OptRcptRej
)

// minVersion is the oldest protocol version that can be spoken, and the one
// that the library answers with.
const minVersion = 2

// terms are the actions and protocol flags in force on a connection.
type terms struct {
	actions  milter.OptAction
	protocol milter.OptProtocol
}

// agree reads the MTA's offer (version, actions, protocol flags, each 32 bits)
// and takes of it what we want. Sendmail refuses a filter that asks for more
// than it offers.
func agree(offer []byte) (terms, error) {
	if len(offer) < 12 {
		return terms{}, fmt.Errorf("%w: offer of %d bytes", ErrProtocol, len(offer))
	}
	if v := binary.BigEndian.Uint32(offer); v < minVersion {
		return terms{}, fmt.Errorf("%w: version %d of the MTA is too old", ErrProtocol, v)
	}
	actions := milter.OptAction(binary.BigEndian.Uint32(offer[4:]))
	protocol := milter.OptProtocol(binary.BigEndian.Uint32(offer[8:]))
	wanted := wantedProtocol
	if protocol&milter.OptSkip == 0 {
		// SKIP can only be an answer to a body chunk. Without it there is none to give.
		wanted |= milter.OptNoBodyReply
	}
	return terms{actions: actions & wantedActions, protocol: protocol & wanted}, nil
}

func (t terms) allows(a milter.OptAction) bool     { return t.actions&a != 0 }
func (t terms) includes(p milter.OptProtocol) bool { return t.protocol&p != 0 }

// macros returns what to ask for at each stage, nil when the MTA takes no such
// request. It replaces the MTA's own lists: Postfix by default sends neither
// {client_addr} nor {daemon_port}, Sendmail what sendmail.cf happens to list.
// Sendmail answers 554 to everybody when one list has more than 50 names.
func (t terms) macros() map[milter.Stage][]string {
	if !t.allows(milter.OptSetSymList) {
		return nil
	}
	return map[milter.Stage][]string{
		milter.StageConnect: {
			"j", "v", "{client_addr}", "{client_name}", "{client_port}", "{client_ptr}", "{client_resolve}",
			"{daemon_addr}", "{daemon_name}", "{daemon_port}", "{if_addr}",
		},
		milter.StageHelo: {"{cert_subject}", "{cipher}", "{tls_version}", "{verify}"},
		milter.StageMailFrom: {
			"i", "{auth_authen}", "{auth_author}", "{auth_type}", "{cipher}", "{client_addr}",
			"{mail_addr}", "{mail_host}", "{mail_mailer}", "{tls_version}", "{verify}",
		},
		milter.StageRcptTo: {"i", "{rcpt_addr}", "{rcpt_host}", "{rcpt_mailer}"},
		milter.StageEOH:    {"i"},
		milter.StageEOM:    {"i"},
	}
}

// negotiate reads the first frame, which has to be the MTA's offer, and leaves
// it for the library to answer, on the terms that it allows.
func (s *session) negotiate() error {
	raw, err := s.tap.link.next(s.tap.link.limits.Frame)
	if err != nil {
		return err
	}
	if cmd := raw[lengthSize]; cmd != byte(milter.CodeOptNeg) {
		return fmt.Errorf("%w: command %q before negotiation", ErrProtocol, cmd)
	}
	s.terms, err = agree(raw[lengthSize+1:])
	s.tap.rest = raw
	return err
}
