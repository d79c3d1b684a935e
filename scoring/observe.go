package scoring

// Strongest is the rule that gave a report the most points, of those that count.
func (r *Report) Strongest() (rule string, found bool) {
	most := 0.0
	for _, h := range r.Hits {
		if !h.Observe && h.Points > most {
			rule, most = h.Rule, h.Points
		}
	}
	return rule, most > 0
}

// Observe takes the points of a rule out of the score again: its hits stay, as
// observed ones.
func (r *Report) Observe(rule string) {
	for i, h := range r.Hits {
		if h.Rule == rule && !h.Observe {
			r.Hits[i].Observe = true
			r.Score -= h.Points
		}
	}
	r.Score = roundPoints(r.Score)
}
