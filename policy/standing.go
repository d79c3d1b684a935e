package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sluice/policy/config"
	"sluice/policy/standing"
)

// StandingConfig is how a policy judges its senders over time.
type StandingConfig struct {
	Mode    Mode             `toml:"mode" doc:"\"enforce\" acts on a sender's standing, \"observe\" records it only, \"off\" keeps none."`
	Observe []standing.Stage `toml:"observe" doc:"Stages that are recorded and have no effect: \"watched\", \"restricted\", \"blocked\" or \"probation\"."`

	WatchAt    float64 `toml:"watch_at" doc:"Points of evidence from which a sender is watched; 0 for never, here and below."`
	RestrictAt float64 `toml:"restrict_at" doc:"Points from which its limits are divided."`
	BlockAt    float64 `toml:"block_at" doc:"Points from which its mail is refused. No message leads from clean to blocked by itself: it takes three."`

	Divide          int             `toml:"divide" doc:"What the limits of a restricted sender are divided by."`
	BlockFor        []standing.Term `toml:"block_for" doc:"How long the first block lasts, the second, and so on: \"1h\", \"1d\", or \"forever\", which is until it is released."`
	Probation       config.Duration `toml:"probation" doc:"How long a sender is on probation after a block."`
	ProbationDivide int             `toml:"probation_divide" doc:"What the limits of a sender on probation are divided by."`
	Relapse         float64         `toml:"relapse" doc:"What block_at is multiplied by on probation: below 1, a relapse is found sooner."`

	DeferSpam standing.Stage `toml:"defer_spam" doc:"From this stage on, a message that scores as spam is deferred rather than delivered; \"clean\" for never."`
	SpamScore float64        `toml:"spam_score" doc:"Score from which a message is spam; 0 for the lowest of the policy's thresholds."`
	Clean     float64        `toml:"clean" doc:"Points for spam that a message takes away which is none: the share of spam from which it adds up."`
	WeakMax   float64        `toml:"weak_max" doc:"Points that the weak kinds of evidence count together at most: envelope-senders, sender-domains, new-recipients, null-senders, helos, burst and limits."`

	Evidence map[standing.Kind]standing.Weight `toml:"evidence" doc:"What each kind of evidence counts: \"1 half-life=1d\" for each, \"2 per 30/1h share=20% half-life=12h max=4\" for every 30 within an hour that are a fifth of all, or \"off\". Kinds, beside the weak ones: spam, virus, unknown-recipients, bounces, networks, outbreak, complaints, reports, unauthorised."`

	Notify []string `toml:"notify" doc:"Changes of the standing of these senders that people are told, in place of notify.stages: \"blocked\", \"restricted\", \"probation\", \"watched\", \"clean\", \"released\", or \"none\" for none at all; empty for what is written there."`

	Help string `toml:"help" doc:"Address of a page that tells blocked customers what to do: {help} in replies."`
}

// subscriberStanding is for people behind one line. A filter that misses a quarter
// of spam and flags two of a thousand honest messages finds a host that sends
// nothing but spam within ten messages, and hardly ever an honest one.
func subscriberStanding() StandingConfig {
	return StandingConfig{
		WatchAt: 2.5, RestrictAt: 4.5, BlockAt: 6.5,
		Divide:          10,
		BlockFor:        []standing.Term{standing.Term(time.Hour), standing.Term(24 * time.Hour), standing.Forever},
		Probation:       config.Duration(7 * 24 * time.Hour),
		ProbationDivide: 4,
		Relapse:         0.4,
		DeferSpam:       standing.Watched,
		Clean:           0.2,
		WeakMax:         0.9,
		Evidence: weights(map[standing.Kind]string{
			standing.Spam:              "1 half-life=1d",
			standing.Virus:             "2 half-life=3d",
			standing.UnknownRecipients: "2 per 25/1h share=20% half-life=12h max=6",
			standing.Bounces:           "2 per 30/1h share=20% half-life=12h max=6",
			standing.Networks:          "2 per 10/1d half-life=1d max=2",
			standing.Outbreak:          "0.5 half-life=1d max=3",
			standing.Complaints:        "1.5 half-life=3d",
			standing.Reports:           "1 half-life=1d max=6",
			standing.Unauthorised:      "0.5 half-life=1d max=3",
			standing.EnvelopeSenders:   "0.5 per 10/1h half-life=6h max=1",
			standing.SenderDomains:     "1 per 8/1h share=30% half-life=6h max=1",
			standing.NewRecipients:     "0.5 per 500/1d half-life=1d max=1",
			standing.NullSenders:       "0.5 per 30/1h share=50% half-life=6h max=1",
			standing.Helos:             "0.5 per 5/1d half-life=1d max=0.5",
			standing.Burst:             "1 per 100/1d half-life=1d max=1",
			standing.Limits:            "0.5 per 10/1h half-life=6h max=1",
		}),
	}
}

// noStanding keeps none, whatever the sender does.
func noStanding() StandingConfig {
	c := subscriberStanding()
	c.Mode = Off
	return c
}

