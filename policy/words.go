package policy

import (
	"net/netip"
	"strconv"
	"strings"

	"sluice/policy/config"
	"sluice/policy/netlist"
)

// words is a set of names in lower case, each with where it is written.
type words map[string]netlist.Source

// readWords reads names, those in "file:PATH" lists too. What unusable says of a
// word is an error. Without any entry the result is nil: there is no such
// condition.
func readWords(entries []string, dir, key string, unusable func(string) (text, hint string), ps *config.Problems) words {
	if len(entries) == 0 {
		return nil
	}
	sources := netlist.Read(entries, dir, key, ps)
	report := netlist.NewReport(key, ps)
	defer report.Close()
	w := make(words, len(sources))
	for _, s := range sources {
		word := strings.ToLower(s.Text)
		if word == "" {
			report.Add(s, "", false, "an entry is empty")
			continue
		}
		if text, hint := unusable(word); text != "" {
			report.Add(s, hint, false, "%s %s", quoted(s.Text), text)
			continue
		}
		if first, known := w[word]; known {
			report.Add(s, "", true, "%s is here twice, first as %s", quoted(s.Text), first)
			continue
		}
		w[word] = s
	}
	return w
}

// The words of a condition are compared as they are, so that one which no client
// can have is a slip: a pattern, two words in one, a number that is no port.

const (
	noPattern  = "is no pattern: words are compared as they are"
	severalOne = "is more than one word"
)

// unusableHelo says why no HELO can be the word, "" if one can (RFC 5321 section
// 4.1.1.1: a domain or an address in brackets, but clients write what they like).
func unusableHelo(word string) (text, hint string) {
	_, err := netip.ParsePrefix(word)
	switch rest, starred := strings.CutPrefix(word, "*."); {
	case starred && !strings.Contains(rest, "*"):
		return noPattern, "write ." + plain(rest, maxQuoted) + " for all names below"
	case strings.Contains(word, "*"):
		return noPattern, "write .example.net for all names below"
	case strings.ContainsAny(word, " \t,"):
		return severalOne, "write each in quotes of its own, in a file one a line"
	case err == nil:
		return "is no HELO name", "networks stand in clients"
	}
	return "", ""
}

// unusableListener says why no listener can have the word as its name or port.
func unusableListener(word string) (text, hint string) {
	switch {
	case strings.Contains(word, "*"):
		return noPattern, "write each name or port"
	case strings.ContainsAny(word, " \t,"):
		return severalOne, "write each in quotes of its own, in a file one a line"
	case strings.Trim(word, "0123456789") != "":
		return "", ""
	}
	port, err := strconv.ParseUint(word, 10, 16)
	switch {
	case err != nil || port == 0:
		return "is no port", "between 1 and 65535"
	case word[0] == '0':
		return "is compared as it is", "write " + strconv.FormatUint(port, 10)
	}
	return "", ""
}

// unusableLogin says why no login can be the word. It may have spaces.
func unusableLogin(word string) (text, hint string) {
	if strings.Contains(word, "*") {
		return noPattern, "write @example.net for all logins of a realm"
	}
	return "", ""
}

// IsLogin says whether a login, in lower case, can be written down as a word that
// stands for it alone.
func IsLogin(login string) bool {
	text, _ := unusableLogin(login)
	_, isFile := netlist.CutFile(login)
	return text == "" && !isFile && login != "" && login[0] != '@' && login == strings.TrimSpace(login) &&
		!strings.ContainsFunc(login, func(r rune) bool { return !strconv.IsPrint(r) })
}

// domain finds the name itself, or else ".example.net" for a name below.
func (w words) domain(name string) (netlist.Source, bool) {
	name = strings.ToLower(name)
	for at := name; at != ""; {
		if s, found := w[at]; found {
			return s, true
		}
		dot := strings.IndexByte(at[1:], '.')
		if dot < 0 {
			break
		}
		at = at[1+dot:]
	}
	return netlist.Source{}, false
}

// login finds the login itself, or else "@realm" for a login of that realm.
func (w words) login(login string) (netlist.Source, bool) {
	login = strings.ToLower(login)
	if s, found := w[login]; found && login != "" {
		return s, true
	}
	at := strings.LastIndexByte(login, '@')
	if at <= 0 {
		return netlist.Source{}, false
	}
	s, found := w[login[at:]]
	return s, found
}
