// Package netlist holds lists of clients: networks, addresses and ranges of
// IPv4 and IPv6, PTR names, and "local" for mail without a network client.
//
// An entry is written as
//
//	203.0.113.0/24, 2001:db8:40::/42   a network; bits behind its length are ignored, with a warning
//	203.0.113.7, 2001:db8::7           an address
//	203.0.113.5-203.0.113.9            a range, both ends included
//	host.example.net                   a PTR name, exactly
//	.example.net                       all PTR names below, not the name itself
//	local                              a client without an address
//	file:PATH                          a file with one entry a line
//
// In a file, # begins a comment, at the start of a line or after white space;
// blank lines are skipped. IPv4-mapped IPv6 addresses (RFC 4291 section
// 2.5.5.2) count as IPv4, zones are ignored, names are compared without regard
// to case.
//
// A List is built once and is then safe for concurrent use. A look-up walks a
// trie for addresses and the labels of a name; it never scans. Whether a PTR
// name may be trusted is for the caller to know.
package netlist
