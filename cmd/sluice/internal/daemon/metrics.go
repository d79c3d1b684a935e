package daemon

import (
	"fmt"
	"net"
	"net/http"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"sluice/cmd/sluice/internal/notify"
	"sluice/filter/journal"
	"sluice/policy/standing"
	"sluice/scoring"
	"sluice/scoring/reputation"
)

// metrics are what Prometheus sees. What concerns messages derives from their
// decision records; labels come from closed sets or from the configuration.
type metrics struct {
	registry *prometheus.Registry
	addr     net.Addr // nil when they are not served

	messages   *prometheus.CounterVec
	recipients *prometheus.CounterVec
	over       *prometheus.CounterVec
	skipped    *prometheus.CounterVec
	evidence   *prometheus.CounterVec
	stages     *prometheus.CounterVec
	failures   prometheus.Counter
	build      *prometheus.GaugeVec
	score      *prometheus.HistogramVec
	seconds    prometheus.Histogram

	reloadOK   prometheus.Gauge
	reloadTime prometheus.Gauge
	reloads    *prometheus.CounterVec
	restart    prometheus.Gauge
}

func newMetrics(d *Daemon) *metrics {
	r := prometheus.NewRegistry()
	m := &metrics{
		registry: r,
		messages: counters("messages_total", "Decision records: messages and refused connections.",
			"policy", "action", "applied", "reason"),
		recipients: counters("recipients_total", "Recipients, by what became of them at RCPT; the MTA itself refused the unknown.", "policy", "outcome"),
		over:       counters("limit_over_total", "Messages and recipients that met a used-up limit.", "limit"),
		skipped:    counters("checks_skipped_total", "Checks that were not made, by check and by why not.", "check", "why"),
		evidence:   counters("evidence_points_total", "Points of evidence that messages, and bounces of them, left on their senders.", "kind"),
		stages:     counters("standing_changes_total", "Changes of the standing of senders.", "from", "to"),
		build: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Name: "build_info", Help: "Always 1; the labels say which Sluice this is."}, []string{"version", "goversion"}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: namespace, Name: "failures_total", Help: "Messages on which Sluice itself failed; the policy's on_failure applied."}),
		score: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "score", Help: "Scores in points.", Buckets: []float64{-2, 0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20}}, []string{"set"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Name: "message_seconds", Help: "Time in seconds that Sluice spent on a message, over all events.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 4, 9)}),
		reloadOK: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Name: "config_last_reload_successful", Help: "1 if the configuration was read without error the last time, else 0."}),
		reloadTime: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Name: "config_last_reload_success_timestamp_seconds", Help: "When the configuration in force was read, in seconds since 1970."}),
		restart: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Name: "config_restart_needed", Help: "1 if the configuration that was read last has changes that wait for a restart, else 0."}),
		reloads: counters("config_reloads_total", "Attempts to read the configuration, by result.", "result"),
	}
	r.MustRegister(m.build, m.messages, m.recipients, m.over, m.skipped, m.evidence, m.stages, m.failures, m.score, m.seconds,
		m.reloadOK, m.reloadTime, m.reloads, m.restart,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.registerStats(d)
	m.begin(d)
	return m
}

// begin makes the series whose labels are known beforehand, at zero: a counter
// that appears with its first event shows no increase by it.
func (m *metrics) begin(d *Daemon) {
	m.build.WithLabelValues(d.Version, runtime.Version()).Set(1)
	for _, result := range []string{resultSuccess, resultFailure} {
		m.reloads.WithLabelValues(result)
	}
	for _, kind := range standing.Names() {
		m.evidence.WithLabelValues(kind)
	}
	for _, set := range []scoring.Set{scoring.Direct, scoring.Relayed, scoring.Authenticated} {
		m.score.WithLabelValues(string(set))
	}
}

// The closed sets of labels.
const (
	resultSuccess = "success"
	resultFailure = "failure"

	rcptAccepted = "accepted"
	rcptRefused  = "refused"
	rcptUnknown  = "unknown"

	whyOther = "other" // of checks that say it in words of their own
)

const namespace = "sluice"

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

