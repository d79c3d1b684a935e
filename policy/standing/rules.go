package standing

import "time"

// Rules are what evidence counts in one mail flow policy, where the stages begin,
// and what they mean. Nothing may be changed in them once they are used.
type Rules struct {
	Off     bool              // nothing is noted, and nobody has a standing
	Passive bool              // the policy decides only, and does not act
	Observe [Blocked + 1]bool // by stage: recorded, without effect

	WatchAt    float64 // points from which a stage begins
	RestrictAt float64
	BlockAt    float64

	Divide          int           // of the limits of the restricted
	BlockFor        []Term        // the first block, the second, and so on; the last again and again
	Probation       time.Duration // how long it lasts after a block
	ProbationDivide int           // of the limits on probation
	Relapse         float64       // what BlockAt is multiplied by on probation

	DeferSpam Stage // from this stage on a message scored as spam is deferred; Clean for never

	Weights [kinds]Weight
	Clean   float64  // what a message that is not spam takes away from the points for spam
	Notify  []string // changes that people are told; empty for those that are told of all senders

	WeakMax float64 // of the points of all weak kinds together
}

// Divided is by what the limits of a sender at a stage are divided, at least 1.
func (r *Rules) Divided(s Stage) int {
	switch {
	case r.Off || r.Observe[s]:
	case s == Restricted:
		return max(r.Divide, 1)
	case s == Probation:
		return max(r.ProbationDivide, 1)
	}
	return 1
}

// Refuses says whether mail of a sender at a stage is refused.
func (r *Rules) Refuses(s Stage) bool { return s == Blocked && !r.Off && !r.Observe[s] }

// Defers says whether spam of a sender at a stage is deferred.
func (r *Rules) Defers(s Stage) bool {
	return !r.Off && r.DeferSpam != Clean && s >= r.DeferSpam && !r.Observe[s]
}

// term is how long the block of a rung, counted from 0, lasts.
func (r *Rules) term(rung int) Term {
	if len(r.BlockFor) == 0 {
		return Forever
	}
	return r.BlockFor[min(rung, len(r.BlockFor)-1)]
}
