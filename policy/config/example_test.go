package config_test

import (
	"fmt"
	"os"

	"sluice/policy/config"
)

func Example() {
	type flow struct {
		Inherits string `toml:"inherits" doc:"The policy to start from."`
		Max      int    `toml:"max_recipients" doc:"Recipients of one message."`
	}
	type settings struct {
		Timeout  config.Duration     `toml:"timeout" doc:"The longest silence."`
		Policies config.Tables[flow] `toml:"policy" doc:"Mail flow policies."`
	}
	document := `
timeout = "5 minutes"
[policy.home]
inherits = "relayd"
max_recipients = 20
`
	var s settings
	s.Policies.Set("relayed", flow{Max: 50})

	var problems config.Problems
	file := config.Read("sluice.toml", []byte(document), &s, &problems)
	if home, _ := s.Policies.Get("home"); home.Max < 50 {
		problems.Warnf("policy.home.max_recipients", "", "%d is not much", home.Max)
	}
	file.Locate(&problems)
	for _, p := range problems.All() {
		fmt.Println(p)
	}
	_ = config.Describe(os.Stdout, s)

	// Output:
	// sluice.toml:2: timeout: "5 minutes" is no time span (a number with a unit: 30s, 10m, 1h, 1d, 1w)
	// sluice.toml:4: policy.home.inherits: there is no policy "relayd" (did you mean relayed?)
	// sluice.toml:5: warning: policy.home.max_recipients: 20 is not much
	// timeout (duration, default "0s")
	//     The longest silence.
	//
	// policy.NAME (named table)
	//     Mail flow policies.
	//
	// policy.NAME.inherits (text, default "")
	//     The policy to start from.
	//
	// policy.NAME.max_recipients (whole number, default 0)
	//     Recipients of one message.
}
