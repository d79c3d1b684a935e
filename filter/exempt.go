package filter

import (
	"slices"
	"time"

	"sluice/policy/exception"
)

// exempt is what the sender of a transaction is excepted from, and which
// exceptions were used so far.
type exempt struct {
	list *exception.List
	who  exception.Who
	now  time.Time
	used []string // their IDs
	by   []string // and scopes, in the same order
}

// from says whether the sender is excepted from a check, and notes it.
func (x *exempt) from(scope string) bool {
	_, found := x.find(scope)
	return found
}

// is says whether an exception was used already.
func (x *exempt) is(scope string) bool { return slices.Contains(x.by, scope) }

// factor is what a limit is multiplied by, 0 for no limit.
func (x *exempt) factor(limit string) int {
	e, found := x.find(exception.LimitScope(limit))
	if !found {
		return 1
	}
	return e.Factor
}

func (x *exempt) find(scope string) (exception.Exception, bool) {
	e, found := x.list.Find(x.who, scope, x.now)
	if found && !slices.Contains(x.used, e.ID) {
		x.used, x.by = append(x.used, e.ID), append(x.by, scope)
	}
	return e, found
}
