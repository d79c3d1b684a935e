package policy

import (
	"sluice/policy/config"
)

// Config is the operator's view of policy: who is who, and what holds for them.
type Config struct {
	Mode     Mode                       `toml:"mode" doc:"The most that any policy does: \"observe\" decides and records everything and acts on nothing, whatever the policies say; \"off\" lets all mail pass unseen."`
	Groups   config.Tables[GroupConfig] `toml:"group" doc:"Sender groups, in order; the first that matches the client wins. Without any, a built-in set applies: authenticated, local (mail that the relay itself submits), private (networks), others."`
	Policies config.Tables[FlowConfig]  `toml:"policy" base:"direct" doc:"Mail flow policies. Built in: direct, relayed, authenticated, corporate, local (relayed without limits), blocked. One without inherits starts from direct."`
	Owners   config.Tables[OwnerConfig] `toml:"owner" doc:"Whose a domain is: mail in its name is for the owner's groups and logins alone, as far as the authorisation of policies says. A domain may have several owners, and any of them may use it."`
	Limits   config.Tables[LimitConfig] `toml:"limit" doc:"Limits on something else than the sender; a policy names those that apply."`
	Relays   config.Tables[RelayConfig] `toml:"relay" doc:"Incoming relays: hosts that pass on mail of others and say whose it is."`
}

// GroupConfig says who belongs to a sender group. All the kinds of condition
// that are given must hold, and of each kind one entry suffices; a group
// without any condition matches everybody.
type GroupConfig struct {
	Clients       []string `toml:"clients" doc:"Networks (203.0.113.0/24, 2001:db8::/32), addresses, ranges (203.0.113.5-203.0.113.9), verified PTR names (host.example.net, or .example.net for all below), \"local\" for mail without a network client, and \"file:PATH\" for a list with one entry a line."`
	Helo          []string `toml:"helo" doc:"HELO names: exact, or .example.net for all below, or \"file:PATH\"; no patterns."`
	Listeners     []string `toml:"listeners" doc:"The MTA's listener: its name ({daemon_name}) or its port ({daemon_port}), or \"file:PATH\"; no patterns."`
	TLS           *bool    `toml:"tls" doc:"Whether the connection is encrypted."`
	Authenticated *bool    `toml:"authenticated" doc:"Whether the client has logged in."`
	Logins        []string `toml:"logins" doc:"Logins, without regard to case: exact, or @example.net for all of a realm, or \"file:PATH\"; no patterns."`
	Policy        string   `toml:"policy" doc:"The mail flow policy of this group."`
}

