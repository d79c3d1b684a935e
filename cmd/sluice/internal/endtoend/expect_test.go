package endtoend

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/cmd/sluice/internal/mta"
)

// nothing is what a section says when there must be nothing.
const nothing = "nothing"

// checkSink compares what arrived with the section sink. The servers deliver
// several messages in no certain order.
func checkSink(section string, got []mta.Message) error {
	var want []string
	if section = strings.TrimSpace(section); section != nothing {
		want = strings.Split(section, "\n\n")
	}
	var errs []error
	if len(got) != len(want) {
		errs = append(errs, fmt.Errorf("%d messages arrived, want %d", len(got), len(want)))
	}
	left := slices.Clone(got)
	for _, w := range want {
		var reasons []error
		i := slices.IndexFunc(left, func(m mta.Message) bool {
			err := checkMessage(w, m)
			reasons = append(reasons, err)
			return err == nil
		})
		if i < 0 {
			errs = append(errs, fmt.Errorf("no message is as expected:\n%s\n%w", w, errors.Join(reasons...)))
			continue
		}
		left = slices.Delete(left, i, i+1)
	}
	for _, m := range left {
		errs = append(errs, fmt.Errorf("not as expected: from %s to %v\n%.2000s", m.From, m.To, m.Data))
	}
	return errors.Join(errs...)
}

// checkMessage compares one message with its lines.
func checkMessage(lines string, m mta.Message) error {
	var to []string
	for text := range strings.Lines(lines) {
		word, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
		if word == "to" {
			to = append(to, rest)
			continue
		}
		if err := checkMessageLine(word, rest, m); err != nil {
			return err
		}
	}
	slices.Sort(to)
	if diff := cmp.Diff(to, slices.Sorted(slices.Values(m.To))); diff != "" {
		return fmt.Errorf("recipients (-want +got):\n%s", diff)
	}
	return nil
}

func checkMessageLine(word, rest string, m mta.Message) error {
	name, pattern, _ := strings.Cut(rest, " ")
	switch word {
	case "from":
		if m.From != strings.Trim(rest, "<>") {
			return fmt.Errorf("from %q, want %q", m.From, rest)
		}
	case "header":
		values := m.Header(name)
		if !slices.ContainsFunc(values, regexp.MustCompile(pattern).MatchString) {
			return fmt.Errorf("no header %s matches %q: %q", name, pattern, values)
		}
	case "only":
		if values := m.Header(name); len(values) != 1 || !regexp.MustCompile(pattern).MatchString(values[0]) {
			return fmt.Errorf("header %s: %q, want one that matches %q", name, values, pattern)
		}
	case "no": // header NAME
		if values := m.Header(pattern); len(values) > 0 {
			return fmt.Errorf("header %s: %q, want none", pattern, values)
		}
	case "body":
		if !regexp.MustCompile(rest).MatchString(m.Body()) {
			return fmt.Errorf("the body does not match %q", rest)
		}
	default:
		return fmt.Errorf("unknown line %q in sink", word)
	}
	return nil
}

// checkHeld compares the envelope senders of held messages with the section.
func checkHeld(section string, got []string) error {
	want := strings.Fields(section)
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(got))); diff != "" && len(want)+len(got) > 0 {
		return fmt.Errorf("held (-want +got):\n%s", diff)
	}
	return nil
}

// parseDNS reads the sections dns and names: "NAME ADDRESS" or, for what an
// address is called, "ADDRESS NAME" a line.
func parseDNS(section string) (mta.Zone, error) {
	z := mta.Zone{Addrs: map[string][]netip.Addr{}, Names: map[netip.Addr]string{}, Texts: map[string][]string{}}
	for text := range strings.Lines(section) {
		first, second, _ := strings.Cut(strings.TrimSpace(text), " ")
		if addr, err := netip.ParseAddr(first); err == nil && second != "" {
			z.Names[addr] = second
			continue
		}
		if value, ok := strings.CutPrefix(second, "TXT "); ok {
			z.Texts[first] = append(z.Texts[first], value)
			continue
		}
		addr, err := netip.ParseAddr(second)
		if err != nil {
			return z, fmt.Errorf("section dns or names: %w", err)
		}
		z.Addrs[first] = append(z.Addrs[first], addr)
	}
	return z, nil
}

