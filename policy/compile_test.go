package policy

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/policy/config"
	"sluice/policy/store"
)

func TestDefaultIsClean(t *testing.T) {
	if got := problems(Default(), ""); len(got) != 0 {
		t.Error(got)
	}
	r := compile(t, Default(), "")
	if diff := cmp.Diff([]string{"authenticated", "local", "private", "others"}, r.Groups()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"direct", "relayed", "authenticated", "corporate", "local", "blocked"}, r.Flows()); diff != "" {
		t.Error(diff)
	}
	if r.Flow("direct") == nil || r.Flow("none") != nil {
		t.Error("Flow")
	}
}

// Reputation counts for strangers only; who is blocked is told at RCPT.
func TestBuiltinPolicies(t *testing.T) {
	r := compile(t, Default(), "")
	for name, want := range map[string]struct {
		access     Access
		set        Set
		reputation bool
		recipients int
	}{
		"direct":        {AccessAccept, Direct, true, 0},
		"relayed":       {AccessRelay, Relayed, false, 200},
		"authenticated": {AccessRelay, Authenticated, false, 200},
		"corporate":     {AccessRelay, Relayed, false, 200},
		"local":         {AccessRelay, Relayed, false, 0},
		"blocked":       {AccessReject, Relayed, false, 200},
	} {
		f := r.Flow(name)
		if f.Access != want.access || f.Set != want.set || f.Reputation != want.reputation || f.MaxRecipients != want.recipients || f.Mode != Enforce {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if !r.Flow("blocked").DelayReject {
		t.Error("who is blocked is refused at connect")
	}
	if n := len(r.Flow("local").windows); n != 0 {
		t.Errorf("%d windows for the whole machine", n)
	}
	var names []string
	for _, w := range r.Flow("relayed").windows {
		names = append(names, w.name)
	}
	if diff := cmp.Diff([]string{"recipients-1h", "recipients-1d", "bounces-1h", "auto-replies-1h"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestOthersIsBuiltInUnlessDefined(t *testing.T) {
	own := withGroups(ofGroup("others", GroupConfig{}), ofGroup("home", GroupConfig{Clients: []string{"10.0.0.0/8"}}))
	r := compile(t, own, "")
	if diff := cmp.Diff([]string{"others", "home"}, r.Groups()); diff != "" {
		t.Error(diff)
	}
	if m := r.Match(Client{Addr: addr("192.0.2.1")}); m.Flow.Name != policyRelayed {
		t.Errorf("%+v", m)
	}
	r = compile(t, withGroups(ofGroup("home", GroupConfig{Clients: []string{"10.0.0.0/8"}})), "")
	if m := r.Match(Client{Addr: addr("192.0.2.1")}); m.Group != "others" || m.Flow.Name != policyDirect {
		t.Errorf("%+v", m)
	}
}

// Each case is one mistake in a configuration that is good otherwise.
func TestMistakes(t *testing.T) {
	home := func(edit func(*FlowConfig)) Config { return withPolicy("home", edit) }
	limited := func(name string, l LimitConfig) Config {
		c := withPolicy("home", func(f *FlowConfig) { f.Limits = []string{name} })
		c.Limits.Set(name, l)
		return c
	}
	relay := func(name string, r RelayConfig) Config {
		c := Default()
		c.Relays.Set(name, r)
		return c
	}
	in := func(g GroupConfig) Config { return withGroups(named[GroupConfig]{"home", g}) }
	good := []string{"192.0.2.25"}
	for name, c := range map[string]struct {
		config Config
		want   string
	}{
		"group without policy":      {in(GroupConfig{}), `group.home.policy: the group has no policy (write policy = "relayed")`},
		"unknown policy":            {in(GroupConfig{Policy: "relaid"}), `group.home.policy: there is no [policy.relaid] (did you mean relayed?)`},
		"bad network":               {in(GroupConfig{Clients: []string{"10.0.0.1/8"}, Policy: "direct"}), `warning: group.home.clients[0]: "10.0.0.1/8" has bits behind its length (taken as 10.0.0.0/8)`},
		"missing list of logins":    {in(GroupConfig{Logins: []string{"file:no.txt"}, Policy: "direct"}), `group.home.logins[0]: list no.txt: there is no such file`},
		"empty HELO":                {in(GroupConfig{Helo: []string{""}, Policy: "direct"}), `group.home.helo[0]: an entry is empty`},
		"listener twice":            {in(GroupConfig{Listeners: []string{"smtp", "SMTP"}, Policy: "direct"}), `warning: group.home.listeners[1]: "SMTP" is here twice, first as smtp`},
		"logins without a login":    {in(GroupConfig{Logins: []string{"bob"}, Authenticated: &no, Policy: "direct"}), `group.home.logins: nobody has a login who is not authenticated (leave out authenticated = false)`},
		"others with a condition":   {withGroups(ofGroup("others", GroupConfig{TLS: &yes})), `group.others: the group "others" catches the rest and has no conditions (give the group another name)`},
		"IPv4 length 0":             {home(func(f *FlowConfig) { f.Key.IPv4 = 0 }), `policy.home.key.ipv4: prefix length 0 is not between 1 and 32`},
		"IPv4 length 33":            {home(func(f *FlowConfig) { f.Key.IPv4 = 33 }), `policy.home.key.ipv4: prefix length 33 is not between 1 and 32`},
		"IPv6 length 0":             {home(func(f *FlowConfig) { f.Key.IPv6 = 0 }), `policy.home.key.ipv6: prefix length 0 is not between 1 and 128`},
		"IPv6 length 129":           {home(func(f *FlowConfig) { f.Key.IPv6 = 129 }), `policy.home.key.ipv6: prefix length 129 is not between 1 and 128`},
		"negative count":            {home(func(f *FlowConfig) { f.MaxRecipients = -1 }), `policy.home.max_recipients_per_message: -1 is below 0 (0 is any number)`},
		"negative among others":     {home(func(f *FlowConfig) { f.Thresholds = Thresholds{Tag: 4, Reject: 3, Discard: -1} }), "policy.home.thresholds.discard: -1 is no score from which to act (0 is never)\nwarning: policy.home.thresholds.tag: never happens: reject comes at 3 already"},
		"negative threshold":        {home(func(f *FlowConfig) { f.Thresholds.Tag = -1 }), `policy.home.thresholds.tag: -1 is no score from which to act (0 is never)`},
		"tag behind reject":         {home(func(f *FlowConfig) { f.Thresholds = Thresholds{Tag: 8, Reject: 8} }), `warning: policy.home.thresholds.tag: never happens: reject comes at 8 already`},
		"prefix of two lines":       {home(func(f *FlowConfig) { f.SubjectPrefix = "a\nb" }), `policy.home.subject_prefix: the prefix is one line of at most 100 bytes`},
		"prefix one byte too long":  {home(func(f *FlowConfig) { f.SubjectPrefix = strings.Repeat("x", maxPrefix+1) }), `policy.home.subject_prefix: the prefix is one line of at most 100 bytes`},
		"reputation without use":    {home(func(f *FlowConfig) { f.Reputation = true }), `warning: policy.home.reputation: the client's reputation is never asked with set "relayed" (reputation = false, or set = "direct")`},
		"unknown limit":             {home(func(f *FlowConfig) { f.Limits = []string{"trail"} }), `policy.home.limits: there is no [limit.trail]`},
		"reply for no reason":       {home(func(f *FlowConfig) { f.Replies = map[Reason]string{"scores": "550 5.7.1 x"} }), `policy.home.replies.scores: "scores" is no reason that has a reply (did you mean score?)`},
		"reply for a silent reason": {home(func(f *FlowConfig) { f.Replies = map[Reason]string{ReasonOff: "550 5.7.1 x"} }), `policy.home.replies.off: "off" is no reason that has a reply (one of access, score, standing, unauthorised, null-sender, limit, never-fits, connections-at-once, messages-per-connection, recipients-per-message, message-size, forged-headers, relay-header, failure)`},
		"550 with 4.x.x":            {home(func(f *FlowConfig) { f.Replies = map[Reason]string{ReasonScore: "550 4.7.1 x"} }), `policy.home.replies.score: 550 and 4.7.1 are of different classes (write "550 5.7.1 Text (ref {ref})")`},
		"no code for access": {home(func(f *FlowConfig) {
			f.Access, f.Replies = AccessReject, map[Reason]string{ReasonAccess: "go away"}
		}), `policy.home.replies.access: "go away" has no reply code of 4xx or 5xx (write "550 5.7.1 Text (ref {ref})")`},
		"no text for a limit":       {home(func(f *FlowConfig) { f.Replies = map[Reason]string{ReasonLimit: "452 4.7.1"} }), `policy.home.replies.limit: "452 4.7.1" has no text (write "452 4.7.1 Text (ref {ref})")`},
		"571 5.7.1":                 {home(func(f *FlowConfig) { f.Replies = map[Reason]string{ReasonScore: "571 5.7.1 x"} }), `policy.home.replies.score: 571 is no reply code: its second digit is above 5, unlike that of 550 (write "451 4.7.1 Text (ref {ref})")`},
		"second digit at the bound": {home(func(f *FlowConfig) { f.Replies = map[Reason]string{ReasonScore: "559 5.7.1 x"} }), ``},
		"second digit one more":     {home(func(f *FlowConfig) { f.Replies = map[Reason]string{ReasonLimit: "460 4.7.1 x"} }), `policy.home.replies.limit: 460 is no reply code: its second digit is above 5, unlike that of 450 (write "451 4.7.1 Text (ref {ref})")`},
		"5xx for a limit":           {home(func(f *FlowConfig) { f.Replies = map[Reason]string{ReasonLimit: "550 5.7.1 x"} }), `policy.home.replies.limit: a reply for limit is 4xx, not 550`},
		"5xx for a failure":         {home(func(f *FlowConfig) { f.Replies = map[Reason]string{ReasonFailure: "550 5.7.1 x"} }), `policy.home.replies.failure: a reply for failure is 4xx, not 550`},
		"4xx for a size":            {home(func(f *FlowConfig) { f.Replies = map[Reason]string{ReasonSize: "450 4.7.1 x"} }), `policy.home.replies.message-size: a reply for message-size is 5xx, not 450`},
		"4xx for access reject": {home(func(f *FlowConfig) {
			f.Access, f.Replies = AccessReject, map[Reason]string{ReasonAccess: "450 4.7.1 x"}
		}), `policy.home.replies.access: a reply for access is 5xx, not 450`},
		"5xx for access tempfail": {home(func(f *FlowConfig) {
			f.Access, f.Replies = AccessTempfail, map[Reason]string{ReasonAccess: "550 5.7.1 x"}
		}), `policy.home.replies.access: a reply for access is 4xx, not 550`},
		"rate of 0":                  {home(func(f *FlowConfig) { f.Messages = perHour(0) }), `policy.home.messages: "0/1h" lets nothing through (refuse all mail with access = "reject")`},
		"window of 0":                {home(func(f *FlowConfig) { f.Messages = Rates{{Max: 1}} }), `policy.home.messages: "1/0s": a window is at least 1s`},
		"window over a year":         {home(func(f *FlowConfig) { f.Messages = Rates{{Max: 100, Per: maxPer + 1}} }), `policy.home.messages: "100/366d1ns": a window is at most 366d (write 1d or 30d)`},
		"window of a year":           {home(func(f *FlowConfig) { f.Messages = Rates{{Max: 100, Per: maxPer}} }), ``},
		"refill over one in 1ns":     {home(func(f *FlowConfig) { f.Bytes = Rates{{Max: 1e9 + 1, Per: time.Second, Burst: 1}} }), `policy.home.bytes: "1000000001/1s burst=1": nothing refills by more than one in a nanosecond (leave the burst out)`},
		"refill of one in 1ns":       {home(func(f *FlowConfig) { f.Bytes = Rates{{Max: 1e9, Per: time.Second, Burst: 1}} }), ``},
		"window twice":               {home(func(f *FlowConfig) { f.Messages = Rates{{Max: 1, Per: time.Hour}, {Max: 2, Per: 60 * time.Minute}} }), `policy.home.messages: two rates with the same window of 1h (keep one of them)`},
		"burst over the budget":      {home(func(f *FlowConfig) { f.Messages = Rates{{Max: 1, Per: time.Hour, Burst: 2}} }), `policy.home.messages: "1/1h burst=2": the burst is larger than the whole budget`},
		"burst of different values":  {home(func(f *FlowConfig) { f.EnvelopeSenders = Rates{{Max: 9, Per: time.Hour, Burst: 2}} }), `policy.home.envelope_senders: "9/1h burst=2": different senders cannot refill (leave the burst out)`},
		"too many different values":  {home(func(f *FlowConfig) { f.EnvelopeSenders = perHour(store.MaxDistinct + 1) }), `policy.home.envelope_senders: "10001/1h": at most 10000 different senders can be told apart`},
		"limit without rate":         {limited("l", LimitConfig{}), `limit.l.rate: a rate is missing (write rate = "100/1h")`},
		"limit named as a key":       {limited("distinct-recipients", LimitConfig{Rate: perHour(1)}), `limit.distinct-recipients: the name "distinct-recipients" stands for the key distinct_recipients of policies`},
		"connections per login":      {limited("l", LimitConfig{Count: CountConnections, Per: PerLogin, Rate: perHour(1)}), `limit.l.per: login is not known when a connection is counted`},
		"messages per recipient":     {limited("l", LimitConfig{Count: CountMessages, Per: PerRecipientDomain, Rate: perHour(1)}), `limit.l.per: recipient_domain is not known when messages are counted`},
		"bounces per recipient":      {limited("l", LimitConfig{Count: CountBounces, Per: PerRecipientDomain, Rate: perHour(1)}), `limit.l.per: recipient_domain is not known when bounces are counted`},
		"replies per recipient":      {limited("l", LimitConfig{Count: CountAutoReplies, Per: PerRecipientDomain, Rate: perHour(1)}), `limit.l.per: recipient_domain is not known when automatic replies are counted`},
		"senders per sender":         {limited("l", LimitConfig{Count: CountEnvelopeSenders, Per: PerEnvelopeSender, Rate: perHour(1)}), `limit.l.per: envelope_sender has only one envelope sender`},
		"relay without a way":        {relay("gw", RelayConfig{Clients: good}), `relay.gw: neither hop nor header says where the client is found (hop = 1 is the header that the relay itself wrote)`},
		"relay with two ways":        {relay("gw", RelayConfig{Clients: good, Hop: 1, Header: "X-Client"}), `relay.gw.header: both hop and header are given (keep one of them)`},
		"relay with hop -1":          {relay("gw", RelayConfig{Clients: good, Hop: -1}), `relay.gw.hop: -1 is not between 1 and 100`},
		"relay one hop too far":      {relay("gw", RelayConfig{Clients: good, Hop: maxHop + 1}), `relay.gw.hop: 101 is not between 1 and 100`},
		"relay by header Received":   {relay("gw", RelayConfig{Clients: good, Header: "received"}), `relay.gw.header: Received headers are counted by hop (hop = 1)`},
		"relay header with a colon":  {relay("gw", RelayConfig{Clients: good, Header: "X-Client:"}), `relay.gw.header: "X-Client:" is no name of a header`},
		"relay without addresses":    {relay("gw", RelayConfig{Hop: 1}), `relay.gw.clients: the relay's own addresses are missing`},
		"relay by name":              {relay("gw", RelayConfig{Clients: []string{"gw.example.net"}, Hop: 1}), `relay.gw.clients[0]: "gw.example.net" is no network, address or range`},
		"policy without a group":     {unused(func(c *Config) { c.Policies.Set("spare", relayedPolicy()) }), `warning: policy.spare: no group has this policy`},
		"limit without a policy":     {unused(func(c *Config) { c.Limits.Set("spare", LimitConfig{Rate: perHour(1)}) }), `warning: limit.spare: no policy has this limit (name it in the limits of a policy)`},
		"limit twice":                {unused(func(c *Config) { twice(c) }), `warning: policy.relayed.limits: "l" is here twice`},
		"inherited policy is in use": {unused(func(c *Config) { inherit(c) }), ``},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, strings.Join(problems(c.config, ""), "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func unused(edit func(*Config)) Config {
	c := Default()
	edit(&c)
	return c
}

func twice(c *Config) {
	c.Limits.Set("l", LimitConfig{Rate: perHour(1)})
	f := relayedPolicy()
	f.Limits = []string{"l", "l"}
	c.Policies.Set(policyRelayed, f)
}

func inherit(c *Config) {
	base, heir := relayedPolicy(), relayedPolicy()
	heir.Inherits = "base"
	c.Policies.Set("base", base)
	c.Policies.Set("heir", heir)
	c.Groups.Set("home", GroupConfig{Policy: "heir"})
}

func TestAllMistakesAtOnce(t *testing.T) {
	c := withPolicy("home", func(f *FlowConfig) { f.Key.IPv4, f.Limits, f.Messages = 0, []string{"x"}, perHour(0) })
	c.Groups.Set("work", GroupConfig{Policy: "wrok"})
	c.Relays.Set("gw", RelayConfig{Hop: 1})
	var ps config.Problems
	if r := Compile(c, "", &ps); r != nil || len(ps.All()) != 5 {
		t.Errorf("%v, %v", r, ps.All())
	}
}

// Problems that were found before, elsewhere, stop nothing from being reported.
func TestCompileAfterEarlierProblems(t *testing.T) {
	var ps config.Problems
	ps.Errorf("listen.milter", "", "is wrong")
	if r := Compile(withGroups(named[GroupConfig]{"home", GroupConfig{}}), "", &ps); r != nil || len(ps.All()) != 2 {
		t.Errorf("%v, %v", r, ps.All())
	}
}