// serverStanding is for mail servers of customers: they bounce, send newsletters
// and have many senders, and one block stops all of them.
func serverStanding() StandingConfig {
	c := subscriberStanding()
	c.WatchAt, c.RestrictAt, c.BlockAt = 3.5, 6.5, 10.5
	c.DeferSpam = standing.Restricted
	c.Evidence = maps.Clone(c.Evidence)
	// What a server forwards is spam of others: for that alone it is not blocked.
	c.Evidence[standing.Spam] = weight("1 half-life=1d max=10")
	c.Evidence[standing.Bounces] = weight("2 per 200/1h share=20% half-life=12h max=6")
	c.Evidence[standing.UnknownRecipients] = weight("2 per 100/1h share=20% half-life=12h max=6")
	for _, k := range []standing.Kind{standing.EnvelopeSenders, standing.NewRecipients, standing.NullSenders, standing.Helos, standing.Outbreak} {
		c.Evidence[k] = weight("off")
	}
	return c
}

func weights(texts map[standing.Kind]string) map[standing.Kind]standing.Weight {
	all := make(map[standing.Kind]standing.Weight, len(texts))
	for k, text := range texts {
		all[k] = weight(text)
	}
	return all
}

func weight(text string) standing.Weight {
	var w standing.Weight
	if err := w.UnmarshalText([]byte(text)); err != nil {
		panic(fmt.Sprintf("policy: a built-in weight: %v", err))
	}
	return w
}

// compileStanding reads the standing of one policy, whose mode is most.
func compileStanding(key string, c StandingConfig, most Mode, ps *config.Problems) *standing.Rules {
	r := &standing.Rules{
		Off:     c.Mode == Off || most == Off,
		Passive: most == Observe,
		WatchAt: c.WatchAt, RestrictAt: c.RestrictAt, BlockAt: c.BlockAt,
		Divide:          c.Divide,
		BlockFor:        c.BlockFor,
		Probation:       time.Duration(c.Probation),
		ProbationDivide: c.ProbationDivide,
		Relapse:         c.Relapse,
		DeferSpam:       c.DeferSpam,
		Clean:           c.Clean,
		WeakMax:         c.WeakMax,
		Notify:          c.Notify,
	}
	for i := range r.Observe {
		r.Observe[i] = c.Mode == Observe || slices.Contains(c.Observe, standing.Stage(i))
	}
	for i := range r.Weights {
		r.Weights[i] = weight("off")
	}
	for k, w := range c.Evidence {
		r.Weights[k] = w
	}
	checkStanding(key, c, ps)
	if plain(c.Help, maxHelp) != c.Help {
		ps.Errorf(key+".help", "", "the address is one line of at most %d bytes", maxHelp)
	}
	return r
}

// tellable are the changes of a standing that people can be told.
var tellable = []string{"blocked", "restricted", "probation", "watched", "clean", "released", "none"}

// checkStanding reports what cannot work, and stages that are never reached.
func checkStanding(key string, c StandingConfig, ps *config.Problems) {
	last, lastName := 0.0, ""
	for _, at := range []struct {
		name   string
		points float64
	}{{"watch_at", c.WatchAt}, {"restrict_at", c.RestrictAt}, {"block_at", c.BlockAt}} {
		switch {
		case at.points < 0:
			ps.Errorf(key+"."+at.name, "0 is never", "%v is below 0", at.points)
		case at.points > 0 && at.points < last:
			ps.Errorf(key+"."+at.name, "let each stage begin above the one before", "%v is below %s, which is %v", at.points, lastName, last)
		case at.points > 0:
			last, lastName = at.points, at.name
		}
	}
	for _, n := range []struct {
		name  string
		value int
	}{{"divide", c.Divide}, {"probation_divide", c.ProbationDivide}} {
		if n.value < 1 {
			ps.Errorf(key+"."+n.name, "1 leaves the limits as they are", "limits cannot be divided by %d", n.value)
		}
	}
	for _, n := range []struct {
		name  string
		value float64
	}{{"relapse", c.Relapse}, {"clean", c.Clean}, {"weak_max", c.WeakMax}, {"spam_score", c.SpamScore}} {
		if n.value < 0 {
			ps.Errorf(key+"."+n.name, "", "%v is below 0", n.value)
		}
	}
	for i, told := range c.Notify {
		if !slices.Contains(tellable, told) {
			ps.Errorf(fmt.Sprintf("%s.notify[%d]", key, i), didYouMean(told, tellable), "%q is none of %s", plain(told, maxValue), strings.Join(tellable, ", "))
		}
	}
	if len(c.BlockFor) == 0 && c.BlockAt > 0 {
		ps.Errorf(key+".block_for", `write block_for = ["1h", "1d", "forever"]`, "it is not said how long a block lasts")
	}
	if c.RestrictAt > 0 && c.WeakMax >= c.RestrictAt {
		ps.Warnf(key+".weak_max", "keep it below restrict_at", "honest senders may show weak evidence, and %v of it restricts them", c.WeakMax)
	}
}

// spamScore is the score from which a message of the policy is evidence.
func spamScore(c FlowConfig) float64 {
	if c.Standing.SpamScore != 0 {
		return c.Standing.SpamScore
	}
	lowest := 0.0
	for _, t := range c.Thresholds.strongestFirst() {
		if t.usable() && (lowest == 0 || t.score < lowest) {
			lowest = t.score
		}
	}
	return lowest
}
