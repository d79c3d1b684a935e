package wire

import (
	"errors"
	"strings"
	"testing"
)

func TestMacros(t *testing.T) {
	take := func(cmd, data string) func(*macros) error {
		return func(m *macros) error { return m.take([]byte(cmd + data)) }
	}
	begin := func(m *macros) error { m.begin(); return nil }
	forget := func(m *macros) error { m.forget(messageStage); return nil }
	type steps []func(*macros) error

	tests := map[string]struct {
		steps steps
		want  map[string]string
	}{
		"kept over the stages": {
			steps{take("C", strs("j", "mx", "{client_addr}", "203.0.113.7")), take("M", strs("{auth_authen}", "bob")), begin, take("E", strs("i", "4Xk1"))},
			map[string]string{"j": "mx", "client_addr": "203.0.113.7", "auth_authen": "bob", "i": "4Xk1"},
		},
		"the newest counts":                 {steps{take("M", strs("i", "a")), begin, take("E", strs("i", "b"))}, map[string]string{"i": "b"}},
		"the order is that of the protocol": {steps{take("E", strs("i", "b")), take("R", strs("i", "a"))}, map[string]string{"i": "b"}},
		"an empty value survives":           {steps{take("H", strs("{verify}", "OK")), take("M", strs("{verify}", "", "i", "1")), begin}, map[string]string{"verify": "", "i": "1"}},
		"an empty value at the end":         {steps{take("C", strs("v", "Postfix", "{client_ptr}", ""))}, map[string]string{"v": "Postfix", "client_ptr": ""}},
		"a stage replaces only itself": {
			steps{take("C", strs("j", "mx")), take("R", strs("{rcpt_mailer}", "smtp", "{rcpt_addr}", "a")), take("R", strs("{rcpt_addr}", "b"))},
			map[string]string{"j": "mx", "rcpt_mailer": "", "rcpt_addr": "b"},
		},
		"a stage without macros":          {steps{take("R", strs("{rcpt_addr}", "a")), take("R", "")}, map[string]string{"rcpt_addr": ""}},
		"MAIL forgets the last message":   {steps{take("M", strs("{auth_authen}", "bob")), begin, take("R", strs("i", "1")), take("M", strs("{mail_addr}", "x")), begin}, map[string]string{"auth_authen": "", "i": "", "mail_addr": "x"}},
		"MAIL without macros forgets too": {steps{take("C", strs("j", "mx")), take("M", strs("{auth_authen}", "bob")), begin, begin}, map[string]string{"auth_authen": "", "j": "mx"}},
		"the same macros again at MAIL":   {steps{take("M", strs("{auth_authen}", "bob")), begin, take("R", strs("i", "1")), take("M", strs("{auth_authen}", "bob")), begin}, map[string]string{"auth_authen": "bob", "i": ""}},
		"the end forgets the message":     {steps{take("C", strs("j", "mx")), take("H", strs("{cipher}", "x")), take("M", strs("i", "1")), begin, forget}, map[string]string{"i": "", "j": "mx", "cipher": "x"}},
		"an abort between macros and MAIL": {
			steps{take("M", strs("{auth_authen}", "bob")), forget, begin},
			map[string]string{"auth_authen": ""},
		},
		"a new connection forgets all": {steps{take("C", strs("j", "mx")), take("H", strs("{cipher}", "x")), take("C", strs("v", "1"))}, map[string]string{"j": "", "cipher": "", "v": "1"}},
		"repeated before every field":  {steps{take("L", strs("i", "1")), take("L", strs("i", "1")), take("L", strs("i", "2"))}, map[string]string{"i": "2"}},
		"for other commands":           {steps{take("U", strs("i", "1"))}, map[string]string{"i": ""}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var m macros
			for i, step := range tt.steps {
				if err := step(&m); err != nil {
					t.Fatalf("step %d: %v", i, err)
				}
			}
			for name, want := range tt.want {
				if got := m.Get(name); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestMacrosMalformed(t *testing.T) {
	tests := map[string]string{
		"for no command":       "",
		"a name alone":         "C" + strs("j"),
		"an odd number":        "C" + strs("j", "mx", "v"),
		"without NUL":          "C" + "j\x00mx",
		"for another command":  "U" + strs("j"),
		"one more than fits":   "C" + strings.Repeat(strs("j", "mx"), maxStrings/2) + strs("v", "1"),
		"one more than even":   "L" + strings.Repeat(strs("j", "mx"), maxStrings/2) + strs("v"),
		"NUL for a whole line": "C\x00",
	}
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			if err := new(macros).take([]byte(data)); !errors.Is(err, ErrProtocol) {
				t.Errorf("error %v, want ErrProtocol", err)
			}
		})
	}
}

func TestMacrosAtTheBound(t *testing.T) {
	var m macros
	if err := m.take([]byte("C" + strings.Repeat(strs("j", "mx"), maxStrings/2))); err != nil {
		t.Error(err)
	}
}
