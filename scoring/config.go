package scoring

import (
	"time"

	"sluice/policy/config"
)

// Config is the operator's view of scoring.
type Config struct {
	Scoring    ViewConfig                     `toml:"scoring" doc:"How much of a message is looked at, and what the built-in rules are worth."`
	Model      ModelConfig                    `toml:"model" doc:"What the words and the form of a message weigh, all together: the trained part of the score."`
	Campaign   CampaignConfig                 `toml:"campaign" doc:"Many copies of a message, whatever it says: near-identical texts are counted over time and over senders."`
	Rules      config.Tables[RuleConfig]      `toml:"rule" doc:"Own rules: a pattern in a field is worth points."`
	Blocklists config.Tables[BlocklistConfig] `toml:"blocklist" doc:"DNS blocklists of client addresses; asked for the score set direct only."`
	URLLists   config.Tables[URLListConfig]   `toml:"urllist" doc:"DNS lists of the domains that messages mention (SURBL, URIBL, DBL); asked for every score set, as they judge the content and not the client."`
	Lists      config.Tables[LocalListConfig] `toml:"reputation" doc:"Local lists of client addresses with points of their own; looked at for the score set direct only."`
	Resolver   ResolverConfig                 `toml:"resolver" doc:"Where DNS is asked."`
	Clamav     ClamavConfig                   `toml:"clamav" doc:"Virus scanning by clamd; off unless an address is given."`

	Authentication AuthenticationConfig `toml:"authentication" doc:"SPF, DKIM and DMARC: who stands behind a message; asked for the score set direct only."`
}

// ViewConfig bounds the view of a message.
type ViewConfig struct {
	MaxView config.Size        `toml:"max_view" doc:"Bytes of a message that are looked at; the rest is skipped, and the report says so."`
	Timeout config.Duration    `toml:"timeout" doc:"The longest that all checks of a message may take together; what is not done by then is skipped."`
	Points  map[string]float64 `toml:"points" doc:"Points of built-in rules that differ from the default: HTML_ONLY = 0.2; 0 switches a rule off. sluice config --rules lists them all."`
	Observe []string           `toml:"observe" doc:"Rules that are recorded and not added to the score."`
}

// ModelConfig is the trained part of the score.
type ModelConfig struct {
	File     string  `toml:"file" doc:"A model made by sluice train, in place of the built-in one."`
	Strength float64 `toml:"strength" doc:"What the model's points are multiplied by; 0 switches it off."`
	Learned  float64 `toml:"learned" doc:"The most points, either way, that what sluice learn has taught may give; 0 for none."`
	Observe  bool    `toml:"observe" doc:"Record what the model says, do not add its points."`
}

// CampaignConfig is what many copies of a message are worth.
type CampaignConfig struct {
	Enabled         bool              `toml:"enabled" doc:"Whether copies are counted."`
	Prints          int               `toml:"prints" doc:"Different messages that are remembered, at 170 to 460 bytes each; the longest idle is forgotten first, before it those that were seen once. A change needs a restart."`
	Windows         []config.Duration `toml:"windows" doc:"Time spans in which copies are counted, at most 3, the shortest first. A change needs a restart, and begins from nothing."`
	Copies          int               `toml:"copies" doc:"Copies that make a campaign, within one of the windows; at least half of them of others than the busiest sender."`
	Senders         int               `toml:"senders" doc:"Different senders that they come from, at least; at most 16."`
	Points          float64           `toml:"points" doc:"Points of a message of a campaign."`
	MaxPoints       float64           `toml:"max_points" doc:"What the points grow to, at five times as many copies."`
	OneSenderCopies int               `toml:"one_sender_copies" doc:"Copies that one sender may send within a window; beyond, each is worth one_sender_points. 0 for any number."`
	OneSenderPoints float64           `toml:"one_sender_points" doc:"Points of a message of which its sender sends too many copies."`
	Observe         bool              `toml:"observe" doc:"Record campaigns, do not add the points."`
}

// RuleConfig is an own rule.
type RuleConfig struct {
	Field   string   `toml:"field" doc:"Where to look: \"subject\", \"from\", \"body\" (the visible text), \"url\", \"attachment\" (file names), \"raw\" (the undecoded body), or \"header:NAME\". Several values stand one a line."`
	Pattern string   `toml:"pattern" doc:"Regular expression (RE2 syntax); (?i) for either case; ^ and $ match at the ends of lines."`
	Points  float64  `toml:"points" doc:"What a match adds to the score; negative to take off."`
	Sets    []string `toml:"sets" doc:"Score sets in which the rule holds; all by default."`
	Observe bool     `toml:"observe" doc:"Record matches, do not add the points."`
	Note    string   `toml:"note" doc:"One line for the operators."`
}

// BlocklistConfig is a DNS blocklist (RFC 5782).
type BlocklistConfig struct {
	Zone    string             `toml:"zone" doc:"The zone that is asked: \"zen.example.org\"."`
	Points  float64            `toml:"points" doc:"Points when the zone answers with anything within 127.0.0.0/8 that has no points of its own below, and is no error code (127.255.255.0/24)."`
	Answers map[string]float64 `toml:"answers" doc:"Points by answer: \"127.0.0.2\" = 3.0. With it, other answers count only if points is set."`
	Policy  bool               `toml:"policy" doc:"The zone lists dynamic address space by policy (PBL, ZEN): check warns when a group of own clients would be measured by it."`
	Observe bool               `toml:"observe" doc:"Record answers, do not add the points."`
}

