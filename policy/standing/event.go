package standing

import (
	"net/netip"
	"strings"
	"time"
)

// Event is what one record says of its sender. Addresses are as they are counted:
// in lower case, without a +tag. A field that has nothing to say is zero.
type Event struct {
	Time   time.Time
	Ref    string     // of the record, 8 letters and digits
	Policy string     // the mail flow policy that held
	Group  string     // the sender group
	Client netip.Addr // the address that the sender used

	// Of a message that came to its end, and so was judged.
	Judged   bool
	Spam     bool // the score says so
	Virus    bool
	Outbreak bool     // the same as many others of other senders
	Deferred bool     // the MTA was told to try again
	From     string   // the envelope sender, "<>" for the null sender
	Domains  []string // of the envelope sender and of the author
	Rcpts    []string // those that were let through, or some of very many
	Total    int      // how many those are
	Helo     string
	Network  string // that a login was used from; empty without a login

	// Of any record.
	Unknown int  // recipients that the MTA itself refused
	Limited bool // a used-up limit was met
	Foreign bool // in the name of a domain that is somebody else\'s

	// Of what came back from elsewhere, without a message of the sender itself.
	Bounces    int
	Complaints int
	Reports    int // of other systems
}

// NullSender is the From of bounces and reports.
const NullSender = "<>"

// size is what a message scored as spam counts: one for one recipient, a quarter
// more for each further, and three at most.
func (e *Event) size() float64 {
	const further, most = 0.25, 3
	return min(1+further*float64(max(e.Total-1, 0)), most)
}

// identity is the same when a deferred message is tried again, which must not be
// evidence twice.
func (e *Event) identity() uint32 {
	h := hash(e.From)
	for _, rcpt := range e.Rcpts {
		h ^= hash(rcpt)
	}
	return uint32(h ^ h>>32)
}

// malformed says whether a HELO name is none: an address without its brackets, or
// characters that neither a domain nor an address literal has (RFC 5321 section
// 4.1.3). That it is no full name is usual among people's machines.
func malformed(helo string) bool {
	if helo == "" {
		return false // not known
	}
	if _, err := netip.ParseAddr(helo); err == nil {
		return true
	}
	const usual = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]"
	return strings.Trim(helo, usual) != ""
}

// hash is FNV-1a, 64 bits: the same in every process, for it is kept on disk.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