// FlowConfig is a mail flow policy as it is written down.
type FlowConfig struct {
	Inherits string `toml:"inherits" doc:"The policy whose values hold where this one says nothing."`
	Mode     Mode   `toml:"mode" doc:"\"enforce\" acts, \"observe\" decides and records only, \"off\" lets the group's mail pass unseen."`

	Access      Access `toml:"access" doc:"\"relay\" (own customers) and \"accept\" (everybody else) let the client in, \"reject\" and \"tempfail\" refuse it."`
	DelayReject bool   `toml:"delay_reject" doc:"Refuse at RCPT rather than at connect, so that the reply reaches the customer and sender and recipients are on record."`

	Set        Set        `toml:"set" doc:"Score set: \"direct\", \"relayed\" or \"authenticated\"."`
	Reputation bool       `toml:"reputation" doc:"Whether blocklists and local reputation of the client's address count. They are never asked otherwise."`
	Bulk       Bulk       `toml:"bulk" doc:"What of this mail is meant to be sent in many copies, and so is no [campaign]: \"none\", \"lists\" (mail of mailing lists and newsletters, by its List- fields) or \"all\"."`
	Thresholds Thresholds `toml:"thresholds" doc:"Scores from which something is done; 0 for never."`

	Headers       Headers `toml:"headers" doc:"What is written into the message: \"full\" (verdict and report), \"verdict\", \"ref\" (the reference alone) or \"none\"."`
	SubjectPrefix string  `toml:"subject_prefix" doc:"Put before the subject of tagged messages; empty for nothing."`

	Key                Key         `toml:"key" doc:"How much of the client's address is one sender."`
	MaxConnections     int         `toml:"max_connections" doc:"Connections at once of one sender; 0 for any number. Taken at connect when the group is certain by then, else at the first MAIL; one that is refused stays so until it is closed."`
	MaxMessagesPerConn int         `toml:"max_messages_per_connection" doc:"Messages on one connection; 0 for any number."`
	MaxRecipients      int         `toml:"max_recipients_per_message" doc:"Recipients of one message; those beyond get a 4xx each. 0 for any number."`
	MaxSize            config.Size `toml:"max_message_size" doc:"Bytes of one message; 0 for any size."`
	Messages           Rates       `toml:"messages" doc:"Messages of one sender: \"100/1h\", one rate or several."`
	Recipients         Rates       `toml:"recipients" doc:"Recipients of one sender, over all messages."`
	Bytes              Rates       `toml:"bytes" doc:"Bytes of one sender: \"500M/1d\"."`
	Connections        Rates       `toml:"connections" doc:"Connections of one sender. Taken at connect when the group is certain by then, else at the first MAIL; one that is refused stays so until it is closed."`
	EnvelopeSenders    Rates       `toml:"envelope_senders" doc:"Different envelope senders of one sender; a +tag does not make a difference."`
	DistinctRecipients Rates       `toml:"distinct_recipients" doc:"Different recipients of one sender; a +tag does not make a difference."`
	Bounces            Rates       `toml:"bounces" doc:"Delivery reports of one sender, and whatever else has the null sender and is no automatic reply. Counted at the end of the message: before, nobody knows what it is."`
	AutoReplies        Rates       `toml:"auto_replies" doc:"Automatic replies of one sender: that somebody is away, or has read a message. Counted at the end of the message."`
	NullSender         NullSender  `toml:"null_sender" doc:"What becomes of mail with the null sender (<>), which bounces and automatic replies have: \"accept\", \"reports\" refuses at the end of the message what is none of these, \"reject\" and \"tempfail\" refuse all of it at RCPT."`
	Limits             []string    `toml:"limits" doc:"Further limits, by the name of their [limit.NAME] table."`

	Standing StandingConfig `toml:"standing" doc:"What a sender of this policy is known for over time, and what follows."`

	Authorisation AuthorisationConfig `toml:"authorisation" doc:"Which domains the policy's senders may write in the name of."`

	OnFailure      OnFailure         `toml:"on_failure" doc:"What becomes of mail when Sluice itself fails: \"accept\" or \"tempfail\"."`
	OnRelayFailure OnFailure         `toml:"on_relay_failure" doc:"What becomes of mail of an incoming relay that does not say whose it is: \"accept\" judges it as the relay's own, \"tempfail\" defers it."`
	Replies        map[Reason]string `toml:"replies" doc:"Reply texts by reason token, with code and enhanced code. Reasons: access, score, standing, null-sender (5xx, or 4xx where the policy defers), unauthorised (5xx, or 4xx if you write one), never-fits, message-size, forged-headers (5xx), limit, connections-at-once, messages-per-connection, recipients-per-message, relay-header, failure (4xx). access = \"550 5.7.1 Call the help desk ({reason}, ref {ref})\". Variables: {reason} (the token), {ref}, {client}, {sender}, {limit}, {wait}, {score}, {group}, {help}, {domain} (that is not the sender's). What a text lacks of {reason} and {ref} is put behind it, for every reply has both."`
}

// Thresholds are the scores from which an action is taken; 0 is never.
type Thresholds struct {
	Tag        float64 `toml:"tag" doc:"Deliver with the verdict in the headers and the subject prefix."`
	Quarantine float64 `toml:"quarantine" doc:"Hold in the MTA's quarantine (Postfix: the hold queue)."`
	Tempfail   float64 `toml:"tempfail" doc:"Refuse for now, with 451."`
	Reject     float64 `toml:"reject" doc:"Refuse for good, with 550."`
	Discard    float64 `toml:"discard" doc:"Accept and throw away: nobody is told."`
}

// LimitConfig is a limit of its own.
type LimitConfig struct {
	Count Count `toml:"count" doc:"What is counted: \"messages\", \"recipients\", \"bytes\", \"connections\", \"envelope_senders\", \"distinct_recipients\", \"bounces\" or \"auto_replies\"."`
	Per   Per   `toml:"per" doc:"Whose budget it is: \"sender\", \"client\" (its network, whoever logs in), \"login\", \"envelope_sender\", \"sender_domain\", \"recipient_domain\" or \"group\" (the group as a whole)."`
	Rate  Rates `toml:"rate" doc:"\"100/1h\", optionally with \"burst=20\", one rate or several."`
	Mode  Mode  `toml:"mode" doc:"\"enforce\", \"observe\" or \"off\"."`
}

