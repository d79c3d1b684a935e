package journal

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// contract is a record as scripts read it: it may only grow.
const contract = `{"time":"2026-05-04T12:00:00.000Z","ref":"7F3K9QX2","queue_id":"4Xk1","message_id":"<1@example.net>",` +
	`"listener":"smtp","stage":"end","client":{"addr":"203.0.113.7","port":4711,"name":"h7.dyn.example.net","verified":true,` +
	`"helo":"PC","auth":"bob","tls":"TLSv1.3","relay":"198.51.100.4"},"sender":"login:bob","group":"home","match":"203.0.113.0/20",` +
	`"policy":"home","from":"a@example.net","author":"example.net","rcpts":["x@example.org"],"rcpts_total":1,"rcpts_refused":2,"size":2231,"set":"relayed",` +
	`"score":2.1,"hits":[{"rule":"HTML_ONLY","points":0.4,"note":"no text","observe":true}],` +
	`"skipped":[{"check":"reputation","why":"policy"}],"print":"3f9a0c12be77","limits":[{"name":"recipients-1h","key":"login:bob","cost":1,"used":41,` +
	`"max":250,"over":true,"wait":90,"observe":true}],"standing":"clean","authorisation":{"domain":"example.net","from":"envelope",` +
	`"owner":"acme","by":"group home","unclear":"several","allowed":true},"verdict":{"action":"reject","code":550,"enhanced":"5.7.1",` +
	`"text":"No (ref 7F3K9QX2)","reason":"score","detail":"12"},"applied":"reject","mode":"enforce","failure":"store",` +
	`"micros":{"total":900,"score":610}}`

func TestJSONIsTheContract(t *testing.T) {
	got := encode(t, sample())
	if diff := cmp.Diff(contract, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if again := encode(t, decode(t, got)); again != got {
		t.Errorf("decoded and encoded again:\n%s", again)
	}
}

func TestJSONOfAnEmptyRecord(t *testing.T) {
	const want = `{"time":"0001-01-01T00:00:00.000Z","ref":"","stage":"","client":{"addr":""},"sender":"","group":"","policy":"",` +
		`"from":"","rcpts":[],"rcpts_total":0,"rcpts_refused":0,"size":0,"score":0,"verdict":{"action":"","code":0,"reason":""},` +
		`"applied":"","mode":"","micros":{"total":0,"score":0}}`
	if got := encode(t, &Record{}); got != want {
		t.Errorf("got %s", got)
	}
	if got := encode(t, decode(t, `{}`)); got != want {
		t.Errorf("from nothing: %s", got)
	}
}

func TestJSONSubsetThatReplayNeeds(t *testing.T) {
	got := decode(t, `{"time":"2026-05-04T14:00:00.1239+02:00","client":{"addr":"203.0.113.7","colour":"red"},"from":"a@example.net",
		"rcpts":["x@example.org","y@example.org"],"size":10,"score":2.5,"later":{"field":[1,2]}}`)
	want := &Record{
		Time: noon.Add(123 * time.Millisecond), Client: Client{Addr: "203.0.113.7"}, From: "a@example.net",
		Rcpts: []string{"x@example.org", "y@example.org"}, RcptsTotal: 2, Size: 10, Score: 2.5,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestJSONDoesNotKeepWhatWasThereBefore(t *testing.T) {
	r := sample()
	if err := json.Unmarshal([]byte(`{"ref":"00000000"}`), r); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&Record{Ref: "00000000"}, r); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestJSONThatIsNoRecord(t *testing.T) {
	for name, text := range map[string]string{
		"cut off":          contract[:100],
		"a time in words":  `{"time":"noon"}`,
		"a year too late":  `{"time":"9999-12-31T23:59:59-01:00"}`,
		"a year too early": `{"time":"0000-01-01T00:00:00+01:00"}`,
		"a time as number": `{"time":1}`,
		"score in words":   `{"score":"high"}`,
		"a list":           `[]`,
	} {
		t.Run(name, func(t *testing.T) {
			r := sample()
			if err := json.Unmarshal([]byte(text), r); err == nil {
				t.Error("no error")
			}
			if diff := cmp.Diff(sample(), r); diff != "" {
				t.Errorf("the record was changed:\n%s", diff)
			}
		})
	}
}

func TestJSONKeepsAnglesAndLines(t *testing.T) {
	r := sample()
	r.MessageID = "<a&b>\r\n\u2028"
	got := encode(t, r)
	if strings.ContainsAny(got, "\r\n") {
		t.Errorf("more than one line: %q", got)
	}
	if !strings.Contains(got, `"<a&b>\r\n`) {
		t.Errorf("escaped more than needed: %s", got)
	}
	if again := encode(t, decode(t, got)); again != got {
		t.Errorf("decoded and encoded again:\n%s", again)
	}
}

func TestJSONHasNoInfinity(t *testing.T) {
	if _, err := (Record{Score: math.Inf(1)}).MarshalJSON(); err == nil {
		t.Error("no error")
	}
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(contract))
	f.Add([]byte(`{"time":"2026-05-04T14:00:00+02:00","rcpts":null}`))
	f.Add([]byte(`{"hits":[{}],"limits":[{"wait":1e-9}],"rcpts_total":-1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var r Record
		if json.Unmarshal(text, &r) != nil {
			return
		}
		once, err := r.MarshalJSON()
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		var again Record
		if err := json.Unmarshal(once, &again); err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, once)
		}
		twice, err := again.MarshalJSON()
		if err != nil || !bytes.Equal(once, twice) {
			t.Errorf("%s\nbecomes %s (%v)", once, twice, err)
		}
		if err := r.Explain(new(strings.Builder)); err != nil {
			t.Error(err)
		}
	})
}

func encode(t *testing.T, r *Record) string {
	t.Helper()
	text, err := r.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func decode(t *testing.T, text string) *Record {
	t.Helper()
	var r Record
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	return &r
}
