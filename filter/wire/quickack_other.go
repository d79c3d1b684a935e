//go:build !linux

package wire

import "net"

// quickAck does nothing where there is no TCP_QUICKACK.
func quickAck(net.Conn) func() { return func() {} }
