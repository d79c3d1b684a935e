package day

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

func byKind(all []Message) map[Kind][]Message {
	kinds := map[Kind][]Message{}
	for _, m := range all {
		kinds[m.Kind] = append(kinds[m.Kind], m)
	}
	return kinds
}

func by(all []Message, key func(Message) string) map[string][]Message {
	groups := map[string][]Message{}
	for _, m := range all {
		groups[key(m)] = append(groups[key(m)], m)
	}
	return groups
}

func from(m Message) string { return m.From }
func auth(m Message) string { return m.Auth }

// place is the address, of IPv6 the /64.
func place(m Message) string {
	bits := 32
	if m.Addr.Is6() {
		bits = 64
	}
	p, _ := m.Addr.Prefix(bits)
	return p.String()
}

func within(t *testing.T, what string, got, low, high float64) {
	t.Helper()
	if !(got >= low && got <= high) {
		t.Errorf("%s: %.4f is not in %v to %v", what, got, low, high)
	}
}

// hour counts the messages that begin from hour to hour of the day.
func inHours(all []Message, from, to int) (n float64) {
	for _, m := range all {
		if h := m.Time.Hour(); h >= from && h < to {
			n++
		}
	}
	return n
}

func TestHumans(t *testing.T) {
	o := small()
	o.Subscribers, o.Infected = 8000, nil
	all := byKind(messages(t, o))[Human]
	families := by(all, place)
	within(t, "share who write", float64(len(families))/8000, 0.55, 0.65)
	within(t, "evening hours against night hours", inHours(all, 18, 21)/inHours(all, 1, 4), 20, 200)

	most, few, again, v6 := 0, 0, 0, 0
	for _, mails := range families {
		most = max(most, len(mails))
		if len(mails) <= 10 {
			few++
		}
		if mails[0].Addr.Is6() {
			v6++
		}
		known := map[string]bool{}
		for _, m := range mails {
			if known[m.Rcpts[0]] {
				again++
			}
			known[m.Rcpts[0]] = true
		}
	}
	within(t, "messages of the busiest", float64(most), 150, mostAtHome)
	within(t, "share of families with ten messages at most", float64(few)/float64(len(families)), 0.6, 0.9)
	within(t, "share of IPv6", float64(v6)/float64(len(families)), 0.07, 0.13)
	within(t, "share to whom the family wrote before", float64(again)/float64(len(all)), 0.3, 0.8)

	one, three := 0, 0
	for _, m := range all {
		if len(m.Rcpts) == 1 {
			one++
		}
		if len(m.Rcpts) <= 3 {
			three++
		}
		if len(m.Rcpts) > 30 || m.Auth != "" || m.From == "" {
			t.Fatalf("not of a human: %+v", m)
		}
	}
	within(t, "share with one recipient", float64(one)/float64(len(all)), 0.77, 0.83)
	within(t, "share with three at most", float64(three)/float64(len(all)), 0.95, 0.99)
}

func TestSecretariesReachAllMembers(t *testing.T) {
	clubs := by(byKind(messages(t, small()))[Secretary], place)
	found := map[int]int{}
	for _, mails := range clubs {
		reached := map[string]bool{}
		for _, m := range mails {
			for _, r := range m.Rcpts {
				reached[r] = true
			}
		}
		// Two of 150 invented members may have the same name.
		within(t, "members", float64(len(reached)), members-1, members)
		within(t, "minutes", mails[len(mails)-1].Time.Sub(mails[0].Time).Minutes(), 0, 10)
		found[len(mails)]++
	}
	if len(found) != 3 || found[1] != 2 || found[3] != 2 || found[150] != 2 {
		t.Errorf("clubs by number of messages: %v", found)
	}
}

func TestCorporateNetworks(t *testing.T) {
	kinds := byKind(messages(t, small()))
	for network, mails := range by(kinds[Corporate], network24) {
		domains := by(mails, func(m Message) string { return m.From[strings.Index(m.From, "@"):] })
		within(t, "domains", float64(len(domains)), 1, 3)
		within(t, "servers", float64(len(by(mails, place))), 1, 4)
		within(t, "envelope senders", float64(len(by(mails, from))), 15, 300)
		within(t, "office hours against night", inHours(mails, 8, 18)/max(1, inHours(mails, 0, 4)), 20, 1e6)
		if !netip.MustParsePrefix("172.16.0.0/12").Overlaps(netip.MustParsePrefix(network)) {
			t.Errorf("a corporate network is %s", network)
		}
	}
	within(t, "bounces among corporate mail", float64(len(kinds[NDR]))/float64(len(kinds[Corporate])), 0.01, 0.4)
	for kind, mails := range kinds {
		for _, m := range mails {
			if (m.From == "") != (kind == NDR) {
				t.Fatalf("%s from %q", kind, m.From)
			}
		}
	}
}

func network24(m Message) string {
	p, _ := m.Addr.Prefix(24)
	return p.String()
}

func TestNewsletters(t *testing.T) {
	o := small()
	o.Corporates = 30
	verp, batches := 0, 0
	for _, mails := range by(byKind(messages(t, o))[Newsletter], place) {
		recipients := 0
		for _, m := range mails {
			recipients += len(m.Rcpts)
		}
		within(t, "recipients", float64(recipients), 2000, 8000)
		within(t, "span in hours", mails[len(mails)-1].Time.Sub(mails[0].Time).Hours(), 0.9, 2)
		switch froms := len(by(mails, from)); {
		case froms == len(mails) && len(mails[0].Rcpts) == 1:
			verp++
		case froms == 1 && len(mails[0].Rcpts) >= 50 && len(mails[0].Rcpts) <= 100:
			batches++
		default:
			t.Errorf("%d envelope senders of %d messages to %d", froms, len(mails), len(mails[0].Rcpts))
		}
	}
	if verp == 0 || batches == 0 || verp+batches != 10 {
		t.Errorf("%d newsletters with a sender for each reader, %d without", verp, batches)
	}
}

func TestLoginsMoveAFewTimes(t *testing.T) {
	o := small()
	o.Infected, o.Logins = nil, 1500
	moved := 0
	logins := by(byKind(messages(t, o))[Submission], auth)
	for name, mails := range logins {
		places := len(by(mails, place))
		if places > 1 {
			moved++
		}
		if name == "" || places > 24 {
			t.Errorf("login %q from %d addresses", name, places)
		}
	}
	within(t, "logins who write", float64(len(logins))/1500, 0.5, 0.7)
	within(t, "share of logins from several addresses", float64(moved)/float64(len(logins)), 0.4, 0.9)
}

func TestDevicesKeepTime(t *testing.T) {
	for _, mails := range by(byKind(messages(t, small()))[Device], func(m Message) string { return place(m) + m.Rcpts[0] }) {
		within(t, "messages", float64(len(mails)), 15, 145)
		gap := mails[1].Time.Sub(mails[0].Time)
		other := mails[2].Time.Sub(mails[1].Time)
		within(t, "seconds between two gaps", (gap - other).Abs().Seconds(), 0, 20)
		if mails[0].Time.Hour() > 1 || mails[len(mails)-1].Time.Sub(mails[0].Time) < 21*time.Hour {
			t.Errorf("a device sleeps: from %v to %v", mails[0].Time, mails[len(mails)-1].Time)
		}
	}
}
