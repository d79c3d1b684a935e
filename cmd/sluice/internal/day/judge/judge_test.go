package judge

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// events are: a flooding host (1 and 2 are its owner's mail, before and after it
// began), a list host behind IPv6 that uses two addresses, a stolen login, and
// four honest senders.
const events = `
{"time":"2026-11-26T08:00:00.000Z","ref":"00000001","client":{"addr":"100.64.0.1"},"from":"a@home.example","rcpts":["x@a.example"],"label":"honest:human"}
{"time":"2026-11-26T09:00:00.000Z","ref":"0000000A","client":{"addr":"100.64.0.1"},"from":"a@home.example","rcpts":["x@a.example","y@a.example"],"label":"spam:flood"}
{"time":"2026-11-26T09:00:10.000Z","ref":"0000000B","client":{"addr":"100.64.0.1"},"from":"a@home.example","rcpts":["x@a.example"],"label":"spam:flood"}
{"time":"2026-11-26T09:00:20.000Z","ref":"0000000C","client":{"addr":"100.64.0.1"},"from":"a@home.example","rcpts":["x@a.example","y@a.example","z@a.example"],"label":"spam:flood"}
{"time":"2026-11-26T09:01:00.000Z","ref":"00000002","client":{"addr":"100.64.0.1"},"from":"a@home.example","rcpts":["x@a.example"],"label":"honest:human"}
{"time":"2026-11-26T10:00:00.000Z","ref":"0000000D","client":{"addr":"2001:db8:40::1"},"from":"b@home.example","rcpts":["1@a.example","2@a.example","3@a.example","4@a.example"],"label":"spam:list"}
{"time":"2026-11-26T10:00:00.000Z","ref":"0000000E","client":{"addr":"2001:db8:40::2"},"from":"b@home.example","rcpts":["1@a.example","2@a.example"],"label":"spam:list"}
{"time":"2026-11-26T11:00:00.000Z","ref":"0000000F","client":{"addr":"10.200.0.1","auth":"bob"},"from":"b@b.example","rcpts":["x@a.example"],"label":"spam:stolen"}
{"time":"2026-11-26T12:00:00.000Z","ref":"00000003","client":{"addr":"100.64.0.3"},"from":"c@home.example","rcpts":["x@a.example"],"label":"honest:human"}
{"time":"2026-11-26T12:00:01.000Z","ref":"00000004","client":{"addr":"100.64.0.3"},"from":"c@home.example","rcpts":["x@a.example","y@a.example"],"label":"honest:secretary"}
{"time":"2026-11-26T12:00:02.000Z","ref":"00000005","client":{"addr":"100.64.0.5"},"from":"d@home.example","rcpts":["x@a.example"],"label":"honest:human"}
{"time":"2026-11-26T12:00:03.000Z","ref":"00000006","client":{"addr":"100.64.0.6"},"from":"e@home.example","rcpts":["x@a.example"],"label":"honest:human"}
{"time":"2026-11-26T12:00:04.000Z","ref":"00000007","client":{"addr":"100.64.0.3","auth":"carl"},"from":"f@home.example","rcpts":["x@a.example"],"label":"honest:submission"}
{"time":"2026-11-26T12:00:05.000Z","ref":"00000008","client":{"addr":"100.64.0.6"},"from":"e@home.example","rcpts":["x@a.example"],"label":"honest:human"}
`

