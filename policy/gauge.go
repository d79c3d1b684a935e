package policy

import "sync"

// Gauge counts what is going on at once, by key: the connections of each
// sender. It is safe for concurrent use. It keeps one number per key that has
// something going on, so it is as large as there are open connections; a
// restart forgets them, and so does the MTA. Senders behind one address share
// its number.
type Gauge struct {
	mu  sync.Mutex
	now map[string]int
}

// NewGauge returns a gauge at zero.
func NewGauge() *Gauge { return &Gauge{now: make(map[string]int)} }

// Enter counts one more for the key unless there are max already; a max of 0
// is no bound. Each Enter that returned true wants its Leave.
func (g *Gauge) Enter(key string, max int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if max > 0 && g.now[key] >= max {
		return false
	}
	g.now[key]++
	return true
}

// Leave takes back one Enter.
func (g *Gauge) Leave(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.now[key] <= 1 {
		delete(g.now, key)
		return
	}
	g.now[key]--
}

// Len is the number of keys that have something going on.
func (g *Gauge) Len() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.now)
}
