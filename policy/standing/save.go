package standing

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
)

// Keeper keeps senders and their changes where they survive. Its methods are not
// called at the same time.
type Keeper interface {
	// Load calls each with every sender that was saved.
	Load(each func(Row) error) error
	// Save keeps all of it, or nothing.
	Save(senders []Row, changes []Change) error
}

// Row is one sender as it is kept. Without Data it is forgotten.
type Row struct {
	Sender string
	Data   []byte // JSON
}

// kept is a sender as it is written down.
type kept struct {
	Stage   Stage      `json:"stage"`
	Rung    uint8      `json:"rung,omitempty"`
	ByHand  bool       `json:"by_hand,omitempty"`
	Events  uint16     `json:"events,omitempty"`
	Since   int64      `json:"since,omitempty"`
	Until   int64      `json:"until,omitempty"`
	Lived   int64      `json:"lived,omitempty"`
	Seen    int64      `json:"seen"`
	Ref     string     `json:"ref,omitempty"`
	Policy  string     `json:"policy,omitempty"`
	Group   string     `json:"group,omitempty"`
	Client  netip.Addr `json:"client,omitzero"`
	Marks   []keptMark `json:"marks,omitempty"`
	Windows []keptWin  `json:"windows,omitempty"`
	Items   []keptItem `json:"items,omitempty"`
	Known   string     `json:"known,omitempty"` // base 64
	Retried []uint32   `json:"retried,omitempty"`
	Day     uint16     `json:"day,omitempty"`
	Days    string     `json:"days,omitempty"` // base 64
	Today   [3]uint32  `json:"today"`          // messages, spam, recipients
}

type keptMark struct {
	Kind   Kind    `json:"kind"`
	Points float32 `json:"points"`
	At     int64   `json:"at"`
}

type keptWin struct {
	Kind   Kind     `json:"kind"`
	Given  uint16   `json:"given,omitempty"`
	Begun  int64    `json:"begun"`
	N      uint32   `json:"n"`
	Of     uint32   `json:"of,omitempty"`
	Values []uint16 `json:"values,omitempty"`
}

type keptItem struct {
	At     int64   `json:"at"`
	Kind   Kind    `json:"kind"`
	Points float32 `json:"points"`
	N      uint32  `json:"n"`
	Ref    string  `json:"ref,omitempty"`
}

// encode writes a sender down.
func (s *sender) encode() ([]byte, error) {
	k := kept{
		Stage: s.stage, Rung: s.rung, ByHand: s.byHand, Events: s.events,
		Since: s.since, Until: s.until, Lived: s.lived, Seen: s.seen, Ref: s.ref,
		Policy: s.policy, Group: s.group, Client: s.client,
		Day: s.usage.day, Today: [3]uint32{s.usage.messages, s.usage.spam, s.usage.recipients},
	}
	for _, m := range s.marks {
		k.Marks = append(k.Marks, keptMark{m.kind, m.points, m.at})
	}
	for _, w := range s.windows {
		k.Windows = append(k.Windows, keptWin{w.kind, w.given, w.begun, w.n, w.of, w.values})
	}
	for _, i := range s.items {
		k.Items = append(k.Items, keptItem{i.at, i.kind, i.points, i.n, i.ref})
	}
	if s.known != nil {
		b, _ := binary.Append(nil, binary.LittleEndian, s.known[:]) // never fails
		k.Known = base64.RawStdEncoding.EncodeToString(b)
	}
	if s.retried != [maxRetries]uint32{} {
		k.Retried = s.retried[:]
	}
	if s.usage.days != (usage{}).days {
		k.Days = base64.RawStdEncoding.EncodeToString(s.usage.days[:])
	}
	return json.Marshal(k)
}

