package wire

import (
	"io"
	"log/slog"
	"strings"
	"testing"
)

func TestAnswer(t *testing.T) {
	long := strings.Repeat("x", maxText)
	tests := map[string]struct {
		reply Reply
		want  string
	}{
		"continue":                   {Reply{}, "c"},
		"continue has no text":       {Reply{Continue, "550 5.7.1 no"}, "c"},
		"accept":                     {Reply{Action: Accept}, "a"},
		"discard":                    {Reply{Action: Discard}, "d"},
		"tempfail":                   {Reply{Tempfail, "451 4.7.1 Try later"}, "y451 4.7.1 Try later\x00"},
		"reject":                     {Reply{Reject, "550 5.7.1 No"}, "y550 5.7.1 No\x00"},
		"codes alone":                {Reply{Reject, "550 5.7.1"}, "y550 5.7.1\x00"},
		"long enhanced code":         {Reply{Reject, "550 5.123.456 No"}, "y550 5.123.456 No\x00"},
		"without a text":             {Reply{Action: Tempfail}, "t"},
		"rejected without a text":    {Reply{Action: Reject}, "r"},
		"550 with 4.x.x":             {Reply{Reject, "550 4.7.1 No"}, "r"},
		"450 with 5.x.x":             {Reply{Tempfail, "450 5.7.1 No"}, "t"},
		"reject with 451":            {Reply{Reject, "451 4.7.1 Try later"}, "r"},
		"tempfail with 550":          {Reply{Tempfail, "550 5.7.1 No"}, "t"},
		"250":                        {Reply{Reject, "250 2.0.0 Fine"}, "r"},
		"without an enhanced code":   {Reply{Reject, "550 No"}, "r"},
		"code with a dash":           {Reply{Reject, "550-5.7.1 No"}, "r"},
		"code that does not exist":   {Reply{Reject, "590 5.7.1 No"}, "r"},
		"enhanced code run into":     {Reply{Reject, "550 5.7.1No"}, "r"},
		"percent":                    {Reply{Reject, "550 5.7.1 100%s %% off"}, "y550 5.7.1 100%%s %%%% off\x00"},
		"newline":                    {Reply{Reject, "550 5.7.1 No\r\n250 2.0.0 Fine"}, "y550 5.7.1 No  250 2.0.0 Fine\x00"},
		"newline at the end":         {Reply{Reject, "550 5.7.1 No\r\n"}, "y550 5.7.1 No\x00"},
		"NUL":                        {Reply{Reject, "550 5.7.1 N\x00o"}, "y550 5.7.1 No\x00"},
		"8-bit":                      {Reply{Reject, "550 5.7.1 für \xff\x1b"}, "y550 5.7.1 f?r ??\x00"},
		"text at the bound":          {Reply{Reject, "550 5.7.1 " + long[10:]}, "y550 5.7.1 " + long[10:] + "\x00"},
		"one more is cut":            {Reply{Reject, "550 5.7.1 " + long[9:]}, "y550 5.7.1 " + long[10:] + "\x00"},
		"percents above the bound":   {Reply{Reject, "550 5.7.1 " + strings.Repeat("%", maxText)}, "y550 5.7.1 " + strings.Repeat("%%", maxText-10) + "\x00"},
		"action that does not exist": {Reply{Action: Reject + 1}, "c"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := &session{log: slog.New(slog.DiscardHandler)}
			r := s.answer(tt.reply)
			m := r.Response()
			if got := string(m.Code) + string(m.Data); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if !r.Continue() {
				t.Error("the library would make a new session")
			}
			if bare := tt.want == "t" || tt.want == "r"; tt.reply.Valid() == bare {
				t.Errorf("valid: %v", !bare)
			}
		})
	}
}

func TestReplyIsShorterThanSMTPAndMiltersTake(t *testing.T) {
	if maxText > 510 {
		t.Error("longer than a reply line of RFC 5321")
	}
	if 2*maxText > 980 {
		t.Error("longer than libmilter takes, with every '%' doubled")
	}
}

func TestUnusableReplyIsLogged(t *testing.T) {
	var log strings.Builder
	s := &session{log: slog.New(slog.NewTextHandler(&log, nil))}
	s.answer(Reply{Reject, "550 4.7.1 No"})
	if !strings.Contains(log.String(), "550 4.7.1 No") {
		t.Errorf("log: %q", log.String())
	}
}

func TestDiscardIsNoAnswerToAGreeting(t *testing.T) {
	s := &session{log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	if got := s.greet("connect", Reply{Action: Discard}).Response(); got.Code != 'c' {
		t.Errorf("answer %q, want continue", got.Code)
	}
	if got := s.greet("helo", Reply{Tempfail, "421 4.7.0 Later"}).Response(); string(got.Data) != "421 4.7.0 Later\x00" {
		t.Errorf("answer %q %q", got.Code, got.Data)
	}
}
