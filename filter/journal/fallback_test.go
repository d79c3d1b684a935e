package journal

import (
	"strings"
	"testing"
)

func TestFallbacksAreTold(t *testing.T) {
	r := &Record{Ref: "7F3K9QX2", Breaker: []Fallback{{Cause: "score MODEL", Action: "tag"}, {Cause: "standing", Action: "tempfail"}, {Cause: "score X", Action: "reject", Held: true}}}
	var b strings.Builder
	if err := r.Explain(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"\nFallen back score MODEL: its points are not held against the sender, but it suddenly refuses far more senders than before",
		"\n            standing: it would have been tempfail, but",
		"\n            score X: it would have been reject, and is evidence against the sender, who has no honest history, but",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("there is no %q in\n%s", want, b.String())
		}
	}
	if line := r.LogValue().String(); !strings.Contains(line, "fallen_back=score MODEL,standing,score X") {
		t.Error(line)
	}
	data, err := r.MarshalJSON()
	if err != nil || !strings.Contains(string(data), `"breaker":[{"cause":"score MODEL","action":"tag"},`) {
		t.Errorf("%s, %v", data, err)
	}
}
