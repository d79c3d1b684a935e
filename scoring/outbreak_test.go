package scoring

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sluice/policy/config"
	"sluice/scoring/campaign"
)

// outbreak is a scorer that counts, and where.
type outbreak struct {
	*testing.T
	scorer *Scorer
	store  *campaign.Store
	sent   int
}

func newOutbreak(t *testing.T, change func(*CampaignConfig)) *outbreak {
	c := rulesOnly()
	change(&c.Campaign)
	return &outbreak{T: t, scorer: compile(t, c), store: store(t)}
}

// send scores a copy of a message with a Message-ID of its own.
func (o *outbreak) send(sender string, change func(*Input)) Report {
	o.Helper()
	in := Input{Set: Relayed, From: "ann@example.org", Now: now, Sender: sender, Campaigns: o.store}
	change(&in)
	o.sent++
	return scoreText(o.T, o.scorer, letter(fmt.Sprintf("Message-ID: <%d@example.org>\nList-Id: <x.example.org>", o.sent), prose), in)
}

func asIs(*Input) {}

// from is some sender of four.
func from(i int) string { return fmt.Sprint("ip:203.0.113.", i%4) }

func TestTheTenthCopyIsACampaign(t *testing.T) {
	o := newOutbreak(t, func(*CampaignConfig) {})
	prints := make(map[string]bool)
	for i := range 60 {
		r := o.send(from(i), asIs)
		hit, found := r.hit(CampaignRule)
		if found != (i >= 9) {
			t.Fatalf("copy %d: hit %v, %+v", i+1, found, hit)
		}
		prints[r.Print] = true
		if want := map[int]float64{9: 3, 29: 4, 49: 5, 59: 5}[i]; want != 0 && hit.Points != want {
			t.Errorf("copy %d: %v points, want %v", i+1, hit.Points, want)
		}
		if want := fmt.Sprintf("10 copies from 4 senders in 1h, print %s", r.Print); i == 9 && hit.Note != want {
			t.Errorf("note %q, want %q", hit.Note, want)
		}
	}
	if len(prints) != 1 || prints[""] {
		t.Errorf("prints %v", prints)
	}
	other := scoreText(t, o.scorer, letter("", "Hello Bob, could you send me the drawing of the north pier before Friday? I am in the office all day."), Input{Now: now, Campaigns: o.store})
	if has(other, CampaignRule) || prints[other.Print] {
		t.Errorf("another letter: %+v", other)
	}
}

func TestOneSenderIsNoCampaign(t *testing.T) {
	o := newOutbreak(t, func(*CampaignConfig) {})
	for i := range 102 {
		if hit, found := o.send("ip:203.0.113.7", asIs).hit(CampaignRule); found != (i >= 100) || found && hit.Points != 1.5 {
			t.Fatalf("copy %d: hit %v, %+v", i+1, found, hit)
		}
	}
	// Two that pass it on make no campaign of it, and are not hit for the first.
	for _, sender := range []string{"ip:203.0.113.8", "ip:203.0.113.9"} {
		if r := o.send(sender, asIs); has(r, CampaignRule) {
			t.Errorf("passed on: %+v", r.Hits)
		}
	}
}

func TestWhatIsNotCounted(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*CampaignConfig)
		in     func(*Input)
		print  bool
	}{
		"switched off":  {func(c *CampaignConfig) { c.Enabled = false }, asIs, false},
		"nobody counts": {func(*CampaignConfig) {}, func(in *Input) { in.Campaigns = nil }, false},
		"bulk":          {func(*CampaignConfig) {}, func(in *Input) { in.Bulk = BulkAll }, true},
		"list mail":     {func(*CampaignConfig) {}, func(in *Input) { in.Bulk = BulkLists }, true},
		"a direct farm": {func(*CampaignConfig) {}, func(in *Input) {
			in.Set, in.Name, in.Verified = Direct, "m"+in.Sender[len(in.Sender)-1:]+".mailer.example", true
		}, true},
		"too few senders": {func(c *CampaignConfig) { c.Senders = 16 }, asIs, true},
	} {
		o := newOutbreak(t, c.change)
		for i := range 30 {
			if r := o.send(from(i), c.in); has(r, CampaignRule) || (r.Print != "") != c.print {
				t.Errorf("%s: copy %d: print %q, hits %+v", name, i+1, r.Print, r.Hits)
				break
			}
		}
	}
}

