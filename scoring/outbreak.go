package scoring

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"sluice/policy/config"
	"sluice/scoring/campaign"
)

// CampaignRule is how reports name a message of which many copies were seen.
const CampaignRule = "CAMPAIGN"

// Campaigns remembers what has been seen; *campaign.Store is the real one.
type Campaigns interface {
	See(campaign.Sighting) campaign.Seen
}

// Bulk is which of a policy's mail is expected to be sent in many copies. Its
// values are those of policy.Bulk.
type Bulk string

const (
	BulkNone  Bulk = "none"
	BulkLists Bulk = "lists" // mail of lists (RFC 2919, RFC 2369)
	BulkAll   Bulk = "all"
)

// Bounds of what is configured.
const (
	maxPrints = 10_000_000
	maxWindow = 31 * 24 * time.Hour
)

// growth is how many times as many copies are worth all of max_points.
const growth = 5

// outbreaks is what copies of a message are worth, compiled.
type outbreaks CampaignConfig

func compileCampaign(c CampaignConfig, ps *config.Problems) outbreaks {
	if c.Prints < 1 || c.Prints > maxPrints {
		ps.Errorf("campaign.prints", "200000 is usual", "%d is not between 1 and %d", c.Prints, maxPrints)
	}
	if len(c.Windows) < 1 || len(c.Windows) > campaign.MaxWindows || !slices.IsSorted(c.Windows) {
		ps.Errorf("campaign.windows", `["1h", "1d"] is usual`, "want 1 to %d windows, the shortest first", campaign.MaxWindows)
	}
	for _, w := range c.Windows {
		if time.Duration(w) < campaign.MinWindow || time.Duration(w) > maxWindow {
			ps.Errorf("campaign.windows", "", "%s is not between %s and %s", w, config.Duration(campaign.MinWindow), config.Duration(maxWindow))
		}
	}
	if c.Copies < 2 {
		ps.Errorf("campaign.copies", "10 is usual", "one message is no campaign")
	}
	if c.Senders < 1 || c.Senders > campaign.MaxSenders {
		ps.Errorf("campaign.senders", "3 is usual", "%d is not between 1 and %d", c.Senders, campaign.MaxSenders)
	}
	if c.OneSenderCopies < 0 || c.OneSenderCopies == 1 {
		ps.Errorf("campaign.one_sender_copies", "0 is any number", "%d copies are no campaign", c.OneSenderCopies)
	}
	checkPoints("campaign.points", c.Points, ps)
	checkPoints("campaign.max_points", c.MaxPoints, ps)
	checkPoints("campaign.one_sender_points", c.OneSenderPoints, ps)
	if c.MaxPoints < c.Points {
		ps.Errorf("campaign.max_points", "at least as many as campaign.points", "more copies would be worth less")
	}
	return outbreaks(c)
}

// Options are what a store of this configuration is opened with.
func (c CampaignConfig) Options(path string, interval time.Duration, log *slog.Logger) campaign.Options {
	o := campaign.Options{Path: path, Prints: c.Prints, Interval: interval, Log: log}
	for _, w := range c.Windows {
		o.Windows = append(o.Windows, time.Duration(w))
	}
	return o
}

// ask has the message counted, and says what the copies that were seen are
// worth. Bulk mail that is expected is not counted.
func (o outbreaks) ask(f *facts) finding {
	if !o.Enabled || f.in.Campaigns == nil {
		return finding{}
	}
	p := f.print()
	if p.IsNone() {
		return finding{}
	}
	if f.in.Bulk == BulkAll || f.in.Bulk == BulkLists && f.kinds.list {
		return finding{print: p.ID()}
	}
	seen := f.in.Campaigns.See(campaign.Sighting{
		Print:   p,
		Sender:  f.responsible(),
		Message: f.m.Get("Message-ID"),
		Now:     f.in.Now,
	})
	result := finding{print: seen.ID}
	if points, c := o.worst(seen.Counts); points != 0 {
		result.hits = append(result.hits, Hit{CampaignRule, points, campaignNote(c, seen.ID), o.Observe})
	}
	return result
}

// campaignNote is "12 copies from 4 senders in 1h, print 3f9a0c12be77".
func campaignNote(c campaign.Count, id string) string {
	senders := fmt.Sprint(c.Senders, " senders")
	switch c.Senders {
	case 1:
		senders = "1 sender"
	case campaign.MaxSenders:
		senders = fmt.Sprint(c.Senders, " or more senders")
	}
	return fmt.Sprintf("%d copies from %s in %s, print %s", c.Copies, senders, config.Duration(c.Window), id)
}

// responsible is whose copies are counted together. Strangers who send for
// many do so from many addresses of one domain.
func (f *facts) responsible() string {
	switch {
	case f.in.Set == Direct && f.in.Verified && f.in.Name != "":
		return "domain:" + registered(f.in.Name)
	case f.in.Sender != "":
		return f.in.Sender
	}
	return f.in.Client.String()
}

// worst is the window whose copies are worth most; of several the shortest.
func (o outbreaks) worst(counts []campaign.Count) (most float64, worst campaign.Count) {
	for _, c := range counts {
		if points := o.worth(c); points > most {
			most, worst = points, c
		}
	}
	return most, worst
}

// worth is what the copies within a window are worth. Half of the copies that
// are asked for have to be of others than the busiest sender: a newsletter that
// two readers pass on is no campaign.
func (o outbreaks) worth(c campaign.Count) float64 {
	switch {
	case c.Copies >= o.Copies && c.Senders >= o.Senders && 2*c.Others >= o.Copies:
		more := float64(c.Copies-o.Copies) / float64((growth-1)*o.Copies)
		return roundPoints(o.Points + min(more, 1)*(o.MaxPoints-o.Points))
	case o.OneSenderCopies > 0 && c.Own > o.OneSenderCopies:
		return o.OneSenderPoints
	}
	return 0
}
