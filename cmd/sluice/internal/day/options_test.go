package day

import (
	"math"
	"strings"
	"testing"
)

func TestWrongOptions(t *testing.T) {
	for want, change := range map[string]func(*Options){
		"subscribers: not in":      func(o *Options) { o.Subscribers = MaxSubscribers + 1 },
		"logins: not in":           func(o *Options) { o.Logins = -1 },
		"networks: not in":         func(o *Options) { o.Corporates = maxCorporates + 1 },
		"miss rate":                func(o *Options) { o.Miss = 1.1 },
		"false positive rate":      func(o *Options) { o.FalsePositive = math.NaN() },
		"of a spam message":        func(o *Options) { o.SpamRecipients = 0.9 },
		"fewer than no":            func(o *Options) { o.Devices = -1 },
		"who have them":            func(o *Options) { o.Subscribers, o.Secretaries, o.Infected = 0, 0, nil },
		`is called "worm"`:         func(o *Options) { o.Infected["worm"] = 1 },
		"of the kind slow":         func(o *Options) { o.Infected[Slow] = -1 },
		"of 2000 subscribers":      func(o *Options) { o.Infected[Slow] = 1990 },
		"321 of 320 logins stolen": func(o *Options) { o.Infected[Stolen] = 321 },
	} {
		o := small()
		change(&o)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}

// TestNobody is the smallest day, and the one where everybody is infected.
func TestNobody(t *testing.T) {
	if d := planned(t, Options{SpamRecipients: 1}); d.Len() != 0 {
		t.Errorf("%d messages of nobody", d.Len())
	}
	o := Options{SpamRecipients: 1, Subscribers: 2, Logins: 1, Secretaries: 1, Infected: map[Kind]int{Slow: 1, Stolen: 1}}
	if kinds := byKind(messages(t, o)); len(kinds[Slow]) == 0 || len(kinds[Stolen]) == 0 || len(kinds[Secretary]) == 0 {
		t.Errorf("somebody is missing: %d kinds", len(kinds))
	}
}