// records, by the events:
// A leaks 1 of 2, B is tagged and leaks 1, C meets the block after 20 s;
// D is observed, so all 4 leak, E is rejected for its score;
// F is in quarantine, and its login is restricted;
// 2 suffers for its host, 3 comes through, of 4 one recipient is deferred;
// 5 is rejected for its score, 6 is held, 7 blocked by mistake; 8 has no record.
const records = `
{"time":"2026-11-26T08:00:00.000Z","ref":"00000001","sender":"s","rcpts":["x@a.example"],"rcpts_total":1,"rcpts_refused":0,"standing":"clean","verdict":{"action":"accept","reason":"score"},"applied":"accept","mode":"enforce"}
{"time":"2026-11-26T09:00:00.000Z","ref":"0000000A","sender":"s","rcpts":["x@a.example"],"rcpts_total":2,"rcpts_refused":1,"refused":[{"code":451,"reason":"limit"}],"standing":"clean","verdict":{"action":"accept","reason":"score"},"applied":"accept","mode":"enforce"}
{"time":"2026-11-26T09:00:10.000Z","ref":"0000000B","sender":"s","rcpts":["x@a.example"],"rcpts_total":1,"rcpts_refused":0,"standing":"watched","verdict":{"action":"tag","reason":"score"},"applied":"tag","mode":"enforce"}
{"time":"2026-11-26T09:00:20.000Z","ref":"0000000C","sender":"s","rcpts":[],"rcpts_total":3,"rcpts_refused":3,"standing":"blocked","verdict":{"action":"reject","reason":"standing"},"applied":"reject","mode":"enforce"}
{"time":"2026-11-26T09:01:00.000Z","ref":"00000002","sender":"s","rcpts":[],"rcpts_total":1,"rcpts_refused":1,"standing":"blocked","verdict":{"action":"reject","reason":"standing"},"applied":"reject","mode":"enforce"}
{"time":"2026-11-26T10:00:00.000Z","ref":"0000000D","sender":"s","rcpts":["1@a.example"],"rcpts_total":4,"rcpts_refused":3,"refused":[{"code":451,"reason":"limit"}],"verdict":{"action":"reject","reason":"limit"},"applied":"accept","mode":"observe"}
{"time":"2026-11-26T10:00:00.000Z","ref":"0000000E","sender":"s","rcpts":["1@a.example","2@a.example"],"rcpts_total":2,"rcpts_refused":0,"verdict":{"action":"reject","reason":"score"},"applied":"reject","mode":"enforce"}
{"time":"2026-11-26T11:00:00.000Z","ref":"0000000F","sender":"s","rcpts":["x@a.example"],"rcpts_total":1,"rcpts_refused":0,"standing":"restricted","verdict":{"action":"quarantine","reason":"score"},"applied":"quarantine","mode":"enforce"}
{"time":"2026-11-26T12:00:00.000Z","ref":"00000003","sender":"s","rcpts":["x@a.example"],"rcpts_total":1,"rcpts_refused":0,"standing":"clean","verdict":{"action":"accept","reason":"score"},"applied":"accept","mode":"enforce"}
{"time":"2026-11-26T12:00:01.000Z","ref":"00000004","sender":"s","rcpts":["x@a.example"],"rcpts_total":2,"rcpts_refused":1,"refused":[{"code":451,"reason":"limit"}],"standing":"clean","verdict":{"action":"accept","reason":"score"},"applied":"accept","mode":"enforce"}
{"time":"2026-11-26T12:00:02.000Z","ref":"00000005","sender":"s","rcpts":["x@a.example"],"rcpts_total":1,"rcpts_refused":0,"standing":"clean","verdict":{"action":"reject","reason":"score"},"applied":"reject","mode":"enforce"}
{"time":"2026-11-26T12:00:03.000Z","ref":"00000006","sender":"s","rcpts":["x@a.example"],"rcpts_total":1,"rcpts_refused":0,"standing":"clean","verdict":{"action":"quarantine","reason":"score"},"applied":"quarantine","mode":"enforce"}
{"time":"2026-11-26T12:00:04.000Z","ref":"00000007","sender":"s","rcpts":[],"rcpts_total":1,"rcpts_refused":0,"standing":"blocked","verdict":{"action":"tempfail","reason":"standing"},"applied":"tempfail","mode":"enforce"}
{"time":"2026-11-26T12:00:05.000Z","ref":"ZZZZZZZZ","sender":"s","rcpts":[],"rcpts_total":0,"rcpts_refused":0,"verdict":{"action":"reject","reason":"access"},"applied":"reject","mode":"enforce"}
`

// answer is worked out by hand.
var answer = Report{
	Events: 14, Missing: 1, Unknown: 1,
	Infected: []Infected{
		{Kind: "flood", Hosts: 1, Found: 1, Blocked: 1, Sent: only(6), Leaked: only(2), LeakedMails: only(2), Seconds: &Spread{20, 20, 20}},
		{Kind: "list", Hosts: 1, Sent: only(6), Leaked: only(4), LeakedMails: only(1)},
		{Kind: "stolen", Hosts: 1, Found: 1, Sent: only(1)},
		{Kind: "all", Hosts: 3, Found: 2, Blocked: 1, Sent: only(6), Leaked: Spread{2, 4, 4}, LeakedMails: Spread{1, 2, 2}, Seconds: &Spread{20, 20, 20}},
	},
	Honest: []Honest{
		{Kind: "human", Senders: 4, Messages: 5, Refused: 1, Touched: 1, OneIn: 4, ScoreOnly: 1, Held: 1},
		{Kind: "secretary", Senders: 1, Messages: 1, Deferred: 1, Touched: 1, OneIn: 1},
		{Kind: "submission", Senders: 1, Messages: 1, Deferred: 1, Touched: 1, OneIn: 1, Blocked: 1},
		{Kind: "all", Senders: 5, Messages: 7, Deferred: 2, Refused: 1, Touched: 3, OneIn: 1, ScoreOnly: 1, Held: 1, Blocked: 1},
		{Kind: "owner", Senders: 1, Messages: 1, Refused: 1, Touched: 1, OneIn: 1, Blocked: 1},
	},
	NotFound: []Example{{"list", "ip:2001:db8:40::/64", "0000000E"}},
	Touched: []Example{
		{"human", "ip:100.64.0.5", "00000005"},
		{"secretary", "ip:100.64.0.3", "00000004"},
		{"submission", "login:carl", "00000007"},
	},
}

