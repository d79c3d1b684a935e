package standing

import "time"

// move is one step from a stage to another.
type move struct {
	from, to Stage
	at       int64
	ref      string
	points   float64
}

// age moves a sender on by the time alone: blocks and probation end, and with
// their points gone the restricted and the watched become clean.
func (s *sender) age(r *Rules, now int64) []move {
	var moves []move
	for {
		m, moved := s.ageOnce(r, now)
		if !moved {
			return moves
		}
		moves = append(moves, m)
	}
}

func (s *sender) ageOnce(r *Rules, now int64) (move, bool) {
	over := s.until > 0 && now >= s.until
	if s.lived > 0 && now >= s.lived {
		s.rung, s.lived = 0, 0
	}
	switch s.stage {
	case Blocked:
		if !over {
			break
		}
		begun := s.until
		m := s.to(Probation, begun, "")
		s.clear()
		s.until = begun + seconds(r.Probation)
		s.lived = s.until
		return m, true
	case Probation:
		if !over {
			break
		}
		m := s.to(Clean, s.until, "")
		s.clear()
		return m, true
	case Restricted, Watched:
		begins, falls := r.WatchAt, Clean
		if s.stage == Restricted {
			begins, falls = r.RestrictAt, Watched
		}
		if s.byHand || s.total(r, now) >= begins/2 {
			break
		}
		m := s.to(falls, now, "")
		if falls == Clean {
			s.events = 0
		}
		return m, true
	}
	return move{}, false
}

// climb moves a sender up by one stage, if its points reach that.
func (s *sender) climb(r *Rules, now int64, ref string) (move, bool) {
	total := s.total(r, now)
	next, begins, needs := s.next(r)
	if begins <= 0 || total < begins || int(s.events) < needs {
		return move{}, false
	}
	m := s.to(next, now, ref)
	m.points = total
	if next == Blocked {
		if term := r.term(int(s.rung)); term != Forever {
			s.until = now + seconds(time.Duration(term))
		}
		if s.rung < 255 {
			s.rung++
		}
		s.lived = 0
	}
	return m, true
}

// next is the stage above, the points from which it begins, and how many events
// must have given them. A threshold of 0 leaves a stage out.
func (s *sender) next(r *Rules) (stage Stage, begins float64, needs int) {
	switch {
	case s.stage == Blocked:
		return Blocked, 0, 0
	case s.stage == Probation:
		return Blocked, r.BlockAt * r.Relapse, enoughRelapse
	case s.stage < Watched && r.WatchAt > 0:
		return Watched, r.WatchAt, 1
	case s.stage < Restricted && r.RestrictAt > 0:
		return Restricted, r.RestrictAt, 1
	}
	return Blocked, r.BlockAt, enough
}

// to puts the sender into a stage.
func (s *sender) to(stage Stage, at int64, ref string) move {
	m := move{from: s.stage, to: stage, at: at, ref: ref}
	s.stage, s.since, s.until, s.ref, s.byHand = stage, at, 0, ref, false
	return m
}
