package notify

import (
	"time"

	"sluice/policy/config"
)

// Config is the operator's view of notices.
type Config struct {
	Operator     []string        `toml:"operator" doc:"Mail addresses that are told with all evidence; empty for nobody."`
	From         string          `toml:"from" doc:"Who the mail is from, and where answers go: \"Mail desk <abuse@isp.example>\"; empty for sluice@ and the name of this machine. The envelope sender is always empty: nobody answers a notice automatically."`
	Organization string          `toml:"organization" doc:"Who signs the mail to customers and reports the abuse; empty for the domain of from."`
	Mail         string          `toml:"mail" doc:"How mail leaves: \"smtp:HOST:PORT\" for the local MTA, unencrypted; \"sendmail\" for /usr/sbin/sendmail, which works only where Sluice may gain privileges and write to the queue (under the shipped systemd unit it may not); empty for not at all."`
	Webhook      string          `toml:"webhook" doc:"URL that every notice is posted to as JSON; empty for none."`
	SecretFile   string          `toml:"webhook_secret_file" doc:"File with the key that signs what is posted: X-Sluice-Signature is t=UNIX-TIME,v1=HEX, the HMAC-SHA256 of the time, a dot and the body. Empty for no signature."`
	Command      []string        `toml:"command" doc:"Program and arguments, run for every notice with the JSON on standard input; no shell. With exit status 75 it is run again later. Empty for none."`
	Stages       []string        `toml:"stages" doc:"Changes that are told: those to \"blocked\", \"restricted\", \"probation\", \"watched\" and \"clean\", and \"released\" for the end of a block."`
	Customer     bool            `toml:"customer" doc:"Tell customers as well that their mail is blocked, restricted or accepted again, where an address is known; never while a policy only observes."`
	Customers    string          `toml:"customers" doc:"Addresses of customers, \"file:PATH\" with one \"KEY ADDRESS\" a line, separated by white space or a comma. KEY is a sender (\"ip:203.0.113.7\"), a network (the longest prefix holds), a login (\"bob@example.net\") or the logins of a realm (\"@example.net\"). Read again when it changes."`
	PerSender    config.Duration `toml:"per_sender" doc:"At most one notice for the worse and one for the better of a sender in this time, unless it is for a harsher stage, or a block at least twice as long, than the last one; 0s for all."`
	PerHour      int             `toml:"per_hour" doc:"Notices altogether in an hour; those beyond are gathered into one digest for the operator at its end, and their customers are not told."`
	ReleaseURL   string          `toml:"release_url" doc:"Where customers and operators reach the page at listen.release, without what follows the path: \"https://relay.isp.example/release\"; the link in a notice is that with a signed token. Empty for no link."`
	ReleaseFor   config.Duration `toml:"release_for" doc:"How long a release link can be used."`
	Templates    string          `toml:"templates" doc:"Directory with own texts in place of the built-in ones: operator.txt, customer.txt, digest.txt (Go's text/template), each with \"Subject: ...\" in its first line and an empty second one. Empty for the built-in ones."`
	Timeout      config.Duration `toml:"timeout" doc:"The longest that one attempt to mail, post or run the command may take."`
}

// Default returns the configuration without a file: blocks and their end are
// told, as soon as there is somebody to tell.
func Default() Config {
	return Config{
		Mail:       "smtp:127.0.0.1:25",
		Stages:     []string{Blocked, Released},
		PerSender:  config.Duration(6 * time.Hour),
		PerHour:    60,
		ReleaseFor: config.Duration(7 * 24 * time.Hour),
		Timeout:    config.Duration(30 * time.Second),
	}
}
