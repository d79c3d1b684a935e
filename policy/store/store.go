// Package store holds the counters behind the limits: how much of which budget
// is used. There is one interface, one conformance suite (storetest) and one
// implementation for each place where counters can live. Memory is the embedded
// one; it keeps its counters over a restart in a snapshot.
//
// All charges that one event causes go into one call of Take, which applies all
// of them or none; what the event then does not need is returned by Give.
//
// Time is a parameter: no implementation here looks at a clock to decide.
package store

import (
	"context"
	"math"
	"time"
)

// Kind is the arithmetic of a counter.
type Kind uint8

const (
	// Window allows at most Max within any span of Window. What is charged
	// counts for Window, or up to a seventh of it longer if other charges follow
	// within that time. Unless the clock was set back, no wait is longer than
	// Window.
	Window Kind = iota
	// Bucket refills at Max per Window and holds at most Burst (GCRA).
	Bucket
	// Distinct allows at most Max different values within Window, and never
	// more than MaxDistinct. A value that was already seen within Window costs
	// nothing, and is remembered for another Window.
	Distinct
)

// Charge is one cost against one window of one limit on one key.
type Charge struct {
	Limit  string        // the name of the window, unique in the configuration: "recipients-1h"
	Key    string        // whose budget: "ip:203.0.113.7"
	Kind   Kind          // how it is counted
	Max    int64         // the budget, in what is counted, per Window
	Window time.Duration // the span of the budget
	Burst  int64         // depth of a Bucket, in what is counted
	Cost   int64         // what is asked for; Distinct takes no notice of it
	Value  string        // the value that is counted; Distinct only
	Taken  time.Time     // when Take applied it; Give only

	// Observe marks a limit that decides and records only: when it is over it
	// neither holds the other charges back nor is it charged itself.
	Observe bool
}

// Slot numbers the times whose charges its counter does not tell apart: those of
// one number may be given back as one, with the first as Taken. A Window has up
// to eight that count, the others have one.
func (c *Charge) Slot(at time.Time) int64 {
	if c.Kind != Window || c.Window <= 0 {
		return 0
	}
	return begin(nanos(at), int64(c.Window))
}

// Never is the wait of a charge that does not fit even an untouched budget.
const Never time.Duration = math.MaxInt64

// Level is the state of one counter as one charge met it.
type Level struct {
	Used int64         // what was used before this charge
	Over bool          // the charge does not fit
	Wait time.Duration // until it would fit; 0 if it fits, Never if it cannot
}

// Store keeps counters. Its methods are safe for concurrent use. An error says
// that the store could not answer; it never means that a limit is over.
type Store interface {
	// Take checks all charges, and applies them all unless one that is not
	// Observe is over. It returns one level per charge, in order. Charges of
	// one call on the same counter add up. A Cost of zero or less costs
	// nothing and always fits. A counter is known by Limit, Key, Kind and
	// Window; its budget is that of the charge.
	Take(ctx context.Context, now time.Time, charges []Charge) ([]Level, error)

	// Give returns charges that Take applied at their time Taken, because what
	// they paid for did not happen. A counter never falls below zero; what has
	// already left its window is not returned, nor what a Bucket has refilled
	// since; a Distinct value is forgotten once every Take of it within Window
	// was given back. So what was not given back keeps to the budget in every
	// span, whatever else was.
	Give(ctx context.Context, now time.Time, charges []Charge) error

	// Peek is Take without applying anything.
	Peek(ctx context.Context, now time.Time, charges []Charge) ([]Level, error)

	// Reset forgets everything that is counted for a key, in every limit.
	Reset(ctx context.Context, key string) error

	// Close writes what must survive and releases what is held.
	Close() error
}
