package day

import (
	"encoding/binary"
	"net/netip"
)

// The networks that doc.go lists.
const (
	home4     = 100<<24 | 64<<16 // /10
	corporate = 172<<24 | 16<<16 // /12, see maxCorporates
	elsewhere = 10 << 24         // /9
	mobile    = 198<<24 | 18<<16 // /15
	abroad    = 10<<24 | 128<<16 // /9
	home6     = 0x2001_0db8_0040_0000

	home4Bits, home6Bits, elsewhereBits, abroadBits = 21, 22, 23, 23

	maxCorporates = 1 << 12
	carriers      = 4
	carrierBits   = 15
)

// overIPv6 is which share of the subscribers has IPv6: one of so many.
const overIPv6 = 10

// shuffled is a number below 1<<bits, another for each i below that.
func shuffled(seed, i uint64, bits int) uint64 {
	mask := uint64(1)<<bits - 1
	return (i*0x9e3779b1 + seed) & mask // the factor is odd: nothing meets
}

func ipv4(network uint32, host uint64) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], network|uint32(host))
	return netip.AddrFrom4(b)
}

// subscriberAddr is the address of a subscriber. Those with IPv6 have a /64, of
// which which is the interface: a small number, as devices have a few at a time.
func (t *town) subscriberAddr(id, which uint64) netip.Addr {
	if mix(t.seed, '6', id)%overIPv6 != 0 {
		return ipv4(home4, 4+shuffled(t.seed, id, home4Bits))
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], home6|shuffled(t.seed, id, home6Bits))
	binary.BigEndian.PutUint64(b[8:], mix(t.seed, 'i', id, which))
	return netip.AddrFrom16(b)
}

// serverAddr is the address of a server of a corporate network.
func serverAddr(network, server int) netip.Addr {
	return ipv4(corporate, uint64(network)<<8|uint64(10+server))
}

// homeElsewhere is the address of a login's home at another provider.
func (t *town) homeElsewhere(login uint64) netip.Addr {
	return ipv4(elsewhere, shuffled(t.seed, login, elsewhereBits))
}

// mobileAddr is an address of a login's mobile carrier. Many share it.
func (t *town) mobileAddr(login, which uint64) netip.Addr {
	carrier := mix(t.seed, 'c', login) % carriers
	return ipv4(mobile, carrier<<carrierBits|mix(t.seed, 'p', login, which)%(1<<carrierBits))
}

// abroadAddr is one of those from where a stolen login is used.
func (t *town) abroadAddr(login, which uint64) netip.Addr {
	return ipv4(abroad, mix(t.seed, 'a', login, which)%(1<<abroadBits))
}