// checkQueries compares the names that were asked for with the section: all of
// them, however often, and no others.
func checkQueries(section string, got []string) error {
	want := strings.Fields(section)
	if slices.Equal(want, []string{nothing}) {
		want = nil
	}
	for _, name := range want {
		if !slices.Contains(got, name) {
			return fmt.Errorf("%s was not asked for, only %q", name, got)
		}
	}
	for _, name := range got {
		if !slices.Contains(want, name) {
			return fmt.Errorf("%s was asked for, want only %q", name, want)
		}
	}
	return nil
}

// checkRecords compares the last records with the objects of the section.
func checkRecords(section, lines string) error {
	want, err := parseJSON(section)
	if err != nil {
		return fmt.Errorf("section record: %w", err)
	}
	got, err := parseJSON(lines)
	if err != nil {
		return fmt.Errorf("read the records: %w", err)
	}
	if len(got) < len(want) {
		return fmt.Errorf("%d records, want %d:\n%s", len(got), len(want), lines)
	}
	var errs []error
	for i, g := range got[len(got)-len(want):] {
		if err := match(fmt.Sprintf("record %d", i+1), want[i], g); err != nil {
			text, _ := json.Marshal(g)
			errs = append(errs, fmt.Errorf("%w\nin %s", err, text))
		}
	}
	return errors.Join(errs...)
}

