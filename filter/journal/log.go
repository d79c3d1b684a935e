package journal

import (
	"log/slog"
	"strings"
)

// LogValue is the record as one line of a mail log: what a postmaster greps
// for, and the reference under which the rest is found. Fields without a value
// are left out. With an empty key the fields stand on their own:
//
//	log.LogAttrs(ctx, slog.LevelInfo, "message", slog.Any("", record))
func (r *Record) LogValue() slog.Value {
	var l logLine
	l.text("ref", r.Ref)
	l.text("queue_id", r.QueueID)
	l.text("stage", r.Stage)
	l.text("client", r.Client.Addr)
	l.text("name", r.Client.Name)
	l.text("relay", r.Client.Relay)
	l.text("sender", r.Sender)
	l.text("group", r.Group)
	l.text("policy", r.Policy)
	l.add(slog.String("from", "<"+r.From+">"))
	l.add(slog.Int("rcpts", r.RcptsTotal))
	l.count("rcpts_refused", r.RcptsRefused)
	l.count("rcpts_unknown", r.RcptsUnknown)
	l.add(slog.Int64("size", r.Size))
	l.text("kind", r.Kind)
	l.add(slog.Float64("score", r.Score))
	l.text("hits", logHits(r.Hits))
	l.text("over", logOver(r.Limits))
	l.text("verdict", r.Verdict.Action)
	l.count("code", r.Verdict.Code)
	l.text("reason", r.Verdict.Reason)
	l.text("applied", r.Applied)
	l.text("fallen_back", logFallbacks(r.Breaker))
	l.text("mode", r.Mode)
	l.text("failure", r.Failure)
	l.add(slog.Int64("micros", r.Micros.Total))
	return slog.GroupValue(l...)
}

// logLine is the fields of a line.
type logLine []slog.Attr

func (l *logLine) add(a slog.Attr) { *l = append(*l, a) }

func (l *logLine) text(key, value string) {
	if value != "" {
		l.add(slog.String(key, value))
	}
}

func (l *logLine) count(key string, n int) {
	if n != 0 {
		l.add(slog.Int(key, n))
	}
}

// logHits lists the rules that count: "HTML_ONLY=0.4 URL_SHORTENER=0.9".
func logHits(hits []Hit) string {
	var list []string
	for _, h := range hits {
		if !h.Observe {
			list = append(list, h.Rule+"="+number(h.Points))
		}
	}
	return strings.Join(list, " ")
}

// logOver lists the limits that are used up and act.
func logOver(limits []Limit) string {
	var list []string
	for _, l := range limits {
		if l.Over && !l.Observe {
			list = append(list, l.Name)
		}
	}
	return strings.Join(list, " ")
}
