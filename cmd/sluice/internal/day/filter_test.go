package day

import (
	"strings"
	"testing"
)

// rates are what the filter did: shares of ham and of spam.
type rates struct{ flagged, hamRejected, missed, spamRejected, mean, most float64 }

func measure(all []Message) rates {
	var r rates
	var ham, spam float64
	for _, m := range all {
		r.most = max(r.most, m.Score)
		high, reject := m.Score >= tagAt, m.Score >= rejectAt
		if strings.HasPrefix(m.Kind.Label(), "honest:") {
			ham++
			r.mean += m.Score
			r.flagged += one(high)
			r.hamRejected += one(reject)
			continue
		}
		spam++
		r.missed += one(!high)
		r.spamRejected += one(reject)
	}
	r.spamRejected /= spam - r.missed // of those that were found
	r.hamRejected /= max(1, r.flagged)
	r.flagged, r.missed, r.mean = r.flagged/ham, r.missed/spam, r.mean/ham
	return r
}

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func TestFilterRates(t *testing.T) {
	o := small()
	o.Subscribers, o.Infected[Stolen] = 10_000, 6
	r := measure(messages(t, o))
	within(t, "ham flagged", r.flagged, 0.0016, 0.0024)
	within(t, "flagged ham that is rejected", r.hamRejected, 0, 0.03)
	within(t, "mean of ham", r.mean, 0, 0.5)
	within(t, "spam missed", r.missed, 0.24, 0.26)
	within(t, "spam found that is rejected", r.spamRejected, 0.31, 0.36)
	within(t, "highest score", r.most, 18, spamMost)
}

func TestFilterAsAsked(t *testing.T) {
	o := small()
	o.Miss, o.FalsePositive = 0.5, 0.02
	r := measure(messages(t, o))
	within(t, "ham flagged", r.flagged, 0.017, 0.023)
	within(t, "spam missed", r.missed, 0.48, 0.52)
	o.Miss, o.FalsePositive = 0, 0
	if r := measure(messages(t, o)); r.flagged != 0 || r.missed != 0 {
		t.Errorf("a perfect filter: %+v", r)
	}
	o.Miss, o.FalsePositive = 1, 1
	if r := measure(messages(t, o)); r.flagged != 1 || r.missed != 1 {
		t.Errorf("a useless filter: %+v", r)
	}
}

// TestUnevenFilter is wrong as often, but about few honest senders.
func TestUnevenFilter(t *testing.T) {
	senders := func(uneven bool) (float64, rates) {
		o := small()
		o.Subscribers, o.Uneven, o.FalsePositive = 8_000, uneven, 0.01
		o.Infected = map[Kind]int{Rotating: 200}
		all := messages(t, o)
		var flagged []Message
		for _, m := range byKind(all)[Human] {
			if m.Score >= tagAt {
				flagged = append(flagged, m)
			}
		}
		return float64(len(by(flagged, place))), measure(all)
	}
	even, a := senders(false)
	uneven, b := senders(true)
	within(t, "flagged when even", a.flagged, 0.009, 0.011)
	within(t, "flagged when uneven", b.flagged, 0.005, 0.015)
	within(t, "missed when uneven", b.missed, 0.22, 0.28)
	within(t, "senders flagged, uneven against even", uneven/even, 0.1, 0.6)
}