// decodeSender reads what encode wrote. Whatever the data is, the result keeps to
// the bounds of a sender.
func decodeSender(data []byte) (*sender, error) {
	var k kept
	if err := json.Unmarshal(data, &k); err != nil {
		return nil, err
	}
	if len(k.Items) > maxItems || len(k.Marks) > Kinds || len(k.Windows) > Kinds {
		return nil, errors.New("more evidence than a sender can have")
	}
	s := &sender{
		stage: k.Stage, rung: k.Rung, byHand: k.ByHand, events: k.Events,
		since: k.Since, until: k.Until, lived: k.Lived, seen: k.Seen, ref: k.Ref,
		policy: k.Policy, group: k.Group, client: k.Client,
		usage: usage{day: k.Day, messages: k.Today[0], spam: k.Today[1], recipients: k.Today[2]},
	}
	for _, m := range k.Marks {
		s.marks = append(s.marks, mark{m.Kind, m.Points, m.At})
	}
	for _, w := range k.Windows {
		s.windows = append(s.windows, window{w.Kind, w.Given, w.Begun, w.N, w.Of, w.Values[:min(len(w.Values), maxValues)]})
	}
	for _, i := range k.Items {
		s.items = append(s.items, item{i.At, i.Kind, i.Points, i.N, i.Ref})
	}
	copy(s.retried[:], k.Retried)
	return s, errors.Join(s.decodeKnown(k.Known), decodeInto(s.usage.days[:], k.Days))
}

func (s *sender) decodeKnown(text string) error {
	if text == "" {
		return nil
	}
	s.known = new(acquaintances)
	var b [len(s.known) * 8]byte
	if err := decodeInto(b[:], text); err != nil {
		return err
	}
	_, err := binary.Decode(b[:], binary.LittleEndian, s.known[:])
	return err
}

// decodeInto fills b from base 64; without a text it leaves b.
func decodeInto(b []byte, text string) error {
	if text == "" {
		return nil
	}
	data, err := base64.RawStdEncoding.DecodeString(text)
	if err == nil && len(data) != len(b) {
		err = fmt.Errorf("%d bytes where %d belong", len(data), len(b))
	}
	copy(b, data)
	return err
}

// Restore takes in what a keeper has. A sender that cannot be read is left out,
// and the error names the first of them.
func (b *Book) Restore(k Keeper) (senders int, err error) {
	var first error
	err = k.Load(func(r Row) error {
		s, err := decodeSender(r.Data)
		if err != nil {
			if first == nil {
				first = fmt.Errorf("standing of %s: %w", r.Sender, err)
			}
			return nil
		}
		s.policy, s.group = b.share(s.policy), b.share(s.group)
		sh := b.shard(r.Sender)
		sh.mu.Lock()
		defer sh.mu.Unlock()
		if len(sh.senders) >= b.perShard() {
			sh.evict()
		}
		sh.senders[r.Sender] = s
		senders++
		return nil
	})
	return senders, errors.Join(err, first)
}

// Save hands all that has changed since the last time to a keeper. What could not
// be kept is tried again the next time.
func (b *Book) Save(k Keeper, changes []Change) error {
	rows, err := b.unsaved()
	if err == nil && len(rows)+len(changes) > 0 {
		err = k.Save(rows, changes)
	}
	if err != nil {
		b.unsave(rows)
		return fmt.Errorf("save the standing of senders: %w", err)
	}
	return nil
}

// unsaved returns what has changed, and marks it as saved.
func (b *Book) unsaved() ([]Row, error) {
	var rows []Row
	for i := range b.shards {
		sh := &b.shards[i]
		sh.mu.Lock()
		for key := range sh.changed {
			row := Row{Sender: key}
			if s, known := sh.senders[key]; known {
				data, err := s.encode()
				if err != nil {
					sh.mu.Unlock()
					return rows, err
				}
				row.Data = data
			}
			rows = append(rows, row)
		}
		clear(sh.changed)
		sh.mu.Unlock()
	}
	return rows, nil
}

// TouchAll marks all senders as changed: the keeper has lost them.
func (b *Book) TouchAll() {
	for i := range b.shards {
		sh := &b.shards[i]
		sh.mu.Lock()
		for key := range sh.senders {
			sh.touch(key)
		}
		sh.mu.Unlock()
	}
}

func (b *Book) unsave(rows []Row) {
	for _, r := range rows {
		sh := b.shard(r.Sender)
		sh.mu.Lock()
		sh.touch(r.Sender)
		sh.mu.Unlock()
	}
}
