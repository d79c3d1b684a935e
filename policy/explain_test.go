package policy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLimitsInWords(t *testing.T) {
	c := withPolicy("home", func(f *FlowConfig) {
		f.MaxConnections, f.MaxMessagesPerConn, f.MaxRecipients, f.MaxSize = 5, 20, 50, 25<<20
		f.Recipients, f.DistinctRecipients = perHour(250), Rates{{Max: 9, Per: 24 * time.Hour}}
	})
	want := []string{
		"connections-at-once: at most 5 connections at once per sender",
		"messages-per-connection: at most 20 messages per connection",
		"recipients-per-message: at most 50 recipients per message",
		"message-size: at most 25M bytes per message",
		"recipients-1h: at most 250/1h recipients per sender",
		"distinct-recipients-1d: at most 9/1d different recipients per sender",
		"bounces-1h: at most 100/1h bounces per sender",
		"auto-replies-1h: at most 100/1h automatic replies per sender",
	}
	if diff := cmp.Diff(want, compile(t, c, "").Flow("home").Limits()); diff != "" {
		t.Error(diff)
	}
	c.Mode = Off
	if got := compile(t, c, "").Flow("home").Limits(); len(got) != 0 {
		t.Errorf("limits of a policy that is off: %q", got)
	}
}
