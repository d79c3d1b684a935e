package wire

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"
)

// Probe asks a milter for its part of the negotiation, as an MTA does first,
// and closes the connection: an answer shows that it accepts and serves.
func Probe(network, address string, timeout time.Duration) error {
	conn, err := net.DialTimeout(network, address, timeout)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	offer := binary.BigEndian.AppendUint32(nil, 13) // a command and three numbers
	offer = append(offer, 'O')
	for _, n := range []uint32{6, 0x1ff, 0x1fffff} { // version, actions, protocol
		offer = binary.BigEndian.AppendUint32(offer, n)
	}
	if _, err := conn.Write(offer); err != nil {
		return err
	}
	var answer [5]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return fmt.Errorf("no answer to the negotiation: %w", err)
	}
	if answer[4] != 'O' {
		return fmt.Errorf("%w: the negotiation was answered with %q", ErrProtocol, answer[4])
	}
	return nil
}
