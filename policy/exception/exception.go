// Package exception keeps what an operator has excepted: whose mail is not held
// up by which check, who wanted that and why, until when, and how often it
// mattered.
//
// A List is safe for concurrent use, and small: MaxExceptions bounds it. It is kept
// in one JSON file, which is written when an exception comes or goes; how often
// each was used is written by Save, from time to time.
package exception

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// MaxExceptions is how many a list has room for: what is more belongs into a
// sender group.
const MaxExceptions = 10_000

// maxText bounds each text of an exception, in bytes.
const maxText = 500

// Exception is one of them.
type Exception struct {
	ID      string    `json:"id"`
	Subject string    `json:"subject"` // see ParseSubject
	Scope   string    `json:"scope"`   // see ParseScope
	Factor  int       `json:"factor"`  // what limits are multiplied by; 0 for not held up at all
	Owner   string    `json:"owner"`   // whose wish it is
	Reason  string    `json:"reason"`
	By      string    `json:"by,omitempty"` // who made it
	Created time.Time `json:"created"`
	Until   time.Time `json:"until,omitzero"` // zero: until it is removed
	Hits    uint64    `json:"hits"`           // messages to which it applied
	LastHit time.Time `json:"last_hit,omitzero"`
}

// Scopes of an exception, beside "limit:NAME".
const (
	Standing      = "standing"      // no evidence is noted, and none counts
	Limits        = "limits"        // all limits
	Content       = "content"       // the score does not hold mail up; it may still be tagged
	Authorisation = "authorisation" // whose domains may be used
)

// limitPrefix is before the name of one limit, as records have it.
const limitPrefix = "limit:"

// LimitScope is the scope of one limit, by its name in records: "recipients-1h".
func LimitScope(name string) string { return limitPrefix + name }

// ParseScope checks a scope.
func ParseScope(s string) error {
	if name, isLimit := strings.CutPrefix(s, limitPrefix); isLimit && name != "" {
		return nil
	}
	if slices.Contains([]string{Standing, Limits, Content, Authorisation}, s) {
		return nil
	}
	return fmt.Errorf(`%q is no scope (standing, limits, limit:NAME such as limit:recipients-1h, content, authorisation)`, s)
}

// ParseSubject returns a subject as it is kept: "ip:203.0.113.7" or
// "ip:2001:db8::/64" for a network, "login:bob@example.net", "login:@example.net"
// for a realm, "group:home". An address, a network, a login with an @ and a realm
// may be written without what is before the colon.
func ParseSubject(s string) (string, error) {
	kind, rest, found := strings.Cut(s, ":")
	bare := strings.TrimPrefix(s, "ip:")
	if net, err := netip.ParsePrefix(bare); err == nil {
		return subjectOf(net), nil
	}
	if addr, err := netip.ParseAddr(bare); err == nil {
		addr = addr.Unmap().WithZone("")
		return subjectOf(netip.PrefixFrom(addr, addr.BitLen())), nil
	}
	switch {
	case found && kind == "login" && rest != "", found && kind == "group" && rest != "":
		return strings.ToLower(s), nil
	case s == "local":
		return s, nil
	case strings.Contains(s, "@"):
		return "login:" + strings.ToLower(s), nil
	}
	return "", fmt.Errorf(`%q is no sender (write 203.0.113.7, 2001:db8:1::/64, login:bob, bob@example.net, @example.net or group:home)`, s)
}

// subjectOf is a network as senders are written: a single address without its
// length.
func subjectOf(net netip.Prefix) string {
	net = net.Masked()
	if net.IsSingleIP() {
		return "ip:" + net.Addr().String()
	}
	return "ip:" + net.String()
}

// Who is whom an exception may be for.
type Who struct {
	Sender string     // the key: "ip:203.0.113.7", "login:bob"
	Addr   netip.Addr // invalid for none
	Login  string
	Group  string
}

// List is the exceptions that there are.
type List struct {
	path string // empty for nowhere

	saving sync.Mutex // held while the file is written, never while mu is waited for by mail
	mu     sync.RWMutex
	all    []*Exception
	exact  map[string][]*Exception // by subject
	nets   []network
	dirty  bool // hits that are not saved
}

type network struct {
	netip.Prefix
	*Exception
}

// Unusable is the error of an exception that cannot be made as it is.
type Unusable struct{ error }

func unusable(format string, args ...any) error { return &Unusable{fmt.Errorf(format, args...)} }

// WhoIs is whom a sender's key and group tell of.
func WhoIs(key, group string) Who {
	w := Who{Sender: key, Group: group}
	if login, isLogin := strings.CutPrefix(key, "login:"); isLogin {
		w.Login = login
	}
	if net, is := (&Exception{Subject: key}).network(); is {
		w.Addr = net.Addr()
	}
	return w
}

// Concerns says whether the exception is for a sender, whatever its scope is.
func (e *Exception) Concerns(w Who) bool {
	if net, is := e.network(); is && w.Addr.IsValid() {
		return net.Contains(w.Addr)
	}
	return slices.Contains(subjects(w), e.Subject) || e.Subject == "group:"+strings.ToLower(w.Group)
}

