package daemon

import (
	"math"
	"time"

	"sluice/cmd/sluice/internal/control"
	"sluice/policy/breaker"
)

// tripped says that something has fallen back to observe, or acts again.
func (d *Daemon) tripped(c breaker.Change) {
	if !c.Open {
		d.Log.Warn("acts again, on trial", "group", c.Group, "cause", c.Cause, "why", c.Why, "since", c.Since.UTC().Format(time.RFC3339))
		return
	}
	what := "it suddenly refuses far more senders than before, and only observes for now"
	if c.Observe {
		what = "it suddenly refuses far more senders than before; it goes on, for the breaker only observes"
	}
	d.Log.Error(what, "group", c.Group, "cause", c.Cause, "refused", c.Refused, "active", c.Active, "usual", tenths(c.Usual), "until", c.Until.UTC().Format(time.RFC3339))
}

// fallback is a trip as the control API tells it.
func fallback(t breaker.Trip) control.Fallback {
	return control.Fallback{
		Group: t.Group, Cause: string(t.Cause), Since: t.Since, Until: t.Until,
		Refused: t.Refused, Active: t.Active, Usual: tenths(t.Usual), Observe: t.Observe,
	}
}

func tenths(f float64) float64 { return math.Round(10*f) / 10 }
