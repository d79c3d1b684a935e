package scoring

import "testing"

func TestObserve(t *testing.T) {
	r := Report{}
	r.Add(Hit{Rule: "A", Points: 4.1}, Hit{Rule: "B", Points: 6.2}, Hit{Rule: "B", Points: 0.1}, Hit{Rule: "C", Points: 9, Observe: true}, Hit{Rule: "D", Points: -8})
	for _, want := range []struct {
		rule  string
		score float64
	}{{"B", -3.9}, {"A", -8}, {"", -8}} {
		rule, found := r.Strongest()
		if rule != want.rule || found != (want.rule != "") {
			t.Fatalf("the strongest is %q, want %q", rule, want.rule)
		}
		r.Observe(rule)
		if r.Score != want.score || len(r.Hits) != 5 {
			t.Errorf("without %s: %v, want %v of five hits", rule, r, want.score)
		}
	}
}