func only(n int) Spread { return Spread{n, n, n} }

func report(t *testing.T, events, records string) *Report {
	t.Helper()
	truth, err := ReadEvents(strings.NewReader(events))
	if err != nil {
		t.Fatal(err)
	}
	if err := truth.ReadRecords(strings.NewReader(records)); err != nil {
		t.Fatal(err)
	}
	return truth.Report()
}

func TestKnownAnswer(t *testing.T) {
	lines := strings.Split(records, "\n")
	for name, records := range map[string]string{"in order": records, "backwards": strings.Join(reversed(lines), "\n")} {
		got := report(t, events, records)
		if !reflect.DeepEqual(*got, answer) {
			g, _ := json.Marshal(got)
			w, _ := json.Marshal(answer)
			t.Errorf("%s:\n%s\nwant\n%s", name, g, w)
		}
	}
}

func reversed(lines []string) []string {
	var back []string
	for i := range lines {
		back = append(back, lines[len(lines)-1-i])
	}
	return back
}

func TestTable(t *testing.T) {
	const want = `
  infected  hosts  found  blocked  sent  leaked  p95  max  messages  p95  time to block  p95
     flood      1      1        1     6       2    2    2         2    2            20s  20s
      list      1      0        0     6       4    4    4         1    1              -    -
    stolen      1      1        0     1       0    0    0         0    0              -    -
       all      3      2        1     6       2    4    4         1    2            20s  20s

      honest  senders  messages  deferred  refused  either  one in  score only  held  restricted  blocked
       human        4         5         0        1       1       4           1     1           0        0
   secretary        1         1         1        0       1       1           0     0           0        0
  submission        1         1         1        0       1       1           0     0           0        1
         all        5         7         2        1       3       1           1     1           0        1
       owner        1         1         0        1       1       1           0     0           0        1

14 events, 1 without a record; 1 records without an event
  not found  list  ip:2001:db8:40::/64  0000000E
  touched       human  ip:100.64.0.5  00000005
  touched   secretary  ip:100.64.0.3  00000004
  touched  submission     login:carl  00000007
`
	var b strings.Builder
	if err := answer.WriteTable(&b, true); err != nil {
		t.Fatal(err)
	}
	if b.String() != want[1:] {
		t.Errorf("%s\nwant%s", b.String(), want)
	}
}

func TestNothingHappened(t *testing.T) {
	var b strings.Builder
	if err := report(t, "", "").WriteTable(&b, true); err != nil || !strings.Contains(b.String(), "0 events") {
		t.Errorf("%v: %s", err, b.String())
	}
}

func TestSpread(t *testing.T) {
	twenty := make([]int, 20)
	for i := range twenty {
		twenty[i] = 20 - i
	}
	for _, c := range []struct {
		values []int
		want   Spread
	}{{nil, Spread{}}, {[]int{7}, only(7)}, {[]int{9, 1}, Spread{1, 9, 9}}, {twenty, Spread{10, 19, 20}}} {
		if got := spread(c.values); got != c.want {
			t.Errorf("%v: %v, not %v", c.values, got, c.want)
		}
	}
}

func TestBadEvents(t *testing.T) {
	const good = `{"time":"2026-11-26T08:00:00.000Z","ref":"00000001","client":{"addr":"100.64.0.1"},"label":"honest:human"}`
	for want, line := range map[string]string{
		"line 2: ref 00000001 was there":  good,
		"line 2: earlier":                 strings.Replace(good, "08:00", "07:59", 1),
		`"0000001" has not 8`:             strings.Replace(good, "00000001", "0000001", 1),
		"'U' is no letter":                strings.Replace(good, "00000001", "0000000U", 1),
		`label "ham" is neither`:          strings.NewReplacer("honest:human", "ham", "00000001", "00000002").Replace(good),
		"unable to parse IP":              strings.NewReplacer("100.64.0.1", "", "00000001", "00000002").Replace(good),
		"line 2: unexpected end of JSON":  good[:50],
		"after line 1: bufio.Scanner: to": strings.Repeat(" ", maxLine) + good,
	} {
		if _, err := ReadEvents(strings.NewReader(good + "\n" + line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}

func TestBadRecords(t *testing.T) {
	for want, line := range map[string]string{"line 1: ref": `{}`, "line 1: invalid": `x`} {
		if err := new(Truth).ReadRecords(strings.NewReader(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}
