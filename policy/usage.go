package policy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"sluice/policy/store"
)

// Usage returns how much of each limit a sender has used, by its key, and how long
// it would have to wait for one more. Limits that it shares with others are left
// out.
func (f *Flow) Usage(ctx context.Context, s store.Store, key string, now time.Time, b Budget) ([]Level, error) {
	var charges []store.Charge
	for _, w := range f.windows {
		if !w.per.keyed(key) {
			continue
		}
		c := w.charge(key, 1, "", f.Mode == Observe)
		if b.of(&c) {
			charges = append(charges, c)
		}
	}
	if len(charges) == 0 {
		return nil, nil
	}
	met, err := s.Peek(ctx, now, charges)
	if err != nil {
		return nil, fmt.Errorf("look at limits: %w", err)
	}
	levels := make([]Level, len(charges))
	for i, c := range charges {
		levels[i] = newLevel(c, met[i])
		if c.Kind == store.Bucket { // it may hold less than it gives in its time
			levels[i].Max = c.Burst
		}
	}
	return levels, nil
}

// keyed says whether the budget may be that of a sender with this key.
func (p Per) keyed(key string) bool {
	login := strings.HasPrefix(key, "login:")
	return p == PerSender || p == PerLogin && login || p == PerClient && !login
}

// Personal says whether a limit, by its window's name, is the budget of one sender,
// and not of several together.
func (f *Flow) Personal(limit string) bool {
	i := slices.IndexFunc(f.windows, func(w window) bool { return w.name == limit })
	return i >= 0 && f.windows[i].per.personal()
}