// RelayConfig is an incoming relay: which hosts it is, and how it says who the
// true client is.
type RelayConfig struct {
	Clients []string `toml:"clients" doc:"The relay's own addresses and networks, as in a group; no names."`
	Hop     int      `toml:"hop" doc:"Take the client from the Received header of this number, counted from the top; 1 is the one that the relay itself wrote."`
	Header  string   `toml:"header" doc:"Take the client from this header instead."`
	Match   string   `toml:"match" doc:"The address follows this text in the header; default \"[\" for Received."`
}

// Access is whether a client may send at all.
type Access uint8

const (
	AccessRelay Access = iota
	AccessAccept
	AccessReject
	AccessTempfail
)

var accessNames = [...]string{"relay", "accept", "reject", "tempfail"}

func (a Access) String() string { return accessNames[a] }

// UnmarshalText reads the name of an access.
func (a *Access) UnmarshalText(text []byte) error { return unmarshalName(a, accessNames[:], text) }

// Set is the context in which a message is scored.
type Set uint8

const (
	Direct        Set = iota // from anywhere: the client's reputation may count
	Relayed                  // from our own network: it does not
	Authenticated            // from a login: nor here
)

var setNames = [...]string{"direct", "relayed", "authenticated"}

func (s Set) String() string { return setNames[s] }

// UnmarshalText reads the name of a score set.
func (s *Set) UnmarshalText(text []byte) error { return unmarshalName(s, setNames[:], text) }

// Bulk is what of a policy's mail is meant to be sent in many copies.
type Bulk uint8

const (
	BulkNone  Bulk = iota
	BulkLists      // mail of lists
	BulkAll
)

var bulkNames = [...]string{"none", "lists", "all"}

func (b Bulk) String() string { return bulkNames[b] }

// UnmarshalText reads the name of a bulk setting.
func (b *Bulk) UnmarshalText(text []byte) error { return unmarshalName(b, bulkNames[:], text) }

// Headers is how much is written into a message.
type Headers uint8

const (
	HeadersFull Headers = iota
	HeadersVerdict
	HeadersRef
	HeadersNone
)

var headersNames = [...]string{"full", "verdict", "ref", "none"}

func (h Headers) String() string { return headersNames[h] }

// UnmarshalText reads the name of a headers setting.
func (h *Headers) UnmarshalText(text []byte) error { return unmarshalName(h, headersNames[:], text) }

// OnFailure is what becomes of mail when something that should decide cannot.
type OnFailure uint8

const (
	FailAccept OnFailure = iota
	FailTempfail
)

var onFailureNames = [...]string{"accept", "tempfail"}

func (f OnFailure) String() string { return onFailureNames[f] }

// UnmarshalText reads the name of a failure setting.
func (f *OnFailure) UnmarshalText(text []byte) error {
	return unmarshalName(f, onFailureNames[:], text)
}

// Count is what a limit counts.
type Count uint8

const (
	CountMessages Count = iota
	CountRecipients
	CountBytes
	CountConnections
	CountEnvelopeSenders
	CountDistinctRecipients
	CountBounces
	CountAutoReplies
)

var countNames = [...]string{"messages", "recipients", "bytes", "connections", "envelope_senders", "distinct_recipients", "bounces", "auto_replies"}

func (c Count) String() string { return countNames[c] }

// UnmarshalText reads the name of what is counted.
func (c *Count) UnmarshalText(text []byte) error { return unmarshalName(c, countNames[:], text) }

// Per is whose budget a limit is.
type Per uint8

const (
	PerSender Per = iota
	PerClient
	PerLogin
	PerEnvelopeSender
	PerSenderDomain
	PerRecipientDomain
	PerGroup
)

var perNames = [...]string{"sender", "client", "login", "envelope_sender", "sender_domain", "recipient_domain", "group"}

func (p Per) String() string { return perNames[p] }

// personal says whether the budget is that of one sender, and not shared.
func (p Per) personal() bool { return p == PerSender || p == PerClient || p == PerLogin }

// UnmarshalText reads the name of whose budget it is.
func (p *Per) UnmarshalText(text []byte) error { return unmarshalName(p, perNames[:], text) }
