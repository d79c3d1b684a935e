package policy

import (
	"context"
	"errors"
	"time"

	"sluice/policy/store"
)

// fakeStore counts exactly and forgets nothing: what is charged stays until it is
// given back. It notes every call.
type fakeStore struct {
	used  map[[2]string]int64
	takes map[[3]string]int // of each different value
	calls []string
	wait  map[string]time.Duration // of a window that is over; a minute without
	err   error
}

var _ store.Store = (*fakeStore)(nil)

var errDown = errors.New("store is down")

func newFakeStore() *fakeStore {
	return &fakeStore{used: make(map[[2]string]int64), takes: make(map[[3]string]int), wait: make(map[string]time.Duration)}
}

func (f *fakeStore) Take(_ context.Context, _ time.Time, charges []store.Charge) ([]store.Level, error) {
	f.calls = append(f.calls, "take")
	levels, err := f.levels(charges)
	for i, c := range charges {
		if levels != nil && levels[i].Over && !c.Observe {
			return levels, err
		}
	}
	for i, c := range charges {
		if levels == nil || levels[i].Over {
			continue
		}
		if !f.seen(c) {
			f.used[[2]string{c.Limit, c.Key}] += c.Cost
		}
		if c.Kind == store.Distinct {
			f.takes[[3]string{c.Limit, c.Key, c.Value}]++
		}
	}
	return levels, err
}

func (f *fakeStore) Peek(_ context.Context, _ time.Time, charges []store.Charge) ([]store.Level, error) {
	f.calls = append(f.calls, "peek")
	return f.levels(charges)
}

func (f *fakeStore) levels(charges []store.Charge) ([]store.Level, error) {
	if f.err != nil {
		return nil, f.err
	}
	levels := make([]store.Level, len(charges))
	for i, c := range charges {
		used := f.used[[2]string{c.Limit, c.Key}]
		levels[i] = store.Level{Used: used, Over: used+c.Cost > c.Max && !f.seen(c)}
		if !levels[i].Over {
			continue
		}
		levels[i].Wait = time.Minute
		if wait, set := f.wait[c.Limit]; set {
			levels[i].Wait = wait
		}
		if c.Cost > c.Max {
			levels[i].Wait = store.Never
		}
	}
	return levels, nil
}

func (f *fakeStore) Give(_ context.Context, _ time.Time, charges []store.Charge) error {
	f.calls = append(f.calls, "give")
	if f.err != nil {
		return f.err
	}
	for _, c := range charges {
		if c.Kind == store.Distinct {
			f.takes[[3]string{c.Limit, c.Key, c.Value}]--
		}
		if !f.seen(c) {
			f.used[[2]string{c.Limit, c.Key}] -= c.Cost
		}
	}
	return nil
}

// seen says whether a charge is for a different value that is counted already.
func (f *fakeStore) seen(c store.Charge) bool { return f.takes[[3]string{c.Limit, c.Key, c.Value}] > 0 }

func (f *fakeStore) Reset(context.Context, string) error { return f.err }

func (f *fakeStore) Close() error { return nil }

// counters are the counters that are not zero, "LIMIT KEY".
func (f *fakeStore) counters() map[string]int64 {
	out := make(map[string]int64)
	for k, n := range f.used {
		if n != 0 {
			out[k[0]+" "+k[1]] = n
		}
	}
	return out
}
