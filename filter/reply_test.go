package filter

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sluice/policy"
	"sluice/policy/config"
)

// compileReply compiles a configuration with one reply, and returns the flow, nil
// if the reply is not taken.
func compileReply(t interface{ Fatalf(string, ...any) }, reason policy.Reason, text string) *policy.Flow {
	c := policy.Default()
	flow, known := c.Policies.Get("relayed")
	if !known {
		t.Fatalf("there is no policy relayed")
	}
	flow.Replies = map[policy.Reason]string{reason: text}
	c.Policies.Set("relayed", flow)
	var ps config.Problems
	rules := policy.Compile(c, "", &ps)
	if ps.Failed() {
		return nil
	}
	return rules.Flow("relayed")
}

// Every reply that a configuration may have is one that the wire sends: or else
// check would pass a text that no client ever sees.
func TestRepliesThatCompileAreSent(t *testing.T) {
	verdicts := map[byte]policy.Verdict{
		'4': {Action: policy.Tempfail, Reason: policy.ReasonScore},
		'5': {Action: policy.Reject, Reason: policy.ReasonScore},
	}
	taken := 0
	check := func(t interface{ Fatalf(string, ...any) }, text string) {
		flow := compileReply(t, policy.ReasonScore, text)
		if flow == nil {
			return
		}
		taken++
		reply := refusal(flow.Word(verdicts[text[0]], policy.Vars{Ref: "7F3K9QX2"}))
		if !reply.Valid() || !strings.HasPrefix(reply.Text, text[:len("550 5")]) {
			t.Fatalf("%q is taken, and sent as %q, valid %v", text, reply.Text, reply.Valid())
		}
	}
	for code := range 1000 {
		check(t, fmt.Sprintf("%03d %d.7.1 Text", code, code/100))
	}
	if want := 2 * 60; taken != want { // 400 to 459, 500 to 559
		t.Errorf("%d codes are taken, want %d", taken, want)
	}
	part := rapid.StringOf(rapid.RuneFrom([]rune("0123456789+-_ .x")))
	rapid.Check(t, func(r *rapid.T) {
		check(r, rapid.SampledFrom([]string{"4", "5"}).Draw(r, "class")+part.Draw(r, "code")+
			rapid.SampledFrom([]string{" 4", " 5", ""}).Draw(r, "enhanced class")+part.Draw(r, "enhanced")+
			rapid.SampledFrom([]string{" Text", " {ref}", ""}).Draw(r, "text"))
		check(r, rapid.StringMatching(`[45][0-9]{2} [45]\.[0-9]{1,4}\.[0-9]{1,4} [ -~]{0,9}`).Draw(r, "reply"))
	})
}
