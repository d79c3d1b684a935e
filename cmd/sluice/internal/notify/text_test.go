package notify

import (
	"math"
	"os/exec"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	for name, tt := range map[string]struct {
		text  string
		limit int
		want  string
	}{
		"plain":                {"PC", 10, "PC"},
		"empty":                {"", 10, ""},
		"nothing is allowed":   {"a", 0, "..."},
		"line ends":            {"a\r\nBcc: x@example.org", 50, "a  Bcc: x@example.org"},
		"line ends of Unicode": {"a\u2028b\u2029c\u0085d", 50, "a b c d"},
		"escape sequence":      {"a\x1b[31mb\x00", 50, "a [31mb"},
		"direction of writing": {"a\u202eb\u2066c\u200bd", 50, "abcd"},
		"invalid bytes":        {"a\xff\xfeb", 50, "a\ufffdb"},
		"at the bound":         {strings.Repeat("a", 10), 10, strings.Repeat("a", 10)},
		"above the bound":      {strings.Repeat("a", 11), 10, strings.Repeat("a", 10) + "..."},
		"cut in a character":   {strings.Repeat("a", 9) + "ä", 10, strings.Repeat("a", 9) + "..."},
		"space around":         {"\t a \n", 10, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := line(tt.text, tt.limit); got != tt.want {
				t.Errorf("line(%q, %d) = %q, want %q", tt.text, tt.limit, got, tt.want)
			}
		})
	}
}

func FuzzLine(f *testing.F) {
	f.Add("a\r\nb\xc3", 2)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		if limit < 0 || limit > 1000 {
			return
		}
		got := line(s, limit)
		if strings.ContainsAny(got, "\r\n\x00") || !utf8.ValidString(got) || len(got) > 3*limit+len(cutMark) {
			t.Errorf("line(%q, %d) = %q", s, limit, got)
		}
	})
}

func TestLinksAreHTTPOnly(t *testing.T) {
	for url, ok := range map[string]bool{
		"https://isp.example/help":                  true,
		"http://isp.example:8890/release?token=a.b": true,
		"":                                 false,
		"javascript:alert(1)":              false,
		"https:///help":                    false,
		"/help":                            false,
		"https://isp.example/\r\nBcc: a@b": false,
		"https://isp.example/a b":          false,
		"https://isp.example/<b>":          false,
		"https://isp.example/" + strings.Repeat("a", maxURL):     false,
		"https://isp.example/" + strings.Repeat("a", maxURL-100): true,
	} {
		if got := link(url); (got != "") != ok {
			t.Errorf("link(%.60q) = %.60q, want it: %v", url, got, ok)
		}
	}
}

// TestShellWordSurvivesAShell lets a real shell read what an operator pastes.
func TestShellWordSurvivesAShell(t *testing.T) {
	for _, word := range []string{
		"ip:203.0.113.7", "ip:2001:db8::/64", "login:bob@example.net", "", "login:a'; touch /nowhere; '",
		"login:$(id)", "login:`id`", "login:a b", "login:~", "login:*", "login:\\", "login:ä", "'", "login:a\"b",
	} {
		out, err := exec.Command("/bin/sh", "-c", "printf %s "+shellWord(word)).Output()
		if err != nil || string(out) != word {
			t.Errorf("%q is pasted as %s and read as %q (%v)", word, shellWord(word), out, err)
		}
	}
	if got := shellWord("ip:2001:db8::/64"); got != "ip:2001:db8::/64" {
		t.Errorf("a harmless word is quoted: %s", got)
	}
}

func TestTidyMakesNumbersWritable(t *testing.T) {
	n := tidy(Notice{
		Points: math.NaN(), Until: time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC), Port: 70000,
		Evidence: []Evidence{{Points: math.Inf(1)}},
		Samples:  []Sample{{Score: math.Inf(-1), Port: -1}},
	})
	if _, err := (event{Notice: &n}).encode(); err != nil {
		t.Error(err)
	}
	if n.Port != 0 || n.Samples[0].Port != 0 || !n.Until.IsZero() {
		t.Errorf("%+v", n)
	}
}

func TestTidyBoundsLists(t *testing.T) {
	for _, excess := range []int{-1, 0, 1} {
		n := tidy(Notice{
			Evidence: make([]Evidence, maxEvidence+excess),
			Samples:  []Sample{{Rcpts: make([]string, maxRcpts+excess)}},
		})
		if want := maxEvidence + min(excess, 0); len(n.Evidence) != want {
			t.Errorf("%d elements of evidence, want %d", len(n.Evidence), want)
		}
		if want := maxRcpts + min(excess, 0); len(n.Samples[0].Rcpts) != want {
			t.Errorf("%d recipients, want %d", len(n.Samples[0].Rcpts), want)
		}
		if want := maxRcpts + excess; n.Samples[0].RcptsTotal != want {
			t.Errorf("%d recipients in all, want %d", n.Samples[0].RcptsTotal, want)
		}
	}
	if n := tidy(Notice{Samples: make([]Sample, maxSamples+1)}); len(n.Samples) != maxSamples {
		t.Errorf("%d samples, want %d", len(n.Samples), maxSamples)
	}
}
