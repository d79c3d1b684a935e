package scoring

import (
	"net/netip"
	"time"
)

// Set is the context in which a message is scored. Its values are those of
// policy.Set; the two packages do not import each other.
type Set string

const (
	Direct        Set = "direct"        // from anywhere: the client's reputation may count
	Relayed       Set = "relayed"       // from our own network: it does not
	Authenticated Set = "authenticated" // from a login: nor here
)

// Input is what is known of a message beside its content.
type Input struct {
	Set        Set
	Reputation bool       // the policy lets the client's reputation count (only ever asked with Direct)
	Client     netip.Addr // the client's address; invalid for local mail
	Name       string     // its PTR name
	Verified   bool       // Name was verified forward
	Helo       string
	From       string   // envelope sender, without brackets; empty for the null sender
	Rcpts      []string // envelope recipients, without brackets
	Now        time.Time

	Sender    string    // who is held responsible
	Bulk      Bulk      // what of its mail is expected in many copies
	Campaigns Campaigns // where copies are counted; nil for nowhere
}

// Report is the result of scoring one message.
type Report struct {
	Set     Set
	Score   float64 // the sum of the points of all hits that count, rounded to two decimals
	Hits    []Hit   // strongest first, then by name
	Skipped []Skip  // what was not asked, and why
	Print   string  // short name of the message and those like it; empty if it has none, or nobody counts
}

// Hit is one rule that matched.
type Hit struct {
	Rule    string  // stable, upper case: "HTML_ONLY"
	Points  float64 // what it adds; may be negative
	Note    string  // what was found, printable and short; may be empty
	Observe bool    // recorded, and not added to the score
}

// UnauthorisedRule is the hit of a message in the name of a domain that is not its
// sender's. It is not found here: whoever knows whose a domain is adds it.
const UnauthorisedRule = "UNAUTHORISED_SENDER"

// Skip is one check that was not made.
type Skip struct {
	Check string // "reputation", "blocklist NAME", "urllist NAME", "authentication", "spf", "dkim", "dmarc", "clamav", "rules", "model", "view", "archive", "page", "qrcode"
	Why   string // stable token, one of Whys
}

// Whys are the tokens that say why a check was not made.
var Whys = []string{"policy", "set", "deadline", "size", "error", "not-configured", "no-address", "limit"}
