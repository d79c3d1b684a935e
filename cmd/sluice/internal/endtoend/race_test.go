package endtoend

import (
	"strings"
	"sync"
	"testing"
)

// clientsAtOnce is how many SMTP sessions run at a time in TestRace.
const clientsAtOnce = 4

// TestRace sends mail in several sessions at once through a sluice with the
// race detector, while the configuration is reloaded again and again. The cases
// themselves run without the detector: sluice starts in a third of a second
// without it and in nine with it.
func TestRace(t *testing.T) {
	eachServer(t, []string{"-race"}, func(t *testing.T, l *lab) {
		e := legitimateExample(t, "relayed")
		l.begin(t, e.configs[0])
		talks := make([]*talk, clientsAtOnce)
		errs := make([]error, clientsAtOnce)
		var sessions sync.WaitGroup
		for i := range talks {
			talks[i] = newTalk(l, &e)
			sessions.Go(func() { errs[i] = talks[i].run() })
		}
		for range 3 {
			if err := l.sluice.reload(l.configPath(), l.config(e.configs[0]), saysReloaded); err != nil {
				t.Error(err)
			}
		}
		sessions.Wait()
		for i, err := range errs {
			if err != nil {
				t.Errorf("%v\n%s", err, talks[i].transcript.String())
			}
		}
		if err := l.settle(); err != nil {
			t.Error(err)
		}
		if err := l.sluice.stop(); err != nil {
			t.Error(err)
		}
		lines, err := l.records()
		must(t, err)
		messages := clientsAtOnce * strings.Count(e.sections["dns"], "\n")
		if got := strings.Count(lines, "\n"); got != messages {
			t.Errorf("%d records, want %d", got, messages)
		}
		if t.Failed() {
			t.Log(tail(l.log.String()))
		}
	})
}
