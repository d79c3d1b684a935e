package wire

import (
	"errors"
	"slices"
	"testing"

	"github.com/emersion/go-milter"
	"github.com/google/go-cmp/cmp"
)

func TestNegotiationIsIntersected(t *testing.T) {
	const (
		oldActions  = uint32(milter.OptAddHeader | milter.OptChangeBody | milter.OptAddRcpt | milter.OptRemoveRcpt | milter.OptChangeHeader | milter.OptQuarantine)
		oldProtocol = uint32(0x7f)
	)
	tests := map[string]struct {
		version, actions, protocol uint32
		want                       terms
	}{
		"everything": {6, allActions, allProtocol, terms{
			milter.OptAddHeader | milter.OptChangeHeader | milter.OptQuarantine | milter.OptSetSymList,
			milter.OptNoUnknown | milter.OptNoData | milter.OptNoHeaderReply | milter.OptNoEOHReply | milter.OptSkip | milter.OptHeaderLeadingSpace | milter.OptRcptRej,
		}},
		"bits from the future": {7, 0xffffffff, 0xffffffff, terms{wantedActions, wantedProtocol}},
		"version 2":            {2, oldActions, oldProtocol, terms{milter.OptAddHeader | milter.OptChangeHeader | milter.OptQuarantine, 0}},
		"nothing":              {2, 0, 0, terms{}},
		"without SKIP": {6, allActions, allProtocol &^ uint32(milter.OptSkip), terms{
			wantedActions,
			wantedProtocol&^milter.OptSkip | milter.OptNoBodyReply,
		}},
		"without quarantine": {6, allActions &^ uint32(milter.OptQuarantine), allProtocol, terms{wantedActions &^ milter.OptQuarantine, wantedProtocol}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := start(t, new(recorder), Options{Log: quiet(t)})
			actions, protocol := m.negotiate(tt.version, tt.actions, tt.protocol)
			if diff := cmp.Diff(tt.want, terms{actions, protocol}, cmp.AllowUnexported(terms{})); diff != "" {
				t.Error(diff)
			}
			m.quit()
		})
	}
}

func TestNegotiationRefused(t *testing.T) {
	tests := map[string]string{
		"another command first": frameOf('C', "h\x00U"),
		"macros first":          frameOf('D', "C"+strs("j", "mx")),
		"version 1":             frameOf('O', offer(1, allActions, allProtocol)),
		"one byte short":        frameOf('O', offer(6, allActions, allProtocol)[:11]),
		"empty":                 frameOf('O', ""),
	}
	for name, raw := range tests {
		t.Run(name, func(t *testing.T) {
			h := new(recorder)
			m := start(t, h, Options{})
			m.sendRaw(raw)
			if err := m.end(); !errors.Is(err, ErrProtocol) {
				t.Errorf("error %v, want ErrProtocol", err)
			}
			if diff := cmp.Diff([]string{"close"}, h.events); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNegotiationOnce(t *testing.T) {
	m := attach(t, new(recorder), Options{})
	m.send('O', offer(6, 0, 0))
	if err := m.end(); !errors.Is(err, ErrProtocol) {
		t.Errorf("error %v, want ErrProtocol", err)
	}
}

func TestMacroRequest(t *testing.T) {
	if got := (terms{}).macros(); got != nil {
		t.Errorf("asks for %v though the MTA takes no request", got)
	}
	request := terms{actions: milter.OptSetSymList}.macros()
	for stage, names := range request {
		if len(names) > 50 {
			t.Errorf("stage %d: %d macros, and Sendmail takes 50", stage, len(names))
		}
		if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
			t.Errorf("stage %d: %q are not sorted, or not different", stage, names)
		}
	}
	for stage, name := range map[milter.Stage]string{
		milter.StageConnect: "{client_addr}", milter.StageMailFrom: "{auth_authen}",
		milter.StageRcptTo: "i", milter.StageEOM: "i",
	} {
		if !slices.Contains(request[stage], name) {
			t.Errorf("stage %d: %s is missing", stage, name)
		}
	}
}
