package day

// Kind is what sort of sender a message is from.
type Kind string

// The honest kinds.
const (
	Human      Kind = "human"
	Secretary  Kind = "secretary"  // the mailing to the members; the rest is human
	Device     Kind = "device"     // on a timer
	Submission Kind = "submission" // with a login
	Corporate  Kind = "corporate"
	Newsletter Kind = "newsletter" // of a corporate network
	NDR        Kind = "ndr"        // bounces of a corporate network, null sender
)

// The kinds of infection.
const (
	Flood    Kind = "flood"    // thousands an hour
	Own      Kind = "own"      // 60 an hour, from the owner's mail address
	Rotating Kind = "rotating" // 25 an hour, another envelope sender each time
	Slow     Kind = "slow"     // 5 an hour
	Burst    Kind = "burst"    // ten minutes in three hours
	List     Kind = "list"     // few messages of 50 to 100 recipients
	Stolen   Kind = "stolen"   // a login, from hundreds of addresses
)

// Infections returns the kinds of infection.
func Infections() []Kind {
	return []Kind{Flood, Own, Rotating, Slow, Burst, List, Stolen}
}

// Label is what a message really is: "honest:human", "spam:flood".
func (k Kind) Label() string {
	for _, bad := range Infections() {
		if k == bad {
			return "spam:" + string(k)
		}
	}
	return "honest:" + string(k)
}
