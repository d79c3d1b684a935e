package policy

import (
	"sluice/policy/config"
	"sluice/policy/netlist"
)

// Compile turns a Config into Rules. Paths of lists are relative to dir.
// Everything that is wrong is added to ps by its key, together with warnings
// about what is probably not meant; if there is any error, Compile returns nil.
func Compile(c Config, dir string, ps *config.Problems) *Rules {
	r := &Rules{estate: make(estate)}
	limits := make(map[string]limit)
	for name, l := range c.Limits.All() {
		limits[name] = compileLimit(name, l, ps)
	}
	for name, f := range c.Policies.All() {
		r.flows = append(r.flows, compileFlow(name, f, c.Mode, limits, ps))
	}
	groups := withBuiltins(c.Groups)
	for name, g := range groups.All() {
		r.addGroup(name, g, dir, ps)
	}
	for name, relay := range c.Relays.All() {
		r.relays = append(r.relays, compileRelay(name, relay, dir, ps))
	}
	for name, o := range c.Owners.All() {
		r.addOwner(name, o, dir, ps)
	}
	warnUnused(c, groups, ps)
	if ps.Failed() {
		return nil
	}
	r.warnOwners(c, ps)
	warnShadowed(r.groups, ps)
	warnNullSender(r, ps)
	return r
}

// withBuiltins returns the groups with the built-in ones: all of them if the
// operator has none, and the last, which catches the rest, unless the operator
// has his own.
func withBuiltins(own config.Tables[GroupConfig]) config.Tables[GroupConfig] {
	groups := builtinGroups()
	if own.Len() > 0 {
		groups = config.Tables[GroupConfig]{}
		for name, g := range own.All() {
			groups.Set(name, g)
		}
	}
	if _, has := groups.Get(groupOthers); !has {
		groups.Set(groupOthers, GroupConfig{Policy: policyDirect})
	}
	return groups
}

// addGroup reads one [group.NAME].
func (r *Rules) addGroup(name string, c GroupConfig, dir string, ps *config.Problems) {
	key := "group." + name
	g := &group{name: name, tls: c.TLS, authenticated: c.Authenticated}
	if len(c.Clients) > 0 {
		g.clients = netlist.Load(c.Clients, dir, key+".clients", netlist.Options{Names: true, Local: true}, ps)
	}
	for _, condition := range []struct {
		name     string
		entries  []string
		into     *words
		unusable func(string) (text, hint string)
	}{
		{"helo", c.Helo, &g.helo, unusableHelo},
		{"listeners", c.Listeners, &g.listeners, unusableListener},
		{"logins", c.Logins, &g.logins, unusableLogin},
	} {
		*condition.into = readWords(condition.entries, dir, key+"."+condition.name, condition.unusable, ps)
	}
	if len(c.Logins) > 0 && c.Authenticated != nil && !*c.Authenticated {
		ps.Errorf(key+".logins", "leave out authenticated = false", "nobody has a login who is not authenticated")
	}
	if name == groupOthers && !g.catchAll() {
		ps.Errorf(key, "give the group another name", "the group %q catches the rest and has no conditions", name)
	}
	switch g.flow = r.Flow(c.Policy); {
	case c.Policy == "":
		ps.Errorf(key+".policy", `write policy = "relayed"`, "the group has no policy")
	case g.flow == nil:
		ps.Errorf(key+".policy", didYouMean(c.Policy, r.Flows()), "there is no [policy.%s]", plain(c.Policy, config.MaxName))
	}
	r.groups = append(r.groups, g)
}

// didYouMean is the hint for a name that is not known.
func didYouMean[T ~string](word string, known []T) string {
	names := make([]string, len(known))
	for i, k := range known {
		names[i] = string(k)
	}
	if near := config.Suggest(word, names); near != "" {
		return "did you mean " + near + "?"
	}
	return ""
}

// warnUnused reports policies and limits that nothing uses. A built-in policy may
// be unused, and so may one that others inherit from.
func warnUnused(c Config, groups config.Tables[GroupConfig], ps *config.Problems) {
	used := map[string]bool{policyDirect: true, policyRelayed: true, policyAuthenticated: true, policyCorporate: true, policyLocal: true, policyBlocked: true}
	for _, g := range groups.All() {
		used[g.Policy] = true
	}
	limits := make(map[string]bool)
	for _, f := range c.Policies.All() {
		used[f.Inherits] = true
		for _, l := range f.Limits {
			limits[l] = true
		}
	}
	for _, name := range c.Policies.Names() {
		if !used[name] {
			ps.Warnf("policy."+name, "", "no group has this policy")
		}
	}
	for _, name := range c.Limits.Names() {
		if !limits[name] {
			ps.Warnf("limit."+name, `name it in the limits of a policy`, "no policy has this limit")
		}
	}
}
