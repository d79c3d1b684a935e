package policy

import (
	"time"

	"sluice/policy/config"
)

// The names of what is built in.
const (
	policyDirect        = "direct"
	policyRelayed       = "relayed"
	policyAuthenticated = "authenticated"
	policyCorporate     = "corporate"
	policyLocal         = "local"
	policyBlocked       = "blocked"

	groupAuthenticated = "authenticated"
	groupLocal         = "local"
	groupPrivate       = "private"
	groupOthers        = "others"
)

// privateNetworks are those that no stranger can have: loopback, RFC 1918,
// shared address space behind a CGNAT (RFC 6598), unique local (RFC 4193) and
// link-local addresses.
var privateNetworks = []string{
	"127.0.0.0/8", "::1",
	"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
	"100.64.0.0/10",
	"fc00::/7", "fe80::/10",
}

// Default returns the configuration without a file: the built-in policies, and
// no groups, which stand for the built-in ones. The numbers are starting
// points; nobody has tried them on your network.
func Default() Config {
	var c Config
	c.Policies.Set(policyDirect, directPolicy())
	c.Policies.Set(policyRelayed, relayedPolicy())
	c.Policies.Set(policyAuthenticated, authenticatedPolicy())
	c.Policies.Set(policyCorporate, corporatePolicy())
	c.Policies.Set(policyLocal, localPolicy())
	c.Policies.Set(policyBlocked, blockedPolicy())
	return c
}

// directPolicy is for mail from anywhere: the client's reputation counts, and
// there are no limits, because strangers may have many users.
func directPolicy() FlowConfig {
	return FlowConfig{
		Access:     AccessAccept,
		Set:        Direct,
		Reputation: true,
		Thresholds: Thresholds{Tag: 4, Reject: 12},
		Key:        Key{IPv4: 32, IPv6: 64},
		Standing:   noStanding(),

		Authorisation: unlooked(),
	}
}

// relayedPolicy is for the subscribers of an access network: reputation off, and
// limits for every address by itself that are wide enough for a club secretary.
// What is sent within them is for the standing to find out.
func relayedPolicy() FlowConfig {
	return FlowConfig{
		Access:     AccessRelay,
		Set:        Relayed,
		Thresholds: Thresholds{Tag: 4, Reject: 12},
		Key:        Key{IPv4: 32, IPv6: 64},
		Recipients: Rates{
			{Max: 250, Per: time.Hour},
			{Max: 1000, Per: 24 * time.Hour},
		},
		MaxRecipients: 200,
		Bounces:       Rates{{Max: 100, Per: time.Hour}},
		AutoReplies:   Rates{{Max: 100, Per: time.Hour}},
		Standing:      subscriberStanding(),
		Authorisation: recorded(true),
	}
}

// authenticatedPolicy is for logins, wherever they come from.
func authenticatedPolicy() FlowConfig {
	f := relayedPolicy()
	f.Set = Authenticated
	return f
}

// corporatePolicy is for customers with mail servers of their own. Servers forward
// mail whose authors are anybody.
func corporatePolicy() FlowConfig {
	f := relayedPolicy()
	f.Recipients = Rates{
		{Max: 10_000, Per: time.Hour},
		{Max: 50_000, Per: 24 * time.Hour},
	}
	f.Bounces = Rates{{Max: 500, Per: time.Hour}}
	f.AutoReplies = Rates{{Max: 1000, Per: time.Hour}}
	f.Standing = serverStanding()
	f.Authorisation = recorded(false)
	return f
}

// localPolicy is for mail that the relay itself submits, its bounces and reports
// included. All of it has one key, so a limit per sender would be one for the
// whole machine; nor is anybody there to send the rest of many recipients again.
func localPolicy() FlowConfig {
	f := relayedPolicy()
	f.Recipients, f.Bounces, f.AutoReplies = nil, nil, nil
	f.MaxRecipients = 0
	f.Standing = noStanding()
	f.Authorisation = unlooked()
	return f
}

// blockedPolicy refuses all mail, at RCPT: there the reason reaches the
// customer through every MTA, and sender and recipient are on record.
func blockedPolicy() FlowConfig {
	f := relayedPolicy()
	f.Access = AccessReject
	f.DelayReject = true
	f.Standing = noStanding()
	f.Authorisation = unlooked()
	return f
}

// builtinGroups are the groups of a configuration that has none of its own.
func builtinGroups() config.Tables[GroupConfig] {
	yes := true
	var groups config.Tables[GroupConfig]
	groups.Set(groupAuthenticated, GroupConfig{Authenticated: &yes, Policy: policyAuthenticated})
	groups.Set(groupLocal, GroupConfig{Clients: []string{Local}, Policy: policyLocal})
	groups.Set(groupPrivate, GroupConfig{Clients: privateNetworks, Policy: policyRelayed})
	return groups
}
