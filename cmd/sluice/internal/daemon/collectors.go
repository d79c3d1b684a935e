package daemon

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"sluice/filter/returned"
	"sluice/policy/standing"
	"sluice/scoring/reputation"
)

// lookupCollector exports what became of look-ups in DNS lists of one kind.
type lookupCollector struct {
	counts          func() reputation.Counts
	lookups, cached *prometheus.Desc

	mu    sync.Mutex
	clear uint64 // the most that was exported; guarded by mu
}

// newLookupCollector is for a kind of lists, by its name in the configuration;
// what says what is looked up, and where.
func newLookupCollector(kind, what string, counts func() reputation.Counts) *lookupCollector {
	return &lookupCollector{
		counts: counts,
		lookups: prometheus.NewDesc(namespace+"_"+kind+"_lookups_total",
			"Look-ups of "+what+", by outcome; each has one.", []string{"outcome"}, nil),
		cached: prometheus.NewDesc(namespace+"_"+kind+"_cached_total",
			"Look-ups of "+what+" whose answer was known already.", nil, nil),
	}
}

func (c *lookupCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.lookups
	ch <- c.cached
}

func (c *lookupCollector) Collect(ch chan<- prometheus.Metric) {
	counts := c.counts()
	special := counts.Listed + counts.Late + counts.Failed + counts.Refused + counts.Overload
	for outcome, n := range map[string]uint64{
		"clear": c.clearOf(counts.Looked, special), "listed": counts.Listed, "late": counts.Late,
		"failed": counts.Failed, "refused": counts.Refused, "overload": counts.Overload,
	} {
		ch <- prometheus.MustNewConstMetric(c.lookups, prometheus.CounterValue, float64(n), outcome)
	}
	ch <- prometheus.MustNewConstMetric(c.cached, prometheus.CounterValue, float64(counts.Cached))
}

// clearOf is how many look-ups found nothing: all but the special ones. Those
// that end while they are counted are missing for a moment, and a counter must
// not go back.
func (c *lookupCollector) clearOf(looked, special uint64) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if looked > special {
		c.clear = max(c.clear, looked-special)
	}
	return c.clear
}

// storeCollector exports the counters' own counts, by limit.
type storeCollector struct{ d *Daemon }

var (
	storeKeys    = prometheus.NewDesc("sluice_limit_keys", "Senders, logins and so on that a window of a limit remembers.", []string{"limit"}, nil)
	storeEvicted = prometheus.NewDesc("sluice_limit_evicted_total", "Those forgotten before their time because there was no room.", []string{"limit"}, nil)
)

func (c storeCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- storeKeys
	ch <- storeEvicted
}

// Collect adds up the counters of one name: after a reload there may be some of
// another kind.
func (c storeCollector) Collect(ch chan<- prometheus.Metric) {
	keys, evicted := make(map[string]int), make(map[string]uint64)
	for _, l := range c.d.memory.Stats().Limits {
		keys[l.Limit] += l.Keys
		evicted[l.Limit] += l.Evicted
	}
	for limit := range keys {
		ch <- prometheus.MustNewConstMetric(storeKeys, prometheus.GaugeValue, float64(keys[limit]), limit)
		ch <- prometheus.MustNewConstMetric(storeEvicted, prometheus.CounterValue, float64(evicted[limit]), limit)
	}
}

// standingCollector exports how many senders are known, by their standing.
type standingCollector struct{ book *standing.Book }

var (
	senders        = prometheus.NewDesc("sluice_senders", "Senders that are remembered, by their standing.", []string{"standing"}, nil)
	sendersEvicted = prometheus.NewDesc("sluice_senders_evicted_total", "Senders forgotten before their time because there was no room.", nil, nil)
)

func (c standingCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- senders
	ch <- sendersEvicted
}

func (c standingCollector) Collect(ch chan<- prometheus.Metric) {
	stages, evicted := c.book.Count()
	for stage, n := range stages {
		ch <- prometheus.MustNewConstMetric(senders, prometheus.GaugeValue, float64(n), standing.Stage(stage).String())
	}
	ch <- prometheus.MustNewConstMetric(sendersEvicted, prometheus.CounterValue, float64(evicted))
}

// breakerCollector exports what has fallen back to observe: at most as many causes as
// the breaker of each sender group knows, and none that acts.
type breakerCollector struct{ d *Daemon }

var breakerOpen = prometheus.NewDesc("sluice_breaker_open", "1 for each cause of refusals that has tripped the circuit breaker of a sender group, until it is tried again; there is no series for others.", []string{"group", "cause"}, nil)

func (c breakerCollector) Describe(ch chan<- *prometheus.Desc) { ch <- breakerOpen }

func (c breakerCollector) Collect(ch chan<- prometheus.Metric) {
	for _, trip := range c.d.breaker.Open(c.d.Now()) {
		ch <- prometheus.MustNewConstMetric(breakerOpen, prometheus.GaugeValue, 1, trip.Group, string(trip.Cause))
	}
}

// returnedCollector exports what became of bounces.
type returnedCollector struct{ d *Daemon }

var bounces = prometheus.NewDesc("sluice_returned_total", "Bounces that name what they return, by what became of them: charged to the sender of that, or why not.", []string{"outcome"}, nil)

func (c returnedCollector) Describe(ch chan<- *prometheus.Desc) { ch <- bounces }

func (c returnedCollector) Collect(ch chan<- prometheus.Metric) {
	for _, o := range returned.Outcomes() {
		ch <- prometheus.MustNewConstMetric(bounces, prometheus.CounterValue, float64(c.d.returned.Count(o)), o.String())
	}
}
