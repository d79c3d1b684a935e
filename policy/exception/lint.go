package exception

import (
	"fmt"
	"strings"
	"time"

	"sluice/policy/config"
)

// unusedFor is how long an exception may go without a hit before it is named.
const unusedFor = 90 * 24 * time.Hour

// Lint warns of exceptions that do nothing: those that have ended, that nobody has
// needed for long, that another one covers, or whose group or limit there is not.
func Lint(all []Exception, groups, limits []string, now time.Time, ps *config.Problems) {
	for i := range all {
		e := &all[i]
		text, hint := e.idle(all, groups, limits, now)
		if text != "" {
			ps.Warnf("exception."+e.ID, hint, "%s, %s for %s: %s", e.Subject, e.Scope, e.Owner, text)
		}
	}
}

// idle says why an exception does nothing, "" if it does something.
func (e *Exception) idle(all []Exception, groups, limits []string, now time.Time) (text, hint string) {
	remove := "sluice sender unexempt " + e.ID
	group, isGroup := strings.CutPrefix(e.Subject, "group:")
	limit, isLimit := strings.CutPrefix(e.Scope, limitPrefix)
	used := e.Created
	if e.LastHit.After(used) {
		used = e.LastHit
	}
	switch {
	case !e.Until.IsZero() && !now.Before(e.Until):
		return "has ended at " + e.Until.Format(time.DateOnly), remove
	case isGroup && !has(groups, group):
		return "there is no group " + group, remove
	case isLimit && !has(limits, limit):
		return "there is no limit " + limit, remove
	case now.Sub(used) >= unusedFor:
		return fmt.Sprintf("not used for %d days", int(now.Sub(used)/(24*time.Hour))), remove
	}
	for i := range all {
		if o := &all[i]; o.ID != e.ID && o.covers(e) && !(e.covers(o) && e.ID < o.ID) {
			return "exception " + o.ID + " covers it", remove
		}
	}
	return "", ""
}

func has(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// covers says whether whatever o allows, e allows too, for as long.
func (e *Exception) covers(o *Exception) bool {
	lasts := e.Until.IsZero() || !o.Until.IsZero() && !e.Until.Before(o.Until)
	wider := e.Scope == o.Scope || e.Scope == Limits && strings.HasPrefix(o.Scope, limitPrefix)
	more := e.Factor == 0 || o.Factor != 0 && e.Factor >= o.Factor
	return lasts && wider && more && e.includes(o)
}

// includes says whether e is for everybody whom o is for.
func (e *Exception) includes(o *Exception) bool {
	if e.Subject == o.Subject {
		return true
	}
	net, isNet := e.network()
	inner, isInner := o.network()
	if isNet && isInner {
		return net.Bits() <= inner.Bits() && net.Contains(inner.Addr())
	}
	realm, isRealm := strings.CutPrefix(e.Subject, "login:@")
	return isRealm && strings.HasPrefix(o.Subject, "login:") && strings.HasSuffix(o.Subject, "@"+realm)
}