// registerStats exports what other parts count themselves.
func (m *metrics) registerStats(d *Daemon) {
	counter := func(name, help string, value func() int64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help},
			func() float64 { return float64(value()) }))
	}
	gauge := func(name, help string, value func() int64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help},
			func() float64 { return float64(value()) }))
	}
	counter("mta_connections_total", "Connections of MTAs accepted.", func() int64 { return d.server.Stats.Accepted.Load() })
	gauge("mta_connections", "Connections of MTAs open now.", func() int64 { return d.server.Stats.Open.Load() })
	counter("mta_connections_overflow_total", "Connections of MTAs closed because there were too many.", func() int64 { return d.server.Stats.Overflow.Load() })
	counter("mta_accept_errors_total", "Failures to accept a connection.", func() int64 { return d.server.Stats.AcceptErrors.Load() })
	counter("relay_failures_total", "Messages of incoming relays that do not say whose they are.", func() int64 { return d.server.Stats.RelayFailures.Load() })
	counter("panics_total", "Panics that were caught and became the policy's on_failure.", func() int64 { return d.server.Stats.Panics.Load() })
	counter("journal_written_total", "Decision records written into the journal.", func() int64 { return int64(d.journal.Stats().Written) })
	counter("journal_dropped_total", "Decision records that the journal's queue had no room for.", func() int64 { return int64(d.journal.Stats().Dropped) })
	counter("journal_lost_total", "Decision records that could not be written.", func() int64 { return int64(d.journal.Stats().Lost) })
	counter("journal_lines_lost_total", "Decision records that could not be written as a line of JSON.", func() int64 { return int64(d.journal.Stats().LinesLost) })
	gauge("journal_queued", "Decision records waiting to be written.", func() int64 { return int64(d.journal.Stats().Queued) })
	counter("log_dropped_total", "Lines of the log that were dropped, because it was not read or could not be written.", d.dropped)
	counter("snapshot_failures_total", "Snapshots of the counters or campaigns that could not be written.", func() int64 { return int64(d.memory.Stats().Failed + d.campaigns.Stats().Failed) })
	gauge("campaign_prints", "Different messages that are remembered, to count their copies.", func() int64 { return int64(d.campaigns.Stats().Prints) })
	counter("campaign_evicted_total", "Different messages that were forgotten before their time because there was no room.", func() int64 { return int64(d.campaigns.Stats().Evicted) })
	told := func(of func(*notify.Stats) *atomic.Int64) func() int64 {
		return func() int64 { return of(d.teller.current().Stats()).Load() }
	}
	counter("notices_sent_total", "Mails, posts and commands that told somebody of a change of standing.", told(func(s *notify.Stats) *atomic.Int64 { return &s.Sent }))
	counter("notices_failed_total", "Those that were given up.", told(func(s *notify.Stats) *atomic.Int64 { return &s.Failed }))
	counter("notices_dropped_total", "Notices that found their queue full.", func() int64 { return d.teller.current().Stats().Dropped.Load() + d.teller.dropped.Load() })
	counter("standing_save_failures_total", "Failures to save the standing of senders; what could not be saved is tried again.", d.clerk.failed)
	counter("breaker_trips_total", "How often something has fallen back to observe because it suddenly refused far more senders than before.", d.breaker.Trips)
	m.registry.MustRegister(breakerCollector{d}, storeCollector{d}, standingCollector{d.clerk.book}, returnedCollector{d},
		newLookupCollector("blocklist", "a client in a DNS blocklist", func() reputation.Counts { return d.scorer().Counts() }),
		newLookupCollector("urllist", "a name that a message mentions in a DNS list", func() reputation.Counts { return d.scorer().URLListCounts() }))
}

// record counts one decision record.
func (m *metrics) record(r *journal.Record) {
	m.messages.WithLabelValues(r.Policy, r.Verdict.Action, r.Applied, r.Verdict.Reason).Inc()
	m.recipients.WithLabelValues(r.Policy, rcptAccepted).Add(float64(r.RcptsTotal))
	m.recipients.WithLabelValues(r.Policy, rcptRefused).Add(float64(r.RcptsRefused))
	m.recipients.WithLabelValues(r.Policy, rcptUnknown).Add(float64(r.RcptsUnknown))
	for _, l := range r.Limits {
		if l.Over {
			m.over.WithLabelValues(l.Name).Inc()
		}
	}
	for _, skip := range r.Skipped {
		m.skipped.WithLabelValues(skip.Check, whyLabel(skip.Why)).Inc()
	}
	for _, e := range r.Evidence {
		m.evidence.WithLabelValues(e.Kind).Add(e.Points)
	}
	if r.Failure != "" {
		m.failures.Inc()
	}
	if r.Stage == "end" {
		m.score.WithLabelValues(r.Set).Observe(r.Score)
		m.seconds.Observe(float64(r.Micros.Total) / 1e6)
	}
}

// gained counts evidence that no message left on its own sender.
func (m *metrics) gained(evidence []standing.Evidence) {
	for _, e := range evidence {
		m.evidence.WithLabelValues(e.Kind.String()).Add(e.Points)
	}
}

// standing counts a change of a sender's standing.
func (m *metrics) standing(c standing.Change) {
	m.stages.WithLabelValues(c.From.String(), c.To.String()).Inc()
}

// whyLabel is why a check was not made, as a label.
func whyLabel(why string) string {
	if slices.Contains(scoring.Whys, why) {
		return why
	}
	return whyOther
}

// reloaded notes an attempt to read the configuration.
func (m *metrics) reloaded(l *Loaded, err error) {
	if err != nil {
		m.reloadOK.Set(0)
		m.reloads.WithLabelValues(resultFailure).Inc()
		return
	}
	m.reloadOK.Set(1)
	m.reloadTime.Set(float64(l.At.Unix()))
	for _, policy := range l.Rules.Policy.Flows() {
		m.recipients.WithLabelValues(policy, rcptAccepted)
		m.recipients.WithLabelValues(policy, rcptRefused)
		m.recipients.WithLabelValues(policy, rcptUnknown)
	}
	m.reloads.WithLabelValues(resultSuccess).Inc()
}

// restartNeeded notes whether something waits for a restart.
func (m *metrics) restartNeeded(needed bool) {
	m.restart.Set(0)
	if needed {
		m.restart.Set(1)
	}
}

// listen serves /metrics.
func (m *metrics) listen(d *Daemon) error {
	s, err := parseMetrics(d.config.Listen.Metrics)
	if err != nil {
		return fmt.Errorf("listen.metrics: %w", err)
	}
	ln, err := net.Listen(s.network, s.address)
	if err != nil {
		return fmt.Errorf("listen.metrics: %w", err)
	}
	m.addr = ln.Addr()
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	d.serveHTTP("metrics", ln, &http.Server{Handler: mux})
	return nil
}
