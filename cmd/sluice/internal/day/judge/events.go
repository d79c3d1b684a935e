package judge

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"
)

// owner is the label of what the owner of an infected host writes.
const owner = "honest:owner"

// event is what counts of an event.
type event struct {
	Time   time.Time `json:"time"`
	Ref    string    `json:"ref"`
	Label  string    `json:"label"`
	Client struct {
		Addr string `json:"addr"`
		Auth string `json:"auth"`
	} `json:"client"`
	Rcpts []json.RawMessage `json:"rcpts"` // only counted
}

// ReadEvents reads the events of a day, which are sorted by time.
func ReadEvents(r io.Reader) (*Truth, error) {
	t := &Truth{byRef: map[uint64]uint32{}}
	index := indexes{senders: map[string]uint32{}, tallies: map[string]uint32{}}
	var last time.Time
	err := eachLine(r, func(line []byte) error {
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		if e.Time.Before(last) {
			return errors.New("earlier than the line before")
		}
		last = e.Time
		return t.add(&e, &index)
	})
	return t, err
}

// indexes finds what there is already.
type indexes struct {
	senders map[string]uint32
	tallies map[string]uint32 // by label and sender
}

func (t *Truth) add(e *event, index *indexes) error {
	number, err := parseRef(e.Ref)
	if err != nil {
		return err
	}
	if _, twice := t.byRef[number]; twice {
		return fmt.Errorf("ref %s was there already", e.Ref)
	}
	kind, bad := strings.CutPrefix(e.Label, "spam:")
	if _, good := strings.CutPrefix(e.Label, "honest:"); kind == "" || !bad && !good {
		return fmt.Errorf("label %q is neither honest:KIND nor spam:KIND", e.Label)
	}
	name, err := e.sender()
	if err != nil {
		return err
	}
	who, known := index.senders[name]
	if !known {
		who = uint32(len(t.senders))
		t.senders = append(t.senders, sender{name: name})
		index.senders[name] = who
	}
	s, label := &t.senders[who], e.Label
	switch {
	case bad && s.spam.IsZero():
		s.spam = e.Time
	case !bad && !s.spam.IsZero():
		label = owner
	}
	at, known := index.tallies[label+" "+name]
	if !known {
		at = uint32(len(t.tallies))
		t.tallies = append(t.tallies, tally{sender: who, label: strings.Clone(label)})
		index.tallies[label+" "+name] = at
	}
	t.tallies[at].messages++
	t.tallies[at].sent += len(e.Rcpts)
	t.byRef[number] = at
	t.events++
	return nil
}

// sender is who sends, whatever a configuration says: "login:bob",
// "ip:203.0.113.7", "ip:2001:db8::/64".
func (e *event) sender() (string, error) {
	if e.Client.Auth != "" {
		return "login:" + e.Client.Auth, nil
	}
	addr, err := netip.ParseAddr(e.Client.Addr)
	if err != nil {
		return "", err
	}
	if addr = addr.Unmap(); addr.Is4() {
		return "ip:" + addr.String(), nil
	}
	prefix, err := addr.Prefix(64)
	return "ip:" + prefix.String(), err
}
