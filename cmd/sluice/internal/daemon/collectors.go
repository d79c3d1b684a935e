package daemon

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// blocklistCollector exports what became of look-ups in DNS blocklists.
type blocklistCollector struct {
	d *Daemon

	mu    sync.Mutex
	clear uint64 // the most that was exported; guarded by mu
}

var (
	blocklistLookups = prometheus.NewDesc("sluice_blocklist_lookups_total",
		"Look-ups of a client in a DNS blocklist, by outcome; each has one.", []string{"outcome"}, nil)
	blocklistCached = prometheus.NewDesc("sluice_blocklist_cached_total",
		"Look-ups of a client in a DNS blocklist whose answer was known already.", nil, nil)
)

func (c *blocklistCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- blocklistLookups
	ch <- blocklistCached
}

func (c *blocklistCollector) Collect(ch chan<- prometheus.Metric) {
	counts := c.d.scorer().Counts()
	special := counts.Listed + counts.Late + counts.Failed + counts.Refused + counts.Overload
	for outcome, n := range map[string]uint64{
		"clear": c.clearOf(counts.Looked, special), "listed": counts.Listed, "late": counts.Late,
		"failed": counts.Failed, "refused": counts.Refused, "overload": counts.Overload,
	} {
		ch <- prometheus.MustNewConstMetric(blocklistLookups, prometheus.CounterValue, float64(n), outcome)
	}
	ch <- prometheus.MustNewConstMetric(blocklistCached, prometheus.CounterValue, float64(counts.Cached))
}

// clearOf is how many look-ups found nothing: all but the special ones. Those
// that end while they are counted are missing for a moment, and a counter must
// not go back.
func (c *blocklistCollector) clearOf(looked, special uint64) uint64 {
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