// URLListConfig is a DNS list of domains or addresses that messages mention.
type URLListConfig struct {
	Zone     string             `toml:"zone" doc:"The zone that is asked: \"multi.example.org\"."`
	Points   float64            `toml:"points" doc:"Points when the zone answers with anything within 127.0.0.0/8 that has no points of its own below, and is no error code: 127.255.255.0/24, 127.0.0.1, 127.0.1.255."`
	Answers  map[string]float64 `toml:"answers" doc:"Points by answer, as DBL gives them: \"127.0.1.2\" = 3.0. With it, other answers count only if points is set."`
	Bits     map[string]float64 `toml:"bits" doc:"Points by bit of an answer, as SURBL and URIBL give them: 8 = 3.0 counts for 127.0.0.8 and for 127.0.0.72. Of several bits the one worth most counts. An answer with bit 1 is an error code unless that has points."`
	Ask      []string           `toml:"ask" doc:"What is asked about: \"domains\" (registered domains of links), \"hosts\" (hosts of links; they may tell who reads), \"addresses\" (IP addresses in links), \"author\", \"reply-to\", \"mailboxes\" (domains of mail addresses in the text); empty for domains."`
	MaxNames int                `toml:"max_names" doc:"Names that are asked about for one message, the most suspicious first, at most 100; 0 for 20. The report says when there were more."`
	Skip     []string           `toml:"skip" doc:"Domains, with all below them, and networks that are not asked about, or \"file:PATH\" for a list with one a line; beside well-known ones and those of the recipients."`
	Observe  bool               `toml:"observe" doc:"Record answers, do not add the points."`
}

// LocalListConfig is a list of addresses with points.
type LocalListConfig struct {
	Clients []string `toml:"clients" doc:"Networks, addresses, ranges, or \"file:PATH\" for a list with one entry a line."`
	Points  float64  `toml:"points" doc:"What the score is changed by; negative for clients with a good name."`
	Observe bool     `toml:"observe" doc:"Record matches, do not add the points."`
}

// ResolverConfig says where DNS is asked.
type ResolverConfig struct {
	Servers []string        `toml:"servers" doc:"Address and port of the DNS servers: \"127.0.0.1:53\"; empty for those of /etc/resolv.conf."`
	Timeout config.Duration `toml:"timeout" doc:"Deadline of one look-up; what is not answered by then does not count, and the report says so."`
	Cache   int             `toml:"cache" doc:"Answers that are kept, each for its time to live but at most an hour; one with much text counts as several."`
}

// ClamavConfig is the connection to clamd.
type ClamavConfig struct {
	Address   string          `toml:"address" doc:"clamd's socket: \"unix:/run/clamav/clamd.ctl\" or \"inet:127.0.0.1:3310\"; empty for no scanning."`
	MaxSize   config.Size     `toml:"max_size" doc:"Messages above this size are not sent to clamd; keep it at or below its StreamMaxLength. Up to this much memory is needed for each message that is on its way, half as much again while it comes in."`
	Timeout   config.Duration `toml:"timeout" doc:"The longest that clamd may take."`
	Points    float64         `toml:"points" doc:"Points of an infected message."`
	OnFailure string          `toml:"on_failure" doc:"When clamd does not answer: \"skip\" scores without it, \"fail\" treats it as a failure of Sluice (the policy's on_failure)."`
}

// AuthenticationConfig is SPF, DKIM and DMARC.
type AuthenticationConfig struct {
	Enabled bool               `toml:"enabled" doc:"Check them. The outcomes are in the report as the hit AUTHENTICATION, worth nothing, and as hits of their own where they have points."`
	MaxSize config.Size        `toml:"max_size" doc:"Signatures of messages above this size are not verified, and then DMARC is not held against them. Up to this much memory is needed for each message that is on its way, half as much again while it comes in."`
	Points  map[string]float64 `toml:"points" doc:"Points of outcomes that differ from the default: SPF_FAIL (1.0), SPF_SOFTFAIL (0.5), DKIM_FAIL (0.3); DMARC_FAIL_REJECT (2.5), DMARC_FAIL_QUARANTINE (1.5) and DMARC_FAIL_NONE (0.2), by what the author's domain asks for; 0 by default are SPF_, DKIM_ and DMARC_PASS, _NONE and _PERMERROR, and SPF_NEUTRAL."`
	Observe bool               `toml:"observe" doc:"Record outcomes, do not add their points."`
}

// Default returns the configuration without a file.
func Default() Config {
	return Config{
		Scoring:  ViewConfig{MaxView: 1 << 20, Timeout: config.Duration(5e9)},
		Model:    ModelConfig{Strength: 1, Learned: 3},
		Campaign: defaultCampaign(),
		Resolver: ResolverConfig{Timeout: config.Duration(2e9), Cache: 100_000},
		Clamav:   ClamavConfig{MaxSize: 5 << 20, Timeout: config.Duration(4e9), Points: 20, OnFailure: "skip"},

		Authentication: AuthenticationConfig{MaxSize: 1 << 20},
	}
}

// defaultCampaign does not tag a message for its copies alone, unless there are
// some thirty: the same form may be sent by many.
func defaultCampaign() CampaignConfig {
	return CampaignConfig{
		Enabled:         true,
		Prints:          200_000,
		Windows:         []config.Duration{config.Duration(time.Hour), config.Duration(24 * time.Hour)},
		Copies:          10,
		Senders:         3,
		Points:          3,
		MaxPoints:       5,
		OneSenderCopies: 100,
		OneSenderPoints: 1.5,
	}
}
