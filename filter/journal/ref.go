package journal

import (
	"crypto/rand"
	"strings"
)

// refLen is the length of a reference: 8 letters of 5 bits are 40 random bits.
// Among a million records of a month, a new one meets an old one once in a
// million; a reader is then shown both.
const refLen = 8

// refAlphabet is Crockford's base 32: no I, L, O and U.
const refAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// refRepair undoes what becomes of a reference that is written by hand or read
// out on the phone.
var refRepair = strings.NewReplacer("I", "1", "L", "1", "O", "0", "-", "", " ", "")

// NewRef returns a new reference, such as "7F3K9QX2": what the client is told,
// and under which its operator finds the decision record.
func NewRef() string {
	var random [refLen]byte
	rand.Read(random[:]) // never fails: the program ends instead
	for i, b := range random {
		random[i] = refAlphabet[b%32]
	}
	return string(random[:])
}

// NormalizeRef returns the reference as NewRef wrote it: in upper case, with 1
// for I and L, 0 for O, and without spaces and hyphens. What is no reference at
// all comes back as no reference either; see ValidRef.
func NormalizeRef(s string) string {
	return refRepair.Replace(strings.ToUpper(s))
}

// ValidRef says whether s is a reference in the form of NewRef.
func ValidRef(s string) bool {
	return len(s) == refLen && strings.Trim(s, refAlphabet) == ""
}