func parseJSON(text string) ([]any, error) {
	var values []any
	for d := json.NewDecoder(strings.NewReader(text)); ; {
		var v any
		if err := d.Decode(&v); err == io.EOF {
			return values, nil
		} else if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
}

// match holds a value against what is wanted of it, as the package describes
// for the section record. place names the value.
func match(place string, want, got any) error {
	switch w := want.(type) {
	case map[string]any:
		return matchObject(place, w, got)
	case []any:
		return matchList(place, w, got)
	case string:
		pattern, isPattern := strings.CutPrefix(w, "~")
		text, isText := got.(string)
		if number, ok := got.(float64); ok {
			text, isText = strconv.FormatFloat(number, 'f', -1, 64), true
		}
		if isPattern && isText && regexp.MustCompile(pattern).MatchString(text) {
			return nil
		}
	}
	if want != got {
		return fmt.Errorf("%s is %v, want %v", place, got, want)
	}
	return nil
}

func matchObject(place string, want map[string]any, got any) error {
	g, ok := got.(map[string]any)
	if !ok {
		return fmt.Errorf("%s is %v, want an object", place, got)
	}
	for name, w := range want {
		if err := match(place+"."+name, w, g[name]); err != nil {
			return err
		}
	}
	return nil
}

func matchList(place string, want []any, got any) error {
	g, ok := got.([]any)
	if !ok {
		return fmt.Errorf("%s is %v, want a list", place, got)
	}
	for _, w := range want {
		if !slices.ContainsFunc(g, func(v any) bool { return match(place, w, v) == nil }) {
			return fmt.Errorf("%s is %v, in which %v is not found", place, g, w)
		}
	}
	if len(want) == 0 && len(g) > 0 {
		return fmt.Errorf("%s is %v, want an empty list", place, g)
	}
	return nil
}

func TestCheckRecords(t *testing.T) {
	const got = `{"a":1,"b":{"c":"xyz","d":true},"l":[{"n":1,"m":2},{"n":3}],"s":["p","q"]}`
	for want, good := range map[string]bool{
		`{}`:                      true,
		`{"a":1}`:                 true,
		`{"a":2}`:                 false,
		`{"b":{"c":"~^x"}}`:       true,
		`{"b":{"c":"~^y"}}`:       false,
		`{"b":{"c":"x"}}`:         false,
		`{"b":1}`:                 false,
		`{"a":"~^1$"}`:            true,
		`{"a":"~^2$"}`:            false,
		`{"a":"1"}`:               false,
		`{"z":null}`:              true,
		`{"a":null}`:              false,
		`{"l":[{"n":3},{"n":1}]}`: true,
		`{"l":[{"n":4}]}`:         false,
		`{"s":["q"]}`:             true,
		`{"s":[]}`:                false,
		`{"z":[]}`:                false,
		`{} {}`:                   false,
	} {
		if err := checkRecords(want, got); (err == nil) != good {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestCheckSink(t *testing.T) {
	one := mta.Message{From: "a@x", To: []string{"c@x", "b@x"}, Data: []byte("Subject: hi\nX-A: 1\nX-A: 2\n\nbody\n")}
	two := mta.Message{From: "", To: []string{"d@x"}, Data: []byte("\n\n")}
	for section, good := range map[string]bool{
		"nothing": false,
		"from <>\nto d@x\n\nfrom a@x\nto b@x\nto c@x":   true,
		"from a@x\nto b@x\nto c@x":                      false,
		"from a@x\nto b@x\n\nfrom <>\nto d@x":           false,
		"from <>\nto d@x\n\nto b@x\nto c@x\nbody ^bo":   true,
		"from <>\nto d@x\n\nto b@x\nto c@x\nbody ^no":   false,
		"to d@x\n\nto b@x\nto c@x\nheader x-a ^2$":      true,
		"to d@x\n\nto b@x\nto c@x\nonly Subject hi":     true,
		"to d@x\n\nto b@x\nto c@x\nonly Subject ho":     false,
		"to d@x\n\nto b@x\nto c@x\nonly X-A 1":          false,
		"to d@x\n\nto b@x\nto c@x\nheader x-a ^3$":      false,
		"to d@x\nno header x-a\n\nto b@x\nto c@x":       true,
		"to d@x\n\nto b@x\nto c@x\nno header X-A":       false,
		"to d@x\nthis is no line\n\nto b@x\nto c@x\n":   false,
		"from b@x\nto d@x\n\nfrom a@x\nto b@x\nto c@x ": false,
	} {
		if err := checkSink(section, []mta.Message{one, two}); (err == nil) != good {
			t.Errorf("%q: %v", section, err)
		}
	}
	if err := checkSink(nothing, nil); err != nil {
		t.Error(err)
	}
}

func TestCheckHeldAndQueries(t *testing.T) {
	for _, c := range []struct {
		err  error
		good bool
	}{
		{checkHeld("", nil), true},
		{checkHeld("", []string{"a@x"}), false},
		{checkHeld("b@x\na@x\n", []string{"a@x", "b@x"}), true},
		{checkHeld("a@x\n", nil), false},
		{checkQueries("nothing\n", nil), true},
		{checkQueries("nothing\n", []string{"a.x"}), false},
		{checkQueries("a.x\nb.x\n", []string{"b.x", "a.x", "b.x"}), true},
		{checkQueries("a.x\n", []string{"b.x", "a.x"}), false},
		{checkQueries("a.x\n", []string{"b.x"}), false},
	} {
		if (c.err == nil) != c.good {
			t.Errorf("got %v, want good: %v", c.err, c.good)
		}
	}
}

func TestParseDNS(t *testing.T) {
	one, two := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")
	got, err := parseDNS("a.example 127.0.0.1\n127.0.0.2 b.example\na.example 127.0.0.2\na.example TXT v=x y\n")
	want := mta.Zone{
		Addrs: map[string][]netip.Addr{"a.example": {one, two}},
		Names: map[netip.Addr]string{two: "b.example"},
		Texts: map[string][]string{"a.example": {"v=x y"}},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" || err != nil {
		t.Errorf("error %v, zone (-want +got):\n%s", err, diff)
	}
	for _, bad := range []string{"7.0.0.127.bl.example nonsense\n", "127.0.0.1\n", "a.example\n", "\n"} {
		if _, err := parseDNS(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
