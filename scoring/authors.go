package scoring

import "strings"

// Why the authors of a message are not known for sure.
const (
	severalFrom = "several From fields"
	noAuthor    = "no address in From"
	manyAuthors = "too many authors"
)

// maxFrom bounds the From fields that are kept. One more than one is one too many
// already (RFC 5322 section 3.6).
const maxFrom = 10

// keepFrom keeps a field if it is a From, lest a thousand others hide it.
func (m *Message) keepFrom(name, value string) {
	if !strings.EqualFold(name, "From") || len(m.from) == maxFrom {
		return
	}
	if len(value) > maxHeaderValue {
		value = cutMiddle(value, maxHeaderValue)
	}
	m.from = append(m.from, value)
}

// Authors returns the addresses of everybody who is named as an author in the
// first ten From fields, at most 200 of them, and in words why readers would not
// agree on who it is. A message without a From field has no author but its envelope
// sender, for MTAs add one of that; then both are empty.
func (m *Message) Authors() (addrs []string, unclear string) {
	for _, value := range m.from {
		addrs = appendAuthors(addrs, value)
	}
	switch {
	case len(addrs) > maxAddresses:
		return addrs[:maxAddresses], manyAuthors
	case len(m.from) > 1:
		return addrs, severalFrom
	case len(m.from) == 1 && len(addrs) == 0:
		return nil, noAuthor
	}
	return addrs, ""
}

// appendAuthors adds the authors of one field, one more than are wanted at most.
// Where nobody is found it is read as those readers do who decode first.
func appendAuthors(addrs []string, value string) []string {
	before := len(addrs)
	addrs = appendMailboxes(addrs, unfold(value))
	if len(addrs) == before {
		addrs = appendMailboxes(addrs, decodeField(value))
	}
	return addrs
}

func appendMailboxes(addrs []string, value string) []string {
	if rest, closed := cutComments(value); closed {
		value = rest
	} else {
		value = strings.ReplaceAll(value, "(", " ") // ":(" is no comment
	}
	for value != "" {
		var one string
		for one, value = cutAddress(value); one != ""; one = behindMailbox(one) {
			if a := parseAddress(one); strings.Contains(a.Addr, "@") {
				addrs = append(addrs, a.Addr)
			}
			if len(addrs) > maxAddresses {
				return addrs
			}
		}
	}
	return addrs
}

// behindMailbox returns what follows the first address in angle brackets: some
// readers take a second one for the author.
func behindMailbox(s string) string {
	open := indexUnquoted(s, "<")
	if open < 0 {
		return ""
	}
	_, rest, _ := strings.Cut(s[open:], ">")
	return rest
}