// Bulk mail of lists is not all mail, and addresses whose name is not verified
// are no farm.
func TestWhatIsCountedAllTheSame(t *testing.T) {
	for name, in := range map[string]func(*Input){
		"no bulk":    func(in *Input) { in.Bulk = BulkNone },
		"unverified": func(in *Input) { in.Set, in.Name = Direct, "m.mailer.example" },
		"without names": func(in *Input) {
			in.Set, in.Sender, in.Client = Direct, "", netip.MustParseAddr(strings.TrimPrefix(in.Sender, "ip:"))
		},
	} {
		o := newOutbreak(t, func(*CampaignConfig) {})
		var last Report
		for i := range 10 {
			last = o.send(from(i), in)
		}
		if !has(last, CampaignRule) {
			t.Errorf("%s: %+v", name, last)
		}
	}
	o := newOutbreak(t, func(*CampaignConfig) {})
	var last Report
	for i := range 10 {
		last = scoreText(t, o.scorer, letter(fmt.Sprintf("Message-ID: <%d@x>", i), prose), Input{Now: now, Sender: from(i), Bulk: BulkLists, Campaigns: o.store})
	}
	if !has(last, CampaignRule) {
		t.Errorf("no list mail, of a policy whose lists are bulk: %+v", last)
	}
}

func TestCampaignsCanBeObserved(t *testing.T) {
	o := newOutbreak(t, func(c *CampaignConfig) { c.Observe = true })
	var last Report
	for i := range 10 {
		last = o.send(from(i), asIs)
	}
	if hit, found := last.hit(CampaignRule); !found || !hit.Observe || last.Score != 0 {
		t.Errorf("%+v", last)
	}
}

func TestMistakesOfCampaigns(t *testing.T) {
	hours := func(n ...int) (windows []config.Duration) {
		for _, h := range n {
			windows = append(windows, config.Duration(time.Duration(h)*time.Hour))
		}
		return windows
	}
	for want, change := range map[string]func(*CampaignConfig){
		"campaign.prints: 0":             func(c *CampaignConfig) { c.Prints = 0 },
		"campaign.prints: 10000001":      func(c *CampaignConfig) { c.Prints = maxPrints + 1 },
		"want 1 to 3":                    func(c *CampaignConfig) { c.Windows = nil },
		"the shortest first":             func(c *CampaignConfig) { c.Windows = hours(24, 1) },
		"campaign.windows: want 1 to":    func(c *CampaignConfig) { c.Windows = hours(1, 2, 3, 4) },
		"campaign.windows: 59s":          func(c *CampaignConfig) { c.Windows = []config.Duration{59e9} },
		"campaign.windows: 31d1h":        func(c *CampaignConfig) { c.Windows = hours(31*24 + 1) },
		"campaign.copies":                func(c *CampaignConfig) { c.Copies = 1 },
		"campaign.senders: 0":            func(c *CampaignConfig) { c.Senders = 0 },
		"campaign.senders: 17":           func(c *CampaignConfig) { c.Senders = 17 },
		"campaign.one_sender_copies: 1":  func(c *CampaignConfig) { c.OneSenderCopies = 1 },
		"campaign.one_sender_copies: -1": func(c *CampaignConfig) { c.OneSenderCopies = -1 },
		"campaign.max_points":            func(c *CampaignConfig) { c.MaxPoints = 2 },
		"campaign.points":                func(c *CampaignConfig) { c.Points, c.MaxPoints = -20_000, 5 },
	} {
		c := rulesOnly()
		change(&c.Campaign)
		if got := problems(t, c); len(got) != 1 || !strings.Contains(got[0], want) {
			t.Errorf("%s: problems %v", want, got)
		}
	}
	for name, change := range map[string]func(*CampaignConfig){
		"the most": func(c *CampaignConfig) { c.Prints, c.Windows, c.Senders = maxPrints, hours(1, 24, 31*24), 16 },
		"the least": func(c *CampaignConfig) {
			c.Prints, c.Windows, c.Copies, c.Senders, c.OneSenderCopies = 1, []config.Duration{60e9}, 2, 1, 2
		},
	} {
		c := rulesOnly()
		change(&c.Campaign)
		if got := problems(t, c); len(got) != 0 {
			t.Errorf("%s: problems %v", name, got)
		}
	}
}
