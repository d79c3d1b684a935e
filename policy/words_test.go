package policy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Words that no client can have are errors, each with what to write instead.
func TestWordsThatCanNeverMatch(t *testing.T) {
	for name, c := range map[string]struct {
		group GroupConfig
		want  string
	}{
		"HELO with a star for below": {GroupConfig{Helo: []string{"pc", "*.dyn.example"}}, `group.g.helo[1]: "*.dyn.example" is no pattern: words are compared as they are (write .dyn.example for all names below)`},
		"HELO with a star":           {GroupConfig{Helo: []string{"dyn*"}}, `group.g.helo[0]: "dyn*" is no pattern: words are compared as they are (write .example.net for all names below)`},
		"HELO of two":                {GroupConfig{Helo: []string{"foo bar"}}, `group.g.helo[0]: "foo bar" is more than one word (write each in quotes of its own, in a file one a line)`},
		"network for HELO":           {GroupConfig{Helo: []string{"10.0.0.0/8"}}, `group.g.helo[0]: "10.0.0.0/8" is no HELO name (networks stand in clients)`},
		"HELO of all sorts":          {GroupConfig{Helo: []string{"PC", "[192.0.2.1]", "192.0.2.1", ".example.net", "foo_bar", "localhost.localdomain"}}, ``},
		"listeners of two":           {GroupConfig{Listeners: []string{"smtp,587"}}, `group.g.listeners[0]: "smtp,587" is more than one word (write each in quotes of its own, in a file one a line)`},
		"listener with a star":       {GroupConfig{Listeners: []string{"smtp*"}}, `group.g.listeners[0]: "smtp*" is no pattern: words are compared as they are (write each name or port)`},
		"port too large":             {GroupConfig{Listeners: []string{"65536"}}, `group.g.listeners[0]: "65536" is no port (between 1 and 65535)`},
		"port 0":                     {GroupConfig{Listeners: []string{"0"}}, `group.g.listeners[0]: "0" is no port (between 1 and 65535)`},
		"port with a zero before":    {GroupConfig{Listeners: []string{"025"}}, `group.g.listeners[0]: "025" is compared as it is (write 25)`},
		"listeners of all sorts":     {GroupConfig{Listeners: []string{"65535", "1", "MTA-v4", "mx.example.net", "25x"}}, ``},
		"login with a star":          {GroupConfig{Logins: []string{"bob*"}}, `group.g.logins[0]: "bob*" is no pattern: words are compared as they are (write @example.net for all logins of a realm)`},
		"logins of all sorts":        {GroupConfig{Logins: []string{"bob", "Bob Miller", "@example.net", `corp\bob`, "a+b@example.net"}}, ``},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, strings.Join(problems(withGroups(ofGroup("g", c.group)), ""), "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}
