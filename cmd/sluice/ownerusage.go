package main

import (
	"cmp"
	"strconv"
	"strings"

	"sluice/filter/journal"
	"sluice/policy"
)

// maxUsed bounds the domains that learn remembers; those that come after are
// counted.
const maxUsed = 200_000

// lookout is what learn looks for.
type lookout struct {
	min  int // messages in which a domain must have been used
	many int // senders from which on it is everybody's
}

// usage is who has used which domains. It keeps at most one user and sender more
// of each domain than make it everybody's.
type usage struct {
	lookout
	rules    *policy.Rules
	domains  map[string]*use
	messages int // that were looked at
	overflow int // uses of domains for which there was no room
}

// use is how one domain was used.
type use struct {
	by       map[user]int // messages
	senders  map[string]bool
	envelope int  // messages with it in the envelope sender
	header   int  // messages with it in the author
	realm    bool // all users are logins of the domain itself
}

// user is a login, or a sender group for clients without one.
type user struct {
	login bool
	name  string
}

func (u user) String() string {
	if u.login {
		return "login " + u.name
	}
	return "group " + u.name
}

func (u user) compare(v user) int {
	if u.login != v.login {
		return cmp.Compare(u.String(), v.String()) // groups first
	}
	return cmp.Compare(u.name, v.name)
}

func newUsage(rules *policy.Rules, o lookout) *usage {
	return &usage{lookout: o, rules: rules, domains: make(map[string]*use)}
}

// add takes a record in, if it is of mail that teaches anything.
func (u *usage) add(r *journal.Record) {
	by, usable := u.user(r)
	if !usable || r.From == "" || r.Stage != "end" || r.Verdict.Action != "accept" {
		return
	}
	u.messages++
	from, author := policy.AddressDomain(r.From), policy.FoldDomain(r.Author)
	if d := u.use(from, by, r.Sender); d != nil {
		d.envelope++
		d.count(by)
	}
	if d := u.use(author, by, r.Sender); d != nil {
		d.header++
		if author != from {
			d.count(by)
		}
	}
}

// user returns who has sent a message, if an owner could name them and their
// policy looks at domains.
func (u *usage) user(r *journal.Record) (user, bool) {
	flow := u.rules.Flow(r.Policy)
	if flow == nil || !flow.Authorises() {
		return user{}, false
	}
	if r.Client.Auth != "" {
		login := strings.ToLower(r.Client.Auth)
		return user{true, login}, policy.IsLogin(login)
	}
	return user{false, r.Group}, u.rules.HasGroup(r.Group)
}

// use returns how a domain was used, with one more sender; nil if it is none.
func (u *usage) use(domain string, by user, sender string) *use {
	if !policy.IsDomain(domain) {
		return nil
	}
	d := u.domains[domain]
	if d == nil {
		if len(u.domains) >= maxUsed {
			u.overflow++
			return nil
		}
		d = &use{by: make(map[user]int), senders: make(map[string]bool), realm: true}
		u.domains[domain] = d
	}
	if len(d.senders) < u.many {
		d.senders[sender] = true
	}
	if _, known := d.by[by]; !known && len(d.by) < u.many {
		d.by[by] = 0
	}
	d.realm = d.realm && by.login && strings.HasSuffix(by.name, "@"+domain)
	return d
}

// count counts a message of a user that is remembered.
func (d *use) count(by user) {
	if _, known := d.by[by]; known {
		d.by[by]++
	}
}

// holder returns the one to whom a domain belongs by its use: the realm of its own
// logins, or the only user.
func (d *use) holder(domain string) (user, bool) {
	if d.realm {
		return user{true, "@" + domain}, true
	}
	for by := range d.by {
		return by, len(d.by) == 1
	}
	return user{}, false
}

// words says in how many messages a domain was used.
func (d *use) words() string {
	return strconv.Itoa(d.envelope) + " by envelope sender, " + strconv.Itoa(d.header) + " by author"
}
