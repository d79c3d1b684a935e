package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"sluice/policy/config"
)

// proposal is what learn makes of the usage of domains.
type proposal struct {
	*usage
	holders map[user][]string // domains, in order
	shared  []string          // used by several
	header  []string          // by one, but in the header alone
	many    []string          // used by everybody
	few     int               // domains in fewer messages than are wanted
	owned   int               // domains that have an owner already
}

// propose gives each domain to the one who uses it, or to nobody.
func (u *usage) propose() *proposal {
	p := &proposal{usage: u, holders: make(map[user][]string)}
	for _, domain := range slices.Sorted(maps.Keys(u.domains)) {
		d := u.domains[domain]
		by, clear := d.holder(domain)
		switch {
		case len(u.rules.Owners(domain)) > 0:
			p.owned++
		case max(d.envelope, d.header) < u.min:
			p.few++
		case len(d.senders) >= u.many && !d.realm:
			p.many = append(p.many, domain)
		case !clear:
			p.shared = append(p.shared, domain)
		case d.envelope < u.min:
			p.header = append(p.header, domain)
		default:
			p.holders[by] = append(p.holders[by], domain)
		}
	}
	return p
}

// write prints the proposal as TOML, all that is doubtful as comments. Its tables
// have none of the names that are taken.
func (p *proposal) write(w io.Writer, span string, taken map[string]bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Whose domains are whose, by %d messages of the last %s. Look through it before you\n", p.messages, span)
	b.WriteString("# use it: what one of these owners has, nobody else may use.\n")
	for _, by := range slices.SortedFunc(maps.Keys(p.holders), user.compare) {
		p.owner(&b, ownerName(by, taken), by)
	}
	p.list(&b, "Used by several: give them to one owner or to each", p.shared, (*use).users)
	p.list(&b, "Used by one, but by authors alone: forwarded mail, or mail that another sends for them", p.header, (*use).users)
	p.list(&b, fmt.Sprintf("Left out, used by %d senders or more: free mailboxes, and your own domains", p.usage.many), p.many, (*use).words)
	b.WriteString("\n")
	fmt.Fprintf(&b, "# Left out: %d used in fewer than %d messages, %d that have an owner already.\n", p.few, p.min, p.owned)
	if p.overflow > 0 {
		fmt.Fprintf(&b, "# There was no room for %d uses of further domains.\n", p.overflow)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// owner prints one table.
func (p *proposal) owner(b *strings.Builder, name string, by user) {
	kind := "groups"
	if by.login {
		kind = "logins"
	}
	fmt.Fprintf(b, "\n[owner.%s]\n%s  = [%s]\ndomains = [\n", name, kind, quoteTOML(by.name))
	for _, domain := range p.holders[by] {
		fmt.Fprintf(b, "  %-32s # %s\n", quoteTOML(domain)+",", p.domains[domain].words())
	}
	b.WriteString("]\n")
}

// maxListed is how many domains of one list of comments are printed.
const maxListed = 200

// list prints domains as a comment.
func (p *proposal) list(b *strings.Builder, title string, domains []string, words func(*use) string) {
	if len(domains) == 0 {
		return
	}
	fmt.Fprintf(b, "\n# %s:\n", title)
	for _, domain := range domains[:min(len(domains), maxListed)] {
		fmt.Fprintf(b, "#   %-32s %s\n", domain, words(p.domains[domain]))
	}
	if more := len(domains) - maxListed; more > 0 {
		fmt.Fprintf(b, "#   and %d more\n", more)
	}
}

// users lists who has used a domain, with the number of their messages.
func (d *use) users() string {
	var list []string
	for _, by := range slices.SortedFunc(maps.Keys(d.by), user.compare) {
		list = append(list, by.String()+" "+strconv.Itoa(d.by[by]))
	}
	return strings.Join(list, ", ")
}

// ownerName makes a name for a table that is not taken: letters, digits and "-".
func ownerName(by user, taken map[string]bool) string {
	base := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r|0x20 && r|0x20 <= 'z', '0' <= r && r <= '9', r == '_':
			return r
		}
		return '-'
	}, by.name), "-")
	const room = len("-9999999")
	if base = base[:min(len(base), config.MaxName-room)]; base == "" {
		base = "owner"
	}
	name := base
	for n := 2; taken[name]; n++ {
		name = base + "-" + strconv.Itoa(n)
	}
	taken[name] = true
	return name
}

// quoteTOML quotes a text of printable characters.
func quoteTOML(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
