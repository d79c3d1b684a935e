package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sluice/policy/config"
	"sluice/policy/store"
)

// limit is a compiled [limit.NAME].
type limit struct {
	mode    Mode
	windows []window
}

// window is one rate of a limit, with a name of its own: two windows never
// share a counter.
type window struct {
	name  string // "recipients-1h"
	count Count
	per   Per
	rate  Rate
	mode  Mode
}

// burstSuffix marks the windows that refill evenly: their counters cannot be
// read as those of a window that does not.
const burstSuffix = "-burst"

// newWindow names a window "LIMIT-1h".
func newWindow(limit string, count Count, per Per, rate Rate, mode Mode) window {
	name := limit + "-" + config.FormatDuration(rate.Per)
	if rate.Burst > 0 {
		name += burstSuffix
	}
	return window{name: name, count: count, per: per, rate: rate, mode: mode}
}

// charge is a cost against the window.
func (w window) charge(key string, cost int64, value string, observe bool) store.Charge {
	c := store.Charge{
		Limit:   w.name,
		Key:     key,
		Kind:    store.Window,
		Max:     w.rate.Max,
		Window:  w.rate.Per,
		Cost:    cost,
		Observe: observe || w.mode == Observe,
	}
	switch {
	case w.count.distinct():
		c.Kind, c.Cost, c.Value = store.Distinct, 1, value
	case w.rate.Burst > 0:
		c.Kind, c.Burst = store.Bucket, w.rate.Burst
	}
	return c
}

// distinct says whether different values are counted.
func (c Count) distinct() bool { return c == CountEnvelopeSenders || c == CountDistinctRecipients }

// token is the count in the names of windows and limits: "envelope-senders".
func (c Count) token() string { return strings.ReplaceAll(c.String(), "_", "-") }

// words is the count in replies.
func (c Count) words() string {
	switch c {
	case CountEnvelopeSenders:
		return "different senders"
	case CountDistinctRecipients:
		return "different recipients"
	case CountAutoReplies:
		return "automatic replies"
	}
	return c.String()
}

// impossible says why a count cannot be kept per this, "" if it can: the key has
// to be known when the count is taken.
func (c Count) impossible(per Per) string {
	atConnect := c == CountConnections
	atMail := atConnect || c == CountMessages || c == CountEnvelopeSenders || c == CountBytes || c == CountBounces || c == CountAutoReplies
	switch {
	case atConnect && (per == PerLogin || per == PerEnvelopeSender || per == PerSenderDomain):
		return "is not known when a connection is counted"
	case atMail && per == PerRecipientDomain:
		return "is not known when " + c.words() + " are counted"
	case c == CountEnvelopeSenders && per == PerEnvelopeSender:
		return "has only one envelope sender"
	}
	return ""
}

// compileLimit reads one [limit.NAME].
func compileLimit(name string, c LimitConfig, ps *config.Problems) limit {
	key := "limit." + name
	for i := range countNames {
		if name == Count(i).token() {
			ps.Errorf(key, "", "the name %q stands for the key %s of policies", name, Count(i))
		}
	}
	if why := c.Count.impossible(c.Per); why != "" {
		ps.Errorf(key+".per", "", "%s %s", c.Per, why)
	}
	if len(c.Rate) == 0 {
		ps.Errorf(key+".rate", `write rate = "100/1h"`, "a rate is missing")
	}
	return limit{mode: c.Mode, windows: compileRates(key+".rate", name, c.Count, c.Per, c.Rate, c.Mode, ps)}
}

// maxPer is the longest window of a rate: a year. The store counts in windows of
// up to 36 years; within one that long, nobody would wait for the budget.
const maxPer = 366 * 24 * time.Hour

// compileRates makes a window of each rate.
func compileRates(key, name string, count Count, per Per, rates Rates, mode Mode, ps *config.Problems) []window {
	var windows []window
	for _, rate := range rates {
		if text, hint := rate.unusable(count); text != "" {
			ps.Errorf(key, hint, "%q%s", rate, text)
			continue
		}
		if slices.ContainsFunc(windows, func(o window) bool { return o.rate.Per == rate.Per }) {
			ps.Errorf(key, "keep one of them", "two rates with the same window of %s", config.FormatDuration(rate.Per))
			continue
		}
		windows = append(windows, newWindow(name, count, per, rate, mode))
	}
	return windows
}

// unusable says why a rate cannot be kept, and what to write instead; "" if it
// can. The bounds are those within which the store counts as written.
func (r Rate) unusable(count Count) (text, hint string) {
	switch {
	case r.Max < 1:
		return " lets nothing through", `refuse all mail with access = "reject"`
	case r.Per < time.Second:
		return ": a window is at least 1s", ""
	case r.Per > maxPer:
		return ": a window is at most " + config.FormatDuration(maxPer), "write 1d or 30d"
	case r.Burst > r.Max:
		return ": the burst is larger than the whole budget", ""
	case r.Burst > 0 && count.distinct():
		return fmt.Sprintf(": %s cannot refill", count.words()), "leave the burst out"
	case r.Burst > 0 && r.Max > int64(r.Per):
		return ": nothing refills by more than one in a nanosecond", "leave the burst out"
	case count.distinct() && r.Max > store.MaxDistinct:
		return fmt.Sprintf(": at most %d %s can be told apart", store.MaxDistinct, count.words()), ""
	}
	return "", ""
}

// flowWindows collects all windows of a policy: its own short forms, and those of
// the limits that it names.
func flowWindows(key string, c FlowConfig, limits map[string]limit, ps *config.Problems) []window {
	var windows []window
	for count, rates := range []Rates{
		CountMessages:           c.Messages,
		CountRecipients:         c.Recipients,
		CountBytes:              c.Bytes,
		CountConnections:        c.Connections,
		CountEnvelopeSenders:    c.EnvelopeSenders,
		CountDistinctRecipients: c.DistinctRecipients,
		CountBounces:            c.Bounces,
		CountAutoReplies:        c.AutoReplies,
	} {
		count := Count(count)
		windows = append(windows, compileRates(key+"."+count.String(), count.token(), count, PerSender, rates, Enforce, ps)...)
	}
	named := make(map[string]bool)
	for _, name := range c.Limits {
		l, known := limits[name]
		switch {
		case !known:
			ps.Errorf(key+".limits", didYouMean(name, sortedKeys(limits)), "there is no [limit.%s]", plain(name, config.MaxName))
		case named[name]:
			ps.Warnf(key+".limits", "", "%s is here twice", quoted(name))
		case l.mode != Off:
			windows = append(windows, l.windows...)
		}
		named[name] = true
	}
	return windows
}
