package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/emersion/go-milter"
)

// ErrProtocol says that the MTA has sent what the milter protocol does not
// allow. The connection cannot go on: nobody knows what the next byte means.
var ErrProtocol = errors.New("milter protocol broken")

// maxStrings is the number of strings in one frame: ESMTP parameters of an
// address, or names and values of macros (Sendmail sends 50 macros at most).
const maxStrings = 512

// event is the argument of the command that the library is being told of; the
// fields of other commands are left over.
type event struct {
	peer  Peer    // CONNECT
	helo  string  // HELO
	addr  Address // MAIL, RCPT
	name  string  // HEADER
	value string  // HEADER, as it came
	chunk []byte  // BODY and end of message; valid until the next frame
}

// decode reads a command's argument. Commands that carry none may come with
// one: it is ignored.
func (e *event) decode(cmd milter.Code, data []byte) (err error) {
	switch cmd {
	case milter.CodeConn:
		e.peer, err = decodePeer(data)
	case milter.CodeHelo:
		e.helo, err = decodeHelo(data)
	case milter.CodeMail, milter.CodeRcpt:
		e.addr, err = decodeAddress(data)
	case milter.CodeHeader:
		e.name, e.value, err = decodeHeader(data)
	case milter.CodeBody, milter.CodeEOB:
		e.chunk = data
	case milter.CodeEOH, milter.CodeAbort, milter.CodeData, milter.CodeQuit, milter.CodeQuitNewConn:
	default:
		return fmt.Errorf("%w: command %q is unknown", ErrProtocol, byte(cmd))
	}
	if err != nil {
		return fmt.Errorf("%w: command %q: %w", ErrProtocol, byte(cmd), err)
	}
	return nil
}

var (
	errUnterminated = errors.New("string without its end")
	errTooMany      = fmt.Errorf("more than %d strings", maxStrings)
)

// decodeStrings reads strings that each end with NUL. There is at least one.
func decodeStrings(data []byte) ([]string, error) {
	body, found := bytes.CutSuffix(data, []byte{0})
	if !found {
		return nil, errUnterminated
	}
	if bytes.Count(data, []byte{0}) > maxStrings {
		return nil, errTooMany
	}
	return strings.Split(string(body), "\x00"), nil
}

// decodePeer reads NAME NUL FAMILY, and with an internet family PORT ADDRESS
// NUL. A unix socket's path is of no use.
func decodePeer(data []byte) (Peer, error) {
	name, rest, found := bytes.Cut(data, []byte{0})
	if !found {
		return Peer{}, errUnterminated
	}
	if len(rest) == 0 {
		return Peer{}, errors.New("no family")
	}
	p := Peer{Name: string(name)}
	switch family := milter.ProtoFamily(rest[0]); family {
	case milter.FamilyUnknown:
		p.Family = "unknown"
		return p, nil
	case milter.FamilyUnix:
		p.Family = "unix"
		return p, nil
	case milter.FamilyInet, milter.FamilyInet6:
		err := p.decodeInternet(rest[1:])
		return p, err
	default:
		return Peer{}, fmt.Errorf("family %q is unknown", byte(family))
	}
}

// decodeInternet reads PORT ADDRESS NUL. The family is that of the address
// itself: one that only maps an IPv4 address is tcp4.
func (p *Peer) decodeInternet(data []byte) error {
	if len(data) < 2 {
		return errors.New("no port")
	}
	text, found := bytes.CutSuffix(data[2:], []byte{0})
	if !found {
		return errUnterminated
	}
	addr, err := netip.ParseAddr(trimIPv6(string(text)))
	if err != nil {
		return err
	}
	p.Port = binary.BigEndian.Uint16(data)
	p.Addr = addr.Unmap().WithZone("")
	p.Family = "tcp6"
	if p.Addr.Is4() {
		p.Family = "tcp4"
	}
	return nil
}

// trimIPv6 removes the tag of RFC 5321 section 4.1.3 that Sendmail writes
// before an IPv6 address.
func trimIPv6(s string) string {
	const tag = "IPv6:"
	if len(s) > len(tag) && strings.EqualFold(s[:len(tag)], tag) {
		return s[len(tag):]
	}
	return s
}

func decodeHelo(data []byte) (string, error) {
	name, _, found := bytes.Cut(data, []byte{0})
	if !found {
		return "", errUnterminated
	}
	return string(name), nil
}

// decodeAddress reads a path, and behind it ESMTP parameters.
func decodeAddress(data []byte) (Address, error) {
	parts, err := decodeStrings(data)
	if err != nil {
		return Address{}, err
	}
	path := parts[0]
	if inner, found := strings.CutPrefix(path, "<"); found {
		path = strings.TrimSuffix(inner, ">")
	}
	return Address{Path: path, Args: parts[1:]}, nil
}

// decodeHeader reads a name and a value, and nothing else: with any other
// number of strings the library would answer where no answer is due.
func decodeHeader(data []byte) (name, value string, err error) {
	parts, err := decodeStrings(data)
	if err != nil {
		return "", "", err
	}
	if len(parts) != 2 {
		return "", "", fmt.Errorf("%d strings where a name and a value are due", len(parts))
	}
	if parts[0] == "" {
		return "", "", errors.New("no name")
	}
	return parts[0], parts[1], nil
}
