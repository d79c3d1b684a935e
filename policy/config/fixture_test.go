package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// fixture has a field of every sort that a configuration may have.
type fixture struct {
	Common
	Listen   listenConfig        `toml:"listen" doc:"Where it listens."`
	Groups   Tables[groupConfig] `toml:"group" doc:"Sender groups, in order."`
	Policies Tables[flowConfig]  `toml:"policy" base:"direct" doc:"Mail flow policies."`
	Scoring  scoringConfig       `toml:"scoring" doc:"What rules are worth."`
	Compiled int                 // no `toml` tag: not part of the configuration
}

// Common is inlined: its keys stand at the top of the file.
type Common struct {
	Mode mode `toml:"mode" doc:"\"enforce\", \"observe\" or \"off\"."`
}

type listenConfig struct {
	Milter  []string `toml:"milter" doc:"Sockets for MTAs: \"unix:/PATH\" or \"inet:HOST:PORT\"."`
	Backlog uint8    `toml:"backlog" doc:"Connections that wait."`
	Timeout Duration `toml:"timeout" doc:"The longest silence."`
	MaxView Size     `toml:"max_view" doc:"Bytes of a message that are looked at."`
}

type groupConfig struct {
	Clients []string `toml:"clients" doc:"Networks."`
	TLS     *bool    `toml:"tls" doc:"Whether the connection is encrypted."`
	Policy  string   `toml:"policy" doc:"The mail flow policy."`
}

type flowConfig struct {
	Inherits   string            `toml:"inherits" doc:"The policy whose values hold where this one says nothing."`
	Mode       mode              `toml:"mode" doc:"What it does."`
	Delay      bool              `toml:"delay_reject" doc:"Refuse at RCPT."`
	Max        int               `toml:"max_recipients" doc:"Recipients of one message."`
	Recipients rates             `toml:"recipients" doc:"Recipients of one sender."`
	Thresholds thresholds        `toml:"thresholds" doc:"Scores from which something is done."`
	Replies    map[reason]string `toml:"replies" doc:"Reply texts by reason token."`
}

type thresholds struct {
	Tag    float64 `toml:"tag" doc:"Deliver with a mark."`
	Reject float64 `toml:"reject" doc:"Refuse for good."`
}

type scoringConfig struct {
	Points map[string]float64 `toml:"points" doc:"Points of rules."`
	Ports  []int              `toml:"ports" doc:"Ports that are watched."`
}

// mode reads itself and prints itself, and has no MarshalText.
type mode uint8

var modes = []string{"enforce", "observe", "off"}

func (m mode) String() string { return modes[m] }

func (m *mode) UnmarshalText(text []byte) error {
	i := slices.Index(modes, string(text))
	if i < 0 {
		return fmt.Errorf("%q is none of %q", text, modes)
	}
	*m = mode(i)
	return nil
}

// rate is text with a slash, and has a name.
type rate struct {
	Amount, Window string
}

type rates []rate

func (rate) TypeName() string { return "rate" }

func (r *rate) UnmarshalText(text []byte) error {
	var ok bool
	if r.Amount, r.Window, ok = strings.Cut(string(text), "/"); !ok {
		return fmt.Errorf("%q is no rate (write 100/1h)", text)
	}
	return nil
}

func (r rate) MarshalText() ([]byte, error) { return []byte(r.Amount + "/" + r.Window), nil }

// reason is a key of a map that only some words fit.
type reason string

var errReason = errors.New("no such reason")

func (r *reason) UnmarshalText(text []byte) error {
	if strings.ToLower(string(text)) != string(text) {
		return errReason
	}
	*r = reason(text)
	return nil
}

// defaults has the built-in policies direct and relayed.
func defaults() fixture {
	c := fixture{Listen: listenConfig{
		Milter: []string{"inet:127.0.0.1:8891"}, Backlog: 16,
		Timeout: Duration(10 * time.Minute), MaxView: 1 << 20,
	}}
	c.Policies.Set("direct", flowConfig{Max: 50, Recipients: rates{{"100", "1h"}}, Thresholds: thresholds{Tag: 4, Reject: 12}})
	c.Policies.Set("relayed", flowConfig{Max: 20, Delay: true, Replies: map[reason]string{"score": "550 5.7.1 No"}})
	return c
}

// read reads a document over the defaults.
func read(document string) (fixture, *File, []Problem) {
	c, ps := defaults(), Problems{}
	f := Read("sluice.toml", []byte(document), &c, &ps)
	return c, f, ps.All()
}

// mustRead reads a document without problems.
func mustRead(t *testing.T, document string) (fixture, *File) {
	t.Helper()
	c, f, problems := read(document)
	for _, p := range problems {
		t.Error(p)
	}
	return c, f
}
