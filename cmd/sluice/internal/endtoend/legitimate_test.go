package endtoend

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"sluice/filter/journal"
)

// dynamicZone is a blocklist of dynamic address space, on which every
// subscriber is, whatever they send.
const dynamicZone = "dynamic.bl.example"

// legitimateConfig is a relay with subscribers in 127.0.0.0/8 whose policy
// inherits the one given. The blocklist is worth what the operators of the
// filter that this is about had it worth: more than the tag threshold.
const legitimateConfig = `
[group.subscribers]
clients = ["127.0.0.0/8"]
policy  = "subscribers"

[policy.subscribers]
inherits       = %q
subject_prefix = "[spam?]"
thresholds     = { tag = 4.0, reject = 0.0 }

[blocklist.dynamic]
zone   = %q
points = 4.5
policy = true
`

// TestLegitimateMail is the failure from which Sluice began: a filter that held
// the subscribers' dynamic addresses against them flagged two of three
// legitimate messages. The same messages of the same clients pass when the
// group is relayed, and the blocklist is not asked.
func TestLegitimateMail(t *testing.T) {
	eachServer(t, nil, func(t *testing.T, l *lab) {
		t.Run("reputation on", func(t *testing.T) {
			total, flagged := l.sendLegitimate(t, "direct")
			t.Logf("%d of %d legitimate messages are flagged", flagged, total)
			if flagged*3 < total*2 {
				t.Errorf("%d of %d flagged, want two thirds: the test shows nothing", flagged, total)
			}
		})
		t.Run("relayed", func(t *testing.T) {
			total, flagged := l.sendLegitimate(t, "relayed")
			if flagged > 0 {
				t.Errorf("%d of %d legitimate messages are flagged, want none", flagged, total)
			}
			if asked := l.dns.Queries(); len(asked) > 0 {
				t.Errorf("the name server was asked for %q", asked)
			}
			for _, m := range l.sink.Messages() {
				if verdict := m.Header("X-Sluice-Verdict"); len(verdict) != 1 || !strings.HasPrefix(verdict[0], "accept;") {
					t.Errorf("X-Sluice-Verdict %q of %q", verdict, m.Header("Subject"))
				}
			}
		})
	})
}

// sendLegitimate sends every message of testdata/mail/legitimate from a listed
// address of its own, and counts those that are flagged: by the record, and
// with the prefix at the sink.
func (l *lab) sendLegitimate(t *testing.T, policy string) (total, flagged int) {
	e := legitimateExample(t, policy)
	l.run(t, &e)
	if t.Failed() {
		t.FailNow()
	}
	lines, err := l.records()
	must(t, err)
	for line := range strings.Lines(lines) {
		var r journal.Record
		must(t, json.Unmarshal([]byte(line), &r))
		total++
		if r.Verdict.Action != "accept" {
			t.Logf("%s: %s, score %g of %v", r.MessageID, r.Verdict.Action, r.Score, r.Hits)
			flagged++
		}
	}
	prefixed := 0
	for _, m := range l.sink.Messages() {
		if strings.HasPrefix(m.Header("Subject")[0], "[spam?]") {
			prefixed++
		}
	}
	if sent := len(l.sink.Messages()); total != sent || prefixed != flagged {
		t.Errorf("%d records, %d of them flagged; at the sink %d, %d of them", total, flagged, sent, prefixed)
	}
	return total, flagged
}

// legitimateExample is a case with all legitimate messages.
func legitimateExample(t *testing.T, policy string) example {
	files, err := filepath.Glob(filepath.Join(testdata, "mail", "legitimate", "*.eml"))
	must(t, err)
	if len(files) == 0 {
		t.Fatal("there is no legitimate mail")
	}
	var answers strings.Builder
	e := example{shows: "legitimate mail, " + policy, configs: []string{fmt.Sprintf(legitimateConfig, policy, dynamicZone)}}
	for i, file := range files {
		addr := netip.AddrFrom4([4]byte{127, 0, 0, byte(100 + i)})
		fmt.Fprintf(&answers, "%d.0.0.127.%s 127.0.0.10\n", 100+i, dynamicZone)
		for _, text := range []string{
			fmt.Sprintf("client %s pc%d.home.example", addr, i),
			"> MAIL FROM:<subscriber@home.example> BODY=8BITMIME", "< 250",
			"> RCPT TO:<somebody@elsewhere.example>", "< 250",
			"> DATA", "< 354",
			"message legitimate/" + filepath.Base(file), ".", "< 250",
		} {
			e.dialogue = append(e.dialogue, line{number: i, text: text})
		}
	}
	e.sections = map[string]string{"dns": answers.String()}
	return e
}
