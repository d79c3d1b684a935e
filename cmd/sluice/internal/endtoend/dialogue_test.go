package endtoend

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// talk is a dialogue under way.
type talk struct {
	lab        *lab
	example    *example
	clients    map[string]*client // those that are connected, by name
	turn       string             // the name of the client whose turn it is; "" for the first
	message    bytes.Buffer
	submission []string // sender and recipient of a message from a local program
	reloads    int
	awaited    map[string]int // how often each text has been waited for
	output     string         // of the last command
	transcript strings.Builder
}

func newTalk(l *lab, e *example) *talk {
	return &talk{lab: l, example: e, clients: map[string]*client{}, awaited: map[string]int{}}
}

// run carries the dialogue out, up to the first line that fails.
func (k *talk) run() error {
	for _, l := range k.example.dialogue {
		if l.only != "" && l.only != k.lab.server.Name() {
			continue
		}
		if err := k.do(l.text); err != nil {
			for _, c := range k.clients {
				c.conn.Close()
			}
			return fmt.Errorf("line %d: %s: %w", l.number, l.text, err)
		}
	}
	var errs []error
	for k.turn = range k.clients {
		errs = append(errs, k.hangUp())
	}
	return errors.Join(errs...)
}

// do carries out one directive.
func (k *talk) do(text string) error {
	word, rest, _ := strings.Cut(text, " ")
	args := strings.Fields(rest)
	switch word {
	case "client", "connect":
		return k.connect(word, args)
	case ">", "<", "quit", "drop", "closed":
		return k.speak(word, rest)
	case "|", "times", "message", "fill":
		return k.write(word, rest)
	case ".":
		return k.endMessage()
	case "send":
		return k.send(args)
	case "submit":
		k.submission = args
		return nil
	case "as":
		k.turn = rest
		fmt.Fprintf(&k.transcript, "(as %s)\n", rest)
		return nil
	case "only":
		return nil
	}
	return k.operate(word, rest)
}

// operate carries out what concerns sluice itself.
func (k *talk) operate(word, rest string) error {
	fmt.Fprintf(&k.transcript, "(%s %s)\n", word, rest)
	switch word {
	case "reload":
		return k.reload(rest)
	case "restart":
		if err := k.lab.sluice.stop(); err != nil {
			return err
		}
		return k.lab.start()
	case "stop":
		return k.lab.stopListening()
	case "kill":
		return k.lab.sluice.kill()
	case "start":
		if err := k.lab.sluice.end(); err != nil {
			return err
		}
		return k.lab.start()
	case "snapshot":
		return k.lab.awaitSnapshot()
	case "idle":
		return k.lab.awaitIdle()
	case "run":
		return k.command(strings.Fields(rest))
	case "prints":
		return k.prints(rest)
	case "notice":
		_, err := k.notice()
		return err
	case "follow":
		return k.follow()
	case "await":
		k.awaited[rest]++
		return k.lab.sluice.waitFor(rest, k.awaited[rest]-1)
	}
	return fmt.Errorf("unknown directive")
}

// connect is "client ADDR HELO [tls] [auth USER PASSWORD]" or "connect ADDR".
func (k *talk) connect(word string, args []string) error {
	if err := k.hangUp(); err != nil {
		return err
	}
	if len(args) == 0 {
		return fmt.Errorf("no address")
	}
	c, err := dial(args[0], k.lab.server.Port(), &k.transcript)
	if err != nil {
		return err
	}
	k.clients[k.turn] = c
	if word == "connect" {
		return nil
	}
	encrypt, user, password := false, "", ""
	for i := 2; i < len(args); i++ {
		switch {
		case args[i] == "tls":
			encrypt = true
		case args[i] == "auth" && i+2 < len(args):
			user, password = args[i+1], args[i+2]
			i += 2
		default:
			return fmt.Errorf("unknown option %q", args[i])
		}
	}
	if len(args) < 2 {
		return fmt.Errorf("no HELO name")
	}
	return c.hello(args[1], encrypt, user, password)
}

func (k *talk) speak(word, rest string) error {
	c := k.clients[k.turn]
	if c == nil {
		return fmt.Errorf("no client is connected")
	}
	switch word {
	case ">":
		return c.say(rest)
	case "<":
		return c.expect(rest)
	case "closed":
		delete(k.clients, k.turn)
		return c.closed()
	case "quit":
		return k.hangUp()
	}
	delete(k.clients, k.turn) // drop
	return c.conn.Close()
}

// hangUp ends the connection of the client whose turn it is, if there is one.
func (k *talk) hangUp() error {
	c := k.clients[k.turn]
	if c == nil {
		return nil
	}
	delete(k.clients, k.turn)
	return c.quit()
}

// write adds to the message.
func (k *talk) write(word, rest string) error {
	switch word {
	case "|":
		fmt.Fprintln(&k.message, rest)
	case "times":
		count, text, _ := strings.Cut(rest, " ")
		n, err := strconv.Atoi(count)
		if err != nil {
			return err
		}
		k.message.WriteString(strings.Repeat(text+"\n", n))
	case "message":
		text, err := os.ReadFile(filepath.Join(testdata, "mail", rest))
		if err != nil {
			return err
		}
		k.message.Write(text)
	case "fill":
		n, err := strconv.Atoi(rest)
		if err != nil {
			return err
		}
		const filler = "This line is here for the size of the message and says nothing else.\n"
		k.message.WriteString(strings.Repeat(filler, n/len(filler)+1))
	}
	return nil
}

// endMessage sends what has been written, to the client's server or, after
// submit, through a local program.
func (k *talk) endMessage() error {
	message := present(k.message.Bytes(), time.Now())
	k.message.Reset()
	if k.submission == nil {
		c := k.clients[k.turn]
		if c == nil {
			return fmt.Errorf("no client is connected")
		}
		return c.data(message)
	}
	local, ok := k.lab.server.(interface {
		Submit(from string, to []string, message []byte) error
	})
	if !ok || len(k.submission) < 2 {
		return fmt.Errorf("%s takes no local mail with %q", k.lab.server.Name(), k.submission)
	}
	from, to := k.submission[0], k.submission[1:]
	k.submission = nil
	if err := local.Submit(from, to, message); err != nil {
		return err
	}
	return k.lab.settle()
}

// dateField is the first Date field of a message, or a line that looks like it.
var dateField = regexp.MustCompile(`(?m)^Date: .*$`)

// present is a copy of a message with the time now as its Date: to filters, an
// old Date is a reason for distrust.
func present(message []byte, now time.Time) []byte {
	at := dateField.FindIndex(message)
	if at == nil {
		return bytes.Clone(message)
	}
	date := "Date: " + now.Format(time.RFC1123Z)
	return slices.Concat(message[:at[0]], []byte(date), message[at[1]:])
}

func TestPresent(t *testing.T) {
	now := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	for in, want := range map[string]string{
		"Subject: x\n\nDate\n":         "Subject: x\n\nDate\n",
		"A: b\nDate: old\nDate: 2\n\n": "A: b\nDate: Mon, 04 May 2026 10:00:00 +0000\nDate: 2\n\n",
	} {
		if got := string(present([]byte(in), now)); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// reload puts the next configuration in force.
func (k *talk) reload(how string) error {
	says := map[string]string{"": saysReloaded, "bad": saysRefused}[how]
	if k.reloads++; says == "" || k.reloads >= len(k.example.configs) {
		return fmt.Errorf("nothing to reload")
	}
	return k.lab.sluice.reload(k.lab.configPath(), k.lab.config(k.example.configs[k.reloads]), says)
}