// Find returns the exception of a scope that applies, and whether there is one. Of
// several the one for less comes first: the sender, its login, a realm, the
// narrowest network, the group. A list that is nil is empty.
func (l *List) Find(w Who, scope string, now time.Time) (Exception, bool) {
	if l == nil {
		return Exception{}, false
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	if found := l.find(w, scope, now); found != nil {
		return *found, true
	}
	return Exception{}, false
}

// Hit counts that exceptions were used for a message.
func (l *List) Hit(ids []string, now time.Time) {
	if len(ids) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.all {
		if slices.Contains(ids, e.ID) {
			e.Hits++
			e.LastHit = now.UTC().Truncate(time.Second)
			l.dirty = true
		}
	}
}

func (l *List) find(w Who, scope string, now time.Time) *Exception {
	if len(l.all) == 0 {
		return nil
	}
	for _, subject := range subjects(w) {
		if e := pick(l.exact[subject], scope, now); e != nil {
			return e
		}
	}
	if w.Addr.IsValid() {
		addr := w.Addr.Unmap().WithZone("")
		for _, n := range l.nets { // the narrowest first
			if n.Contains(addr) && n.applies(scope, now) {
				return n.Exception
			}
		}
	}
	return pick(l.exact["group:"+strings.ToLower(w.Group)], scope, now)
}

// subjects are what may name a sender, but for networks and the group.
func subjects(w Who) []string {
	names := []string{w.Sender}
	if w.Login != "" {
		login := strings.ToLower(w.Login)
		names = append(names, "login:"+login)
		if at := strings.LastIndexByte(login, '@'); at > 0 {
			names = append(names, "login:"+login[at:])
		}
	}
	return names
}

func pick(list []*Exception, scope string, now time.Time) *Exception {
	for _, e := range list {
		if e.applies(scope, now) {
			return e
		}
	}
	return nil
}

// applies says whether the exception is of that scope, or a wider one, at a time.
func (e *Exception) applies(scope string, now time.Time) bool {
	return (e.Until.IsZero() || now.Before(e.Until)) &&
		(e.Scope == scope || e.Scope == Limits && strings.HasPrefix(scope, limitPrefix))
}

// Add takes an exception in, and writes the list. What is missing of it is filled
// in: the ID, and when it was made.
func (l *List) Add(e Exception, now time.Time) (Exception, error) {
	if err := e.complete(now); err != nil {
		return e, err
	}
	l.saving.Lock()
	defer l.saving.Unlock()
	all := l.All()
	if len(all) >= MaxExceptions {
		return e, unusable("there are %d exceptions already: make a sender group of them", MaxExceptions)
	}
	for e.ID == "" || slices.ContainsFunc(all, func(o Exception) bool { return o.ID == e.ID }) {
		e.ID = rand.Text()[:6]
	}
	if err := l.write(append(all, e)); err != nil {
		return e, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	made := e
	l.set(append(slices.Clone(l.all), &made))
	return e, nil
}

// complete checks an exception, and fills in what is missing.
func (e *Exception) complete(now time.Time) (err error) {
	if e.Subject, err = ParseSubject(e.Subject); err != nil {
		return &Unusable{err}
	}
	if err := ParseScope(e.Scope); err != nil {
		return &Unusable{err}
	}
	switch {
	case e.Factor < 0 || e.Factor > 1000:
		return unusable("limits cannot be multiplied by %d (1 to 1000, or 0 for no limit)", e.Factor)
	case e.Factor > 0 && e.Scope != Limits && !strings.HasPrefix(e.Scope, limitPrefix):
		return unusable("only limits can be raised, not %s", e.Scope)
	case strings.TrimSpace(e.Reason) == "":
		return unusable("an exception wants a reason: somebody will ask")
	case strings.TrimSpace(e.Owner) == "":
		return unusable("an exception wants an owner: whose wish it is")
	case max(len(e.Subject), len(e.Scope), len(e.Reason), len(e.Owner), len(e.By)) > maxText:
		return unusable("a text is longer than %d bytes", maxText)
	case !e.Until.IsZero() && !e.Until.After(now):
		return unusable("it would have ended at %s already", e.Until.Format(time.RFC3339))
	}
	e.Created = now.UTC().Truncate(time.Second)
	e.Hits, e.LastHit = 0, time.Time{}
	return nil
}

// Remove takes an exception out, and writes the list. It returns false if there is
// none of that ID.
func (l *List) Remove(id string) (Exception, bool, error) {
	l.saving.Lock()
	defer l.saving.Unlock()
	all := l.All()
	i := slices.IndexFunc(all, func(e Exception) bool { return strings.EqualFold(e.ID, id) })
	if i < 0 {
		return Exception{}, false, nil
	}
	gone := all[i]
	if err := l.write(slices.Delete(all, i, i+1)); err != nil {
		return gone, true, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.set(slices.Delete(slices.Clone(l.all), i, i+1))
	return gone, true, nil
}

// All returns the exceptions, oldest first.
func (l *List) All() []Exception {
	l.mu.RLock()
	defer l.mu.RUnlock()
	list := make([]Exception, len(l.all))
	for i, e := range l.all {
		list[i] = *e
	}
	return list
}

// set puts other exceptions in force. It is called under the lock.
func (l *List) set(all []*Exception) {
	l.all = all
	l.exact = make(map[string][]*Exception)
	l.nets = nil
	for _, e := range all {
		l.exact[e.Subject] = append(l.exact[e.Subject], e)
		if net, isNet := e.network(); isNet {
			l.nets = append(l.nets, network{net, e})
		}
	}
	slices.SortStableFunc(l.nets, func(a, b network) int { return cmp.Compare(b.Bits(), a.Bits()) })
}

// network is the network that an exception is for, if it is for one.
func (e *Exception) network() (netip.Prefix, bool) {
	text, isAddress := strings.CutPrefix(e.Subject, "ip:")
	if !isAddress {
		return netip.Prefix{}, false
	}
	if net, err := netip.ParsePrefix(text); err == nil {
		return net, true
	}
	addr, err := netip.ParseAddr(text)
	return netip.PrefixFrom(addr, addr.BitLen()), err == nil
}
