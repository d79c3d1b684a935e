package policy

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"sluice/policy/store"
)

var vars = Vars{
	Ref:    "7F3K9QX2",
	Client: Client{Addr: addr("203.0.113.7")},
	Sender: "login:bob@example.net",
	Group:  "home",
	Score:  12.34,
}

func line(v Verdict) string {
	return strings.Join([]string{strconv.Itoa(v.Code), v.Enhanced, v.Text}, " ")
}

func TestDefaultReplies(t *testing.T) {
	f := compile(t, withPolicy("home", func(f *FlowConfig) {
		f.Recipients, f.EnvelopeSenders = Rates{{Max: 250, Per: time.Hour}}, Rates{{Max: 20, Per: time.Hour}}
	}), "").Flow("home")
	for name, c := range map[string]struct {
		v    Verdict
		want string
	}{
		"limit":                  {Verdict{Action: Tempfail, Reason: ReasonLimit, Detail: "recipients-1h", Wait: 12 * time.Minute}, "451 4.7.1 Too many recipients, try again in 12m (limit recipients-1h, ref 7F3K9QX2)"},
		"limit on distinct":      {Verdict{Action: Tempfail, Reason: ReasonLimit, Detail: "envelope-senders-1h", Wait: time.Second}, "451 4.7.1 Too many different senders, try again in 1s (limit envelope-senders-1h, ref 7F3K9QX2)"},
		"never fits":             {Verdict{Action: Reject, Reason: ReasonNeverFits, Detail: "recipients-1h", Wait: store.Never}, "550 5.7.1 More recipients than are allowed at all (never-fits recipients-1h, ref 7F3K9QX2)"},
		"connections":            {f.TooManyConnections(), "421 4.7.0 Too many connections at once, try again later (connections-at-once, ref 7F3K9QX2)"},
		"messages":               {f.TooManyMessages(), "421 4.7.0 Too many messages on this connection, open another (messages-per-connection, ref 7F3K9QX2)"},
		"recipients":             {f.TooManyRecipients(), "452 4.5.3 Too many recipients of one message, send to the others separately (recipients-per-message, ref 7F3K9QX2)"},
		"size":                   {f.TooLarge(), "552 5.3.4 Message too large (message-size, ref 7F3K9QX2)"},
		"forged":                 {f.Forged(), "550 5.7.1 Too many header fields that are not the sender's to write (forged-headers, ref 7F3K9QX2)"},
		"access reject":          {Verdict{Action: Reject, Reason: ReasonAccess}, "550 5.7.1 Mail from you is not accepted here (access, ref 7F3K9QX2)"},
		"access tempfail":        {Verdict{Action: Tempfail, Reason: ReasonAccess}, "451 4.7.1 Mail from you is not accepted now, try again later (access, ref 7F3K9QX2)"},
		"null sender reject":     {Verdict{Action: Reject, Reason: ReasonNullSender}, "550 5.7.1 Mail without a sender address is not accepted here (null-sender, ref 7F3K9QX2)"},
		"null sender tempfail":   {Verdict{Action: Tempfail, Reason: ReasonNullSender}, "451 4.7.1 Mail without a sender address is not accepted now (null-sender, ref 7F3K9QX2)"},
		"score reject":           {Verdict{Action: Reject, Reason: ReasonScore}, "550 5.7.1 Message refused (score, ref 7F3K9QX2)"},
		"score tempfail":         {Verdict{Action: Tempfail, Reason: ReasonScore}, "451 4.7.1 Message deferred, try again later (score, ref 7F3K9QX2)"},
		"failure":                {Verdict{Action: Tempfail, Reason: ReasonFailure}, "451 4.3.0 Mail cannot be checked now, try again later (failure, ref 7F3K9QX2)"},
		"relay":                  {Verdict{Action: Tempfail, Reason: ReasonRelayHeader, Detail: "secret"}, "451 4.3.0 Mail cannot be checked now, try again later (relay-header, ref 7F3K9QX2)"},
		"tag has no reply":       {Verdict{Action: Tag, Reason: ReasonScore}, "0  "},
		"discard has no reply":   {Verdict{Action: Discard, Reason: ReasonScore}, "0  "},
		"quarantine has neither": {Verdict{Action: Quarantine, Reason: ReasonScore}, "0  "},
	} {
		t.Run(name, func(t *testing.T) {
			if got := line(f.Word(c.v, vars)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestOwnReplies(t *testing.T) {
	f := compile(t, withPolicy("home", func(f *FlowConfig) {
		f.Replies = map[Reason]string{
			ReasonScore:       "554 5.7.1 {reason}: {score} from {client} of {sender} in {group}, ref {ref}",
			ReasonLimit:       "450 4.7.0 Over {limit}, wait {wait}",
			ReasonSize:        "552 5.3.4 Too large, ref {ref}",
			ReasonRecipients:  "452 4.5.3 Too many: {reason}",
			ReasonConnections: "421 4.7.0 {reason} {ref}",
			ReasonNeverFits:   "550 5.7.1 Too much (ref {ref})",
		}
	}), "").Flow("home")
	for name, c := range map[string]struct {
		v    Verdict
		want string
	}{
		"all variables":           {Verdict{Action: Reject, Reason: ReasonScore}, "554 5.7.1 score: 12.3 from 203.0.113.7 of login:bob@example.net in home, ref 7F3K9QX2"},
		"without reason":          {f.TooLarge(), "552 5.3.4 Too large, ref 7F3K9QX2 (message-size)"},
		"without ref":             {f.TooManyRecipients(), "452 4.5.3 Too many: recipients-per-message (ref 7F3K9QX2)"},
		"with both":               {f.TooManyConnections(), "421 4.7.0 connections-at-once 7F3K9QX2"},
		"without reason of limit": {Verdict{Action: Reject, Reason: ReasonNeverFits, Detail: "bytes-1h"}, "550 5.7.1 Too much (ref 7F3K9QX2) (never-fits bytes-1h)"},
		"without either":          {Verdict{Action: Tempfail, Reason: ReasonLimit, Detail: "recipients-1h", Wait: 2 * time.Hour}, "450 4.7.0 Over recipients-1h, wait 2h (limit recipients-1h, ref 7F3K9QX2)"},
		"5xx text is not for 4xx": {Verdict{Action: Tempfail, Reason: ReasonScore}, "451 4.7.1 Message deferred, try again later (score, ref 7F3K9QX2)"},
	} {
		if got := line(f.Word(c.v, vars)); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, c.want)
		}
	}
}

func TestReplyOfLocalMailWithoutReference(t *testing.T) {
	f := &Flow{replies: map[Reason]reply{ReasonScore: {550, "5.7.1", "{client} refused"}}}
	got := f.Word(Verdict{Action: Reject, Reason: ReasonScore}, Vars{}).Text
	if want := "local refused (score)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	f = &Flow{replies: map[Reason]reply{ReasonScore: {550, "5.7.1", "{reason}"}}}
	if got := f.Word(Verdict{Action: Reject, Reason: ReasonScore}, Vars{}).Text; got != "score" {
		t.Errorf("%q with nothing to put behind it", got)
	}
}

// What a peer controls cannot break out of the line, and is cut.
func TestValuesAreMadePlain(t *testing.T) {
	f := &Flow{replies: map[Reason]reply{ReasonScore: {550, "5.7.1", "{sender}{ref}{reason}"}}}
	for sender, want := range map[string]string{
		"":                                "",
		"a\r\n250 ok\x00\x7f\u00e9":       "a??250 ok???",
		strings.Repeat("x", maxValue):     strings.Repeat("x", maxValue),
		strings.Repeat("x", maxValue+1):   strings.Repeat("x", maxValue),
		"{ref}":                           "{ref}",
		strings.Repeat("\u00e9", 33) + "": strings.Repeat("?", 32),
	} {
		if got := f.Word(Verdict{Action: Reject, Reason: ReasonScore}, Vars{Sender: sender, Ref: "R"}).Text; got != want+"Rscore" {
			t.Errorf("%q became %q", sender, got)
		}
	}
}

func TestTextIsCutAndKeepsTheReference(t *testing.T) {
	long := Vars{Ref: "7F3K9QX2", Sender: strings.Repeat("s", maxValue)}
	const tail = " (score, ref 7F3K9QX2)"
	for name, c := range map[string]struct {
		text string
		want int
	}{
		"one variable":             {"{sender}", maxValue + len(tail)},
		"many variables":           {strings.Repeat("{sender}", 10), maxText},
		"many, with the reference": {strings.Repeat("{sender}", 10) + "{ref}", maxText},
		"at the bound":             {strings.Repeat("x", maxText-8-len("score")) + "{ref}{reason}", maxText},
		"one more":                 {strings.Repeat("x", maxText-7-len("score")) + "{ref}{reason}", maxText},
	} {
		f := &Flow{replies: map[Reason]reply{ReasonScore: {550, "5.7.1", c.text}}}
		got := f.Word(Verdict{Action: Reject, Reason: ReasonScore}, long).Text
		if len(got) != c.want || !strings.Contains(got, "7F3K9QX2") || !strings.Contains(got, "score") {
			t.Errorf("%s: %d bytes: %s", name, len(got), got)
		}
	}
}

// The codes are part of the line that is cut elsewhere.
func TestLineWithItsCodesKeepsTheReference(t *testing.T) {
	for _, c := range []struct {
		enhanced string
		want     int
	}{{"5.7.1", maxLine - 4}, {"5.999.999", maxLine}} {
		r, err := parseReply("559 " + c.enhanced + " " + strings.Repeat("{sender}", 10) + "{ref}")
		if err != nil {
			t.Fatal(err)
		}
		f := &Flow{replies: map[Reason]reply{ReasonScore: r}}
		v := f.Word(Verdict{Action: Reject, Reason: ReasonScore}, Vars{Ref: "7F3K9QX2", Sender: strings.Repeat("s", maxValue)})
		if got := line(v); len(got) != c.want || !strings.HasSuffix(got, "ref 7F3K9QX2)") {
			t.Errorf("%s: %d bytes: %s", c.enhanced, len(got), got)
		}
	}
}

func TestHumanWait(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                              "1s",
		time.Millisecond:               "1s",
		59*time.Second + 1:             "1m",
		time.Minute:                    "1m",
		time.Minute + 1:                "2m",
		11*time.Minute + 5*time.Second: "12m",
		3*time.Hour + 20*time.Minute:   "3h20m",
		24 * time.Hour:                 "1d",
		25*time.Hour + time.Minute:     "1d2h",
		store.Never:                    "never",
		store.Never - 1:                "",
	} {
		if got := humanWait(d); got != want && want != "" {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

func TestBadReplies(t *testing.T) {
	for name, c := range map[string]struct {
		reply, want string
	}{
		"no code":              {"Go away", `"Go away" has no reply code of 4xx or 5xx`},
		"2xx":                  {"250 2.0.0 Ok", `"250 2.0.0 Ok" has no reply code of 4xx or 5xx`},
		"600":                  {"600 5.0.0 No", `"600 5.0.0 No" has no reply code of 4xx or 5xx`},
		"empty":                {"", `"" has no reply code of 4xx or 5xx`},
		"no enhanced code":     {"550 Go away", `"550 Go away" has no enhanced code such as 5.7.1`},
		"enhanced of two":      {"550 5.7 No", `"550 5.7 No" has no enhanced code such as 5.7.1`},
		"enhanced too large":   {"550 5.7.1000 No", `"550 5.7.1000 No" has no enhanced code such as 5.7.1`},
		"550 with 4.x.x":       {"550 4.7.1 No", `550 and 4.7.1 are of different classes`},
		"no text":              {"550 5.7.1 ", `"550 5.7.1 " has no text`},
		"8-bit":                {"550 5.7.1 Z\u00fcruck", `"550 5.7.1 Z?ruck" is not one line of 7-bit text`},
		"newline":              {"550 5.7.1 a\r\nb", `"550 5.7.1 a??b" is not one line of 7-bit text`},
		"unknown variable":     {"550 5.7.1 {user}", `there is no variable {user}, only {reason}, {ref}, {client}, {sender}, {limit}, {wait}, {score}, {group}, {help}, {domain}`},
		"brace not closed":     {"550 5.7.1 {ref", `"{" without "}" behind it`},
		"brace not opened":     {"550 5.7.1 ref}", `"}" without "{" before it`},
		"one byte too long":    {"550 5.7.1 " + strings.Repeat("x", maxTemplate+1), `the text is longer than 300 bytes`},
		"as long as it may be": {"550 5.7.1 " + strings.Repeat("x", maxTemplate), ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseReply(c.reply)
			if got := errorText(err); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// FuzzReply reads replies of any kind; one that is accepted makes a safe line.
func FuzzReply(f *testing.F) {
	for _, seed := range []string{
		"451 4.7.1 Too many, wait {wait} (limit {limit}, ref {ref})", "550 5.7.1 {sender}{client}", "550 4.7.1 x",
		"550 5.7.1 {", "550 5.7.1 }{", "599 5.999.999 {ref}{ref}", "4５1 4.7.1 x", "",
	} {
		f.Add(seed, "login:bob", "REF")
	}
	f.Fuzz(func(t *testing.T, text, sender, ref string) {
		r, err := parseReply(text)
		if err != nil {
			return
		}
		flow := &Flow{replies: map[Reason]reply{ReasonScore: r}}
		v := flow.Word(Verdict{Action: map[int]Action{4: Tempfail, 5: Reject}[r.class()], Reason: ReasonScore}, Vars{Sender: sender, Ref: ref})
		if v.Code/100 != int(v.Enhanced[0]-'0') || len(v.Text) > maxText || plain(v.Text, len(v.Text)) != v.Text {
			t.Errorf("%q became %+v", text, v)
		}
	})
}
