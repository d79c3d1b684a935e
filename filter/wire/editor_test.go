package wire

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/emersion/go-milter"
	"github.com/google/go-cmp/cmp"
)

// edits runs edit at the end of a message and returns the frames that come of
// it before the answer.
func edits(t *testing.T, actions, protocol uint32, edit func(Editor)) []string {
	t.Helper()
	m := start(t, &recorder{edit: edit}, Options{Log: quiet(t)})
	m.negotiate(6, actions, protocol)
	m.send('E', "")
	var frames []string
	for {
		frame := m.recv()
		if frame == "c" {
			m.quit()
			return frames
		}
		frames = append(frames, frame)
	}
}

func TestEdits(t *testing.T) {
	const withoutSpace = allProtocol &^ uint32(milter.OptHeaderLeadingSpace)
	folded := strings.Repeat("x", 70)
	tests := map[string]struct {
		protocol uint32
		edit     func(Editor) error
		want     string
	}{
		"insert":                      {allProtocol, func(e Editor) error { return e.InsertHeader("X-A", "b") }, "i\x00\x00\x00\x00" + strs("X-A", " b")},
		"insert without space":        {withoutSpace, func(e Editor) error { return e.InsertHeader("X-A", "b") }, "i\x00\x00\x00\x00" + strs("X-A", "b")},
		"insert nothing":              {allProtocol, func(e Editor) error { return e.InsertHeader("X-A", "") }, "i\x00\x00\x00\x00" + strs("X-A", "")},
		"insert with newlines":        {allProtocol, func(e Editor) error { return e.InsertHeader("X-A", "b\r\nBcc: c\n\n\x00d") }, "i\x00\x00\x00\x00" + strs("X-A", " b Bcc: c d")},
		"insert 8-bit":                {allProtocol, func(e Editor) error { return e.InsertHeader("X-A", "für\x1b \xff") }, "i\x00\x00\x00\x00" + strs("X-A", " f?r? ?")},
		"insert a long value":         {allProtocol, func(e Editor) error { return e.InsertHeader("X-A", folded+" "+folded) }, "i\x00\x00\x00\x00" + strs("X-A", " "+folded+"\n "+folded)},
		"insert a percent":            {allProtocol, func(e Editor) error { return e.InsertHeader("X-A", "100%s") }, "i\x00\x00\x00\x00" + strs("X-A", " 100%s")},
		"change":                      {allProtocol, func(e Editor) error { return e.ChangeHeader(2, "Subject", "b") }, "m\x00\x00\x00\x02" + strs("Subject", " b")},
		"change keeps 8-bit":          {allProtocol, func(e Editor) error { return e.ChangeHeader(1, "Subject", "f\xfcr ü") }, "m\x00\x00\x00\x01" + strs("Subject", " f\xfcr ü")},
		"change keeps the text":       {allProtocol, func(e Editor) error { return e.ChangeHeader(1, "Subject", "a\n\tb") }, "m\x00\x00\x00\x01" + strs("Subject", " a\tb")},
		"change to nothing":           {allProtocol, func(e Editor) error { return e.ChangeHeader(1, "Subject", " \r\n") }, "m\x00\x00\x00\x01" + strs("Subject", "")},
		"delete":                      {allProtocol, func(e Editor) error { return e.DeleteHeader(3, "X-A") }, "m\x00\x00\x00\x03" + strs("X-A", "")},
		"delete an odd name":          {allProtocol, func(e Editor) error { return e.DeleteHeader(1, "X-A é") }, "m\x00\x00\x00\x01" + strs("X-A é", "")},
		"quarantine":                  {allProtocol, func(e Editor) error { return e.Quarantine("score\r\n(ref ü)") }, "q" + strs("score  (ref ?)")},
		"progress":                    {allProtocol, func(e Editor) error { return e.Progress() }, "p"},
		"insert as long as it can be": {withoutSpace, func(e Editor) error { return e.InsertHeader("X-A", longValue(maxEdit-3)) }, "i\x00\x00\x00\x00" + strs("X-A", longValue(maxEdit-3))},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			frames := edits(t, allActions, tt.protocol, func(e Editor) {
				if err := tt.edit(e); err != nil {
					t.Error(err)
				}
			})
			if diff := cmp.Diff([]string{tt.want}, frames); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// longValue is a folded value of n bytes that folding leaves as it is.
func longValue(n int) string {
	line := strings.Repeat("x", foldWidth-5) + "\n "
	return strings.Repeat(line, n/len(line)) + strings.Repeat("x", n%len(line))
}

func TestEditsRefused(t *testing.T) {
	tests := map[string]struct {
		edit func(Editor) error
		want string
	}{
		"no name":                   {func(e Editor) error { return e.InsertHeader("", "b") }, "is not the name"},
		"name with a colon":         {func(e Editor) error { return e.InsertHeader("X-A:", "b") }, "is not the name"},
		"name with a newline":       {func(e Editor) error { return e.DeleteHeader(1, "X-A\nBcc") }, "is not the name"},
		"name with NUL":             {func(e Editor) error { return e.ChangeHeader(1, "X\x00A", "b") }, "is not the name"},
		"the header field before 1": {func(e Editor) error { return e.DeleteHeader(0, "X-A") }, "number 0"},
		"a negative number":         {func(e Editor) error { return e.ChangeHeader(-1, "X-A", "b") }, "number -1"},
		"a number of 33 bits":       {func(e Editor) error { return e.ChangeHeader(math.MaxInt32+1, "X-A", "b") }, "number 2147483648"},
		"longer than Sendmail":      {func(e Editor) error { return e.InsertHeader("X-A", longValue(maxEdit-2)) }, "more than 61440"},
		"quarantine without reason": {func(e Editor) error { return e.Quarantine("\r\n") }, "no reason"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			frames := edits(t, allActions, allProtocol, func(e Editor) {
				if err := tt.edit(e); err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("error %v, want %q", err, tt.want)
				}
			})
			if len(frames) != 0 {
				t.Errorf("sent: %q", frames)
			}
		})
	}
}

