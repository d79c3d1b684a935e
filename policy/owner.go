package policy

import (
	"slices"
	"strings"

	"sluice/policy/config"
	"sluice/policy/netlist"
)

// OwnerConfig says whose some domains are.
type OwnerConfig struct {
	Domains []string `toml:"domains" doc:"Domains that nobody else may write in the name of: exact, or .example.net for all below (not example.net itself), or \"file:PATH\"; no patterns. Of several entries that cover a domain, the longest holds, and with it its owners."`
	Groups  []string `toml:"groups" doc:"Sender groups whose clients may use the domains."`
	Logins  []string `toml:"logins" doc:"Logins that may use the domains, without regard to case: exact, or @example.net for all of a realm, or \"file:PATH\"; no patterns."`
}

// owner is a compiled [owner.NAME].
type owner struct {
	name   string
	groups []string
	logins words
}

// admits says whether a client of the group is one of the owner's, and by what:
// "group corporate", "login @example.net (logins.txt:3)".
func (o *owner) admits(group, login string) (by string, admitted bool) {
	if slices.Contains(o.groups, group) {
		return "group " + group, true
	}
	if s, found := o.logins.login(login); found {
		return "login " + s.String(), true
	}
	return "", false
}

// holding is an entry for a domain, and whose it is.
type holding struct {
	*owner
	entry netlist.Source
}

// estate is all that owners have, by folded entry: "example.net" or
// ".example.net". A look-up walks the labels of a domain and never scans.
type estate map[string][]holding

// find returns who has the domain: the holders of the longest entry for it.
func (e estate) find(domain string) []holding {
	for at := domain; at != ""; {
		if found := e[at]; found != nil {
			return found
		}
		dot := strings.IndexByte(at[1:], '.')
		if dot < 0 {
			break
		}
		at = at[1+dot:]
	}
	return nil
}

// Owners returns the names of those who have the domain.
func (r *Rules) Owners(domain string) []string {
	var names []string
	for _, h := range r.estate.find(FoldDomain(domain)) {
		names = append(names, h.name)
	}
	return names
}

// addOwner reads one [owner.NAME].
func (r *Rules) addOwner(name string, c OwnerConfig, dir string, ps *config.Problems) {
	key := "owner." + name
	o := &owner{name: name, groups: c.Groups, logins: readWords(c.Logins, dir, key+".logins", unusableLogin, ps)}
	if len(c.Domains) == 0 {
		ps.Errorf(key+".domains", `write domains = ["example.net"]`, "the owner has no domains")
	}
	if len(c.Groups) == 0 && len(c.Logins) == 0 {
		ps.Warnf(key, "name groups or logins", "nobody is in it: nobody may use its domains")
	}
	for i, group := range c.Groups {
		if !r.HasGroup(group) {
			ps.Errorf(netlist.Element(key+".groups", i), didYouMean(group, r.Groups()), "there is no [group.%s]", plain(group, config.MaxName))
		}
	}
	r.give(o, readWords(c.Domains, dir, key+".domains", unusableDomain, ps), key+".domains", ps)
}

// give gives domains to an owner, and tells of those that others have as well.
func (r *Rules) give(o *owner, domains words, key string, ps *config.Problems) {
	report := netlist.NewReport(key, ps)
	defer report.Close()
	for _, word := range sortedKeys(domains) {
		entry, source := foldEntry(word), domains[word]
		before := r.estate[entry]
		if slices.ContainsFunc(before, func(h holding) bool { return h.owner == o }) {
			continue // in its other form
		}
		if len(before) > 0 {
			report.Add(source, "", true, "%s is owner %s's too, and both may use it", quoted(source.Text), before[0].name)
		}
		r.estate[entry] = append(before, holding{o, source})
	}
}

// warnOwners reports owners that nobody asks about, and policies that wait for
// owners there are not.
func (r *Rules) warnOwners(c Config, ps *config.Problems) {
	used := make(map[*Flow]bool)
	looked := false
	for _, g := range r.groups {
		used[g.flow] = true
		looked = looked || g.flow.Authorises()
	}
	for name := range c.Owners.All() {
		if !looked {
			ps.Warnf("owner."+name, `action = "record" in the authorisation of a policy`, "no policy looks at it")
		}
	}
	for _, f := range r.flows {
		if used[f] && f.Authorises() && f.Authorisation.Domains == OwnDomains && !r.provides(f, c.Owners) {
			ps.Warnf("policy."+f.Name+".authorisation.domains", "name its groups or logins in an [owner.NAME]", "no owner has a domain for senders of this policy")
		}
	}
}

// provides says whether an owner names a group of the policy, or logins, which
// may be in any.
func (r *Rules) provides(f *Flow, owners config.Tables[OwnerConfig]) bool {
	for _, o := range owners.All() {
		if len(o.Logins) > 0 || slices.ContainsFunc(r.groups, func(g *group) bool {
			return g.flow == f && slices.Contains(o.Groups, g.name)
		}) {
			return true
		}
	}
	return false
}