func TestEditsNotOffered(t *testing.T) {
	edit := func(e Editor) {
		for name, err := range map[string]error{
			"insert":     e.InsertHeader("X-A", "b"),
			"change":     e.ChangeHeader(1, "X-A", "b"),
			"delete":     e.DeleteHeader(1, "X-A"),
			"quarantine": e.Quarantine("score"),
		} {
			if !errors.Is(err, ErrNotOffered) {
				t.Errorf("%s: %v, want ErrNotOffered", name, err)
			}
		}
		if err := e.Progress(); err != nil {
			t.Errorf("progress: %v", err)
		}
	}
	if diff := cmp.Diff([]string{"p"}, edits(t, 0, allProtocol, edit)); diff != "" {
		t.Error(diff)
	}
}

func TestEditorAfterTheEnd(t *testing.T) {
	var kept Editor
	m := attach(t, &recorder{edit: func(e Editor) { kept = e }}, Options{Log: quiet(t)})
	m.ask('E', "", "c")
	m.quit()
	for name, err := range map[string]error{
		"insert":     kept.InsertHeader("X-A", "b"),
		"change":     kept.ChangeHeader(1, "X-A", "b"),
		"delete":     kept.DeleteHeader(1, "X-A"),
		"quarantine": kept.Quarantine("score"),
		"progress":   kept.Progress(),
	} {
		if !errors.Is(err, errClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestProgressLeavesAtOnce(t *testing.T) {
	seen := make(chan struct{})
	m := attach(t, &recorder{edit: func(e Editor) {
		if err := e.Progress(); err != nil {
			t.Error(err)
		}
		<-seen
	}}, Options{Log: quiet(t)})
	m.ask('E', "", "p")
	close(seen)
	if got := m.recv(); got != "c" {
		t.Errorf("answer %q", got)
	}
	m.quit()
}

func TestEditsOfAnMTAThatIsGone(t *testing.T) {
	var m *mta
	h := &recorder{edit: func(e Editor) {
		m.conn.Close()
		if err := e.Progress(); err == nil {
			t.Error("progress was told to nobody")
		}
	}}
	m = attach(t, h, Options{Log: quiet(t)})
	m.send('E', "")
	if err := m.end(); err == nil {
		t.Error("Serve noticed nothing")
	}
}
